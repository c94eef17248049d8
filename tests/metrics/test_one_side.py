"""Where so few rows differ that a coin could let them all speak for one run, nothing is certain."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metrics import Boxes, Gain, MeasuredGain, draw_rows, find_overlaps, gains_of, measure_objects
from metrics.few_rows import rarity_of_one_side
from metrics.gains import hold_nothing, paired_gain

ROWS = 12
BOX = [0, 0, 10, 10]
BESIDE = [0, 3, 10, 10]


def _gains(rows: int, *, level: float = 0.95) -> dict[tuple[str, int | None], MeasuredGain]:
    """Of two features that 12 rows hold; the baseline finds the second on so many rows, the candidate a bit worse."""
    truth = Boxes.from_sizes([*range(ROWS)] * 2, [0] * ROWS + [1] * ROWS, [BOX] * 2 * ROWS)
    found = [*range(ROWS), *range(rows)]
    of = [0] * ROWS + [1] * rows
    boxes = [[BOX] * len(found), [BOX] * ROWS + [BESIDE] * rows]
    runs = [
        find_overlaps(truth, Boxes.from_sizes(found, of, each, confidence=[0.9] * len(found)), rows=ROWS, features=2)
        for each in boxes
    ]
    drawn = draw_rows(runs[0].keep, count=400)
    before, after = (measure_objects(run, drawn) for run in runs)
    return {(gain.name, gain.feature): gain for gain in gains_of(before, after, level=level)}


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_a_feature_whose_number_rests_on_few_rows_is_not_worse_for_certain(rows: int) -> None:
    """Its mean IoU is the same on every resample that holds one of them, though many rows hold the feature."""
    worse = _gains(rows)["mean IoU", 1]

    assert worse.gain.gain < -0.2
    assert worse.together is not None
    assert all(map(math.isnan, (worse.gain.low, worse.gain.high, *worse.together[:2])))
    assert worse.gain.p_value == worse.together[2] >= rarity_of_one_side(rows) > 0.05


def test_on_six_rows_it_is() -> None:
    worse = _gains(6)["mean IoU", 1]

    assert (worse.gain.low, worse.gain.high) == pytest.approx((-6 / 13, -6 / 13))
    assert worse.together is not None
    assert worse.together[1] < 0


@pytest.mark.parametrize("telling", [1, 2, 5])
def test_an_interval_around_a_gain_on_few_rows_holds_nothing(telling: int) -> None:
    rng = np.random.default_rng(0)
    gain = _paired(rng.normal(0.5, 0.001, 300), telling)

    assert gain.low <= 0 < gain.high
    assert gain.p_value >= rarity_of_one_side(telling)
    assert _paired(rng.normal(0.5, 0.001, 300), 6).low > 0


def test_what_is_equal_on_all_rows_stays_so() -> None:
    assert hold_nothing(0.0, 0.0) == (0.0, 0.0)
    assert (_paired(np.zeros(300), 0).low, _paired(np.zeros(300), 0).high) == (0, 0)


def _paired(resampled: np.ndarray, telling: int) -> Gain:
    return paired_gain((0.0, float(resampled.mean())), (np.zeros(300), resampled), units=100, telling=telling)
