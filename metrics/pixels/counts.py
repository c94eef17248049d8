"""Pixels of each class that were right, false and missed: in all, and in each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from metrics.columns import as_codes, check_below
from metrics.undefined import divide

PixelMeanRule = Literal["absent left out", "absent as 0"]
"""What a mean over classes makes of a class whose number is undefined, because it is absent."""


class ClassPixels(NamedTuple):
    """Pixels by class; each value an array in the order of codes, or along the entries of a `RowClasses`.

    Attributes:
        tp: int64, pixels of the class that were taken for it.
        fp: int64, pixels of another class that were taken for it.
        missed: int64, pixels of the class that were not taken for it.
    """

    tp: np.ndarray
    fp: np.ndarray
    missed: np.ndarray

    @property
    def truths(self) -> np.ndarray:
        """int64: pixels of the class, the support."""
        return self.tp + self.missed

    @property
    def predictions(self) -> np.ndarray:
        """int64: pixels that were taken for the class."""
        return self.tp + self.fp

    @property
    def precision(self) -> np.ndarray:
        """float64: tp / (tp + fp); NaN where nothing was taken for the class."""
        return divide(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> np.ndarray:
        """float64: tp / (tp + missed), also called class accuracy; NaN where no pixel is of the class."""
        return divide(self.tp, self.tp + self.missed)

    @property
    def iou(self) -> np.ndarray:
        """float64: tp / (tp + fp + missed); NaN where the class is in neither truth nor prediction."""
        return divide(self.tp, self.tp + self.fp + self.missed)

    @property
    def dice(self) -> np.ndarray:
        """float64: 2 tp / (2 tp + fp + missed), the F1 of pixels; NaN where the class is in neither."""
        return divide(2 * self.tp, 2 * self.tp + self.fp + self.missed)

    def columns(self) -> dict[str, np.ndarray]:
        """Counts and ratios by name, ready for a table."""
        names = ("truths", "predictions", "tp", "fp", "missed", "precision", "recall", "iou", "dice")
        return {name: getattr(self, name) for name in names}


class ClassMeans(NamedTuple):
    """A mean over classes of each ratio: one number, or float64[rows]; or over how many classes it is.

    Attributes:
        iou: tp / (tp + fp + missed).
        dice: 2 tp / (2 tp + fp + missed).
        precision: tp / (tp + fp).
        recall: tp / (tp + missed), so that its mean is the mean class accuracy.
    """

    iou: np.ndarray
    dice: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


@dataclass(frozen=True, eq=False)
class RowClasses:
    """Pixels of each class in each row where it is in truth or prediction: M entries by rising row, then code.

    Every number of classes is a sum over these, so that rows can be left out, or drawn again with weights.

    Attributes:
        row: int32[M].
        code: int32[M], the class.
        pixels: int64[M] each: tp, fp and missed.
        classes: Number of classes.
        keep: bool[rows], rows that count.
    """

    row: np.ndarray
    code: np.ndarray
    pixels: ClassPixels
    classes: int
    keep: np.ndarray

    def on_rows(self, keep: np.ndarray) -> RowClasses:
        """The same with only some rows counting: bool[rows]; rows left out earlier stay out."""
        return replace(self, keep=self.keep & keep)

    @cached_property
    def counting(self) -> np.ndarray:
        """int64: places of the entries of rows that count."""
        return np.flatnonzero(self.keep[self.row])

    @cached_property
    def per_class(self) -> ClassPixels:
        """Summed over the rows that count; int64[classes] each."""
        at = self.counting
        return ClassPixels(*(add_up(self.code[at], column[at], self.classes) for column in self.pixels))

    def weighted(self, weights: np.ndarray) -> ClassPixels:
        """Summed over rows that each count as often as their weight says; float64[classes] each.

        Args:
            weights: float64[rows], such as how often a bootstrap drew each; rows that do not count stay out.
        """
        at = self.counting
        by = np.asarray(weights, dtype=np.float64)[self.row[at]]
        return ClassPixels(
            *(np.bincount(self.code[at], weights=column[at] * by, minlength=self.classes) for column in self.pixels)
        )

    def row_means(self, among: np.ndarray, rule: PixelMeanRule) -> ClassMeans:
        """float64[rows] each: means over the classes `among`, bool[classes]; NaN for rows that do not count."""
        at = self.counting[among[self.code[self.counting]]]
        chosen, rows = ClassPixels(*(column[at] for column in self.pixels)), len(self.keep)
        means = []
        for name in ClassMeans._fields:
            values = getattr(chosen, name)
            defined = ~np.isnan(values)
            whole = np.bincount(self.row[at[defined]], minlength=rows)
            if rule == "absent as 0":
                whole = np.where(self.keep, np.count_nonzero(among), 0)
            means.append(divide(np.bincount(self.row[at[defined]], values[defined], minlength=rows), whole))
        return ClassMeans(*means)


def class_means(pixels: ClassPixels, among: np.ndarray, rule: PixelMeanRule) -> tuple[ClassMeans, ClassMeans]:
    """Means over the classes `among`, bool[classes], and over how many classes each is."""
    means: list[np.ndarray] = []
    averaged: list[np.ndarray] = []
    for name in ClassMeans._fields:
        values = getattr(pixels, name)[among]
        values = np.nan_to_num(values) if rule == "absent as 0" else values[~np.isnan(values)]
        means.append(divide(values.sum(), len(values)))
        averaged.append(np.asarray(len(values))[()])
    return ClassMeans(*means), ClassMeans(*averaged)


def add_up(codes: np.ndarray, counts: np.ndarray, size: int) -> np.ndarray:
    """int64[size]: the counts of each code summed; exact below 2 ** 53."""
    return np.bincount(codes, weights=counts, minlength=size).astype(np.int64)


def check_left_out(without: Sequence[int], classes: int) -> tuple[int, ...]:
    """The codes of classes that are to be left out, each once and rising.

    Raises:
        ColumnError: If one is of a class that does not exist.
    """
    codes = as_codes("class", without, things="classes to leave out")
    check_below("class", codes, classes, things="classes to leave out")
    return tuple(sorted(set(codes.tolist())))
