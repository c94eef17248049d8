"""Numbers of one run together with what they might have been."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from metrics.comparison.corrections import Together, hold_together
from metrics.comparison.vanishing import widen_for_vanishing
from metrics.custom import RowRatio
from metrics.errors import ColumnError
from metrics.gains import Gain, paired_gain
from metrics.resamples import Resamples
from metrics.standing import Standing, count_telling, standing_of_rows
from metrics.undefined import means_of_defined


@dataclass(frozen=True, eq=False)
class Measured:
    """One number of one run, and what it is on every resample of the rows.

    Attributes:
        name: What was measured, such as ``mAP`` or ``AP``.
        feature: Code of the feature it is about; None for a number over all.
        value: NaN where undefined.
        resampled: float64[resamples]; NaN where a resample does not define it.
        units: Number of rows, or of clusters, that were drawn.
        support: What it rests on: number of truths, rows or pixels that count.
        lower_is_better: It is an error, a cost or a time.
        rule: Name of the rule that made it.
        seed: Where the random numbers of its resamples started; a gain is of equal ones.
        over: float64[resamples, features] of which the number is the mean, where it is one and features may vanish
            from resamples; None else.
        standing: What each row, or cluster, adds to it, so that those on which two runs differ can be counted; None
            where that is not known, and all of them count.
        share: It lies between 0 and 1, so that no gain lies beyond -1 and 1, and no interval needs to.
    """

    name: str
    feature: int | None
    value: float
    resampled: np.ndarray
    units: int
    support: float
    lower_is_better: bool
    rule: str
    seed: int
    over: np.ndarray | None = None
    standing: Standing | None = None
    share: bool = False

    @property
    def furthest(self) -> float:
        """How far two values can lie apart; infinite where that is not known."""
        return 1.0 if self.share else math.inf


@dataclass(frozen=True)
class MeasuredGain:
    """The gain in one number between two runs.

    Attributes:
        name: What was measured.
        feature: Code of the feature it is about; None for a number over all.
        gain: Both values and the gain with its interval.
        support: What the candidate's number rests on.
        together: Low, high and p-value that hold at once for all features of this name and all candidates; None where
            there is but one such number.
        rule: Name of the rule that made both values.
    """

    name: str
    feature: int | None
    gain: Gain
    support: float
    together: tuple[float, float, float] | None
    rule: str


def measure_ratio(
    ratio: RowRatio, resamples: Resamples, *, per_feature: bool = False, share: bool = False
) -> list[Measured]:
    """A number that is one sum over rows by another, and its parts per feature where it has them.

    Args:
        ratio: From `ratio` or `row_mean`.
        resamples: From `draw_rows`.
        per_feature: Each feature as well.
        share: It lies between 0 and 1, whatever the rows.
    """
    numbers = [measured_ratio(ratio, ratio.resampled(resamples), resamples, share=share)]
    if per_feature:
        units, made = resamples.units, (ratio.lower_is_better, ratio.rule, resamples.seed)
        support = ratio.whole[ratio.keep].sum(axis=0)
        standing = [
            standing_of_rows(*sides, resamples.unit_of) for sides in zip(ratio.part.T, ratio.whole.T, strict=True)
        ]
        columns = zip(ratio.per_feature, ratio.resampled_per_feature(resamples).T, support, standing, strict=True)
        numbers += [
            Measured(ratio.name, feature, float(value), resampled, units, float(n), *made, standing=stands, share=share)
            for feature, (value, resampled, n, stands) in enumerate(columns)
        ]
    return numbers


def measured_ratio(ratio: RowRatio, resampled: np.ndarray, resamples: Resamples, *, share: bool = False) -> Measured:
    """The number over all with float64[resamples] what it is on each, known from elsewhere."""
    made = ratio.lower_is_better, ratio.rule, resamples.seed
    stands = standing_of_rows(ratio.part, ratio.whole, resamples.unit_of)
    support = ratio.support
    return Measured(
        ratio.name, None, ratio.value, resampled, resamples.units, support, *made, standing=stands, share=share
    )


def measured_mean(
    name: str,
    value: float,
    over: np.ndarray,
    *,
    support: float,
    rule: str,
    resamples: Resamples,
    standing: Standing | None = None,
) -> Measured:
    """A number that is a mean over features of shares, each of which counts where it is defined.

    Every mean over features is made here, so that the interval around its gain is as wide as rare features ask for
    (`widen_for_vanishing`), in gains between two runs and in those over seeds alike.

    Args:
        name: What was measured.
        value: The mean on all rows; NaN where undefined.
        over: float64[resamples, features]: what the mean is over; NaN where a resample does not define it.
        support: What the number rests on.
        rule: Name of the rule that made it.
        resamples: What it was resampled by.
        standing: What each row adds to it.
    """
    drawn = means_of_defined(over)
    made = support, False, rule, resamples.seed
    return Measured(name, None, value, drawn, resamples.units, *made, over=over, standing=standing, share=True)


def gains_of(
    baseline: Sequence[Measured], candidate: Sequence[Measured], *, level: float = 0.95
) -> tuple[MeasuredGain, ...]:
    """Every gain between two runs that were measured alike on the same resamples.

    Args:
        baseline: Numbers of the run to beat.
        candidate: The same numbers, in the same order, of the run in question.
        level: Share of intervals that are to hold the true gain, in (0, 1).

    Raises:
        ColumnError: If the numbers are not the same, or were not resampled alike.
        ThresholdError: If `level` lies outside its range.
    """
    return gains_of_several(baseline, [candidate], level=level)[0]


def gains_of_several(
    baseline: Sequence[Measured], candidates: Sequence[Sequence[Measured]], *, level: float = 0.95
) -> tuple[tuple[MeasuredGain, ...], ...]:
    """Every gain of each of several candidates over one baseline, all measured alike on the same resamples.

    Of many candidates that are no better than the baseline, one will look better by chance. `together` of a gain holds
    for all candidates at once, and for all features where it is about one: of the same resamples the largest gain of
    the family counts (`hold_together`). One candidate has for a number over all nothing to be held together with.

    Args:
        baseline: Numbers of the run to beat.
        candidates: The same numbers, in the same order, of each run in question.
        level: Share of intervals that are to hold the true gain, in (0, 1); of families of `together`, alike.

    Returns:
        For each candidate its gains, in the order of the numbers.

    Raises:
        ColumnError: If the numbers are not the same, or were not resampled alike.
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> import numpy as np
        >>> from metrics import draw_rows, row_mean
        >>> drawn = draw_rows(np.ones(50, dtype=bool), count=200)
        >>> rng = np.random.default_rng(0)
        >>> runs = [measure_ratio(row_mean("score", rng.normal(mean, 1, 50)), drawn) for mean in (0, 0, 0, 2)]
        >>> gains = [gain for [gain] in gains_of_several(runs[0], runs[1:])]
        >>> [gain.together is not None and gain.together[0] > 0 for gain in gains]
        [False, False, True]
    """
    for candidate in candidates:
        _check_alike(baseline, candidate)
    together = _together(baseline, candidates, level)
    return tuple(
        tuple(
            MeasuredGain(
                before.name,
                before.feature,
                paired_gain(
                    (before.value, after.value),
                    (before.resampled, after.resampled),
                    units=before.units,
                    telling=units_telling([before, after]),
                    level=level,
                    lower_is_better=before.lower_is_better,
                    widened=widening_of([before], [after]),
                ).within(before.furthest),
                after.support,
                together.get((number, place)),
                before.rule,
            )
            for number, (before, after) in enumerate(zip(baseline, candidate, strict=True))
        )
        for place, candidate in enumerate(candidates)
    )


def _check_alike(baseline: Sequence[Measured], candidate: Sequence[Measured]) -> None:
    names = [[(each.name, each.feature, len(each.resampled)) for each in side] for side in (baseline, candidate)]
    if names[0] != names[1]:
        raise ColumnError(
            f"{len(names[0])} numbers of the baseline and {len(names[1])} of the candidate are not the same, or not on "
            "the same resamples. Measure both alike."
        )
    draws = [{(each.units, each.seed) for each in side} for side in (baseline, candidate)]
    if draws[0] != draws[1]:
        raise ColumnError(
            f"The baseline was resampled from {_told(draws[0])}, the candidate from {_told(draws[1])}: a gain is "
            "of the same rows, drawn alike. Measure both with one draw_rows(...)."
        )


def _told(draws: set[tuple[int, int]]) -> str:
    return " and ".join(f"{units:,} rows or clusters with seed {seed}" for units, seed in sorted(draws))


def _together(
    baseline: Sequence[Measured], candidates: Sequence[Sequence[Measured]], level: float
) -> dict[tuple[int, int], tuple[float, float, float]]:
    """What holds for a whole family at once, by the places of the number and of the candidate."""
    families: dict[tuple[str, bool], list[tuple[int, int]]] = {}
    for number, each in enumerate(baseline):
        if candidates and (each.feature is not None or len(candidates) > 1):
            members = families.setdefault((each.name, each.feature is None), [])
            members += [(number, place) for place in range(len(candidates))]
    found: dict[tuple[int, int], tuple[float, float, float]] = {}
    for members in families.values():
        pairs = [(baseline[number], candidates[place][number]) for number, place in members]
        family: Together = hold_together(
            np.array([after.value - before.value for before, after in pairs]),
            np.stack([_widely_resampled(before, after) for before, after in pairs], axis=1),
            level=level,
            units=[units_telling(pair) for pair in pairs],
        )
        for member, *ends in zip(members, family.low, family.high, family.p_value, strict=True):
            low, high, p_value = map(float, ends)
            furthest = baseline[member[0]].furthest
            # One row cannot tell how rows vary.
            found[member] = (max(low, -furthest), min(high, furthest), p_value) if baseline[0].units > 1 else _UNKNOWN
    return found


_UNKNOWN: Final = (math.nan, math.nan, math.nan)


def units_telling(runs: Sequence[Measured]) -> int:
    """On how many of the rows, or clusters, that were drawn any of several runs differs from the first.

    Fewer where a few of them move the gain much further than the others; see `count_telling`.
    """
    standing = [run.standing for run in runs if run.standing is not None]
    if len(standing) < len(runs):
        return runs[0].units
    return max(count_telling(standing[0], other) for other in standing[1:])


def widening_of(baseline: Sequence[Measured], candidate: Sequence[Measured]) -> float:
    """How many times as wide as resamples say the interval around a gain must be (`widen_for_vanishing`); from 1.

    Only means over features of which some vanish from resamples need any. The gain is that between the means over the
    runs of either model.
    """
    over = [[run.over for run in side if run.over is not None] for side in (baseline, candidate)]
    if len(over[0]) < len(baseline) or len(over[1]) < len(candidate):
        return 1.0
    before, after = (np.mean(side, axis=0) for side in over)
    return widen_for_vanishing(after - before)


def _widely_resampled(before: Measured, after: Measured) -> np.ndarray:
    """float64[resamples]: the gain on each, as far from the one observed as it should be."""
    gain = after.value - before.value
    return np.asarray(gain + widening_of([before], [after]) * (after.resampled - before.resampled - gain))
