"""Predictions of a trained model on rows of a project, sealed as a model run without training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trainer.learning.prediction import predict_rows
from trainer.learning.progress import Progress, Report
from trainer.learning.whole_pictures import require_whole_pictures
from trainer.micro_models.attachments import attached_features, get_attachment, iterations_of
from trainer.micro_models.feature_mapping import check_mapping, map_by_name
from trainer.micro_models.iterations import check_place, number_of
from trainer.micro_models.lessons import open_named
from trainer.micro_models.micro_model import MicroModel
from trainer.micro_models.telling import Telling
from trainer.micro_models.training import LEAST_CONFIDENCE, NMS_IOU, measure_of, model_of
from trainer.predictions.asked_part import part_of
from trainer.predictions.finding import find_run
from trainer.projects import DataVersion
from trainer.projects import Report as StageReport
from trainer.records.argument_kinds import check_kinds
from trainer.records.config import RunConfig
from trainer.records.design import Design, Task
from trainer.records.errors import NotFoundError, RecordError
from trainer.runs.lineage import DATA_TAG, MODEL_TITLE_TAG, PREDICTED_BY_TAG, PREDICTING_MODEL_TAG, code_tags
from trainer.runs.model_runs import ModelRun, open_run
from trainer.runs.recording import start_run
from trainer.store import Store, open_store


@check_kinds
def predict_project(
    model: str | MicroModel | ModelRun,
    project: str | DataVersion,
    *,
    experiment: str,
    name: str,
    iteration: str | int = "",
    features: Mapping[str, str] | None = None,
    keys: Sequence[str] | None = None,
    split: str | None = None,
    min_confidence: float = LEAST_CONFIDENCE,
    nms_iou: float = NMS_IOU,
    tags: Mapping[str, str] | None = None,
    device: str = "auto",
    threads: int | None = None,
    store: Store | None = None,
    report: Report | None = None,
) -> ModelRun:
    """Let a trained model look at a project, and seal what it says as a model run.

    The run can be compared, evaluated and accepted like any other, and tells which weights predicted; it is no
    iteration of the model. It is about the project's version itself where the model is asked about all rows and knows
    all annotated features of its kind. Otherwise it is about a version of a project ``part-of-<project>`` that holds
    those rows and features alone, so that what was not asked never counts as missed.

    Args:
        model: A registered model, its title or id; or a model run that holds weights, or a reference to one.
        project: A project (its newest version, or ``project@version``), or a data version.
        experiment: The experiment to put the run into; a new name makes a new one.
        name: Name of the run, unique in the experiment.
        iteration: Name, id or number of the model's iteration; the newest finished one when left out.
        features: From a feature of the model to the path of one of the project's ontology; those left out take no part.
            When left out, as the model is attached to the project, else by path or last name.
        keys: Only these rows.
        split: Only rows of this part of the project.
        min_confidence: Objects below it are not kept, in [0, 1]; as low as in training when left out, so that curves
            and thresholds can be looked at later.
        nms_iou: Of two objects of one feature that overlap more than this, only the surer is kept.
        tags: Free text to find the run by.
        device: ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
        threads: CPU threads; one a core, at most 8, when left out.
        store: Where runs are kept; see `open_store`.
        report: Told of the progress.

    Raises:
        NameTakenError: If the experiment has a run of that name.
        NotFoundError: If there is no such model, run, project, row or feature, or the run has no weights.
        RecordError: If no feature of the model is one of the project, or a kind does not fit.
        TrainingError: If rows have no picture or one that cannot be read, or a threshold lies outside its range.
    """
    store = store or open_store()
    check_place(experiment, name, store=store, numbered=False)
    run = find_run(model, iteration=iteration, store=store)
    trained = model_of(run)
    data = open_named(project, store=store) if isinstance(project, str) else project
    paths = _link(trained.design, run, data, features, store=store)
    part = part_of(data, trained.design, paths, keys=keys, split=split, store=store, report=_in_stages(report))
    require_whole_pictures(part.snapshot.rows, report=report)
    said = {"min_confidence": min_confidence, "nms_iou": nms_iou}
    with start_run(
        experiment,
        name,
        project=part,
        config=RunConfig({"predicted_by": f"{run.stored.experiment}/{run.name}", **said, "features": paths}),
        tags={**(tags or {}), **_lineage_tags(run, data)},
        measure=measure_of(trained.design, paths),
        store=store,
    ) as recording:
        found = predict_rows(
            trained,
            part.snapshot,
            features=paths,
            min_confidence=min_confidence,
            nms_iou=nms_iou,
            device=device,
            threads=threads,
            report=Telling(recording, report),
        )
        recording.log_predictions(found.predictions)
        recording.log_embeddings(found.embeddings)
        recording.tell_progress(f"predicted {len(part.snapshot.rows):,} rows")
    return recording.result


@check_kinds
def attached_runs(
    model: MicroModel, project: str, *, experiment: str, name: str, store: Store | None = None
) -> dict[str, ModelRun]:
    """The iterations that a model's attachment to a project means, each under the name for a run of its predictions.

    Args:
        model: The model.
        project: The project that it is attached to.
        experiment: Where the runs shall go.
        name: What their names begin with; ``-<number of the iteration>`` follows.
        store: Where runs are kept; the model's when left out.

    Raises:
        NotFoundError: If it is not attached, or has no finished iteration.
        RecordError: If a name is taken, so that not all of them can be made.
    """
    store = store or model.store
    attachment = get_attachment(model, project)
    entries = iterations_of(attachment)
    if not entries:
        raise NotFoundError(f"Model {model.title!r} has no finished iteration. Train one with: modelruns train.")
    endings = [str(number_of(entry) or entry.name) for entry in entries]
    names = [
        f"{name}-{ending}" if endings.count(ending) == 1 else f"{name}-{ending}-{entry.id[:8]}"
        for ending, entry in zip(endings, entries, strict=True)
    ]
    _refuse_taken(experiment, names, store)
    return {each: open_run(entry.id, store=store) for each, entry in zip(names, entries, strict=True)}


def _link(
    design: Design, run: ModelRun, data: DataVersion, asked: Mapping[str, str] | None, *, store: Store
) -> dict[str, str]:
    """From the model's features, in its order, to the project's paths."""
    ontology = data.snapshot.ontology
    linked = asked or attached_features(run.lineage.model, data.project, store=store) or map_by_name(design, ontology)
    if not linked:
        raise RecordError(
            f"No feature of run {run.name!r} ({', '.join(design.features)}) has the name of a fitting one of project "
            f"{data.project!r} ({', '.join(ontology.paths)}). Attach the model to the project, and say which is which: "
            "modelruns attachments create."
        )
    paths = check_mapping(design, ontology, linked, project=data.project)
    twice = [path for path in paths.values() if list(paths.values()).count(path) > 1]
    if twice and design.task in (Task.CLASSIFICATION, Task.SEMANTIC_SEGMENTATION):
        raise RecordError(
            f"Several features of the model are linked to {twice[0]!r} of project {data.project!r}; a row has only one "
            "answer of it. Link one of them."
        )
    return paths


def _in_stages(report: Report | None) -> StageReport | None:
    if report is None:
        return None
    return lambda stage, done, total: report(Progress(stage, done, total))


def _lineage_tags(run: ModelRun, data: DataVersion) -> dict[str, str]:
    model, title = run.lineage.model, run.lineage.title
    return {
        **code_tags(),
        **({PREDICTING_MODEL_TAG: model} if model else {}),
        **({MODEL_TITLE_TAG: title} if title else {}),
        PREDICTED_BY_TAG: run.id,
        DATA_TAG: f"{data.project}@{data.name}",
    }


def _refuse_taken(experiment: str, names: Sequence[str], store: Store) -> None:
    try:
        there = {entry.name for entry in store.runs(experiment, most=None)}
    except NotFoundError:
        return
    taken = [name for name in names if name in there]
    if taken:
        raise RecordError(
            f"{len(taken)} of {len(names)} runs to make are there already in experiment {experiment!r}; first: "
            f"{taken[0]!r}. Choose another name."
        )
