"""How much wider intervals are, and how much less rare a gain is, where few rows tell runs apart."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

from metrics.student import quantile, share_below

_NORMAL: Final = NormalDist()
_FURTHEST: Final = 7.0
"""Beyond so many standard deviations the shares of the normal distribution can no longer be told from 0."""


def strays_of_few(strays: float, telling: int | None) -> float:
    """How far a gain must stray, in the standard deviations of its resamples, to be as rare as with rows without end.

    Few rows vary less in resamples than they would in truth, and how much they vary is itself known roughly:
    Student's t in place of the normal distribution.

    Args:
        strays: What is as rare under the normal distribution, in standard deviations; from 0.
        telling: Number of rows, or of clusters, that tell runs apart; fewer than three count as three. None for rows
            without end.

    Example:
        >>> round(strays_of_few(1.96, 10), 2), round(strays_of_few(1.96, 1000), 2)
        (2.38, 1.96)
    """
    if telling is None or math.isnan(strays):
        return strays
    n = max(telling, 3)
    return quantile(_NORMAL.cdf(min(strays, _FURTHEST)), n - 1) * math.sqrt(n / (n - 1))


def strays_of_many(strays: float, telling: int | None) -> float:
    """The other way round: what is as rare under the normal distribution, up to 7 standard deviations.

    Example:
        >>> round(strays_of_many(2.38, 10), 2), strays_of_many(99.0, 1000)
        (1.96, 7.0)
    """
    share = _NORMAL.cdf(-strays) if telling is None else rarity_of_few(strays, telling) / 2
    return _FURTHEST if share <= _NORMAL.cdf(-_FURTHEST) else -_NORMAL.inv_cdf(share)


def rarity_of_few(strays: float, telling: int) -> float:
    """How rarely a gain strays so far to either side, in the standard deviations of its resamples.

    Example:
        >>> round(rarity_of_few(strays_of_few(1.96, 10), 10), 3)
        0.05
    """
    n = max(telling, 3)
    return min(1.0, 2 * share_below(-strays / math.sqrt(n / (n - 1)), n - 1))


def rarity_of_one_side(telling: int | None) -> float:
    """How rarely chance alone lets so many rows all speak for the same one of two equal runs; 0 of rows without end.

    No p-value is smaller, however far the rows agree: where one row tells, it speaks for one of them.

    Example:
        >>> rarity_of_one_side(1), rarity_of_one_side(6), rarity_of_one_side(None)
        (1.0, 0.03125, 0.0)
    """
    return 0.0 if telling is None else min(1.0, 2.0 ** (1 - telling))
