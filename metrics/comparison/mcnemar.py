"""Whether more was fixed than broken, or chance would do as much."""

from __future__ import annotations

import math

import numpy as np

from metrics.columns import Numbers, as_codes, check_lengths


def mcnemar(fixed: Numbers, broken: Numbers) -> np.ndarray:
    """Exact p-values that as many would be fixed and broken so unevenly, were either as likely.

    Args:
        fixed: N counts of what only the candidate got right.
        broken: N counts of what only the baseline got right.

    Raises:
        ColumnError: If lengths differ, or a count is negative or has a fraction.

    Returns:
        float64[N] two-sided p-values; NaN where nothing changed.

    Example:
        >>> mcnemar([5, 1, 0], [0, 1, 0]).tolist()
        [0.0625, 1.0, nan]

    Source:
        McNemar, Psychometrika 12, 1947, in its exact form: a sign test on what changed.
    """
    counts = {name: as_codes(name, given, things="tests") for name, given in (("fixed", fixed), ("broken", broken))}
    check_lengths(counts, things="tests")
    pairs = zip(*(column.tolist() for column in counts.values()), strict=True)
    return np.array([_sign_test(one, other) for one, other in pairs])


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
