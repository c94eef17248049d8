"""How much better a candidate is than a baseline, and how certain that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from metrics.errors import ThresholdError

BOOTSTRAP_RULE: Final = "paired bootstrap over rows, expanded percentile interval"


@dataclass(frozen=True)
class Gain:
    """Candidate minus baseline of one number, measured on the same rows.

    Attributes:
        baseline: The number of the baseline; NaN where undefined.
        candidate: The number of the candidate; NaN where undefined.
        low: Lower end of the interval around the gain; NaN where no resample defines it.
        high: Upper end of it.
        level: Share of such intervals that hold the true gain.
        p_better: Share of resamples in which the candidate is better; equal ones count half.
        p_value: Two-sided: how rarely so large a gain would come from drawing rows alone, were there none.
        spread: Standard deviation of the gain over resamples.
        resamples: How many resamples define the gain, the support.
        lower_is_better: The candidate is better where its number is lower.
        rule: Name of the rule.
        widened: How many times as wide as the resamples say the interval is, because rare features vanish from them.
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

    @property
    def gain(self) -> float:
        """Candidate minus baseline; NaN where either is undefined."""
        return self.candidate - self.baseline


def paired_gain(
    observed: tuple[float, float],
    resampled: tuple[np.ndarray, np.ndarray],
    *,
    units: int,
    level: float = 0.95,
    lower_is_better: bool = False,
    widened: float = 1.0,
) -> Gain:
    """The gain between two runs with its interval, from the same number on the same resamples of rows.

    Args:
        observed: The number of the baseline and of the candidate on all rows.
        resampled: float64[resamples] each: the number of the baseline and of the candidate on every resample.
        units: Number of rows, or of clusters, that were drawn (`Resamples.units`). Few of them vary less in resamples
            than they would in truth, by as much as Student's t is wider than the normal distribution; the interval is
            expanded by that.
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
    if not 0 < level < 1:
        raise ThresholdError(
            f"level is {level}; it is the share of intervals that hold the truth, between 0 and 1, such as 0.95.",
            value=level,
            lowest=0.0,
            highest=1.0,
        )
    gains = resampled[1] - resampled[0]
    gains = gains[~np.isnan(gains)]
    low = high = p_better = p_value = spread = float("nan")
    if len(gains):
        tail = _expanded_tail(level, units, widened)
        # The way of counting by which R draws cut the line into R + 1 equally likely parts.
        low, high = np.quantile(gains, [tail, 1 - tail], method="weibull").tolist()
        better = gains < 0 if lower_is_better else gains > 0
        p_better = float(better.mean() + (gains == 0).mean() / 2)
        p_value = _two_sided(gains, widened)
        spread = float(gains.std(ddof=1)) if len(gains) > 1 else float("nan")
    baseline, candidate = float(observed[0]), float(observed[1])
    return Gain(
        baseline, candidate, low, high, level, p_better, p_value, spread, len(gains), lower_is_better, widened=widened
    )


def widen_for_few(strays: float | np.ndarray, units: int) -> float | np.ndarray:
    """How far a gain must stray, in the standard deviations of its resamples, to be as rare as with rows without end.

    Few rows vary less in resamples than they would in truth, and how much they vary is itself known roughly:
    Student's t in place of the normal distribution.

    Args:
        strays: What is as rare under the normal distribution, in standard deviations; from 0.
        units: Number of rows, or of clusters, that were drawn; fewer than three count as three.

    Example:
        >>> round(widen_for_few(1.96, 10), 2), round(widen_for_few(1.96, 1000), 2)
        (2.38, 1.96)
    """
    z, freedom = strays, max(units, 3) - 1
    # Student's quantile by its expansion around the normal one, good to three digits from five degrees of freedom.
    t = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return t * ((freedom + 1) / freedom) ** 0.5


def _expanded_tail(level: float, units: int, widened: float) -> float:
    """The share of resamples to leave out at either end."""
    normal = NormalDist()
    strays = float(widen_for_few(normal.inv_cdf((1 + level) / 2), units)) if units >= 3 else math.inf
    return normal.cdf(-strays * widened)


def _two_sided(gains: np.ndarray, widened: float) -> float:
    """Twice the smaller share of resamples on one side of 0; one more is added to each, so that it is never 0."""
    least = min(np.count_nonzero(gains <= 0), np.count_nonzero(gains >= 0))
    share = float(min(1.0, 2 * (least + 1) / (len(gains) + 1)))
    normal = NormalDist()
    return share if widened == 1 else 2 * normal.cdf(normal.inv_cdf(share / 2) / widened)
