"""What one more thing adds to a ratio while a baseline turns into a candidate."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

MOVED_RULE: Final = "every change made bit by bit, all of them at once (Aumann and Shapley)"

_NEAR: Final = 0.1  # relative change of the whole, below which the closed form would lose digits


class Prices(NamedTuple):
    """What one more adds to part / whole, on the mean of the way from one run to the other; float64 each.

    Attributes:
        part: One more in the part.
        whole: One more in the whole; never above 0.
    """

    part: np.ndarray
    whole: np.ndarray


def find_prices(part: np.ndarray, whole: np.ndarray) -> Prices:
    """What one more in the part, and in the whole, of a ratio adds on the way from a baseline to a candidate.

    On the way both go from what they are in the baseline to what they are in the candidate by equal steps, together.
    A change costs what it adds at each step, so that parts need no order, and add up to the whole gain: the difference
    of the ratios is that of the parts times the price of one, and that of the wholes times theirs.

    Args:
        part: float64[2, n]: what stands above the line in the baseline and in the candidate.
        whole: float64[2, n]: what stands below it. Where it is 0 in either, the prices are 0.

    Example:
        >>> prices = find_prices(np.array([[2.0], [9.0]]), np.array([[4.0], [10.0]]))
        >>> (7 * prices.part + 6 * prices.whole).round(6).item(), 9 / 10 - 2 / 4
        (0.4, 0.4)

    Source:
        Aumann and Shapley 1974, Values of Non-Atomic Games; the same path is that of integrated gradients
        (Sundararajan et al. 2017, arXiv:1703.01365).
    """
    there = (whole > 0).all(axis=0)
    (old, new), (below, above) = part.astype(np.float64), np.where(there, whole, 1.0).astype(np.float64)
    change = above / below - 1
    near = np.abs(change) < _NEAR
    safe = np.where(near, 1.0, change)
    # With the whole going from w to w (1 + x): of 1 / whole its mean, then that of s / whole ** 2, s from 0 to 1.
    mean = np.log1p(safe) / safe / below
    late = (mean - 1 / above) / (safe * below)
    steps, weights = np.polynomial.legendre.leggauss(12)
    steps, weights = (steps[:, None] + 1) / 2, weights[:, None] / 2
    inverse = 1 / (below * (1 + steps * np.where(near, change, 0.0)))
    mean = np.where(near, (weights * inverse).sum(axis=0), mean)
    late = np.where(near, (weights * steps * inverse**2).sum(axis=0), late)
    return Prices(np.where(there, mean, 0.0), np.where(there, -(old / (below * above) + (new - old) * late), 0.0))
