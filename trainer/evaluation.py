"""From records to numbers: what a run's predictions are worth against its truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

import metrics
from trainer.masks import masks_of
from trainer.records.annotations import Annotations
from trainer.records.errors import RecordError
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.records.split import Split

ALL_ROWS = "all"
Shape = Literal["boxes", "masks"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the sliders stand.

    Attributes:
        min_confidence: Predictions below it do not take part, in [0, 1].
        min_iou: Smallest IoU with which a prediction claims a truth, in [0.05, 1].
    """

    min_confidence: float = 0.5
    min_iou: float = 0.5


@dataclass(frozen=True)
class Scores:
    """What was measured on some rows, with the thresholds it was measured at.

    Attributes:
        rows: Number of rows measured, those without truth or predictions included.
        thresholds: Where `at_thresholds` and `at_iou` were taken.
        features: Paths of the features, in code order.
        coco: COCO's 12 numbers and the table per feature.
        at_thresholds: Found, false alarms and missed with precision, recall and F1, per feature, row and in all.
        at_iou: Average precision at the thresholds' IoU, over all confidences.
    """

    rows: int
    thresholds: Thresholds
    features: tuple[str, ...]
    coco: metrics.CocoSummary
    at_thresholds: metrics.Outcomes
    at_iou: metrics.AveragePrecision


def overlaps_of(
    snapshot: Snapshot,
    predictions: Annotations,
    *,
    features: Sequence[str] | None = None,
    shape: Shape = "boxes",
) -> metrics.Overlaps:
    """Which predictions and truths overlap on every row: the expensive step, done once a run.

    Args:
        snapshot: The rows and their truth.
        predictions: What was predicted on them.
        features: Paths to measure alone, renumbered in this order; all of the ontology's when left out.
        shape: ``boxes`` around annotations of any shape, or ``masks``, which all of them need then.

    Raises:
        ColumnError: If masks are asked for and an annotation has none.
    """
    truth = snapshot.truth
    if features is not None:
        truth, predictions = (_renumbered(each, snapshot.ontology, features) for each in (truth, predictions))
    return metrics.find_overlaps(
        *(boxes_of(each) if shape == "boxes" else masks_of(each, snapshot.rows) for each in (truth, predictions)),
        rows=len(snapshot.rows),
        features=len(snapshot.ontology.paths if features is None else features),
    )


def _renumbered(annotations: Annotations, ontology: Ontology, features: Sequence[str]) -> Annotations:
    codes = np.full(len(ontology.paths), -1, dtype=np.int16)
    codes[[ontology.code(path) for path in features]] = np.arange(len(features))
    return annotations.with_features(codes)


def boxes_of(annotations: Annotations) -> metrics.Boxes:
    """The boxes around annotations of any shape, as `metrics` reads them."""
    return metrics.Boxes.from_sizes(
        annotations.row,
        annotations.feature,
        annotations.box,
        confidence=annotations.confidence,
        area=annotations.area,
        crowd=annotations.crowd,
        ignored=annotations.ignored,
    )


@dataclass(frozen=True)
class Evaluation:
    """A run's predictions against its truth on chosen rows, ready for any thresholds.

    Attributes:
        overlaps: From `overlaps_of`, restricted to the rows that count.
        features: Paths of the features, in code order.
    """

    overlaps: metrics.Overlaps
    features: tuple[str, ...]

    @cached_property
    def coco(self) -> metrics.CocoSummary:
        """COCO's summary, which does not depend on the thresholds."""
        return metrics.coco_summary(self.overlaps)

    def curves(self, *, min_iou: float) -> metrics.Curves:
        """Precision and recall as the confidence threshold falls."""
        return metrics.precision_recall_curves(self.overlaps, min_iou=min_iou)

    def at(self, thresholds: Thresholds) -> Scores:
        """Everything there is to measure about boxes at the given thresholds."""
        matches = metrics.match(self.overlaps, min_iou=thresholds.min_iou, min_confidence=thresholds.min_confidence)
        return Scores(
            rows=self.overlaps.rows,
            thresholds=thresholds,
            features=self.features,
            coco=self.coco,
            at_thresholds=metrics.count_outcomes(matches),
            at_iou=metrics.average_precision(self.overlaps, min_iou=thresholds.min_iou),
        )


def rows_of_split(rows: Rows, split: str) -> np.ndarray:
    """bool[n]: which rows belong to a split, or to ``all``."""
    if split == ALL_ROWS:
        return np.ones(len(rows), dtype=bool)
    if split not in tuple(Split):
        raise RecordError(f"{split!r} is no split; there are {', '.join((*Split, ALL_ROWS))}.")
    return np.asarray(rows.splits == split)


def measured_split(rows: Rows) -> str:
    """The split whose numbers stand for a run: validation, else test, else all rows.

    Rows a model was trained on would flatter it, so training rows count only where there is nothing else.
    """
    sizes = rows.split_sizes()
    return next((split for split in (Split.VALIDATION.value, Split.TEST.value) if sizes.get(split)), ALL_ROWS)


def headline_of(scores: Scores) -> dict[str, float]:
    """The numbers that stand for a run, by names that MLflow takes too; NaN where undefined.

    The first three are COCO's and do not depend on the thresholds; the others are taken at them.
    """
    total = scores.at_thresholds.total
    return {
        "mAP_50_95": scores.coco.ap,
        "AP_50": scores.coco.ap50,
        "AP_75": scores.coco.ap75,
        "precision": float(total.precision),
        "recall": float(total.recall),
        "F1": float(total.f1),
        "mean_IoU": float(total.mean_iou),
    }


def summary_of(scores: Scores, split: str) -> dict[str, Any]:
    """Everything in all as plain values, with the rules, settings and rows that made it; None where undefined."""
    total = scores.at_thresholds.total.columns()
    return {
        "split": split,
        "rows": scores.rows,
        "rule": scores.coco.rule,
        "coco": {name: _defined(value) for name, value in scores.coco.numbers().items()},
        "matching": scores.at_thresholds.rule,
        "thresholds": {"min_confidence": scores.thresholds.min_confidence, "min_iou": scores.thresholds.min_iou},
        "at_thresholds": {name: _defined(value) for name, value in total.items()},
    }


def _defined(value: Any) -> float | int | None:
    if np.isnan(value):
        return None
    return int(value) if isinstance(value, np.integer) else float(value)
