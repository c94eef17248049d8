"""No interval around a gain reaches beyond what is possible."""

from __future__ import annotations

import math

import numpy as np

import metrics
from metrics import Choices, Measured, draw_rows, gains_of, gains_of_several, measure_choices, measure_ratio, row_mean
from metrics.comparison.measured import measured_mean

ROWS = 6
TRUTH = np.array([0, 0, 0, 1, 1, 1])
BEFORE, AFTER = np.array([0, 0, 1, 1, 0, 0]), np.array([0, 0, 0, 1, 1, 0])


def _measured(chosen: np.ndarray) -> list[Measured]:
    choices = Choices.from_codes(TRUTH, chosen, classes=2)
    return measure_choices(choices, draw_rows(choices.keep, count=300))


def test_few_rows_make_intervals_no_wider_than_shares_can_differ() -> None:
    gains = gains_of(_measured(BEFORE), _measured(AFTER), level=0.999)

    together = [gain.together for gain in gains if gain.together is not None]
    assert together
    assert all(-1 <= low <= high <= 1 for low, high, _ in together)
    assert any((low, high) == (-1, 1) for low, high, _ in together)
    assert all(-1 <= gain.gain.low <= gain.gain.high <= 1 for gain in gains)


def test_of_several_candidates_as_well() -> None:
    first, second = gains_of_several(_measured(BEFORE), [_measured(AFTER), _measured(1 - TRUTH)], level=0.999)

    assert all(abs(end) <= 1 for gain in (*first, *second) for end in (gain.together or ())[:2])


def test_numbers_of_which_nothing_is_known_keep_their_interval() -> None:
    drawn = draw_rows(np.ones(ROWS, dtype=bool), count=300)
    before, after = (measure_ratio(row_mean("seconds", each * 10.0), drawn) for each in (BEFORE, AFTER))

    [gain] = gains_of(before, after, level=0.999)

    assert gain.gain.low < -1
    assert gain.gain.high > 1


def test_over_seeds_as_well() -> None:
    rng = np.random.default_rng(0)
    drawn = draw_rows(np.ones(ROWS, dtype=bool), count=300)
    runs = [
        measured_mean("mAP", value, rng.random((300, 3)), support=9.0, rule="rule", resamples=drawn)
        for value in (0.1, 0.9, 0.2, 0.8)
    ]

    gain = metrics.gain_of_resampled_seeds(runs[:2], runs[2:])

    assert (gain.low, gain.high) == (-1, 1)


def test_what_is_not_known_stays_so() -> None:
    drawn = draw_rows(np.ones(1, dtype=bool), count=50)
    [before], [after] = (measure_ratio(row_mean("hit", np.array([each])), drawn, share=True) for each in (0.0, 1.0))

    [gain] = gains_of([before], [after])

    assert math.isnan(gain.gain.low)
    assert math.isnan(gain.gain.high)


def test_no_end_of_an_interval_is_a_negative_nothing() -> None:
    nothing = np.zeros(50)
    gain = metrics.paired_gain((0.0, 0.0), (nothing, nothing), units=50)

    assert (math.copysign(1, gain.low), math.copysign(1, gain.high)) == (1, 1)
