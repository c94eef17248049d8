"""Runs at fair operating points: equal precision, equal recall, equal false alarms, or each at its best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from metrics.best_thresholds import (
    BestThresholds,
    CountedCurves,
    thresholds_for_f,
    thresholds_for_precision,
    thresholds_for_recall,
)
from metrics.errors import ColumnError, ThresholdError
from metrics.undefined import divide

POINTS_RULE: Final = "each run at the confidence that serves it best under the same condition"


@dataclass(frozen=True, eq=False)
class OperatingPoints:
    """The confidence of each of R runs under the same condition, and what is right and false there.

    Attributes:
        equal: What is equal, with its value, such as ``precision of at least 0.9``.
        confidence: float64[R]: what to ask for; NaN where a run cannot meet the condition.
        tp: float64[R] truths found there; NaN with `confidence`, as `fp` and `missed`.
        fp: float64[R] false alarms there.
        missed: float64[R] truths missed there.
        reachable: float64[R]: how near a run can come to the condition: its highest precision or recall, or its
            smallest number of false alarms per row where it predicts anything; its F1 where that is asked for.
        truths: int64[R] the support.
        rows: Number of rows that count.
        rule: Name of the rule.
    """

    equal: str
    confidence: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    missed: np.ndarray
    reachable: np.ndarray
    truths: np.ndarray
    rows: int
    rule: str = POINTS_RULE

    @property
    def precision(self) -> np.ndarray:
        """float64[R]: tp / (tp + fp)."""
        return divide(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> np.ndarray:
        """float64[R]: tp / truths; NaN without truth."""
        return divide(self.tp, self.tp + self.missed)

    @property
    def f1(self) -> np.ndarray:
        """float64[R]: 2 tp / (2 tp + fp + missed)."""
        return divide(2 * self.tp, 2 * self.tp + self.fp + self.missed)

    @property
    def alarms_per_row(self) -> np.ndarray:
        """float64[R]: fp / rows."""
        return divide(self.fp, np.full(len(self.fp), self.rows))


def operating_points(
    curves: CountedCurves,
    *,
    rows: int,
    precision: float | None = None,
    recall: float | None = None,
    alarms_per_row: float | None = None,
) -> OperatingPoints:
    """Where runs stand when each uses the confidence that serves it best under one condition for all.

    At equal precision a run takes the confidence that finds most among those precise enough; at equal recall the most
    precise one among those that find enough; at equal false alarms the one that finds most among those with few
    enough. Without a condition each takes its best F1. Of equals the higher confidence is taken. As confidences come in
    steps, a run may be a little better than the condition asks for.

    Args:
        curves: One curve for each run, the baseline first, such as `precision_recall_curves(...).overall`.
        rows: Number of rows that count, `Overlaps.rows`.
        precision: Smallest precision, in (0, 1].
        recall: Smallest recall, in (0, 1].
        alarms_per_row: Most false alarms per row, from 0.

    Raises:
        ColumnError: If more than one condition is given, or there are no rows.
        ThresholdError: If a condition lies outside its range.

    Example:
        >>> from metrics import count_at_thresholds
        >>> before = count_at_thresholds([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
        >>> after = count_at_thresholds([0.5, 0.4, 0.3, 0.2], [True, True, False, False])
        >>> points = operating_points([before, after], rows=4, alarms_per_row=0)
        >>> points.confidence.tolist(), points.recall.tolist()
        ([0.9, 0.4], [0.5, 1.0])
    """
    given = [each for each in (precision, recall, alarms_per_row) if each is not None]
    if len(given) > 1 or rows < 1:
        raise ColumnError(
            f"{len(given)} conditions and {rows} rows were given; runs are compared under one condition "
            "(precision, recall or alarms_per_row; none for each run's best F1), on at least one row."
        )
    if precision is not None:
        return _told(thresholds_for_precision(curves, precision), rows, f"precision of at least {precision:g}")
    if recall is not None:
        return _told(thresholds_for_recall(curves, recall), rows, f"recall of at least {recall:g}")
    if alarms_per_row is not None:
        return _at_alarms(curves, rows, alarms_per_row)
    return _told(thresholds_for_f(curves), rows, "each run's best F1")


def fair_points(curves: CountedCurves, *, rows: int) -> tuple[OperatingPoints, ...]:
    """All runs beside the baseline at its best: best F1 each, then at its precision, its recall and its false alarms.

    Args:
        curves: One curve for each run, the baseline first.
        rows: Number of rows that count.

    Returns:
        Each run's best F1, and the three conditions that the baseline meets there; only the first where the baseline
        finds nothing.

    Raises:
        ColumnError: If there are no rows.

    Example:
        >>> from metrics import count_at_thresholds
        >>> before = count_at_thresholds([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
        >>> after = count_at_thresholds([0.5, 0.4, 0.3, 0.2], [True, True, False, False])
        >>> for each in fair_points([before, after], rows=4):
        ...     print(each.equal, each.confidence.tolist(), each.f1.round(2).tolist())
        each run's best F1 [0.7, 0.4] [0.8, 1.0]
        precision of at least 0.666667 [0.7, 0.4] [0.8, 1.0]
        recall of at least 1 [0.7, 0.4] [0.8, 1.0]
        at most 0.25 false alarms per row [0.7, 0.4] [0.8, 1.0]
    """
    best = operating_points(curves, rows=rows)
    if not best.tp[:1].any() or np.isnan(best.confidence[0]):
        return (best,)
    return (
        best,
        operating_points(curves, rows=rows, precision=float(best.precision[0])),
        operating_points(curves, rows=rows, recall=float(best.recall[0])),
        operating_points(curves, rows=rows, alarms_per_row=float(best.alarms_per_row[0])),
    )


def _told(best: BestThresholds, rows: int, equal: str) -> OperatingPoints:
    return OperatingPoints(equal, best.confidence, best.tp, best.fp, best.missed, best.reachable, best.truths, rows)


def _at_alarms(curves: CountedCurves, rows: int, most: float) -> OperatingPoints:
    if not (most >= 0 and np.isfinite(most)):
        raise ThresholdError(
            f"alarms_per_row is {most}; it must be at least 0 and finite.", value=most, lowest=0.0, highest=np.inf
        )
    best = thresholds_for_f(curves)
    told = np.array([_at_most(curve.tp, curve.fp, curve.confidence, (rows, most)) for curve in curves]).reshape(-1, 4).T
    equal = f"at most {most:g} false alarms per row"
    return OperatingPoints(equal, told[0], told[1], told[2], best.truths - told[1], told[3], best.truths, rows)


def _at_most(tp: np.ndarray, fp: np.ndarray, confidence: np.ndarray, limit: tuple[int, float]) -> Sequence[float]:
    """Confidence, tp, fp and the fewest false alarms per row of the point that finds most within the limit."""
    rows, most = limit
    fewest = fp[0] / rows if len(fp) else np.nan
    within = int(np.searchsorted(fp / rows, most, side="right"))  # false alarms never fall
    if not within:
        return np.nan, np.nan, np.nan, fewest
    best = int(tp[:within].argmax())
    return confidence[best], tp[best], fp[best], fewest
