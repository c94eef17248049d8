"""Gains between models of which several runs were measured, and what would settle them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from metrics.columns import Numbers
from metrics.comparison.measured import Measured, widening_of
from metrics.comparison.variance import (
    VARIANCE_RULE,
    RunNumbers,
    VarianceSplit,
    numbers_on_resamples,
    numbers_on_rows,
    split_numbers,
)
from metrics.errors import ColumnError, ThresholdError
from metrics.student import quantile, share_below

MOST_ROWS: Final = 1_000_000_000
MOST_SEEDS: Final = 1_000_000


class Needed(NamedTuple):
    """What it would take to call a gain different from 0.

    Attributes:
        rows: Number of rows with as many runs as now, or as asked for; infinite where no number will do.
        seeds: Number of runs of each model with as many rows as now; infinite where no number will do.
        gain: The true gain that it would show.
        power: Chance of showing it.
    """

    rows: float
    seeds: float
    gain: float
    power: float


@dataclass(frozen=True)
class SeedGain:
    """Gain between two models of which several runs each were measured on the same rows.

    Attributes:
        baseline: The baseline's runs.
        candidate: The candidate's runs.
        low: Lower end of the interval around the gain, for other runs and other rows.
        high: Upper end of it.
        level: Share of such intervals that hold the true gain.
        p_value: Two-sided: how rarely so large a gain would come from runs and rows alone.
        from_rows: Variance of the gain by rows; what only some runs get right is in it.
        from_seeds: Variance of the gain by training anew.
        freedom: Degrees of freedom of the interval; near 1 where few runs decide it.
        telling: Number of rows, or of clusters, on which runs differ, as far as it is known; the interval is for as
            many.
        rule: Name of the rule.
    """

    baseline: VarianceSplit
    candidate: VarianceSplit
    low: float
    high: float
    level: float
    p_value: float
    from_rows: float
    from_seeds: float
    freedom: float
    telling: int
    rule: str = VARIANCE_RULE

    @property
    def gain(self) -> float:
        """Candidate minus baseline."""
        return self.candidate.mean - self.baseline.mean

    @property
    def spread(self) -> float:
        """Standard deviation of the gain by runs and rows."""
        return math.sqrt(self.from_rows + self.from_seeds)

    def within(self, furthest: float) -> SeedGain:
        """The same with an interval that does not reach beyond what is possible; see `Gain.within`."""
        return replace(self, low=max(self.low, -furthest), high=min(self.high, furthest))

    def needed(self, *, power: float = 0.8, gain: float | None = None, seeds: int | None = None) -> Needed:
        """How many rows, or how many runs, it would take to show a gain.

        Approximate: the variances estimated here are taken for the true ones, and the chance is that of Student's t
        around the gain. With few runs the variances, and so the answer, are rough; and where the gain observed was
        lucky, more is needed than it suggests.

        Args:
            power: Chance of showing it, in (0, 1).
            gain: The true gain to show; the one observed when left out.
            seeds: Number of runs of each model, from 2, that the rows are for; as many as now when left out.

        Raises:
            ColumnError: If fewer than two runs are planned with.
            ThresholdError: If `power` lies outside its range.
        """
        _check_share("power", power)
        if seeds is not None and seeds < 2:
            raise ColumnError(f"{seeds} runs of each model are planned with; at least two are needed.")
        size = abs(self.gain if gain is None else gain)
        planned = (self.baseline.seeds, self.candidate.seeds) if seeds is None else (seeds, seeds)

        def shown(seeds: tuple[int, int], rows: int) -> bool:
            variance, freedom = self._planned(seeds, rows)
            tails = quantile((1 + self.level) / 2, freedom) + quantile(power, freedom)
            return size > 0 and tails * math.sqrt(variance) <= size

        rows = _fewest(lambda n: shown(planned, n), lowest=2, highest=MOST_ROWS)
        runs = _fewest(lambda k: shown((k, k), self.baseline.rows), lowest=2, highest=MOST_SEEDS)
        return Needed(rows, runs, size, power)

    def _planned(self, seeds: tuple[int, int], rows: int) -> tuple[float, float]:
        """Variance and degrees of freedom with other numbers of runs and rows."""
        sides = (self.baseline, self.candidate)
        own = self.from_rows * self.baseline.rows - sum(side.of_both / side.seeds for side in sides)
        rest = sum(side.of_both / k for side, k in zip(sides, seeds, strict=True))
        by_rows = (max(own, 0.0) + rest) / rows
        by_seeds = sum(side.of_seeds / k for side, k in zip(sides, seeds, strict=True))
        squares = [(side.of_seeds + side.of_both / rows) / k for side, k in zip(sides, seeds, strict=True)]
        telling = max(rows * self.telling / self.baseline.rows, 2)
        return by_rows + by_seeds, _freedom(by_rows + by_seeds, (by_rows, telling), (squares, seeds))


def gain_of_seeds(baseline: Numbers, candidate: Numbers, *, level: float = 0.95) -> SeedGain:
    """How much better a model is, where several runs of each were measured: for other runs and for other rows.

    The variance of the gain is that of the rows' gains (mean over runs) by the number of rows, and for each model the
    variance of its runs by their number. The interval is Student's, with the degrees of freedom that the mean squares
    leave, so that two or three runs make it wide. In simulations with 2 to 5 runs of each model 95 % intervals hold the
    true gain in 94 to 98 % of cases; most where training anew changes nothing.

    Args:
        baseline: float64[runs, rows] of the baseline, at least two of both.
        candidate: float64[runs, rows] of the candidate on the same rows; the number of runs may differ.
        level: Share of such intervals that are to hold the true gain, in (0, 1).

    Raises:
        ColumnError: If there are fewer than two runs or rows, the rows differ, or a value is not finite.
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> rows, runs = rng.normal(0, 1, 500), rng.normal(0, 0.05, (2, 3, 1))
        >>> before, after = rows + runs + rng.normal(0, 0.3, (2, 3, 500)) + [[[0]], [[0.1]]]
        >>> gain = gain_of_seeds(before, after)
        >>> round(gain.gain, 2), round(gain.low, 2), round(gain.high, 2), round(gain.candidate.seed_spread, 2)
        (0.12, -0.05, 0.29, 0.05)
        >>> gain.needed().seeds, gain.needed().rows
        (7, inf)

    Source:
        Searle, Casella and McCulloch, Variance Components, 1992, chapter 4; degrees of freedom after Satterthwaite,
        Biometrics Bulletin 2, 1946. Bouthillier et al., Accounting for Variance in Machine Learning Benchmarks, 2021,
        for why runs and rows both count.
    """
    sides = numbers_on_rows(baseline), numbers_on_rows(candidate)
    if sides[0].rows != sides[1].rows:
        raise ColumnError(
            f"The baseline's runs have {sides[0].rows:,} rows and the candidate's {sides[1].rows:,}; "
            "a gain is measured on the same rows."
        )
    return _gain(*sides, level=level)


def gain_of_resampled_seeds(
    baseline: Sequence[Measured], candidate: Sequence[Measured], *, level: float = 0.95
) -> SeedGain:
    """The same for a number that is no mean over rows, such as mAP: what rows change is seen on resamples of them.

    All runs are measured on the same resamples, so that rows that are hard for all do not blur the gain. Of a thousand
    resamples the part of the variance that comes from rows is known to 5 %. A mean over features, some of them so rare
    that resamples lose them, is taken to vary by as much more as these do not show (`widen_for_vanishing`). For a
    number that is a ratio of sums over rows the outcome is that of `gain_of_seeds`, but for this chance.

    Args:
        baseline: The same number of two or more runs of the baseline, such as from `measure_objects`.
        candidate: That number of the candidate's runs, on the same resamples; the number of runs may differ.
        level: Share of such intervals that are to hold the true gain, in (0, 1).

    Raises:
        ColumnError: If a model has fewer than two runs, the runs were not measured alike, or a number is undefined.
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> from metrics import draw_rows, measure_ratio, row_mean
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> drawn = draw_rows(np.ones(100, dtype=bool), count=500)
        >>> scores = rng.normal(0, 1, (4, 100)) + [[0], [0], [1], [1]]
        >>> runs = [measure_ratio(row_mean("score", each), drawn)[0] for each in scores]
        >>> one, other = gain_of_resampled_seeds(runs[:2], runs[2:]), gain_of_seeds(scores[:2], scores[2:])
        >>> [(round(each.gain, 2), round(each.low, 2), round(each.high, 2)) for each in (one, other)]
        [(0.9, 0.62, 1.17), (0.9, 0.62, 1.17)]
    """
    first = len(baseline)
    both = numbers_on_resamples([*baseline, *candidate])
    per_row = both.per_row * widening_of(baseline, candidate) ** 2 if 0 < first < len(both.values) else both.per_row
    sides = [
        RunNumbers(both.values[part], both.moves[part], per_row, both.rows, both.telling, both.rule)
        for part in (slice(None, first), slice(first, None))
    ]
    if min(len(side.values) for side in sides) < 2:
        raise ColumnError("At least two runs of each model are needed to tell what training anew changes.")
    return _gain(*sides, level=level).within(baseline[0].furthest)


def _gain(baseline: RunNumbers, candidate: RunNumbers, *, level: float) -> SeedGain:
    _check_share("level", level)
    numbers, rows = (baseline, candidate), baseline.rows
    sides = split_numbers(baseline), split_numbers(candidate)
    moved = candidate.moves.mean(axis=0) - baseline.moves.mean(axis=0)
    by_rows = float(moved.var(ddof=1)) * baseline.per_row / rows
    by_seeds = sum(side.of_seeds / side.seeds for side in sides)
    # A variance of runs that came out as 0 may not be 0: the degrees of freedom count what it was taken from.
    squares = [float(side.values.var(ddof=1)) / len(side.values) for side in numbers]
    freedom = _freedom(by_rows + by_seeds, (by_rows, baseline.telling), (squares, (sides[0].seeds, sides[1].seeds)))
    gain, spread = sides[1].mean - sides[0].mean, math.sqrt(by_rows + by_seeds)
    width = quantile((1 + level) / 2, freedom) * spread
    p_value = 2 * share_below(-abs(gain) / spread, freedom) if spread else float(gain == 0)
    ends = gain - width, gain + width
    return SeedGain(*sides, *ends, level, p_value, by_rows, by_seeds, freedom, baseline.telling, baseline.rule)


def _freedom(variance: float, rows: tuple[float, float], seeds: tuple[Sequence[float], tuple[int, int]]) -> float:
    """Satterthwaite's, from the variance by rows and the mean squares of the runs of each model."""
    by_rows, n = rows
    below = by_rows**2 / (n - 1) + sum(square**2 / (k - 1) for square, k in zip(*seeds, strict=True))
    return max(1.0, variance**2 / below) if below else float(n - 1)


def _fewest(enough: Callable[[int], bool], *, lowest: int, highest: int) -> float:
    """The smallest whole number that is enough, where all larger ones are, too; infinite if none is."""
    if not enough(highest):
        return math.inf
    low, high = lowest - 1, highest
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _check_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ThresholdError(
            f"{name} is {value}; it is a share between 0 and 1, such as 0.95.", value=value, lowest=0.0, highest=1.0
        )
