"""The demonstration: handwritten digits, two detectors that differ, ready to compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trainer.demo_scenes import FEW_LABELS, MORE_LABELS, make_digit_scenes
from trainer.learning.fitting import Progress
from trainer.learning.settings import TrainingSettings
from trainer.micro_models.training import train
from trainer.project_imports import import_project
from trainer.projects import DataVersion, Report, open_version
from trainer.records.errors import NotFoundError
from trainer.runs.model_runs import ModelRun, open_run
from trainer.store import Store, open_store

PROJECT = "digits"
EXPERIMENT = "digits"
MODEL = "digit-detector"
BASELINE = "few-labels"
CANDIDATE = "more-labels"
SPLIT = "65/20/15"


@dataclass(frozen=True)
class Demo:
    """The two runs of the demonstration."""

    baseline: ModelRun
    candidate: ModelRun


def make_demo(
    folder: Path,
    *,
    store: Store | None = None,
    report: Report | None = None,
    training_report: Callable[[str], Callable[[Progress], None]] | None = None,
) -> Demo:
    """Make what the demonstration shows; parts that exist already are kept as they are.

    Args:
        folder: Where the pictures go.
        store: Where runs are kept; see `open_store`.
        report: Told of the progress of making and importing pictures.
        training_report: Given a run's name, what to tell of its training.
    """
    store = store or open_store()
    data = _project(folder, store, report)

    def trained(name: str, settings: TrainingSettings, start_from: ModelRun | None) -> ModelRun:
        try:
            return open_run(name, experiment=EXPERIMENT, store=store)
        except NotFoundError:
            tell = training_report(name) if training_report else None
            return train(
                data,
                model=MODEL,
                experiment=EXPERIMENT,
                name=name,
                settings=settings,
                start_from=start_from,
                store=store,
                report=tell,
            )

    baseline = trained(BASELINE, FEW_LABELS, None)
    return Demo(baseline, trained(CANDIDATE, MORE_LABELS, baseline))


def _project(folder: Path, store: Store, report: Report | None) -> DataVersion:
    try:
        return open_version(PROJECT, store=store)
    except NotFoundError:
        truth = make_digit_scenes(folder)
        return import_project(PROJECT, truth, format="coco", split=SPLIT, store=store, report=report).version
