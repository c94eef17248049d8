"""Whether more was fixed than broken, or chance would do as much."""

from __future__ import annotations

import math

import numpy as np

from metrics.columns import Numbers


def mcnemar(fixed: Numbers, broken: Numbers) -> np.ndarray:
    """Exact p-values that as many would be fixed and broken so unevenly, were either as likely.

    Args:
        fixed: N counts of what only the candidate got right.
        broken: N counts of what only the baseline got right.

    Returns:
        float64[N] two-sided p-values; NaN where nothing changed.

    Example:
        >>> mcnemar([5, 1, 0], [0, 1, 0]).tolist()
        [0.0625, 1.0, nan]

    Source:
        McNemar, Psychometrika 12, 1947, in its exact form: a sign test on what changed.
    """
    pairs = zip(np.asarray(fixed).tolist(), np.asarray(broken).tolist(), strict=True)
    return np.array([_sign_test(int(one), int(other)) for one, other in pairs])


def _sign_test(one: int, other: int) -> float:
    """Twice the chance of at most the smaller count in so many throws of a fair coin."""
    n, least = one + other, min(one, other)
    if n == 0:
        return float("nan")
    if one == other:
        return 1.0
    whole = n * math.log(2)
    terms = [_log_choose(n, k) - whole for k in range(least + 1)]
    largest = max(terms)
    return min(1.0, 2 * math.exp(largest) * math.fsum(math.exp(term - largest) for term in terms))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
