"""Which feature of a project takes the predictions of which feature of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trainer.micro_models.attachments import attached_features
from trainer.projects import DataVersion
from trainer.records import layout
from trainer.records.design import Design
from trainer.records.errors import NotFoundError, RecordError
from trainer.records.ontology import Kind, Ontology
from trainer.runs.lineage import MODEL_ID_TAG, PREDICTED_BY_TAG
from trainer.runs.model_runs import ModelRun
from trainer.store import Store

_SHAPES = (Kind.BOX, Kind.POLYGON, Kind.MASK)
_OUTLINED = (Kind.POLYGON, Kind.MASK)


@dataclass(frozen=True)
class FeatureLinks:
    """Features of a run's ontology and of a project's, linked. `r` counts the codes of the run's, `p` the project's.

    Attributes:
        paths: From the path of each linked feature of the run to that of the project's.
        codes: int16[r]: the project's code of each linked one, -1 for the others.
        considered: bool[r]: linked, or an option beside a linked one, which may be surer.
        one_answer: bool[r]: an option of which a row has exactly one.
        run_questions: int64[r]: for options a number for their question, else their own code.
        questions: int64[p]: for options the code of their question, else their own.
        replaceable: bool[p]: truth whose place predictions take.
        ontology: The project's.
    """

    paths: Mapping[str, str]
    codes: np.ndarray
    considered: np.ndarray
    one_answer: np.ndarray
    run_questions: np.ndarray
    questions: np.ndarray
    replaceable: np.ndarray
    ontology: Ontology

    @property
    def taken_codes(self) -> np.ndarray:
        """int16[m]: the project's codes that take predictions."""
        return self.codes[self.codes >= 0]

    def check_shapes(self, run: ModelRun) -> None:
        """Check that predictions have the shape that the project's features need.

        Raises:
            RecordError: If an outline is needed and there are boxes alone, or a place and there is none.
        """
        said, table = run.predictions, run.predictions.table
        kinds = np.array([feature.kind for _, feature in self.ontology.walk()])
        code = self.codes[said.feature]
        kind = np.where(code >= 0, kinds[code], "")
        outlined = np.asarray(table["rle"].is_valid()) | np.asarray(table["polygons"].is_valid())
        wrong = np.isin(kind, _OUTLINED) & ~outlined | np.isin(kind, _SHAPES) & ~said.placed
        wrong |= (kind == Kind.OPTION) & said.placed
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            shape = "outlines" if outlined[first] else "boxes" if said.placed[first] else "answers"
            raise RecordError(
                f"{wrong.sum():,} predictions of run {run.name!r} do not fit the project's features; first: "
                f"{run.snapshot.ontology.paths[said.feature[first]]!r}, whose predictions are {shape}, for "
                f"{self.ontology.paths[code[first]]!r}, which is a {kind[first]}. "
                "Link it to a feature of another kind, or leave it out."
            )


def link_features(
    run: ModelRun, data: DataVersion, features: Sequence[str] | Mapping[str, str] | None, *, store: Store
) -> FeatureLinks:
    """Link the features of a run to those of a project.

    Args:
        run: Whose predictions are taken.
        data: The project.
        features: As `accept_predictions` takes them.
        store: Where models and their attachments are kept.

    Raises:
        NotFoundError: If a feature is not in the run or the project.
        RecordError: If two features would become one, or a kind takes no predictions.
    """
    said, ontology = run.snapshot.ontology, data.snapshot.ontology
    if isinstance(features, Mapping):
        paths = dict(features)
    else:
        wanted = tuple(features) if features is not None else _known_features(run)
        attached = _attached(run, data.project, store=store)
        paths = {path: attached.get(path) or _counterpart(path, ontology, data.project) for path in wanted}
    links = _number(paths, said, ontology)
    _refuse_unfit(paths, ontology, data.project)
    return links


