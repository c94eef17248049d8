"""How good label maps are, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from metrics.pixels.boundaries import BoundaryCounts
from metrics.pixels.counts import ClassMeans, ClassPixels, PixelMeanRule, RowClasses, check_left_out, class_means
from metrics.pixels.table import PixelCounts
from metrics.undefined import divide


class RowPixels(NamedTuple):
    """Numbers of every row; float64[rows], NaN for rows that do not count and where undefined.

    Attributes:
        pixels: int64[rows], pixels that count: the support; 0 for rows that do not count.
        correct: int64[rows], those of them that were taken for their class.
        pixel_accuracy: correct / pixels.
        mean_class_accuracy: Mean recall over the classes of the row's truth.
        mean_iou: Mean IoU over the classes that are in the row's truth or prediction.
        mean_dice: Mean Dice over the same.
        frequency_weighted_iou: Mean IoU, each class counting as often as it is true in the row.
    """

    pixels: np.ndarray
    correct: np.ndarray
    pixel_accuracy: np.ndarray
    mean_class_accuracy: np.ndarray
    mean_iou: np.ndarray
    mean_dice: np.ndarray
    frequency_weighted_iou: np.ndarray


@dataclass(frozen=True, eq=False)
class SegmentationSummary:
    """Headline numbers of label maps over all rows that count; NaN where undefined.

    Attributes:
        pixel_accuracy: Share of pixels that were taken for their class.
        mean_class_accuracy: Mean recall over classes.
        mean_iou: Mean IoU over classes.
        mean_dice: Mean Dice over classes.
        mean_precision: Mean precision over classes.
        frequency_weighted_iou: Mean IoU, each class counting as often as it is true.
        per_class: Counts and ratios of each class, summed over rows first.
        per_row: Numbers of each row.
        averaged: Over how many classes each mean is, the support.
        pixels: Pixels that count, the support of the accuracy.
        ignored: Pixels that were left out.
        rows: Rows that count.
        ignore: The label that left them out.
        without: Classes that are in no mean.
        rule: What means over classes make of an absent class.
    """

    pixel_accuracy: float
    mean_class_accuracy: float
    mean_iou: float
    mean_dice: float
    mean_precision: float
    frequency_weighted_iou: float
    per_class: ClassPixels
    per_row: RowPixels
    averaged: ClassMeans
    pixels: int
    ignored: int
    rows: int
    ignore: int | None
    without: tuple[int, ...]
    rule: PixelMeanRule

    def numbers(self) -> dict[str, float]:
        """Every headline number by name."""
        names = ("pixel_accuracy", "mean_class_accuracy", "mean_iou", "mean_dice", "mean_precision")
        return {name: getattr(self, name) for name in (*names, "frequency_weighted_iou")}


@dataclass(frozen=True, eq=False)
class BoundarySummary:
    """How well outlines are followed, over all rows that count; NaN where undefined.

    Attributes:
        mean_iou: Mean boundary IoU over classes.
        per_class: Counts and ratios of the edge pixels of each class, summed over rows first.
        per_row: float64[rows], mean boundary IoU over the classes of each row; NaN for rows that do not count.
        averaged: Over how many classes the mean is, the support.
        share: How far from an edge pixels count, as a share of the picture's diagonal.
        without: Classes that are in no mean.
        mean_rule: What means over classes make of an absent class.
        rule: How boundaries are told.
    """

    mean_iou: float
    per_class: ClassPixels
    per_row: np.ndarray
    averaged: int
    share: float
    without: tuple[int, ...]
    mean_rule: PixelMeanRule
    rule: str


def segmentation_summary(
    counts: PixelCounts, *, rule: PixelMeanRule = "absent left out", without: Sequence[int] = ()
) -> SegmentationSummary:
    """IoU, Dice and accuracy of label maps: per class, per row and in all.

    Numbers in all are of pixels summed over the rows that count, as is the custom; numbers per row are of one picture
    alone, and so their mean is another number. A class in neither truth nor prediction has NaN and is in no mean. A
    class that was only predicted has an IoU of 0, and so is in the mean.

    Args:
        counts: From `count_pixels`.
        rule: What means over classes make of a class without a number. By "absent left out" they are over the classes
            that have one; by "absent as 0" it counts as 0, as in scikit-learn with all classes as labels.
        without: Codes of classes that are in no mean over classes, such as the background; the accuracy is of all.

    Raises:
        ColumnError: If `without` names a class that does not exist.

    Example:
        >>> from metrics import count_pixels
        >>> truth, predicted = np.array([[0, 0, 0, 0], [1, 1, 1, 1]]), np.array([[0, 0, 0, 1], [1, 1, 1, 1]])
        >>> summary = segmentation_summary(count_pixels([(truth, predicted)], classes=3))
        >>> summary.pixel_accuracy, summary.per_class.iou.tolist(), summary.mean_iou, int(summary.averaged.iou)
        (0.875, [0.75, 0.8, nan], 0.775, 2)

    Source:
        Long et al. 2015, arXiv:1411.4038, for the four numbers of accuracy and IoU; parity with scikit-learn's
        `jaccard_score` and `f1_score` in tests/metrics/test_pixels_parity.py.
    """
    sparse, left_out = counts.per_row_class, check_left_out(without, counts.classes)
    among = ~np.isin(np.arange(counts.classes), left_out)
    per_class = sparse.per_class
    means, averaged = class_means(per_class, among, rule)
    pixels = int(per_class.truths.sum())
    return SegmentationSummary(
        pixel_accuracy=float(divide(per_class.tp.sum(), pixels)),
        mean_class_accuracy=float(means.recall),
        mean_iou=float(means.iou),
        mean_dice=float(means.dice),
        mean_precision=float(means.precision),
        frequency_weighted_iou=_frequency_weighted(per_class, among),
        per_class=per_class,
        per_row=_each_row(sparse, among, rule),
        averaged=averaged,
        pixels=pixels,
        ignored=int(counts.ignored[counts.keep].sum()),
        rows=counts.rows,
        ignore=counts.ignore,
        without=left_out,
        rule=rule,
    )


def boundary_summary(
    boundaries: BoundaryCounts, *, rule: PixelMeanRule = "absent left out", without: Sequence[int] = ()
) -> BoundarySummary:
    """How well the outlines of classes are followed: boundary IoU per class, per row and in all.

    For each class it is the IoU of what truth and prediction have near the edges of their regions. Ignored pixels
    belong to no class on either side, so that their edges are edges of both. Edge pixels are summed over the rows that
    count.

    Args:
        boundaries: `count_pixels(..., boundary_share=0.02).boundaries`.
        rule: As in `segmentation_summary`.
        without: Codes of classes that are in no mean over classes, such as the background.

    Raises:
        ColumnError: If `without` names a class that does not exist.

    Example:
        >>> from metrics import count_pixels
        >>> truth = np.zeros((6, 6), dtype=int)
        >>> truth[1:5, 1:5] = 1
        >>> predicted = np.where(np.arange(6) < 4, truth, 0)
        >>> summary = boundary_summary(count_pixels([(truth, predicted)], classes=2, boundary_share=0.02).boundaries)
        >>> summary.per_class.tp.tolist(), summary.per_class.iou.round(4).tolist()
        ([20, 8], [0.8333, 0.5714])

    Source:
        Cheng et al. 2021, arXiv:2103.16562.
    """
    sparse = boundaries.per_row_class
    left_out = check_left_out(without, sparse.classes)
    among = ~np.isin(np.arange(sparse.classes), left_out)
    means, averaged = class_means(sparse.per_class, among, rule)
    return BoundarySummary(
        mean_iou=float(means.iou),
        per_class=sparse.per_class,
        per_row=sparse.row_means(among, rule).iou,
        averaged=int(averaged.iou),
        share=boundaries.share,
        without=left_out,
        mean_rule=rule,
        rule=boundaries.rule,
    )


def _each_row(sparse: RowClasses, among: np.ndarray, rule: PixelMeanRule) -> RowPixels:
    at, rows = sparse.counting, len(sparse.keep)
    row, counting = sparse.row[at], ClassPixels(*(column[at] for column in sparse.pixels))
    pixels, correct = (
        np.bincount(row, weights=column, minlength=rows).astype(np.int64) for column in (counting.truths, counting.tp)
    )
    means = sparse.row_means(among, rule)
    weight = counting.truths * among[sparse.code[at]]
    shared = np.bincount(row, weights=np.nan_to_num(counting.iou) * weight, minlength=rows)
    return RowPixels(
        pixels=pixels,
        correct=correct,
        pixel_accuracy=divide(correct, pixels),
        mean_class_accuracy=means.recall,
        mean_iou=means.iou,
        mean_dice=means.dice,
        frequency_weighted_iou=divide(shared, np.bincount(row, weights=weight, minlength=rows)),
    )


def _frequency_weighted(per_class: ClassPixels, among: np.ndarray) -> float:
    weight = per_class.truths * among
    return float(divide((np.nan_to_num(per_class.iou) * weight).sum(), weight.sum()))
