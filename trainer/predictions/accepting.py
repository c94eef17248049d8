"""Accepted predictions: they become truth in a new data version of a project, and tell which run they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from trainer.micro_models.teaching import SOURCE
from trainer.predictions.accepted_features import FeatureLinks, link_features
from trainer.predictions.outlines import simplify_masks
from trainer.project_edits import edit_project
from trainer.projects import DataVersion, Report
from trainer.records import layout
from trainer.records.annotations import ANNOTATIONS_SCHEMA, Annotations
from trainer.records.argument_kinds import check_kinds
from trainer.records.errors import NotFoundError, RecordError, SnapshotMismatchError
from trainer.records.ontology import Kind
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.records.split import Split
from trainer.runs.lineage import DATA_TAG, PREDICTED_BY_TAG
from trainer.runs.model_runs import ModelRun, open_run
from trainer.store import RunKind, Store, open_store

EXISTING, REPLACE = "existing", "replace"
KEEPS = (EXISTING, REPLACE)
_POLYGON_TOLERANCE = 1.0


@dataclass(frozen=True)
class Accepted:
    """What an acceptance did.

    Attributes:
        version: The project's newest data version, with the accepted annotations.
        is_new: False where nothing changed, so that no version was made.
        rows: Number of rows that were looked at.
        features: From a feature of the run to the path of the project's feature that takes its predictions.
        accepted: Annotations that were added.
        kept: Truths of these features, on these rows, that stay.
        replaced: Truths that the new version no longer holds; older versions do.
        held_back: Predictions that are sure enough, but on rows that have truth of their feature already.
        unsure: Predictions below the smallest confidence; of a question with one answer, only the surest counts.
    """

    version: DataVersion
    is_new: bool
    rows: int
    features: Mapping[str, str]
    accepted: int
    kept: int
    replaced: int
    held_back: int
    unsure: int


@check_kinds
def accept_predictions(
    run: str | ModelRun,
    *,
    project: str | None = None,
    keys: Sequence[str] | None = None,
    split: str | None = None,
    min_confidence: float = 0.5,
    keep: str = EXISTING,
    features: Sequence[str] | Mapping[str, str] | None = None,
    store: Store | None = None,
    report: Report | None = None,
) -> Accepted:
    """Make a run's predictions truth of a project, as a new data version; older versions stay as they are.

    An accepted annotation has no confidence any more, and its `origin` is the run's id. Of a radio the surest option
    becomes the answer, of a checklist every option that is sure enough. Truth of other features, and on other rows,
    stays bit for bit as it is. Accepting the same again changes nothing, and of several acceptances at the same moment
    none is lost.

    Args:
        run: A sealed model run, or a reference to one.
        project: The project to add to; the one that the run was made on when left out.
        keys: Only these rows; all rows of the run when left out.
        split: Only rows of this part of the project.
        min_confidence: Predictions below it are not accepted, in [0, 1].
        keep: ``existing``: where a row has truth of a feature (or an answer to a question), it keeps that and gets
            no prediction of it. ``replace``: on these rows the predictions take the place of all truth of the run's
            features, also where nothing was predicted.
        features: Only these features of the run; or a mapping from them to paths of the project's ontology. When left
            out, all that the model knows, linked as the model is attached to the project, else by path or last name.
        store: Where runs are kept; see `open_store`.
        report: Told of the progress of making thumbnails.

    Raises:
        NotFoundError: If there is no such run, project, row or feature.
        SnapshotMismatchError: If rows of the run are not in the project, or their pictures have another size there.
        RecordError: If a setting is out of range, or a kind of the project cannot take what was predicted, as boxes for
            a polygon or mask.
        StoreError: If others change the project for a minute on end.
    """
    _check_settings(min_confidence, keep)
    store = store or open_store()
    run = open_run(run, store=store) if isinstance(run, str) else run
    made: list[Accepted] = []  # one a try: the project may get another version while this one is made

    def add(data: DataVersion) -> Snapshot:
        links = link_features(run, data, features, store=store)
        place = _places(run, data, keys, split)
        links.check_shapes(run)
        snapshot, accepted = _accept(run, data, links, place, min_confidence=min_confidence, keep=keep)
        if accepted.replaced and not accepted.accepted:
            raise RecordError(
                f"No prediction of run {run.name!r} is as sure as {min_confidence:g}, so nothing would take the place "
                f"of {accepted.replaced:,} annotations. Accept less sure ones, or keep the existing."
            )
        made.append(accepted)
        return snapshot

    version = edit_project(project or project_of(run, store), add, store=store, report=report)
    return replace(made[-1], version=version, is_new=version.stored.id != made[-1].version.stored.id)


def _accept(
    run: ModelRun, data: DataVersion, links: FeatureLinks, place: np.ndarray, *, min_confidence: float, keep: str
) -> tuple[Snapshot, Accepted]:
    """What the next version holds, and what became of the predictions, with the version they are added to."""
    chosen, unsure = _choose(run, links, place, min_confidence)
    truth = data.snapshot.truth
    there = np.isin(truth.row, place[place >= 0]) & _is_concerned(truth, links, keep)
    free = ~_is_among(chosen, truth.take(np.flatnonzero(there)), links.questions) if keep == EXISTING else None
    taken = chosen if free is None else chosen.take(np.flatnonzero(free))
    stays = ~there if keep == REPLACE else np.ones(len(truth), dtype=bool)
    merged = _merge(truth.take(np.flatnonzero(stays)), _as_truth(taken, data.snapshot, run.id))
    accepted = Accepted(
        version=data,
        is_new=False,
        rows=int((place >= 0).sum()),
        features=links.paths,
        accepted=len(taken),
        kept=int((there & stays).sum()),
        replaced=int((~stays).sum()),
        held_back=len(chosen) - len(taken),
        unsure=unsure,
    )
    return Snapshot(data.snapshot.ontology, data.snapshot.rows, merged), accepted


def project_of(run: ModelRun, store: Store) -> str:
    """Name of the project whose rows a run was made on.

    Raises:
        NotFoundError: If it refers to none.
        RecordError: If its rows come from several.
    """
    taught = {project for project in _sources(run.snapshot.rows) if project is not None}
    if len(taught) > 1:
        raise RecordError(f"Run {run.name!r} is about rows of the projects {', '.join(sorted(taught))}. Name one.")
    if taught:
        return taught.pop()
    if PREDICTED_BY_TAG in run.stored.tags:
        return run.stored.tags[DATA_TAG].rpartition("@")[0]
    holder = run.stored.manifest.entry(layout.TRUTH).held_by
    if holder is None:
        raise NotFoundError(f"Run {run.name!r} refers to no project. Name the one to accept its predictions into.")
    return store.find(holder, kind=RunKind.DATA_VERSION).experiment


def _check_settings(min_confidence: float, keep: str) -> None:
    if keep not in KEEPS:
        raise RecordError(f"There is no way {keep!r} to treat truth that is there; there are {' and '.join(KEEPS)}.")
    if not 0 <= min_confidence <= 1:
        raise RecordError(f"The smallest confidence is {min_confidence}; it has to lie between 0 and 1.")


def _places(run: ModelRun, data: DataVersion, keys: Sequence[str] | None, split: str | None) -> np.ndarray:
    """int64[rows of the run]: the project's row of each that takes part, -1 for the others."""
    rows, project = run.snapshot.rows, data.snapshot.rows
    named = _own_rows(rows, data.project)
    if keys is not None:
        foreign = [key for key in keys if key not in named]
        if foreign:
            raise NotFoundError(f"Run {run.name!r} has no row {foreign[0]!r} of project {data.project!r}.")
        named = {key: named[key] for key in keys}
    missing = [key for key in named if key not in project.positions]
    if missing:
        raise SnapshotMismatchError(
            f"{len(missing):,} of {len(named):,} rows of run {run.name!r} are not in project {data.project!r}; first: "
            f"{missing[0]!r}. Rows are found by their key; name those to accept with keys."
        )
    place = np.full(len(rows), -1, dtype=np.int64)
    place[list(named.values())] = [project.positions[key] for key in named]
    _refuse_other_sizes(run, rows, project, place)
    if split is not None:
        place[~np.isin(place, project.in_split(Split(split)))] = -1
    return place


