"""Which confidence to ask for: the best one for a goal, read off what is right and false at every confidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np

from metrics.errors import ColumnError, ThresholdError
from metrics.undefined import divide

THRESHOLD_RULE: Final = "best of all confidences that occur, the higher of equal ones"


class _Counted(Protocol):
    @property
    def confidence(self) -> np.ndarray: ...
    @property
    def tp(self) -> np.ndarray: ...
    @property
    def fp(self) -> np.ndarray: ...


class OfTruths(_Counted, Protocol):
    """A curve of objects, such as `Curve`: confidence strictly falling, tp and fp never falling, number of truths."""

    @property
    def truths(self) -> int: ...


class OfPositives(_Counted, Protocol):
    """A curve of a class, such as `ThresholdCounts`: the same with the number of positives."""

    @property
    def positives(self) -> int: ...


CountedCurves = Sequence[OfTruths | OfPositives]


@dataclass(frozen=True, eq=False)
class BestThresholds:
    """The best confidence of each of N curves, and what is right and false there.

    Attributes:
        confidence: float64[N]: predict what is at least so sure; infinite for never, NaN where no confidence will do.
        tp: float64[N], truths found there; NaN with `confidence`, as are all that follow but `truths` and `reachable`.
        fp: float64[N], false alarms there.
        missed: float64[N], truths missed there.
        value: float64[N], what the goal is about: the F score, the recall at a precision, the precision at a recall,
            or the cost.
        reachable: float64[N], the best that any confidence reaches: precision or recall where that is asked for,
            otherwise `value`; NaN where undefined.
        truths: int64[N], the support.
        goal: What was asked for, with its settings.
        rule: Name of the rule.
    """

    confidence: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    missed: np.ndarray
    value: np.ndarray
    reachable: np.ndarray
    truths: np.ndarray
    goal: str
    rule: str = THRESHOLD_RULE

    def __len__(self) -> int:
        return len(self.confidence)

    @property
    def precision(self) -> np.ndarray:
        """float64[N]: tp / (tp + fp); NaN where nothing is predicted."""
        return divide(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> np.ndarray:
        """float64[N]: tp / truths; NaN without truth."""
        return divide(self.tp, self.tp + self.missed)


def thresholds_for_f(curves: CountedCurves, *, beta: float = 1.0) -> BestThresholds:
    """The confidence with the highest F score, for each curve.

    F is (1 + beta²) tp / ((1 + beta²) tp + beta² missed + fp): above 1, beta makes recall weigh more than precision,
    below 1 less. Of equal scores the higher confidence is taken; without truth there is none.

    Args:
        curves: One curve a feature or class, such as `precision_recall_curves(overlaps).per_feature`, `[overall]` or
            `class_curves(table).per_class`.
        beta: Above 0.

    Raises:
        ThresholdError: If `beta` is not above 0 and finite.

    Example:
        >>> from metrics import count_at_thresholds
        >>> curve = count_at_thresholds([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
        >>> best = thresholds_for_f([curve])
        >>> best.confidence.tolist(), best.value.tolist()
        ([0.7], [0.8])
    """
    _check("beta", beta, lowest=np.nextafter(0.0, 1.0))
    square = float(beta) ** 2

    def choose(tp: np.ndarray, fp: np.ndarray, truths: int) -> _Choice:
        if not (truths and len(tp)):
            return _NONE
        score = (1 + square) * tp / (tp + fp + square * truths)
        best = int(score.argmax())
        return _Choice(best, score[best], score[best])

    return _choose_each(curves, choose, goal=f"highest F with beta {beta:g}")


def thresholds_for_precision(curves: CountedCurves, target: float) -> BestThresholds:
    """The confidence that finds most among those at which the precision is good enough, for each curve.

    That is the lowest one worth going down to: of those that find as much, the highest is taken.

    Args:
        curves: As for `thresholds_for_f`.
        target: Smallest precision that is good enough, in (0, 1].

    Returns:
        `value` is the recall there. Where no confidence is precise enough, the best precision is in `reachable`.

    Raises:
        ThresholdError: If `target` lies outside its range.

    Example:
        >>> from metrics import count_at_thresholds
        >>> curve = count_at_thresholds([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
        >>> best = thresholds_for_precision([curve], 0.6)
        >>> best.confidence.tolist(), best.value.tolist(), best.precision.round(2).tolist(), best.reachable.tolist()
        ([0.7], [1.0], [0.67], [1.0])
    """
    _check("target", target, lowest=np.nextafter(0.0, 1.0), highest=1.0)

    def choose(tp: np.ndarray, fp: np.ndarray, truths: int) -> _Choice:
        if not len(tp):
            return _NONE
        precision = tp / (tp + fp)
        good = precision >= target
        best = int(np.where(good, tp, -1).argmax()) if good.any() else None
        return _Choice(best, np.nan if best is None else tp[best] / truths, precision.max())

    return _choose_each(curves, choose, goal=f"most recall at a precision of at least {target:g}")


def thresholds_for_recall(curves: CountedCurves, target: float) -> BestThresholds:
    """The most precise confidence among those at which enough is found, for each curve.

    Of equally precise ones the highest is taken.

    Args:
        curves: As for `thresholds_for_f`.
        target: Smallest recall that is enough, in (0, 1].

    Returns:
        `value` is the precision there. Where no confidence finds enough, the best recall is in `reachable`.

    Raises:
        ThresholdError: If `target` lies outside its range.

    Example:
        >>> from metrics import count_at_thresholds
        >>> curve = count_at_thresholds([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
        >>> best = thresholds_for_recall([curve], 0.5)
        >>> best.confidence.tolist(), best.value.tolist()
        ([0.9], [1.0])
    """
    _check("target", target, lowest=np.nextafter(0.0, 1.0), highest=1.0)

    def choose(tp: np.ndarray, fp: np.ndarray, truths: int) -> _Choice:
        if not truths:
            return _NONE
        if not len(tp):
            return _Choice(None, np.nan, 0.0)
        recall = tp / truths
        enough = int(np.searchsorted(recall, target))  # recall never falls
        if enough == len(tp):
            return _Choice(None, np.nan, recall[-1])
        precision = tp[enough:] / (tp[enough:] + fp[enough:])
        best = int(precision.argmax())
        return _Choice(enough + best, precision[best], recall[-1])

    return _choose_each(curves, choose, goal=f"best precision at a recall of at least {target:g}")


def thresholds_for_cost(
    curves: CountedCurves, *, false_alarm: float, miss: float, find: float = 0.0, may_be_never: bool = True
) -> BestThresholds:
    """The confidence at which what goes wrong costs least, for each curve.

    The cost is false_alarm × fp + miss × missed − find × tp, over everything the curve was made of. Of equal costs
    the higher confidence is taken, and before all others to predict nothing, which costs miss × truths.

    Args:
        curves: As for `thresholds_for_f`.
        false_alarm: What a false alarm costs, from 0, in any unit.
        miss: What a missed truth costs, from 0, in the same unit.
        find: What a found truth brings in, from 0, in the same unit.
        may_be_never: Predicting nothing at all is a choice; its confidence is infinite.

    Raises:
        ThresholdError: If a cost is negative or not finite.

    Example:
        >>> from metrics import count_at_thresholds
        >>> curve = count_at_thresholds([0.9, 0.8, 0.7, 0.6], [False, True, True, False])
        >>> for miss in (0.4, 1.0):
        ...     best = thresholds_for_cost([curve], false_alarm=1.0, miss=miss)
        ...     print(best.confidence.tolist(), best.value.tolist())
        [inf] [0.8]
        [0.7] [1.0]
    """
    for name, value in (("false_alarm", false_alarm), ("miss", miss), ("find", find)):
        _check(name, value, lowest=0.0)

    def choose(tp: np.ndarray, fp: np.ndarray, truths: int) -> _Choice:
        cost = false_alarm * fp + miss * (truths - tp) - find * tp
        best = int(cost.argmin()) if len(cost) else None
        never = miss * truths
        if may_be_never and (best is None or never <= cost[best]):
            return _Choice(_NEVER, never, never)
        return _NONE if best is None else _Choice(best, cost[best], cost[best])

    brings = f", find −{find:g}" if find else ""
    never = "" if may_be_never else ", something must be predicted"
    return _choose_each(curves, choose, goal=f"least cost: false alarm {false_alarm:g}, miss {miss:g}{brings}{never}")


class _Choice(NamedTuple):
    """A point of a curve, None for none, what it is worth, and the best that can be reached."""

    point: int | None
    value: float
    reachable: float


_NEVER: Final = -1
_NONE: Final = _Choice(None, np.nan, np.nan)


def _choose_each(
    curves: CountedCurves, choose: Callable[[np.ndarray, np.ndarray, int], _Choice], *, goal: str
) -> BestThresholds:
    if not isinstance(curves, Sequence):
        raise ColumnError(
            f"{type(curves).__name__} is no list of curves. Those of objects are "
            "precision_recall_curves(...).per_feature, those of classes class_curves(...).per_class; a single one goes "
            "into a list: [curve]."
        )
    truths = np.array([_support(curve) for curve in curves], dtype=np.int64)
    told = np.full((6, len(curves)), np.nan)
    for n, curve in enumerate(curves):
        choice = choose(curve.tp, curve.fp, int(truths[n]))
        told[4:, n] = choice.value, choice.reachable
        if choice.point == _NEVER:
            told[:4, n] = np.inf, 0, 0, truths[n]
        elif choice.point is not None:
            confidence, tp, fp = (column[choice.point] for column in (curve.confidence, curve.tp, curve.fp))
            told[:4, n] = confidence, tp, fp, truths[n] - tp
    return BestThresholds(told[0], told[1], told[2], told[3], told[4], told[5], truths, goal)


def _support(curve: OfTruths | OfPositives) -> int:
    truths: int = curve.truths if hasattr(curve, "truths") else curve.positives
    return truths


def _check(name: str, value: float, *, lowest: float, highest: float = np.inf) -> None:
    if not (lowest <= value <= highest and np.isfinite(value)):
        start = "at least" if lowest == 0 else "above"
        end = "finite" if highest == np.inf else f"at most {highest:g}"
        raise ThresholdError(
            f"{name} is {value}; it must be {start} 0 and {end}.", value=value, lowest=lowest, highest=highest
        )
