"""What runs that give every pixel a class are compared by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from metrics.comparison.measured import Measured, measured_mean, measured_ratio
from metrics.custom import RowRatio, check_drawn, ratio
from metrics.pixels.counts import RowClasses
from metrics.pixels.summary import segmentation_summary
from metrics.pixels.table import PixelCounts
from metrics.resamples import Resamples
from metrics.standing import Standing, moves_of_ratio, standing_of_features, standing_of_rows
from metrics.undefined import divide


def measure_pixels(counts: PixelCounts, resamples: Resamples, *, without: Sequence[int] = ()) -> list[Measured]:
    """Every number that segmentations are compared by, each with what it is on every resample.

    Pixel accuracy, mean IoU and mean Dice over the classes that occur, and both of each class; pixels are summed over
    the drawn rows first.

    Args:
        counts: From `count_pixels`.
        resamples: From `draw_rows`, on rows that count.
        without: Codes of classes that are in no mean and get no number of their own, such as the background; the
            accuracy is of all pixels.

    Raises:
        ColumnError: If the rows were drawn from others than those that count, or `without` names a class that does not
            exist.

    Example:
        >>> from metrics import count_pixels, draw_rows
        >>> counts = count_pixels([(np.array([[0, 0], [1, 1]]), np.array([[0, 1], [1, 1]]))], classes=2)
        >>> numbers = measure_pixels(counts, draw_rows(counts.keep, count=20))
        >>> {each.name: round(each.value, 3) for each in numbers if each.feature is None}
        {'pixel accuracy': 0.75, 'mean IoU': 0.583, 'mean Dice': 0.733}
    """
    summary = segmentation_summary(counts, without=without)
    among = np.setdiff1d(np.arange(counts.classes), summary.without)
    rows = summary.per_row
    accuracy = ratio("pixel accuracy", rows.correct, rows.pixels).on_rows(counts.keep)
    check_drawn(accuracy, resamples)
    sums, tp, union, both = _resampled(accuracy, counts.per_row_class, resamples)
    stands = standing_of_rows(accuracy.part, accuracy.whole, resamples.unit_of, weighed=True)
    numbers = [replace(measured_ratio(accuracy, divide(*sums.T), resamples, share=True), standing=stands)]
    support, made = summary.per_class.truths.astype(np.float64), (False, summary.rule, resamples.seed)
    for name, values, mean, drawn in (
        ("IoU", summary.per_class.iou, summary.mean_iou, divide(tp, union)),
        ("Dice", summary.per_class.dice, summary.mean_dice, divide(2 * tp, both)),
    ):
        standing = _standing(counts.per_row_class, resamples, among, dice=name == "Dice")
        numbers.append(
            measured_mean(
                f"mean {name}",
                float(mean),
                drawn[:, among],
                support=float(summary.pixels),
                rule=summary.rule,
                resamples=resamples,
                standing=standing[-1],
            )
        )
        numbers += [
            Measured(
                name,
                code,
                float(values[code]),
                drawn[:, code],
                resamples.units,
                float(support[code]),
                *made,
                standing=standing[code],
                share=True,
            )
            for code in among.tolist()
        ]
    return numbers


def _standing(classes: RowClasses, resamples: Resamples, among: np.ndarray, *, dice: bool) -> list[Standing]:
    """What rows add to the number of each class, and, last, to the mean over those that are in it."""
    pixels = classes.pixels
    adds = np.stack([pixels.tp, pixels.fp, pixels.missed], axis=1).astype(np.float64)
    part = adds[:, 0] * (2 if dice else 1)
    counting = np.isin(classes.code, among) & (resamples.unit_of[classes.row] >= 0)
    moves = np.zeros(len(part))
    whole = part + adds[:, 1] + adds[:, 2]
    moves[counting] = moves_of_ratio(
        part[counting], whole[counting], group=classes.code[counting], groups=classes.classes
    )
    of = resamples.unit_of
    return standing_of_features(classes.row, classes.code, adds, of, features=classes.classes, moves=moves)


def _resampled(
    accuracy: RowRatio, classes: RowClasses, resamples: Resamples
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What each resample adds up to: float64[resamples, 2], what stands above and below the line of the accuracy.

    Then float64[resamples, classes] each: right pixels, pixels of either side, and of both sides added up.
    """
    size = len(classes.keep), classes.classes
    cell = classes.row.astype(np.int64) * size[1] + classes.code
    pixels = classes.pixels
    columns = (pixels.tp, pixels.tp + pixels.fp + pixels.missed, 2 * pixels.tp + pixels.fp + pixels.missed)
    dense = [np.bincount(cell, each, minlength=size[0] * size[1]).reshape(size) for each in columns]
    sides = np.concatenate([accuracy.part[:, None], accuracy.whole[:, None], *dense], axis=1)
    sums = resamples.add_up(lambda weights: weights.astype(np.float64) @ sides)
    over_all, tp, union, both = np.split(sums, [2, 2 + size[1], 2 + 2 * size[1]], axis=1)
    return over_all, tp, union, both
