"""From records to numbers: what a run's predictions are worth against its truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np

import metrics
from trainer.measures.masks import masks_of
from trainer.records.annotations import Annotations
from trainer.records.errors import RecordError
from trainer.records.measure import BOXES, Subject
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
        subject: Boxes or masks.
    """

    rows: int
    thresholds: Thresholds
    features: tuple[str, ...]
    coco: metrics.CocoSummary
    at_thresholds: metrics.Outcomes
    at_iou: metrics.AveragePrecision
    subject: Subject = BOXES

    def headline(self) -> dict[str, float]:
        """The numbers that stand for a run; NaN where undefined.

        The first three are COCO's and do not depend on the thresholds; the others are taken at them.
        """
        total = self.at_thresholds.total
        return {
            "mAP": self.coco.ap,
            "AP50": self.coco.ap50,
            "AP75": self.coco.ap75,
            "precision": float(total.precision),
            "recall": float(total.recall),
            "F1": float(total.f1),
            "mean IoU": float(total.mean_iou),
        }

    def per_feature(self) -> dict[str, np.ndarray]:
        """Average precision and counts of each feature, in code order."""
        return self.coco.per_feature.columns()

    def main(self) -> np.ndarray:
        """float64[features]: average precision at IoU 0.50 to 0.95; NaN where a feature has no truth."""
        return self.coco.per_feature.columns()["ap"]

    def support(self) -> np.ndarray:
        """int64[features]: number of truths."""
        return self.coco.per_feature.columns()["truths"]

    def row_errors(self) -> np.ndarray:
        """int64[rows]: false alarms and misses of each row at the thresholds; 0 for rows that do not count."""
        return self.at_thresholds.per_row.fp + self.at_thresholds.per_row.missed

    def summary(self, split: str) -> dict[str, Any]:
        """Everything in all as plain values, with the rules, settings and rows that made it; None where undefined."""
        total = self.at_thresholds.total.columns()
        return {
            "measure": str(self.subject),
            "split": split,
            "rows": self.rows,
            "rule": self.coco.rule,
            "coco": plain(self.coco.numbers()),
            "matching": self.at_thresholds.rule,
            "thresholds": {"min_confidence": self.thresholds.min_confidence, "min_iou": self.thresholds.min_iou},
            "at_thresholds": plain(total),
        }


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

    What has no place, such as an answer or a span, takes no part and has no position.

    Raises:
        ColumnError: If masks are asked for and an annotation has none.
    """
    truth, predictions = only_placed(snapshot.truth), only_placed(predictions)
    if features is not None:
        truth, predictions = (on_features(each, snapshot.ontology, features) for each in (truth, predictions))
    return overlaps_between(
        truth,
        predictions,
        rows=snapshot.rows,
        features=len(snapshot.ontology.paths if features is None else features),
        shape=shape,
    )


def overlaps_between(
    truth: Annotations, predictions: Annotations, *, rows: Rows, features: int, shape: Shape = "boxes"
) -> metrics.Overlaps:
    """The same for annotations that have the row numbers and feature codes of one snapshot already."""
    shapes = (boxes_of(each) if shape == "boxes" else masks_of(each, rows) for each in (truth, predictions))
    return metrics.find_overlaps(*shapes, rows=len(rows), features=features)


def only_placed(annotations: Annotations) -> Annotations:
    """The annotations that have a place on a picture, in their order."""
    if annotations.placed.all():
        return annotations
    return annotations.take(np.flatnonzero(annotations.placed))


def on_features(annotations: Annotations, ontology: Ontology, features: Sequence[str]) -> Annotations:
    """The annotations of some features alone, whose codes are then their places in `features`."""
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
        subject: Boxes or masks.
    """

    overlaps: metrics.Overlaps
    features: tuple[str, ...]
    subject: Subject = BOXES

    @property
    def known(self) -> np.ndarray:
        """bool[rows]: rows that can be right or wrong: all of them, since one without truth has nothing to be found."""
        return np.ones(len(self.overlaps.keep), dtype=bool)

    def on_rows(self, keep: np.ndarray) -> Self:
        """On some rows alone: bool[rows]; rows left out earlier stay out."""
        return replace(self, overlaps=self.overlaps.on_rows(keep))

    def measured(
        self, resamples: metrics.Resamples, *, thresholds: Thresholds, sizes: bool = False
    ) -> list[metrics.Measured]:
        """Every number with what it is on every resample; see `metrics.measure_objects`."""
        return metrics.measure_objects(
            self.overlaps,
            resamples,
            min_iou=thresholds.min_iou,
            min_confidence=thresholds.min_confidence,
            sizes=sizes,
        )

    def held(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and feature of every truth that counts."""
        truths = self.overlaps.truths
        features = np.repeat(np.arange(self.overlaps.features), np.diff(truths.starts))
        return truths.row[~truths.ignored], features[~truths.ignored]

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
            subject=self.subject,
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


def plain(numbers: Mapping[str, Any]) -> dict[str, float | int | None]:
    """Numbers as plain values for a file; None where undefined."""
    return {name: _defined(value) for name, value in numbers.items()}


def _defined(value: Any) -> float | int | None:
    if np.isnan(value):
        return None
    return int(value) if isinstance(value, np.integer) else float(value)
