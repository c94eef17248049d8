"""Training a micro-model on a project, logged as a model run."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from trainer.learning.fitting import Progress, TrainingLog, fit
from trainer.learning.prediction import predict_rows
from trainer.learning.selection import choose_features, choose_training_rows
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel
from trainer.learning.weights import load_model, save_model
from trainer.model_runs import ModelRun, open_run
from trainer.projects import DataVersion, open_version
from trainer.recording import start_run
from trainer.records import layout
from trainer.records.design import Design, Task
from trainer.records.errors import NotFoundError
from trainer.store import Store, open_store

MODEL_TAG = "model"
PARENT_TAG = "parent_run"


def train(
    project: str | DataVersion,
    *,
    model: str,
    experiment: str,
    settings: TrainingSettings | None = None,
    name: str | None = None,
    start_from: str | ModelRun | None = None,
    store: Store | None = None,
    report: Callable[[Progress], None] | None = None,
) -> ModelRun:
    """Train a detector on a project's training rows, let it predict every row, and seal the outcome as a model run.

    Args:
        project: Name of a project, whose newest data version is taken, or one of its versions.
        model: Name of the micro-model; its trainings are its iterations.
        experiment: The experiment to put the run into; a new name makes a new one.
        settings: How to train; see `TrainingSettings`.
        name: Name of the run; ``<model>-<iteration>`` when left out.
        start_from: A run whose weights to start from; it must have been trained on the same features in the same order.
        store: Where runs are kept; see `open_store`.
        report: Told of the progress: stage, epoch, step, loss, seconds left.

    Raises:
        TrainingError: If there is too little to learn from, or the loss stops being a number.
        NameTakenError: If the experiment has a run of that name.
    """
    store = store or open_store()
    data = open_version(project, store=store) if isinstance(project, str) else project
    parent = open_run(start_from, store=store) if isinstance(start_from, str) else start_from
    initial = detector_of(parent) if parent else None
    settings = settings or TrainingSettings()
    tags = {MODEL_TAG: model} | ({PARENT_TAG: parent.id} if parent else {})
    run_name = name or _next_name(store, experiment, model)
    with start_run(
        experiment, run_name, project=data, config=settings.to_config(), tags=tags, store=store
    ) as recording:

        def tell(progress: Progress) -> None:
            if progress.loss is not None:
                recording.log_metric("loss", progress.loss, step=progress.step)
            if report:
                report(progress)

        design = initial.design if initial else _design_of(data, settings)
        detector, log = fit(data.snapshot, design, settings, initial=initial, report=tell)
        detections = predict_rows(detector, data.snapshot, device=settings.device, threads=settings.threads, report=report)
        recording.log_predictions(detections.predictions)
        recording.log_embeddings(detections.embeddings)
        save_model(detector, recording.folder)
        _write_log(log, recording.folder / layout.TRAINING_LOG)
    return recording.result


def _design_of(data: DataVersion, settings: TrainingSettings) -> Design:
    """A detector of everything that is annotated with a shape on the training rows."""
    rows = choose_training_rows(data.snapshot.rows, most=settings.training_rows)
    return Design(Task.DETECTION, choose_features(data.snapshot, rows, least=settings.min_annotations))


def _write_log(log: TrainingLog, path: Path) -> None:
    """What a person asks of a training afterwards: how long, where, on which rows, and how the loss fell."""
    facts = {
        "seconds": round(log.seconds, 1),
        "device": log.settings.device,
        "threads": log.settings.threads,
        "features": log.features,
        "epoch_losses": log.epoch_losses,
        "rows": log.keys,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def detector_of(run: ModelRun) -> TrainedModel:
    """The detector whose weights a run holds.

    Raises:
        NotFoundError: If the run has no weights.
    """
    names = (layout.WEIGHTS, layout.WEIGHTS_CARD)
    if not all(run.stored.has(name) for name in names):
        raise NotFoundError(f"Run {run.name!r} holds no weights; only runs made by training have them.")
    with tempfile.TemporaryDirectory(prefix="modelruns-") as scratch:
        for name in names:
            target = Path(scratch) / name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(run.stored.path(name), target)
        return load_model(Path(scratch))


def _next_name(store: Store, experiment: str, model: str) -> str:
    try:
        taken = {entry.name for entry in store.runs(experiment, sealed_only=False)}
    except NotFoundError:
        taken = set()
    return next(name for number in range(1, len(taken) + 2) if (name := f"{model}-{number}") not in taken)
