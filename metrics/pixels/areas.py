"""All pixels of one class in one picture as one object: which areas were found, and what the others were taken for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

import numpy as np

from metrics.errors import ColumnError
from metrics.objects.outcomes import Counts
from metrics.pixels.counts import ClassPixels, check_left_out
from metrics.pixels.label_maps import NONE
from metrics.pixels.table import PixelCounts
from metrics.thresholds import check_overlap

AREAS_RULE: Final = "areas: all pixels of a class on a row, found by the IoU with all that is taken for it there"
LARGER_PART: Final = 0.5
"""An area lies on another one that holds more than this share of its pixels."""


@dataclass(frozen=True, eq=False)
class Areas:
    """Areas of one side, true or predicted, by rising row, then class.

    Attributes:
        row: int32[A].
        feature: int32[A], code of the class.
        pixels: int64[A]; those that the truth leaves out are in none.
        iou: float64[A] with the other side's area of the same class and row; 0 where there is none.
        same: int32[A] position of that one on the other side; -1 where there is none.
        on: int32[A] position of the other side's area of another class that holds more than half of its pixels; -1 for
            none.
    """

    row: np.ndarray
    feature: np.ndarray
    pixels: np.ndarray
    iou: np.ndarray
    same: np.ndarray
    on: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def alike(self, other: Areas) -> bool:
        """Whether both are of the same rows, classes and numbers of pixels, whatever they are beside."""
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ("row", "feature", "pixels"))


@dataclass(frozen=True, eq=False)
class AreaMatches:
    """Which of T true areas were found by P predicted ones, at an IoU. Made by `match_areas`.

    An area is all pixels of one class on one row, so that each side has at most one of each class and row, and no
    prediction stands in another one's way. A predicted area whose IoU is too low, or whose class the row does not have,
    is a false alarm.

    Attributes:
        truth: The true areas.
        predictions: The predicted ones.
        features: Number of classes.
        keep: bool[rows], rows that count.
        min_iou: Smallest IoU with which an area is found.
        confidence: float64[P] of each predicted area; None where nobody knows it.
        rule: Name of the rule.
    """

    truth: Areas
    predictions: Areas
    features: int
    keep: np.ndarray
    min_iou: float = 0.5
    confidence: np.ndarray | None = None
    rule: str = AREAS_RULE

    def on_rows(self, keep: np.ndarray) -> Self:
        """With only some rows counting: bool[rows]; rows left out earlier stay out, and areas keep their positions."""
        return replace(self, keep=self.keep & keep)

    def at(self, min_iou: float) -> Self:
        """The same at another IoU, in (0, 1].

        Raises:
            ThresholdError: If it lies outside its range.
        """
        return replace(self, min_iou=check_overlap(min_iou))

    def surely(self, confidence: np.ndarray) -> Self:
        """With the confidence of each predicted area: float64[P], such as the mean over its pixels.

        Raises:
            ColumnError: If there is not one for each.
        """
        if np.shape(confidence) != (len(self.predictions),):
            raise ColumnError(
                f"There are {len(confidence):,} confidences for {len(self.predictions):,} predicted areas; each needs "
                "one, by rising row, then class."
            )
        return replace(self, confidence=np.asarray(confidence, dtype=np.float64))

    @cached_property
    def tp(self) -> np.ndarray:
        """bool[P]: predicted areas that found a true one."""
        return self._found(self.predictions)

    @cached_property
    def fp(self) -> np.ndarray:
        """bool[P]: predicted areas on rows that count that found none."""
        return self.keep[self.predictions.row] & ~self.tp

    @cached_property
    def found(self) -> np.ndarray:
        """bool[T]: true areas that were found."""
        return self._found(self.truth)

    @cached_property
    def missed(self) -> np.ndarray:
        """bool[T]: true areas on rows that count that were not."""
        return self.keep[self.truth.row] & ~self.found

    @property
    def per_feature(self) -> Counts:
        """Counts of each class, int64[features].

        ``f1 * mean_iou`` is the panoptic quality of areas, at an IoU of 0.5 but for those of exactly 0.5.
        """
        truth, predictions = self.truth, self.predictions
        tp, fp = (np.bincount(predictions.feature[flags], minlength=self.features) for flags in (self.tp, self.fp))
        missed = np.bincount(truth.feature[self.missed], minlength=self.features)
        overlap = np.bincount(predictions.feature[self.tp], predictions.iou[self.tp], minlength=self.features)
        return Counts(tp, fp, missed, np.zeros(self.features, dtype=np.int64), overlap)

    def _found(self, areas: Areas) -> np.ndarray:
        return self.keep[areas.row] & (areas.same >= 0) & (areas.iou >= self.min_iou)


def match_areas(counts: PixelCounts, *, min_iou: float = 0.5, without: Sequence[int] = ()) -> AreaMatches:
    """Take all pixels of a class on a row as one area, and tell which true ones were found.

    A true area is found where its IoU with all pixels of the row that are taken for its class is at least `min_iou`.
    This is what panoptic quality does with stuff, whose IoU has to be above 0.5. Any other IoU, or other rows, are
    cheap afterwards: `.at(0.75)`, `.on_rows(keep)`.

    Args:
        counts: From `count_pixels`.
        min_iou: Smallest IoU with which an area is found, in (0, 1].
        without: Codes of classes that are no areas, such as the background.

    Raises:
        ThresholdError: If `min_iou` lies outside its range.
        ColumnError: If `without` names a class that does not exist.

    Example:
        >>> from metrics import count_pixels
        >>> truth, predicted = np.array([[0, 0, 0, 1, 1]]), np.array([[0, 0, 0, 0, 2]])
        >>> matches = match_areas(count_pixels([(truth, predicted)], classes=3))
        >>> matches.truth.iou.tolist(), matches.found.tolist(), matches.predictions.feature[matches.fp].tolist()
        ([0.75, 0.0], [True, False], [2])
        >>> matches.truth.on.tolist(), matches.predictions.on.tolist()
        ([-1, -1], [-1, 1])

    Source:
        Kirillov et al. 2019, Panoptic Segmentation, arXiv:1801.00868, section 4.
    """
    cells, size = counts.per_row_class, counts.classes
    wanted = np.ones(size, dtype=bool)
    wanted[list(check_left_out(without, size))] = False
    key = cells.row.astype(np.int64) * size + cells.code
    there = [wanted[cells.code] & (pixels > 0) for pixels in (cells.pixels.truths, cells.pixels.predictions)]
    # The position of each cell's area on either side; the last one stands for none.
    number = [np.append(np.where(flags, np.cumsum(flags) - 1, NONE), NONE).astype(np.int32) for flags in there]
    iou = cells.pixels.iou
    on = _on_others(counts, key, cells.pixels, number)
    sides = [
        Areas(
            cells.row[flags],
            cells.code[flags],
            pixels[flags],
            np.where(there[0] & there[1], iou, 0.0)[flags],
            number[1 - side][:-1][flags],
            on[side][flags],
        )
        for side, (flags, pixels) in enumerate(zip(there, (cells.pixels.truths, cells.pixels.predictions), strict=True))
    ]
    return AreaMatches(sides[0], sides[1], size, counts.keep, check_overlap(min_iou))


def _on_others(
    counts: PixelCounts, key: np.ndarray, pixels: ClassPixels, number: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """int32[cells], for truth and prediction: the area of another class that holds the larger part of each."""
    row, none = counts.row.astype(np.int64) * counts.classes, len(key)
    own = np.searchsorted(key, row + counts.truth)
    other = np.where(counts.predicted == NONE, none, np.searchsorted(key, row + counts.predicted))
    mixed = (other < none) & (counts.truth != counts.predicted)
    found = []
    for of, by, whole, positions in (
        (own, other, pixels.truths, number[1]),
        (other, own, pixels.predictions, number[0]),
    ):
        here = np.flatnonzero(mixed)
        here = here[counts.count[here] > LARGER_PART * whole[of[here]]]
        on = np.full(none, NONE, dtype=np.int32)
        on[of[here]] = positions[by[here]]
        found.append(on)
    return found[0], found[1]