def _own_rows(rows: Rows, project: str) -> dict[str, int]:
    """Row numbers of those rows that can be of a project, by their key there."""
    own = {}
    for row, (key, source) in enumerate(zip(rows.keys, _sources(rows), strict=True)):
        if source in (None, project):
            own[key if source is None else key.removeprefix(f"{project}/")] = row
    return own


def _sources(rows: Rows) -> list[str | None]:
    """The project that each row was taken from, where it was put together for a model."""
    named = [rows.metadata(row).get(SOURCE) for row in range(len(rows))]
    return [None if name is None else str(name).rpartition("@")[0] or str(name) for name in named]


def _refuse_other_sizes(run: ModelRun, rows: Rows, project: Rows, place: np.ndarray) -> None:
    used = np.flatnonzero(place >= 0)
    there = place[used]
    other = used[(rows.widths[used] != project.widths[there]) | (rows.heights[used] != project.heights[there])]
    if len(other):
        first = other[0]
        raise SnapshotMismatchError(
            f"The pictures of {len(other):,} rows have another size in the project than in run {run.name!r}; first: "
            f"{rows.keys[first]!r}, {project.widths[place[first]]} x {project.heights[place[first]]} and not "
            f"{rows.widths[first]} x {rows.heights[first]} pixels. Predict on the project's newest version first."
        )


