"""Which rows and features a training learns from, and whether they are enough."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from trainer.records.annotations import Annotations
from trainer.records.design import Design, Task
from trainer.records.errors import TrainingError
from trainer.records.ontology import Kind
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.records.split import Split

SHAPES_WITH_A_BOX = (Kind.BOX, Kind.POLYGON, Kind.MASK)
_COUNTED = {
    Task.CLASSIFICATION: "answers",
    Task.DETECTION: "boxes, polygons or masks",
    Task.INSTANCE_SEGMENTATION: "polygons or masks",
    Task.SEMANTIC_SEGMENTATION: "polygons or masks",
    Task.DETECTION_AND_SEGMENTATION: "boxes, polygons or masks",
}


def choose_training_rows(rows: Rows, *, most: int | None = None) -> np.ndarray:
    """Numbers of the training rows that are pictures, rising.

    Args:
        rows: All rows.
        most: Take only the first so many by the hash of their key: a larger number only ever adds rows.

    Raises:
        TrainingError: If there is no training row.
    """
    training = pictures_among(rows, rows.in_split(Split.TRAINING))
    if not len(training):
        sizes = ", ".join(f"{count:,} {split}" for split, count in rows.split_sizes().items()) or "no rows at all"
        raise TrainingError(
            f"No row is for training; there are: {sizes}. Import the project with a split, such as --split 80/10/10."
        )
    by_hash = sorted(training.tolist(), key=lambda row: hashlib.sha256(rows.keys[row].encode()).digest())
    return np.sort(np.asarray(by_hash[:most], dtype=np.int64))


def choose_validation_rows(rows: Rows, *, without: np.ndarray) -> np.ndarray:
    """Numbers of the validation rows whose pictures are there, rising; none of those that are trained on.

    Args:
        rows: All rows.
        without: int[m] numbers of the rows that are trained on.
    """
    chosen = np.setdiff1d(pictures_among(rows, rows.in_split(Split.VALIDATION)), without)
    return chosen[[bool(rows.uris[row]) for row in chosen.tolist()]] if len(chosen) else chosen.astype(np.int64)


def pictures_among(rows: Rows, chosen: np.ndarray) -> np.ndarray:
    """Those of some row numbers that are pictures, not texts."""
    return np.asarray([row for row in chosen.tolist() if rows.texts[row] is None], dtype=np.int64)


def choose_features(
    snapshot: Snapshot,
    rows: np.ndarray,
    *,
    wanted: Sequence[str] | None = None,
    task: Task = Task.DETECTION,
    least: int = 1,
) -> tuple[str, ...]:
    """A model's features, in order.

    Args:
        snapshot: Where ontology and truth are.
        rows: int[m] numbers of the training rows.
        wanted: Paths of the features; when left out, everything annotated on those rows that the task can learn:
            options for classification, outlined shapes for segmentation, shapes of any kind for detection.
        task: What the model says about a picture.
        least: Fewest annotations a feature may have there.

    Raises:
        TrainingError: If a feature has too few annotations, or there is none. Lists every such feature.
    """
    counts = count_annotations(snapshot, rows, task=task)
    learnable = [path for path, feature in snapshot.ontology.walk() if feature.kind in _kinds(task)]
    features = tuple(wanted) if wanted is not None else tuple(path for path in learnable if counts[path])
    _refuse_unlearnable(features, learnable, task)
    _refuse_scarce(features, counts, rows=len(rows), least=least, task=task)
    return features


def refuse_scarce(snapshot: Snapshot, rows: np.ndarray, design: Design, *, least: int) -> None:
    """Check that every feature of a design is annotated often enough on some rows, with what its head learns from.

    Raises:
        TrainingError: If one is not, or the ontology lacks it. Lists every such feature.
    """
    learnable = [path for path, feature in snapshot.ontology.walk() if feature.kind in _kinds(design.task)]
    _refuse_unlearnable(design.features, learnable, design.task)
    counts = count_annotations(snapshot, rows, task=design.task)
    outlined = count_annotations(snapshot, rows, task=Task.SEMANTIC_SEGMENTATION)
    counts |= {path: outlined[path] for path in design.painted_features}
    _refuse_scarce(design.features, counts, rows=len(rows), least=least, task=design.task)


def count_annotations(snapshot: Snapshot, rows: np.ndarray, *, task: Task = Task.DETECTION) -> dict[str, int]:
    """How often each feature of the ontology is annotated on some rows, in a way that the task can learn from.

    Crowds and ignored truths do not count, nor shapes without area; for segmentation only those with an outline do.
    """
    truth = snapshot.truth
    taken = np.isin(truth.row, rows) & ~truth.crowd & ~truth.ignored
    if task is Task.CLASSIFICATION:
        taken &= ~truth.placed
    else:
        taken &= has_area(truth)
        if task in (Task.INSTANCE_SEGMENTATION, Task.SEMANTIC_SEGMENTATION):
            taken &= has_outline(truth)
    counts = np.bincount(truth.feature[taken], minlength=len(snapshot.ontology.paths))
    return dict(zip(snapshot.ontology.paths, counts.tolist(), strict=True))


def has_area(annotations: Annotations) -> np.ndarray:
    """bool[n]: it is a shape, and its box is not empty."""
    return annotations.placed & (np.nan_to_num(annotations.box[:, 2:]) > 0).all(axis=1)


def has_outline(annotations: Annotations) -> np.ndarray:
    """bool[n]: run lengths or polygons say which pixels it covers."""
    valid = [np.asarray(annotations.table[name].is_valid().to_numpy()) for name in ("rle", "polygons")]
    return np.asarray(np.logical_or.reduce(valid))


def _kinds(task: Task) -> tuple[Kind, ...]:
    return (Kind.OPTION,) if task is Task.CLASSIFICATION else SHAPES_WITH_A_BOX


def _refuse_scarce(features: tuple[str, ...], counts: dict[str, int], *, rows: int, least: int, task: Task) -> None:
    scarce = {path: counts[path] for path in features if counts[path] < least}
    if not features or scarce:
        listed = ", ".join(f"{path} ({count})" for path, count in scarce.items()) or f"no {_COUNTED[task]} at all"
        raise TrainingError(
            f"The {rows:,} training rows hold too few annotations to learn from: {listed}. "
            f"Each feature needs {least} {_COUNTED[task]} there. Annotate more, train on more rows, set "
            "min_annotations lower, or make a new model of fewer features."
        )


def _refuse_unlearnable(features: Sequence[str], learnable: Sequence[str], task: Task) -> None:
    foreign = [path for path in features if path not in learnable]
    if foreign or len(set(features)) < len(features):
        things = "options of questions" if task is Task.CLASSIFICATION else "boxes, polygons and masks"
        raise TrainingError(
            f"A model for {task.value.replace('_', ' ')} cannot learn the features "
            f"{', '.join(map(repr, foreign)) or 'given twice'}. "
            f"Name each once; the ontology's {things} are: {', '.join(learnable) or 'none'}."
        )
