"""Many gains looked at together: what chance alone would show somewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from metrics.columns import Numbers, as_numbers
from metrics.errors import ColumnError
from metrics.few_rows import rarity_of_one_side, strays_of_few, strays_of_many
from metrics.gains import check_level, hold_nothing
from metrics.student import quantile, share_below

MAX_T_RULE: Final = "largest standardised gain of all resamples, at most Sidak's bound (max-T)"

MOST_STRAYS: Final = 1e6
"""The only resample that differs from all others strays without end; a number is needed to reckon with."""


class Together(NamedTuple):
    """Intervals and p-values that hold for all G gains of a family at once.

    Attributes:
        low: float64[G], NaN where a gain has no spread or is undefined.
        high: float64[G], alike.
        p_value: float64[G]: how rarely chance alone would show so large a gain anywhere in the family.
        rule: Name of the rule.
    """

    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray
    rule: str


def hold_together(
    gains: np.ndarray, resampled: np.ndarray, *, level: float = 0.95, units: int | Sequence[int] | None = None
) -> Together:
    """Intervals and p-values that hold for a whole family of gains, such as those of all features, at once.

    Of each resample only the gain counts that strays furthest from what was observed, in its own standard deviations;
    how far those stray sets the width for all. Gains that move together, as those of features on the same rows do, cost
    less than as many independent ones would, and none cost more: where a few gains stray far on some resamples, as
    those of features on few rows do, Sidak's bound sets the width, and few rows widen their own intervals alone. Just
    as the standard deviation that an observed gain is measured in comes from resamples of which it is none, that of a
    resample comes from all others.

    Args:
        gains: float64[G] observed; NaN where undefined.
        resampled: float64[resamples, G]; NaN where a resample does not define a gain.
        level: Share of such families whose true gains all lie in their intervals, in (0, 1).
        units: Number of rows, or of clusters, that tell runs apart, for each gain or one for all, as `telling` of
            `paired_gain`; with few of them an interval is wider. Without end when left out.

    Raises:
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> noise = rng.normal(0, 1, (2000, 2))
        >>> together = hold_together(np.array([0.0, 5.0]), np.array([0.0, 5.0]) + noise)
        >>> together.low.round(1).tolist(), together.high.round(1).tolist(), (together.p_value < 0.05).tolist()
        ([-2.2, 2.8], [2.2, 7.2], [False, True])

    Source:
        Westfall and Young, Resampling-Based Multiple Testing, 1993, section 2.3 (single-step maxT). Sidak, Journal of
        the American Statistical Association 62, 1967: dependent normal gains never need more than independent ones.
    """
    check_level(level)
    spread = np.full(len(gains), np.nan)
    enough = np.count_nonzero(~np.isnan(resampled), axis=0) > 1
    spread[enough] = np.nanstd(resampled[:, enough], axis=0, ddof=1)
    # Equal gains may differ in their last digits.
    spread[spread <= 1e-12 * np.abs(gains)] = 0.0
    usable = (spread > 0) & ~np.isnan(gains)
    low, high, p_value = (np.full(len(gains), np.nan) for _ in range(3))
    telling = [None] * len(gains) if units is None else np.broadcast_to(units, len(gains)).tolist()
    if usable.any():
        strays = _strays(gains[usable], resampled[:, usable])
        furthest = np.nanmax(np.where(np.isnan(strays).all(axis=1, keepdims=True), 0.0, strays), axis=1)
        # The way of counting by which R draws cut the line into R + 1 equally likely parts.
        edge = float(np.quantile(furthest, level, method="weibull"))
        edge = min(edge, _sidak_edge(level, strays)) if edge < MOST_STRAYS else np.nan  # too few resamples to tell
        for place in np.flatnonzero(usable).tolist():
            width = strays_of_few(edge, telling[place]) * spread[place]
            low[place], high[place] = gains[place] - width, gains[place] + width
            rare = strays_of_many(abs(gains[place]) / spread[place], telling[place])
            reached = (np.count_nonzero(furthest >= rare) + 1) / (len(furthest) + 1)
            p_value[place] = reached if math.isnan(edge) else min(reached, _sidak_share(rare, strays))
    still = (spread == 0) & ~np.isnan(gains)
    low[still] = high[still] = gains[still]
    p_value[still] = np.where(gains[still] == 0, 1.0, 1 / (len(resampled) + 1))
    rarest = np.array([rarity_of_one_side(each) for each in telling])
    for place in np.flatnonzero((rarest > 1 - level) & ~np.isnan(low)).tolist():
        low[place], high[place] = hold_nothing(low[place], high[place])
    p_value = np.maximum(p_value, rarest)
    return Together(low, high, p_value, MAX_T_RULE)


def _sidak_edge(level: float, strays: np.ndarray) -> float:
    """How far the furthest of G independent gains strays where R resamples tell the spread; strays: float64[R, G]."""
    resamples, many = strays.shape
    return quantile((1 + level ** (1 / many)) / 2, max(resamples - 1, 1))


def _sidak_share(stray: float, strays: np.ndarray) -> float:
    """How rarely any of G independent gains strays so far; strays as in `_sidak_edge`."""
    resamples, many = strays.shape
    alone = min(2 * share_below(-stray, max(resamples - 1, 1)), 1.0)
    return 1.0 if alone == 1 else -math.expm1(many * math.log1p(-alone))


def _strays(gains: np.ndarray, resampled: np.ndarray) -> np.ndarray:
    """float64[resamples, G]: how far each is from the gain observed, in the standard deviations of all others."""
    n = np.count_nonzero(~np.isnan(resampled), axis=0)
    from_mean = (resampled - np.nanmean(resampled, axis=0)) ** 2
    others = np.nansum(from_mean, axis=0) - from_mean * n / (n - 1)
    variance = np.maximum(others, 0.0) / np.maximum(n - 2, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.minimum(np.abs(resampled - gains) / np.sqrt(variance), MOST_STRAYS))


def false_discoveries(p_values: Numbers) -> np.ndarray:
    """The share of false discoveries that taking each p-value, and all smaller ones, for a discovery would bring.

    Args:
        p_values: float64[N] in [0, 1]; NaN where there was no test, which stays NaN and does not count.

    Raises:
        ColumnError: If one lies outside.

    Example:
        >>> false_discoveries(np.array([0.01, 0.02, float("nan"), 0.5])).round(3).tolist()
        [0.03, 0.03, nan, 0.5]

    Source:
        Benjamini and Hochberg, Journal of the Royal Statistical Society B 57, 1995; equal to SciPy's
        false_discovery_control.
    """
    given = as_numbers("p_values", p_values, things="tests")
    bad = np.flatnonzero((given < 0) | (given > 1))
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(given):,} p-values lie outside [0, 1]; first: number {bad[0]} with {given[bad[0]]}.",
            bad=len(bad),
            first=int(bad[0]),
        )
    adjusted = np.full(len(given), np.nan)
    tested = np.flatnonzero(~np.isnan(given))
    falling = tested[np.argsort(-given[tested], kind="stable")]
    ranks = np.arange(len(falling), 0, -1)
    adjusted[falling] = np.minimum.accumulate(np.minimum(given[falling] * len(falling) / np.maximum(ranks, 1), 1.0))
    return adjusted
