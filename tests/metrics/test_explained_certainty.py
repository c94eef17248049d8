"""How certain parts of a gain are: intervals hold the true ones as often as they promise, and few rows have none."""

from __future__ import annotations

import numpy as np
import pytest

import metrics
from metrics import (
    ALARM_STATES,
    TRUTH_STATES,
    Answers,
    Boxes,
    Choices,
    DrawnParts,
    draw_accuracy_parts,
    draw_precision_parts,
    draw_rows,
    explain_accuracy,
    explain_gain,
    hold_parts,
)


def test_units_that_tell_are_rows_or_clusters_that_hold_something_of_a_part() -> None:
    truth, before, after = np.zeros(6, int), np.array([1, 1, 1, 0, 0, 0]), np.array([0, 0, 1, 0, 1, 0])
    runs = [Choices.from_codes(truth, said, classes=2) for said in (before, after)]
    explained = explain_accuracy(Answers.of_choices(*runs))
    part = (before == 0) * 1
    alone = draw_accuracy_parts(explained, draw_rows(np.ones(6, bool), count=2), part=part, parts=2)
    videos = draw_rows(np.ones(6, bool), count=2, clusters=np.array([0, 0, 1, 1, 2, 2]))
    together = draw_accuracy_parts(explained, videos, part=part, parts=2)

    assert (alone.units, alone.telling.tolist(), alone.telling_gain.tolist()) == (6, [2, 1], [3, 0, 3])
    assert (together.units, together.telling.tolist()) == (3, [1, 1])


def test_parts_that_few_rows_tell_of_have_no_interval_and_widen_no_other() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (500, 3))
    parts = np.array([0.5, 0.1, 0.3])
    held = hold_parts(parts, parts + noise, telling=np.array([300, 5, 300]), units=1000)
    others = hold_parts(parts[[0, 2]], (parts + noise)[:, [0, 2]], telling=np.array([300, 300]), units=1000)

    assert np.isnan([held.low[1], held.high[1], held.together_low[1], held.p_value[1]]).all()
    np.testing.assert_array_equal(held.together_low[[0, 2]], others.together_low)
    assert (held.together_high - held.together_low)[0] > (held.high - held.low)[0]


def test_a_single_row_tells_nothing() -> None:
    held = hold_parts(np.array([1.0]), np.ones((9, 1)), telling=np.array([9]), units=1)

    assert np.isnan(held.low).all()


@pytest.mark.parametrize("what", ["accuracy", "AP"])
def test_intervals_hold_the_true_parts_as_often_as_they_promise(what: str) -> None:
    """Of 60 drawings of rows an interval holds its part nine times of ten at least, and all at once nearly so."""
    make = _accuracy_world if what == "accuracy" else _precision_world
    truth, _ = make(np.random.default_rng(0), rows=20_000, resamples=2)
    alone, together = [], []
    for seed in range(1, 61):
        parts, drawn = make(np.random.default_rng(seed), rows=150, resamples=200)
        held = hold_parts(parts, drawn.parts, telling=drawn.telling, units=150)
        alone.append((held.low <= truth) & (truth <= held.high))
        together.append(((held.together_low <= truth) & (truth <= held.together_high)).all())

    assert 0.9 <= np.mean(alone) <= 0.995
    assert np.mean(together) >= 0.88


def test_of_equal_runs_nothing_is_called_certain_there_and_back() -> None:
    """Single mix-ups of equal runs are never 0, so that only both directions together can be called certain."""
    certain, alone = 0, 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        truth = np.zeros(200, int)
        runs = [Choices.from_codes(truth, (rng.random(200) < 0.3).astype(int), classes=2) for _ in range(2)]
        explained = explain_accuracy(Answers.of_choices(*runs))
        answers = explained.answers
        part = answers.before * 2 + answers.after
        drawn = draw_accuracy_parts(explained, draw_rows(runs[0].keep, count=200, seed=seed), part=part, parts=4)
        parts = np.bincount(part, explained.gains, minlength=4)
        mended = hold_parts(parts[2:3], drawn.parts[:, 2:3], telling=drawn.telling[2:3], units=200)
        both = drawn.folded(np.array([-1, 0, 0, -1]), groups=1)
        held = hold_parts(parts[1:3].sum(keepdims=True), both.parts, telling=both.telling, units=200)
        alone += int(mended.together_low[0] > 0)
        certain += int(not held.together_low[0] <= 0 <= held.together_high[0])

    assert alone == 40
    assert certain <= 5


def _accuracy_world(rng: np.random.Generator, *, rows: int, resamples: int) -> tuple[np.ndarray, DrawnParts]:
    """Mended, broken, and two kinds that both get right or wrong."""
    kind = rng.choice(4, rows, p=[0.15, 0.1, 0.6, 0.15])
    said = np.isin(kind, [1, 2]).astype(int), np.isin(kind, [0, 2]).astype(int)
    runs = [Choices.from_codes(np.ones(rows, int), each, classes=2) for each in said]
    explained = explain_accuracy(Answers.of_choices(*runs))
    drawn = draw_accuracy_parts(
        explained, draw_rows(runs[0].keep, count=resamples, seed=int(rng.integers(99))), part=kind, parts=4
    )
    sums = np.bincount(kind, explained.gains, minlength=4)
    return sums[:2], drawn.folded(np.array([0, 1, -1, -1]), groups=2)


def _precision_world(rng: np.random.Generator, *, rows: int, resamples: int) -> tuple[np.ndarray, DrawnParts]:
    """A truth on every row, found by one run, both or none, and false alarms of either far off."""
    row, place = np.arange(rows), np.tile([0.0, 0, 10, 10], (rows, 1))
    truth = Boxes.from_sizes(row, np.zeros(rows, int), place)
    runs = []
    for share in (0.6, 0.7):
        found, false = rng.random(rows) < share, rng.random(rows) < 0.3
        rows_of = np.concatenate([row[found], row[false]])
        boxes = np.concatenate([place[found], place[false] + [50, 50, 0, 0]])
        sure = np.concatenate([rng.beta(3, 1, found.sum()), rng.beta(1, 2, false.sum())])
        predictions = Boxes.from_sizes(rows_of, np.zeros(len(rows_of), int), boxes, confidence=sure)
        runs.append(metrics.find_overlaps(truth, predictions, rows=rows, features=1))
    explained = explain_gain(*runs)
    drawn = draw_precision_parts(explained, draw_rows(runs[0].keep, count=resamples, seed=int(rng.integers(99))))
    found, unseen = TRUTH_STATES.index("found"), TRUTH_STATES.index("unseen")
    absent, background = ALARM_STATES.index("absent"), ALARM_STATES.index("background")
    into = np.full(len(explained.parts.gains), -1)
    wanted = [(0, unseen, found), (0, found, unseen), (1, background, absent), (0, found, found)]
    for place_of, (alarm, before, after) in enumerate(wanted):
        parts = explained.parts
        into[(parts.alarm == alarm) & (parts.before == before) & (parts.after == after)] = place_of
    sums = np.bincount(into + 1, explained.parts.gains, minlength=5)[1:]
    return sums, drawn.folded(into, groups=4)
