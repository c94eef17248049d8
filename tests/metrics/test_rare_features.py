"""Over many features that few rows hold, intervals around mAP, mean F1 and mean IoU are as wide as they should be."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pytest

from metrics import (
    Boxes,
    Choices,
    Gain,
    Measured,
    Overlaps,
    count_pixels,
    draw_rows,
    find_overlaps,
    gain_of_resampled_seeds,
    gains_of,
    gains_of_several,
    measure_choices,
    measure_objects,
    measure_pixels,
    paired_gain,
)
from metrics.comparison.vanishing import widen_for_vanishing

EXPERIMENTS: Final = 400
ROWS, FEATURES, HOLDING = 100, 45, 3
CLASSES: Final = 40
_SHARES: Final = np.random.default_rng(99).gamma(0.7, 1, CLASSES)
COMMON: Final = _SHARES / _SHARES.sum()
"""How common each of 40 classes is: many are on one to three rows of a hundred."""
SKILLED: Final = np.random.default_rng(5).normal(0.7, 0.8, CLASSES)


def _experiment(seed: int) -> tuple[Gain, float]:
    """The gain in mAP of two equal runs, where three rows of 100 hold a feature, some more, many one or none; and the
    width that the resamples alone would give it."""
    rng = np.random.default_rng([4, seed])
    share = np.random.default_rng(99).gamma(0.7, 1, FEATURES)
    row, feature = np.nonzero(rng.random((ROWS, FEATURES)) < np.minimum(HOLDING / ROWS * share / share.mean(), 0.9))
    skill, hardness = np.random.default_rng(5).normal(0.3, 0.7, FEATURES), rng.normal(0, 1, ROWS)
    truth = _boxes(row, feature, 50.0 * feature)
    runs = [_find(rng, truth, 1 / (1 + np.exp(hardness[row] - skill[feature]))) for _ in range(2)]
    drawn = draw_rows(np.ones(ROWS, dtype=bool), count=100, seed=seed)
    before, after = (measure_objects(run, drawn)[0] for run in runs)
    gain = gains_of([before], [after])[0].gain
    plain = paired_gain((before.value, after.value), (before.resampled, after.resampled), units=ROWS)
    return gain, plain.high - plain.low


def _find(rng: np.random.Generator, truth: Boxes, chance: np.ndarray) -> Overlaps:
    found = rng.random(len(chance)) < chance
    alarms = rng.integers(0, len(chance), rng.poisson(len(chance)))
    left = np.concatenate([50.0 * truth.feature[found] + rng.normal(0, 2, found.sum()), np.full(len(alarms), 1e5)])
    sure = np.concatenate([rng.beta(4, 2, found.sum()), rng.beta(2, 3, len(alarms))])
    rows = np.concatenate([truth.row[found], rng.integers(0, ROWS, len(alarms))])
    said = _boxes(rows, np.concatenate([truth.feature[found], truth.feature[alarms]]), left, sure)
    return find_overlaps(truth, said, rows=ROWS, features=FEATURES)


def _boxes(row: np.ndarray, feature: np.ndarray, left: np.ndarray, confidence: np.ndarray | None = None) -> Boxes:
    box = np.column_stack([left, np.zeros(len(left)), np.full((len(left), 2), 20.0)])
    return Boxes.from_sizes(row, feature, box, confidence=confidence)


@pytest.fixture(scope="module")
def gains() -> list[tuple[Gain, float]]:
    return [_experiment(seed) for seed in range(EXPERIMENTS)]


def test_intervals_over_rare_features_hold_the_true_gain_as_often_as_they_say(gains: list[tuple[Gain, float]]) -> None:
    held = sum(gain.low <= 0 <= gain.high for gain, _ in gains)

    assert 0.94 * EXPERIMENTS <= held <= 0.98 * EXPERIMENTS


def test_equal_runs_are_called_different_no_more_often_than_promised(gains: list[tuple[Gain, float]]) -> None:
    assert sum(gain.p_value < 0.05 for gain, _ in gains) <= 0.06 * EXPERIMENTS


def test_intervals_are_wider_than_resamples_alone_would_make_them(gains: list[tuple[Gain, float]]) -> None:
    assert 1.05 < np.mean([gain.widened for gain, _ in gains]) < 1.25
    assert np.mean([gain.high - gain.low for gain, _ in gains]) > 1.04 * np.mean([width for _, width in gains])


def test_features_that_are_never_lost_widen_nothing() -> None:
    assert widen_for_vanishing(np.random.default_rng(0).normal(0, 1, (200, 9))) == 1


def test_features_without_truth_widen_nothing() -> None:
    over = np.random.default_rng(0).normal(0, 1, (200, 9))
    over[:, 3:] = np.nan

    assert widen_for_vanishing(over) == 1
    assert widen_for_vanishing(over[:, 3:]) == 1
    assert widen_for_vanishing(over[:1]) == 1


def test_runs_that_never_differ_have_no_width_to_widen() -> None:
    over = np.where(np.random.default_rng(0).random((200, 9)) < 0.2, np.nan, 0.0)

    assert widen_for_vanishing(over) == 1


@pytest.mark.parametrize("rows", [1, 2, 3, 6])
def test_a_mean_over_features_on_few_rows_is_as_wide_as_it_should_be(rows: int) -> None:
    """30 features on so many rows, 10 on three and 10 on twelve; the gain of each row is chance, of variance 1."""
    rng = np.random.default_rng(rows)
    holding = np.repeat([rows, 3, 12], [30, 10, 10])
    there = 1 - np.exp(-holding)  # in so many resamples, and so much a feature counts on average
    true = (there**2 / holding).sum() / there.sum() ** 2
    widened, plain = [], []
    for _ in range(100):
        over = np.full((300, len(holding)), np.nan)
        for feature, n in enumerate(holding):
            drawn = rng.poisson(1, (300, n))
            many = drawn.sum(axis=1)
            over[many > 0, feature] = (drawn @ rng.normal(0, 1, n))[many > 0] / many[many > 0]
        plain.append(np.nanmean(over, axis=1).var(ddof=1))
        widened.append(widen_for_vanishing(over) ** 2 * plain[-1])

    assert np.mean(widened) == pytest.approx(true, rel=0.1)
    assert np.mean(plain) < 0.9 * true or rows > 2


def _classify(rng: np.random.Generator, seed: int, runs: int) -> list[list[Measured]]:
    """Runs that choose among the classes, equally well, on the same rows."""
    truth, hardness = rng.choice(CLASSES, ROWS, p=COMMON), rng.normal(0, 1, ROWS)
    drawn = draw_rows(np.ones(ROWS, dtype=bool), count=100, seed=seed)
    measured = []
    for _ in range(runs):
        right = rng.random(ROWS) < 1 / (1 + np.exp(hardness - SKILLED[truth]))
        said = np.where(right, truth, rng.choice(CLASSES, ROWS, p=COMMON))
        measured.append(measure_choices(Choices.from_codes(truth, said, classes=CLASSES), drawn))
    return measured


def _paint(rng: np.random.Generator, seed: int) -> list[list[Measured]]:
    """Two runs that paint four patches on each of 60 rows, equally well."""
    truth, hardness = rng.choice(CLASSES, (60, 4), p=COMMON), rng.normal(0, 1, (60, 4))
    drawn = draw_rows(np.ones(60, dtype=bool), count=100, seed=seed)
    painted, measured = np.repeat(truth, 15, axis=1), []
    for _ in range(2):
        chance = 1 / (1 + np.exp(hardness - SKILLED[truth] + rng.normal(0, 1.2, truth.shape)))
        right = rng.random(painted.shape) < np.repeat(chance, 15, axis=1)
        wrong = np.repeat(rng.choice(CLASSES, truth.shape, p=COMMON), 15, axis=1)
        pairs = zip(painted[:, None], np.where(right, painted, wrong)[:, None], strict=True)
        measured.append(measure_pixels(count_pixels(pairs, classes=CLASSES), drawn))
    return measured


def _named(measured: list[Measured], name: str) -> Measured:
    return next(each for each in measured if each.name == name)


def _holding_nothing(sides: list[list[Measured]], name: str) -> tuple[bool, bool]:
    """Whether the interval holds the true gain, 0, as it is and as resamples alone would make it."""
    before, after = (_named(side, name) for side in sides)
    gain = gains_of([before], [after])[0].gain
    plain = paired_gain((before.value, after.value), (before.resampled, after.resampled), units=before.units)
    return gain.low <= 0 <= gain.high, plain.low <= 0 <= plain.high


def test_intervals_of_mean_f1_hold_the_true_gain_as_often_as_they_say() -> None:
    held = [
        _holding_nothing(_classify(np.random.default_rng([8, seed]), seed, 2), "F1 macro")
        for seed in range(EXPERIMENTS)
    ]
    as_told, plain = np.sum(held, axis=0)

    assert 0.93 * EXPERIMENTS <= as_told <= 0.97 * EXPERIMENTS
    assert plain < as_told - 0.02 * EXPERIMENTS


def test_intervals_of_mean_iou_hold_the_true_gain_as_often_as_they_say() -> None:
    held = {"mean IoU": 0, "mean Dice": 0}
    for seed in range(EXPERIMENTS // 2):
        sides = _paint(np.random.default_rng([7, seed]), seed)
        for name in held:
            held[name] += _holding_nothing(sides, name)[0]

    assert min(held.values()) >= 0.93 * EXPERIMENTS // 2
    assert max(held.values()) <= 0.97 * EXPERIMENTS // 2


def test_variance_by_seeds_is_widened_too() -> None:
    numbers = [_named(run, "F1 macro") for run in _classify(np.random.default_rng(0), 0, 4)]
    gain = gain_of_resampled_seeds(numbers[:2], numbers[2:])
    alone = gain_of_resampled_seeds(*([replace(run, over=None) for run in side] for side in (numbers[:2], numbers[2:])))
    before, after = (np.mean([run.over for run in side], axis=0) for side in (numbers[:2], numbers[2:]))

    assert gain.from_rows == pytest.approx(alone.from_rows * widen_for_vanishing(after - before) ** 2)
    assert gain.from_rows > 1.1 * alone.from_rows


def test_candidates_held_together_are_widened_too() -> None:
    rng = np.random.default_rng(0)
    over = np.where(rng.random((500, 40)) < 0.37, np.nan, rng.normal(0, 1, 40))
    over[:, :10] = rng.normal(0, 1, (500, 10))
    over[:, 5:10] = np.where(rng.random((500, 5)) < 0.1, np.nan, over[:, 5:10])

    def number(over: np.ndarray | None, resampled: np.ndarray) -> list[Measured]:
        return [Measured("mAP", None, float(resampled.mean()), resampled, 100, 1.0, False, "rule", 0, over)]

    nothing, mean = np.zeros((500, 40)), np.nanmean(over, axis=1)
    ends = []
    for told in (True, False):
        baseline = number(nothing if told else None, np.zeros(500))
        candidate = number(over if told else None, mean)
        [gain], _ = gains_of_several(baseline, [candidate, candidate])
        assert gain.together is not None
        ends.append(gain.together[1] - gain.together[0])

    assert ends[0] == pytest.approx(ends[1] * widen_for_vanishing(over))
    assert ends[0] > 1.02 * ends[1]
