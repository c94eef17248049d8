"""The design of a model that is described in a few words: the rest follows from what it is to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trainer.learning.selection import choose_features, choose_training_rows
from trainer.micro_models.feature_mapping import features_for
from trainer.micro_models.lessons import TeachingMap
from trainer.projects import DataVersion
from trainer.records.design import Design, Task
from trainer.records.errors import TrainingError


def design_for(
    source: DataVersion | TeachingMap,
    *,
    known: Design | None = None,
    task: str | None = None,
    features: Sequence[str] = (),
    backbone: str | None = None,
    stride: int | None = None,
    several: bool | None = None,
    painted: Sequence[str] = (),
    least: int = 1,
) -> Design:
    """A design from the parts that are stated.

    Args:
        source: What the model is to learn from.
        known: The design that a model of the title has already; what is not stated is taken from it.
        task: What it says of a picture; it detects when left out.
        features: Its features, in order. When left out: those that a mapping teaches, in the order of the mapping;
            else all that the project has for the task, for detection only those that are annotated.
        backbone: ``tiny_resnet``, or the name of a torchvision classifier.
        stride: 4 or 8.
        several: For classification: any number of features can hold at once.
        painted: For detection and segmentation together: which features are painted.
        least: Fewest annotations of a feature that is found in a project.

    Raises:
        RecordError: If the parts do not fit together.
        TrainingError: If the project has nothing to learn for the task.
    """
    asked = Task(task) if task in tuple(Task) else task
    stated = {
        "task": asked,
        "features": tuple(features) or None,
        "backbone": backbone,
        "stride": stride,
        "several": several,
        "painted": tuple(painted) or None,
    }
    given = {name: value for name, value in stated.items() if value is not None}
    if known is not None:
        return replace(known, **given)  # type: ignore[arg-type]
    if "features" not in given:
        given["features"] = _features(source, Task(task or Task.DETECTION), several=bool(several), least=least)
    return Design(**{"task": Task.DETECTION, **given})  # type: ignore[arg-type]


def _features(source: DataVersion | TeachingMap, task: Task, *, several: bool, least: int) -> tuple[str, ...]:
    if not isinstance(source, DataVersion):
        names = (name for links in source.values() for taught in links.values() for name in taught)
        return tuple(dict.fromkeys(names))
    snapshot = source.snapshot
    if task is Task.CLASSIFICATION:
        return features_for(task, snapshot.ontology, several=several)
    rows = choose_training_rows(snapshot.rows)
    found = choose_features(snapshot, rows, task=task, least=least)
    if not found:
        raise TrainingError(f"Project {source.project!r} has nothing annotated to learn {task.replace('_', ' ')} from.")
    return found