def _choose(run: ModelRun, links: FeatureLinks, place: np.ndarray, min_confidence: float) -> tuple[Annotations, int]:
    """The predictions sure enough, with rows and features of the project; and how many are not."""
    said = run.predictions
    said = said.take(np.flatnonzero((place[said.row] >= 0) & links.considered[said.feature]))
    said = said.take(np.flatnonzero(_is_answer_or_shape(said, links)))
    mapped = links.codes[said.feature] >= 0
    sure = said.confidence >= min_confidence
    kept = said.take(np.flatnonzero(mapped & sure))
    table = kept.table.set_column(0, ANNOTATIONS_SCHEMA.field("row"), pa.array(place[kept.row].astype(np.int32)))
    order = np.argsort(place[kept.row], kind="stable")
    moved = Annotations(table.take(pa.array(order))).with_features(links.codes)
    return moved, int((mapped & ~sure).sum())


def _is_answer_or_shape(said: Annotations, links: FeatureLinks) -> np.ndarray:
    """bool[n]: false for the options of a radio that are not the surest of their row; ties go to the first option."""
    kept = np.ones(len(said), dtype=bool)
    options = np.flatnonzero(links.one_answer[said.feature])
    question = links.run_questions[said.feature[options]]
    order = options[np.lexsort((said.feature[options], -said.confidence[options], question, said.row[options]))]
    groups = np.stack([said.row[order], links.run_questions[said.feature[order]]])
    kept[order[1:]] = (np.diff(groups, axis=1) != 0).any(axis=0)
    return kept


def _is_concerned(truth: Annotations, links: FeatureLinks, keep: str) -> np.ndarray:
    """bool[n]: truth that stands in the way of predictions, or that they take the place of."""
    if keep == REPLACE:
        return np.asarray(links.replaceable[truth.feature])
    return np.isin(links.questions[truth.feature], links.questions[links.taken_codes])


def _is_among(chosen: Annotations, truth: Annotations, questions: np.ndarray) -> np.ndarray:
    """bool[n]: the row has truth of the prediction's feature, or an answer to its question."""
    most = len(questions) + 1
    taken = truth.row.astype(np.int64) * most + questions[truth.feature]
    return np.isin(chosen.row.astype(np.int64) * most + questions[chosen.feature], taken)


def _as_truth(chosen: Annotations, snapshot: Snapshot, run_id: str) -> Annotations:
    """Predictions as annotations of people, in the shapes that the project's features have."""
    kinds = np.array([feature.kind for _, feature in snapshot.ontology.walk()])
    is_polygon = kinds[chosen.feature] == Kind.POLYGON
    if is_polygon.any():
        chosen = _with_polygons(chosen, is_polygon, snapshot)
    n, is_box = len(chosen), pa.array(kinds[chosen.feature] == Kind.BOX)
    table = chosen.table
    columns = {
        "confidence": pa.nulls(n, pa.float64()),
        "origin": pa.array([run_id] * n, pa.string()),
        **{name: _nulls_where(table[name], is_box) for name in ("polygons", "rle", "area")},
    }
    for name, values in columns.items():
        place = ANNOTATIONS_SCHEMA.get_field_index(name)
        table = table.set_column(place, ANNOTATIONS_SCHEMA.field(place), values)
    return Annotations(table)


def _with_polygons(chosen: Annotations, is_polygon: np.ndarray, snapshot: Snapshot) -> Annotations:
    masks = chosen.take(np.flatnonzero(is_polygon))
    sizes = np.column_stack([snapshot.rows.heights, snapshot.rows.widths])[masks.row]
    drawn = simplify_masks(masks, sizes, simplify=_POLYGON_TOLERANCE)
    parts = pa.concat_tables([drawn.table, chosen.take(np.flatnonzero(~is_polygon)).table])
    order = np.argsort(np.concatenate([np.flatnonzero(is_polygon), np.flatnonzero(~is_polygon)]))
    return Annotations(parts.take(pa.array(order)))


def _nulls_where(column: pa.ChunkedArray, is_null: pa.Array) -> pa.Array:
    kept = column.combine_chunks()
    places = pa.array([None if null else i for i, null in enumerate(is_null.to_pylist())], pa.int64())
    return kept.take(places)


def _merge(truth: Annotations, added: Annotations) -> Annotations:
    """Both in row order, on each row what was there first."""
    table = pa.concat_tables([truth.table, added.table])
    order = np.argsort(np.concatenate([truth.row, added.row]), kind="stable")
    return Annotations(table.take(pa.array(order)))
