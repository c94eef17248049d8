"""Masks as maps of one feature for each pixel, and what they are worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np

import metrics
from trainer.measures.evaluation import Thresholds, plain
from trainer.measures.painted import IGNORED, lay_masks
from trainer.records.annotations import Annotations
from trainer.records.measure import Subject
from trainer.records.rows import Rows

RULE: Final = "one feature for each pixel, the surer mask on top, of equal ones the later; pixels of none in no mean"


@dataclass(frozen=True, eq=False)
class PixelScores:
    """What painted pixels are worth on some rows.

    Attributes:
        subject: Pixels.
        features: Paths of the features, in code order.
        numbers: IoU, Dice and accuracy in all, per feature and per row; behind the features stands nothing at all.
    """

    subject: Subject
    features: tuple[str, ...]
    numbers: metrics.SegmentationSummary

    @property
    def rows(self) -> int:
        """Number of rows measured, those without truth or predictions included."""
        return self.numbers.rows

    def headline(self) -> dict[str, float]:
        """The numbers that stand for a run; NaN where undefined."""
        return {
            "mean IoU": self.numbers.mean_iou,
            "mean Dice": self.numbers.mean_dice,
            "pixel accuracy": self.numbers.pixel_accuracy,
        }

    def per_feature(self) -> dict[str, np.ndarray]:
        """Pixels and ratios of each feature, in code order."""
        return {name: column[: len(self.features)] for name, column in self.numbers.per_class.columns().items()}

    def main(self) -> np.ndarray:
        """float64[features]: IoU; NaN where a feature is in neither truth nor prediction."""
        return self.per_feature()["iou"]

    def support(self) -> np.ndarray:
        """int64[features]: number of pixels that are of it."""
        return self.per_feature()["truths"]

    def row_errors(self) -> np.ndarray:
        """int64[rows]: wrong pixels of each row; 0 for rows that do not count."""
        return self.numbers.per_row.pixels - self.numbers.per_row.correct

    def summary(self, split: str) -> dict[str, Any]:
        """Everything in all as plain values, with the rules, settings and rows that made it; None where undefined."""
        numbers = self.numbers
        return {
            "measure": str(self.subject),
            "split": split,
            "rows": self.rows,
            "pixels": numbers.pixels,
            "pixels_ignored": numbers.ignored,
            "rule": f"{RULE}; {numbers.rule}",
            "numbers": plain(numbers.numbers()),
        }


@dataclass(frozen=True, eq=False)
class PixelEvaluation:
    """What every row's pixels were taken for. No threshold changes anything about them.

    Attributes:
        subject: Pixels.
        features: Paths of the features, in code order.
        counts: As `metrics` counts them; the code behind the features stands for nothing at all.
    """

    subject: Subject
    features: tuple[str, ...]
    counts: metrics.PixelCounts

    @property
    def nothing(self) -> int:
        """Code of the pixels that are of no feature."""
        return len(self.features)

    @property
    def known(self) -> np.ndarray:
        """bool[rows]: rows that can be right or wrong: all of them."""
        return np.ones(len(self.counts.keep), dtype=bool)

    def on_rows(self, keep: np.ndarray) -> Self:
        """On some rows alone: bool[rows]; rows left out earlier stay out."""
        return replace(self, counts=self.counts.on_rows(keep))

    def at(self, thresholds: Thresholds) -> PixelScores:
        """Everything there is to measure; the thresholds mean nothing here."""
        summary = metrics.segmentation_summary(self.counts, without=[self.nothing])
        return PixelScores(self.subject, self.features, summary)

    def measured(
        self, resamples: metrics.Resamples, *, thresholds: Thresholds, sizes: bool = False
    ) -> list[metrics.Measured]:
        """Every number with what it is on every resample; see `metrics.measure_pixels`."""
        return metrics.measure_pixels(self.counts, resamples, without=[self.nothing])

    def held(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and feature of every feature that is true on a row."""
        classes = self.counts.per_row_class
        there = classes.keep[classes.row] & (classes.pixels.truths > 0) & (classes.code < self.nothing)
        return classes.row[there], classes.code[there]


def evaluate_pixels(
    truth: Annotations, predictions: Annotations, *, rows: Rows, features: tuple[str, ...], subject: Subject
) -> PixelEvaluation:
    """Paint truth and prediction of one row after another and count what every pixel was taken for.

    Where masks lie over each other, the more confident one is on top, of equally confident ones, as truths are, the
    later one. Pixels of truths that are ignored, or crowds, are left out.

    Args:
        truth: True masks or outlines; feature codes are places in `features`.
        predictions: Predicted ones, likewise.
        rows: The rows.
        features: Paths of the features.
        subject: Pixels.

    Raises:
        ColumnError: If an annotation has neither mask nor outline, or a mask is not of its row's size.
    """
    pairs = zip(*(label_maps(each, rows, nothing=len(features)) for each in (truth, predictions)), strict=True)
    counts = metrics.count_pixels(pairs, classes=len(features) + 1, ignore=IGNORED)
    return PixelEvaluation(subject, features, counts)


def label_maps(annotations: Annotations, rows: Rows, *, nothing: int) -> Iterator[np.ndarray]:
    """The feature of every pixel of one row after the other: int32[pixels], column by column; see `evaluate_pixels`.

    Args:
        annotations: Masks or outlines.
        rows: The rows they are on.
        nothing: The code of pixels that are of no feature.

    Raises:
        ColumnError: If an annotation has neither mask nor outline.
    """
    layers = lay_masks(annotations, rows)
    for row in range(len(rows)):
        yield layers.features_on(row, nothing=nothing)