def _known_features(run: ModelRun) -> tuple[str, ...]:
    """Paths in the run's ontology of what its model knows, in the model's order; else of what it predicted at all."""
    if PREDICTED_BY_TAG in run.stored.tags:
        return tuple(dict.fromkeys(run.config.values["features"].values()))
    if run.training is not None and run.training.paths:
        return run.training.paths
    if run.stored.has(layout.WEIGHTS_CARD):
        card = json.loads(run.stored.path(layout.WEIGHTS_CARD).read_text(encoding="utf-8"))
        if "design" in card:
            return Design.from_json(card["design"]).features
        if "features" in card:
            return tuple(card["features"])
    return tuple(run.snapshot.ontology.paths[code] for code in np.unique(run.predictions.feature).tolist())


def _attached(run: ModelRun, project: str, *, store: Store) -> Mapping[str, str]:
    """From the run's features to the project's, as the run's model is attached to it; nothing where it is not."""
    mapping = attached_features(run.stored.tags.get(MODEL_ID_TAG), project, store=store)
    if not mapping or run.training is None:
        return mapping
    # A run's ontology may call the model's features otherwise, as options stand below a question; their order is fixed.
    paths = dict(zip(run.training.features, _known_features(run), strict=False))
    return {paths[name]: path for name, path in mapping.items() if name in paths}


def _counterpart(path: str, ontology: Ontology, project: str) -> str:
    """The project's feature of the same path, else the only one of the same last name."""
    if path in ontology.paths:
        return path
    named = [other for other in ontology.paths if other.split("/")[-1] == path.rsplit("/", maxsplit=1)[-1]]
    if len(named) != 1:
        raise NotFoundError(
            f"Project {project!r} has {'no feature' if not named else 'several features'} {path!r}. It has: "
            f"{', '.join(ontology.paths)}. Say which is which (features; on the "
            "command line --feature NAME=PATH), or leave it out."
        )
    return named[0]


def _number(paths: Mapping[str, str], said: Ontology, ontology: Ontology) -> FeatureLinks:
    codes = np.full(len(said.paths), -1, dtype=np.int16)
    for path, other in paths.items():
        codes[said.code(path)] = ontology.code(other)
    kinds, questions = [feature.kind for _, feature in ontology.walk()], _questions(ontology)
    run_questions = _questions(said)
    linked = codes >= 0
    radios = np.array([question >= 0 and kinds[question] is Kind.RADIO for question in questions.tolist()], dtype=bool)
    one_answer_questions = run_questions[linked & radios[codes]]
    one_answer = np.isin(run_questions, one_answer_questions) & _are_options(said)
    replaceable = np.isin(np.arange(len(kinds)), codes[linked])
    replaceable |= np.isin(questions, questions[codes[linked]]) & radios
    return FeatureLinks(paths, codes, linked | one_answer, one_answer, run_questions, questions, replaceable, ontology)


def _questions(ontology: Ontology) -> np.ndarray:
    """int64[codes]: of an option the code of the question above it, -1 where there is none; else the code itself."""
    numbers = {path: code for code, path in enumerate(ontology.paths)}
    return np.array(
        [
            numbers.get(path.rpartition("/")[0], -1) if feature.kind is Kind.OPTION else numbers[path]
            for path, feature in ontology.walk()
        ],
        dtype=np.int64,
    )


def _are_options(ontology: Ontology) -> np.ndarray:
    return np.array([feature.kind is Kind.OPTION for _, feature in ontology.walk()], dtype=bool)


def _refuse_unfit(paths: Mapping[str, str], ontology: Ontology, project: str) -> None:
    unfit = [other for other in paths.values() if ontology.by_path[other].kind not in (*_SHAPES, Kind.OPTION)]
    if unfit:
        raise RecordError(
            f"{unfit[0]!r} of project {project!r} is a {ontology.by_path[unfit[0]].kind}, which takes no predictions; "
            "boxes, polygons, masks and options do."
        )
    if not paths:
        raise RecordError("There is no feature to accept: the run predicted nothing.")
