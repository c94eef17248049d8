"""Gains held together where some features stand on few rows: none of the others pays for their strays."""

from __future__ import annotations

import numpy as np
from scipy import stats

from metrics import hold_together

ROWS = 100
HELD_BY = np.array([6] * 6 + [8] * 4 + [12] * 3 + [20] * 2 + [40, 60])
"""Rows that hold each of 17 features."""


def _equal_runs(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gains in recall of 17 features between runs that are as good, their resamples, and the rows that tell apart."""
    truths, gained = np.zeros((2, ROWS, len(HELD_BY)))
    for feature, held in enumerate(HELD_BY):
        rows = rng.choice(ROWS, held, replace=False)
        truths[rows, feature] = 1 + rng.poisson(1, held)
        gained[rows, feature] = [
            rng.choice([-1, 0, 1], int(n), p=[0.12, 0.76, 0.12]).sum() for n in truths[rows, feature]
        ]
    drawn = rng.multinomial(ROWS, np.full(ROWS, 1 / ROWS), size=200)
    with np.errstate(invalid="ignore"):
        resampled = (drawn @ gained) / (drawn @ truths)
    return gained.sum(axis=0) / truths.sum(axis=0), resampled, np.count_nonzero(gained, axis=0)


def test_equal_runs_are_called_different_no_more_often_than_promised() -> None:
    rng = np.random.default_rng(0)
    called = 0
    for _ in range(200):
        gains, resampled, telling = _equal_runs(rng)
        together = hold_together(gains, resampled, units=telling)
        outside = (together.low > 0) | (together.high < 0)
        assert (outside == (together.p_value < 0.05))[together.high > together.low].all()
        called += bool(outside.any())

    assert called <= 0.05 * 200


def test_features_on_few_rows_widen_the_interval_of_another_up_to_independent_ones() -> None:
    gains, resampled, telling = _equal_runs(np.random.default_rng(1))
    alone = hold_together(gains[-1:], resampled[:, -1:], units=telling[-1:].tolist())
    among = hold_together(gains, resampled, units=telling)
    spread, rows = resampled[:, -1].std(ddof=1), telling[-1]
    independent = stats.t.ppf((1 + 0.95 ** (1 / np.count_nonzero(resampled.any(axis=0)))) / 2, len(resampled) - 1)
    few = stats.t.ppf(stats.norm.cdf(independent), rows - 1) * np.sqrt(rows / (rows - 1))

    assert among.high[-1] > alone.high[-1]
    assert among.high[-1] - gains[-1] <= few * spread * (1 + 1e-9)
