"""Average precision by Pascal VOC's rules."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple

import numpy as np

from metrics.errors import ThresholdError
from metrics.objects.curves import Curve
from metrics.objects.overlap import Overlaps
from metrics.thresholds import check_iou
from metrics.undefined import mean_of_defined

VocYear = Literal[2007, 2010]
"""Whose rule: that of the challenges up to 2009, or from 2010 on."""

_HOW: Final = {2007: "11-point", 2010: "all-point"}


class VocCurve(Curve):
    """Precision and recall as in VOC: one point for every prediction that counts, in falling confidence.

    Equal confidences keep the order of their table and are points of their own; otherwise as `Curve`.
    """


@dataclass(frozen=True, eq=False)
class VocAveragePrecision:
    """Average precision by one of VOC's rules.

    Attributes:
        per_feature: float64[features]; NaN where a feature has no truth that counts.
        mean: Over the features that have truths; NaN if none has.
        max_recall: float64[features], the share of truths that some prediction found; NaN without truth.
        truths: int64[features], the support: truths that count.
        curves: One for every feature, in code order.
        min_iou: The IoU that predictions must reach.
        year: 2007 or 2010.
        rule: Name of the rule.
    """

    per_feature: np.ndarray
    mean: float
    max_recall: np.ndarray
    truths: np.ndarray
    curves: tuple[VocCurve, ...]
    min_iou: float
    year: VocYear
    rule: str


def voc_average_precision(overlaps: Overlaps, *, year: VocYear = 2010, min_iou: float = 0.5) -> VocAveragePrecision:
    """Average precision as Pascal VOC's development kit computes it, feature by feature.

    Each prediction looks at the one truth of its row and feature that it overlaps most, taken or not; of equal
    overlaps it is the first in the table. If it reaches `min_iou` there, the surest prediction of that truth has
    found it, and every further one is a false alarm. Predictions whose truth is ignored (VOC's "difficult") do not
    count, and ignored truths are not missed. VOC knows no crowds: they are treated as ignored, with their overlap as
    `find_overlaps` tells it. Equal confidences keep the order of the table over all rows; there is no limit on the
    number of predictions.

    From 2010 on average precision is the area under the envelope: the best precision at each recall or beyond. Up to
    2009 it is the mean of that envelope at the recalls 0, 0.1 to 1, and 0 where recall does not get there. Whether a
    recall is reached is decided in whole numbers; programs that count up tenths in floating point miss 0.3 where
    exactly 3 of 10 truths are found.

    VOC's boxes hold their last pixel: `Boxes.from_corners(..., inclusive=True)`.

    Args:
        overlaps: From `find_overlaps`.
        year: 2007 for the rule up to 2009, 2010 for the one since.
        min_iou: Smallest IoU that counts, in [overlaps.min_overlap, 1].

    Raises:
        ThresholdError: If `min_iou` lies outside its range, or there is no rule of that year.

    Example:
        >>> from metrics import Boxes, find_overlaps
        >>> truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [50, 50, 10, 10]]
        >>> predictions = Boxes.from_sizes([0] * 3, [0] * 3, boxes, confidence=[0.9, 0.8, 0.7])
        >>> overlaps = find_overlaps(truth, predictions, rows=1, features=1)
        >>> newer, older = voc_average_precision(overlaps), voc_average_precision(overlaps, year=2007)
        >>> newer.rule, round(newer.mean, 4)  # (1 + 2/3) / 2
        ('voc-2010 boxes, all-point', 0.8333)
        >>> older.rule, round(older.mean, 4)  # (6 * 1 + 5 * 2/3) / 11
        ('voc-2007 boxes, 11-point', 0.8485)

    Source:
        VOCevaldet.m and VOCap.m of the development kits; Everingham et al. 2010, doi:10.1007/s11263-009-0275-4.
    """
    _check_year(year)
    check_iou(min_iou, lowest=overlaps.min_overlap)
    curves = _curves(overlaps, _judge(overlaps, float(min_iou)))
    area = _area_at_eleven if year == 2007 else _area
    values = np.array([area(curve) for curve in curves], dtype=np.float64)
    return VocAveragePrecision(
        per_feature=values,
        mean=mean_of_defined(values),
        max_recall=np.array([_max_recall(curve) for curve in curves], dtype=np.float64),
        truths=np.array([curve.truths for curve in curves], dtype=np.int64),
        curves=curves,
        min_iou=float(min_iou),
        year=year,
        rule=f"voc-{year} {overlaps.kind}, {_HOW[year]}",
    )


class _Judged(NamedTuple):
    """bool[ranked predictions]: which count, and which of them found a truth."""

    counting: np.ndarray
    found: np.ndarray


def _judge(overlaps: Overlaps, floor: float) -> _Judged:
    truths, predictions, _ = overlaps.sides
    prediction, truth = _nearest(overlaps, floor)
    absorbed = truths.ignored[truth]
    counting = np.ones(len(predictions.row), dtype=bool)
    counting[prediction[absorbed]] = False
    prediction, truth = prediction[~absorbed], truth[~absorbed]
    finder = np.full(len(truths.row), -1, dtype=np.int64)
    finder[truth[::-1]] = prediction[::-1]  # the last one written stays: the first to choose
    found = np.zeros(len(predictions.row), dtype=bool)
    found[finder[finder >= 0]] = True
    return _Judged(counting, found)


def _nearest(overlaps: Overlaps, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """Places of the predictions that overlap some truth enough, rising, and of the truth each overlaps most."""
    starts, truth, iou = overlaps.pairs
    counts = np.diff(starts)
    paired = np.flatnonzero(counts)
    if len(paired) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    most = np.maximum.reduceat(iou, starts[paired])
    largest = np.flatnonzero(iou == np.repeat(most, counts[paired]))
    owner = np.repeat(paired, counts[paired])[largest]
    first = np.diff(owner, prepend=-1) > 0
    enough = most >= floor
    return paired[enough], truth[largest[first][enough]]


def _curves(overlaps: Overlaps, judged: _Judged) -> tuple[VocCurve, ...]:
    truths, predictions, _ = overlaps.sides
    support = np.diff(np.concatenate([[0], np.cumsum(~truths.ignored)])[truths.starts])
    order = _in_table_order(overlaps)
    confidence, counting, found = predictions.confidence, judged.counting[order], judged.found[order]
    curves = []
    for feature, (first, last) in enumerate(pairwise(predictions.starts)):
        kept = counting[first:last]
        tp = np.cumsum(found[first:last][kept], dtype=np.int64)
        fp = np.arange(1, len(tp) + 1) - tp
        curves.append(VocCurve(confidence[first:last][kept], tp, fp, int(support[feature])))
    return tuple(curves)


def _in_table_order(overlaps: Overlaps) -> np.ndarray:
    """Places of the ranked predictions, equally confident ones of a feature in the order of the table.

    They are ranked row by row, which is the same where the table is.
    """
    predictions = overlaps.predictions
    anew = np.diff(predictions.confidence, prepend=-1.0) != 0
    anew[predictions.starts[:-1][np.diff(predictions.starts) > 0]] = True
    if np.all(anew[1:] | (np.diff(predictions.position) > 0)):
        return np.arange(len(anew))
    return np.lexsort((predictions.position, np.cumsum(anew)))


def _area(curve: VocCurve) -> float:
    """The area under the envelope, which is as wide as one truth wherever one is found."""
    if not curve.truths:
        return float("nan")
    found = np.diff(curve.tp, prepend=0) > 0
    return float(curve.envelope[found].sum() / curve.truths)


def _area_at_eleven(curve: VocCurve) -> float:
    """The mean of the envelope at eleven recalls, 0 beyond the last one reached."""
    if not curve.truths:
        return float("nan")
    reached = np.searchsorted(10 * curve.tp, np.arange(11) * curve.truths)
    return float(np.append(curve.envelope, 0.0)[reached].sum() / 11)


def _max_recall(curve: VocCurve) -> float:
    if not curve.truths:
        return float("nan")
    return float(curve.recall[-1]) if len(curve) else 0.0


def _check_year(year: int) -> None:
    if year not in _HOW:
        raise ThresholdError(
            f"VOC has no rule of {year}: 2007 is the one with eleven recalls, used up to 2009, and 2010 the one with "
            "all of them, used since.",
            value=year,
            lowest=2007,
            highest=2010,
        )
