"""How much better a candidate is than a baseline, and how certain that is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from metrics.errors import ThresholdError
from metrics.few_rows import rarity_of_few, rarity_of_one_side, strays_of_few

BOOTSTRAP_RULE: Final = "paired bootstrap over rows, percentile interval expanded for the rows that tell runs apart"


@dataclass(frozen=True)
class Gain:
    """Candidate minus baseline of one number, measured on the same rows.

    Attributes:
        baseline: The number of the baseline; NaN where undefined.
        candidate: The number of the candidate; NaN where undefined.
        low: Lower end of the interval around the gain; NaN where no resample defines it, or a single row was drawn.
        high: Upper end of it.
        level: Share of such intervals that hold the true gain.
        p_better: Share of resamples in which the candidate is better; equal ones count half.
        p_value: Two-sided: how rarely so large a gain would come from drawing rows alone, were there none. It is below
            1 - level where the interval does not hold 0.
        spread: Standard deviation of the gain over resamples.
        resamples: How many resamples define the gain, the support.
        lower_is_better: The candidate is better where its number is lower.
        rule: Name of the rule.
        widened: How many times as wide as the resamples say the interval is, because rare features vanish from them.
        telling: Number of rows, or of clusters, that tell which run is better; the interval is for as many.
    """

    baseline: float
    candidate: float
    low: float
    high: float
    level: float
    p_better: float
    p_value: float
    spread: float
    resamples: int
    lower_is_better: bool = False
    rule: str = BOOTSTRAP_RULE
    widened: float = 1.0
    telling: int = 0

    @property
    def gain(self) -> float:
        """Candidate minus baseline; NaN where either is undefined."""
        return self.candidate - self.baseline

    def within(self, furthest: float) -> Gain:
        """The same with an interval that does not reach beyond what is possible.

        On few rows an interval may be wider than two numbers can differ. Cut off there, it holds the truth as often.

        Args:
            furthest: How far the gain can lie from 0, such as 1 for shares.
        """
        return replace(self, low=max(self.low, -furthest), high=min(self.high, furthest))


def paired_gain(
    observed: tuple[float, float],
    resampled: tuple[np.ndarray, np.ndarray],
    *,
    units: int,
    telling: int | None = None,
    level: float = 0.95,
    lower_is_better: bool = False,
    widened: float = 1.0,
) -> Gain:
    """The gain between two runs with its interval, from the same number on the same resamples of rows.

    Args:
        observed: The number of the baseline and of the candidate on all rows.
        resampled: float64[resamples] each: the number of the baseline and of the candidate on every resample.
        units: Number of rows, or of clusters, that were drawn (`Resamples.units`); 0 for a part of a gain that nothing
            adds to.
        telling: On how many of them the runs differ in this number (`count_differing`); all of them when left out. Few
            of them vary less in resamples than they would in truth, by as much as Student's t is wider than the normal
            distribution; the interval is expanded by that. Where three rows of a thousand differ, all in favour of one
            run, a bootstrap finds it better for certain, and a coin would do the same once in four times. Of rows so
            few that a coin would do it more often than `level` leaves room for, the interval holds 0
            (`hold_nothing`).
        level: Share of such intervals that are to hold the true gain, in (0, 1).
        lower_is_better: The candidate is better where its number is lower.
        widened: How many times as wide as the resamples say the interval is to be, from 1: a mean over features of
            which some vanish from resamples varies too little in them.

    Raises:
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> before, after = np.array([0.4, 0.5, 0.6]), np.array([0.5, 0.7, 0.6])
        >>> gain = paired_gain((0.5, 0.6), (before, after), units=1000, level=0.4)
        >>> round(gain.gain, 2), round(gain.low, 2), round(gain.high, 2), round(gain.p_better, 2)
        (0.1, 0.02, 0.18, 0.83)

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13; the expansion is that of Hesterberg,
        What Teachers Should Know About the Bootstrap, The American Statistician 69, 2015.
    """
    check_level(level)
    gains = resampled[1] - resampled[0]
    gains = np.sort(gains[~np.isnan(gains)])
    telling = units if telling is None else min(units, telling)
    low = high = p_better = p_value = spread = float("nan")
    if len(gains):
        better = gains < 0 if lower_is_better else gains > 0
        p_better = float(better.mean() + (gains == 0).mean() / 2)
    if len(gains) and units != 1:  # one row cannot tell how rows vary
        drawn, rarest = _Drawn(gains, telling, widened), rarity_of_one_side(telling)
        low, high = drawn.below(1 - level), 0.0 - drawn.turned.below(1 - level)  # never -0.0
        if rarest > 1 - level:
            low, high = hold_nothing(low, high)
        p_value = max(min(1.0, drawn.rarity(), drawn.turned.rarity()), rarest)
        spread = float(gains.std(ddof=1)) if len(gains) > 1 else float("nan")
    before, after = float(observed[0]), float(observed[1])
    return Gain(
        before,
        after,
        low,
        high,
        level,
        p_better,
        p_value,
        spread,
        len(gains),
        lower_is_better,
        widened=widened,
        telling=telling,
    )


def hold_nothing(low: float, high: float) -> tuple[float, float]:
    """The interval of so few rows that chance alone could let all of them speak for the same run: it holds 0.

    Where all resamples have the same gain, such as a precision that rests on one row, nothing is known of how far it
    varies: NaN.

    Example:
        >>> hold_nothing(0.1, 0.3), hold_nothing(0.5, 0.5)
        ((0.0, 0.3), (nan, nan))
    """
    furthest = max(abs(low), abs(high))
    if furthest > 0 and high - low <= 1e-12 * furthest:  # equal gains may differ in their last digits
        return float("nan"), float("nan")
    return min(low, 0.0), max(high, 0.0)


class _Drawn(NamedTuple):
    """Gains on resamples by rising size, and by how much they vary too little."""

    gains: np.ndarray
    telling: int
    widened: float

    @property
    def turned(self) -> _Drawn:
        """Of the baseline over the candidate."""
        return self._replace(gains=-self.gains[::-1])

    def below(self, share: float) -> float:
        """What the true gain lies below in half this share of cases.

        Where that is further out than resamples reach, it goes on as the normal distribution would.
        """
        strays = float(strays_of_few(_NORMAL.inv_cdf(1 - share / 2), self.telling)) * self.widened
        if strays <= self._reach:
            # The way of counting by which R draws cut the line into R + 1 equally likely parts.
            place = max(_NORMAL.cdf(-strays) * (len(self.gains) + 1) - 1, 0.0)
            at, part = int(place), place % 1
            upper = self.gains[min(at + 1, len(self.gains) - 1)]
            return float(self.gains[at] + part * (upper - self.gains[at]))
        return self._middle - (self._middle - float(self.gains[0])) * strays / self._reach

    def rarity(self) -> float:
        """The share of which `below` would be 0; not less than the resamples can tell."""
        least = np.count_nonzero(self.gains <= 0)
        share = (least + 1) / (len(self.gains) + 1)
        if share >= 1:
            return 1.0
        strays, furthest = -_NORMAL.inv_cdf(share), self._middle - float(self.gains[0])
        if not least and furthest > 0:
            strays = max(strays, self._reach * self._middle / furthest)
        return max(rarity_of_few(strays / self.widened, self.telling), 2 / (len(self.gains) + 1))

    @property
    def _reach(self) -> float:
        """How far from the middle the outermost of so many resamples lies, in standard deviations."""
        return -_NORMAL.inv_cdf(1 / (len(self.gains) + 1)) if len(self.gains) > 1 else math.inf

    @property
    def _middle(self) -> float:
        n = len(self.gains)
        return float(self.gains[(n - 1) // 2] + self.gains[n // 2]) / 2


_NORMAL: Final = NormalDist()


def check_level(level: float) -> None:
    """Check that a level is a share.

    Raises:
        ThresholdError: If it is not.
    """
    if not 0 < level < 1:
        raise ThresholdError(
            f"level is {level}; it is the share of intervals that hold the truth, between 0 and 1, such as 0.95.",
            value=level,
            lowest=0.0,
            highest=1.0,
        )
