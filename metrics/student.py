"""Student's t distribution, for gains measured on few rows or with few runs."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)


def share_below(t: float, freedom: float) -> float:
    """Share of the distribution that lies below t.

    Args:
        t: Where to cut.
        freedom: Degrees of freedom, from 1; need not be whole.

    Example:
        >>> round(share_below(12.706, 1), 4), round(share_below(-1.96, 1e9), 4)
        (0.975, 0.025)
    """
    return 0.5 + math.copysign(_from_middle(math.atan(abs(t) / math.sqrt(freedom)), freedom), t)


@lru_cache(maxsize=4096)
def quantile(share: float, freedom: float) -> float:
    """The t below which a share of the distribution lies.

    Args:
        share: In (0, 1).
        freedom: Degrees of freedom, from 1; need not be whole.

    Example:
        >>> round(quantile(0.975, 1), 3), round(quantile(0.975, 10), 3), round(quantile(0.5, 3), 3)
        (12.706, 2.228, 0.0)
    """
    angle, sought = 0.0, abs(share - 0.5)
    # Newton's steps come from below and never go too far, because the density falls with the angle.
    for _ in range(60):
        missing = sought - _from_middle(angle, freedom)
        step = missing / (_scale(freedom) * math.cos(angle) ** (freedom - 1))
        if not 1e-15 < step < math.pi / 2 - angle:
            break
        angle += step
    return math.copysign(math.sqrt(freedom) * math.tan(angle), share - 0.5)


def _from_middle(angle: float, freedom: float) -> float:
    """Share between 0 and t = sqrt(freedom) tan(angle), where the density is a power of the cosine."""
    nodes = np.cos(angle * (NODES + 1) / 2)
    return float(_scale(freedom) * (WEIGHTS @ nodes ** (freedom - 1)) * angle / 2)


def _scale(freedom: float) -> float:
    return math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)
