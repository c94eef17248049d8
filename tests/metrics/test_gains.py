"""A gain's interval holds the true gain as often as it says, and equal runs are called different no more often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pytest
from scipy import stats

import metrics
from metrics import Boxes, ColumnError, Overlaps, draw_rows, gains_of, hold_together, measure_objects

PAIRS: Final = 400
ROWS: Final = 100
NUMBERS: Final = ("mAP", "AP50", "precision", "recall", "F1")
WORLD: Final = 20_000


@dataclass(frozen=True)
class Run:
    """What a model finds in a world of many rows: objects of two features, some rows harder than others."""

    row: np.ndarray
    feature: np.ndarray
    box: np.ndarray
    confidence: np.ndarray | None = None

    def on(self, rows: np.ndarray) -> Boxes:
        """Some rows, numbered anew."""
        number = np.full(WORLD, -1)
        number[rows] = np.arange(len(rows))
        kept = number[self.row] >= 0
        confidence = None if self.confidence is None else self.confidence[kept]
        return Boxes.from_sizes(number[self.row[kept]], self.feature[kept], self.box[kept], confidence=confidence)


def _make_world(rng: np.random.Generator) -> Run:
    objects = 1 + rng.poisson(2, WORLD)
    row = np.repeat(np.arange(WORLD), objects)
    place = np.arange(len(row)) - np.repeat(np.cumsum(objects) - objects, objects)
    box = np.column_stack([place * 50.0, np.zeros(len(row)), np.full((len(row), 2), 20.0)])
    return Run(row, rng.integers(0, 2, len(row)), box)


def _find(world: Run, hardness: np.ndarray, skill: float, seed: int) -> Run:
    """Objects are found the more often the less hard their row is, a little beside; and others where nothing is."""
    rng = np.random.default_rng(seed)
    found = rng.random(len(world.row)) < 1 / (1 + np.exp(hardness[world.row] - skill))
    beside = np.column_stack([rng.normal(0, 2.4, (len(world.row), 2)), np.zeros((len(world.row), 2))])
    alarms = np.repeat(np.arange(WORLD), rng.poisson(1, WORLD))
    nowhere = np.column_stack([rng.random((len(alarms), 2)) * 400 + 1000, np.full((len(alarms), 2), 20.0)])
    return Run(
        np.concatenate([world.row[found], alarms]),
        np.concatenate([world.feature[found], rng.integers(0, 2, len(alarms))]),
        np.concatenate([(world.box + beside)[found], nowhere]),
        np.concatenate([rng.beta(4, 2, found.sum()), rng.beta(2, 3, len(alarms))]),
    )


def _measure(world: Run, run: Run, rows: np.ndarray) -> Overlaps:
    return metrics.find_overlaps(world.on(rows), run.on(rows), rows=len(rows), features=2)


@pytest.mark.parametrize(("skill", "at_most_different"), [(0.8, 1.0), (0.5, 0.07)])
def test_intervals_hold_the_true_gain_as_often_as_they_say(skill: float, at_most_different: float) -> None:
    rng = np.random.default_rng(7)
    world, hardness = _make_world(rng), rng.normal(0, 1, WORLD)
    runs = [_find(world, hardness, each, seed) for seed, each in enumerate((0.5, skill))]
    everything = [_measure(world, run, np.arange(WORLD)) for run in runs]
    once = draw_rows(everything[0].keep, count=1)
    true = [{each.name: each.value for each in measure_objects(all_, once, min_confidence=0.4)} for all_ in everything]
    held, different = dict.fromkeys(NUMBERS, 0), dict.fromkeys(NUMBERS, 0)
    for seed in range(PAIRS):
        rows = np.sort(np.random.default_rng(seed).choice(WORLD, ROWS, replace=False))
        drawn = draw_rows(np.ones(ROWS, dtype=bool), count=200, seed=seed)
        numbers = [measure_objects(_measure(world, run, rows), drawn, min_confidence=0.4) for run in runs]
        for each in gains_of(*([n for n in side if n.feature is None and n.name in NUMBERS] for side in numbers)):
            held[each.name] += each.gain.low <= true[1][each.name] - true[0][each.name] <= each.gain.high
            different[each.name] += not each.gain.low <= 0 <= each.gain.high

    assert min(held.values()) >= 0.93 * PAIRS
    assert max(held.values()) <= 0.97 * PAIRS
    assert max(different.values()) <= at_most_different * PAIRS


def test_families_hold_together_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    held = apart = found = 0
    for _ in range(PAIRS):
        sample = rng.normal(0, 1, (60, 12)) + rng.normal(0, 1, (60, 1))  # twelve numbers that move together
        sample[:, 0] += 1
        drawn = rng.integers(0, 60, (300, 60))
        together = hold_together(sample.mean(axis=0), sample[drawn].mean(axis=1), units=60)
        true = np.eye(1, 12)[0]
        held += bool(((together.low <= true) & (true <= together.high)).all())
        apart += bool((together.p_value[1:] < 0.05).any())
        found += bool(together.p_value[0] < 0.05)

    assert 0.93 * PAIRS <= held <= 0.97 * PAIRS
    assert apart <= 0.06 * PAIRS
    assert found >= 0.95 * PAIRS


def test_a_family_without_spread_is_certain() -> None:
    together = hold_together(np.array([0.0, 0.2, np.nan]), np.tile([0.0, 0.2, np.nan], (99, 1)))

    np.testing.assert_array_equal(together.low, [0, 0.2, np.nan])
    np.testing.assert_allclose(together.p_value, [1, 0.01, np.nan])


def test_false_discoveries_are_those_of_scipy() -> None:
    rng = np.random.default_rng(1)
    for n in (1, 2, 30):
        p_values = rng.integers(1, 20, n) / 20
        expected = stats.false_discovery_control(p_values)

        np.testing.assert_allclose(metrics.false_discoveries(p_values), expected, rtol=0, atol=1e-12)
    assert len(metrics.false_discoveries(np.zeros(0))) == 0


def test_numbers_are_those_that_are_shown_elsewhere(make_scene: Any) -> None:
    overlaps = make_scene(5, ignored=0.1).overlaps()
    numbers = measure_objects(overlaps, draw_rows(overlaps.keep, count=3), min_iou=0.3, min_confidence=0.4, sizes=True)
    values = {(each.name, each.feature): each.value for each in numbers}
    coco = metrics.coco_summary(overlaps)
    outcomes = metrics.count_outcomes(metrics.match(overlaps, min_iou=0.3, min_confidence=0.4))
    expected = {
        ("mAP", None): coco.ap,
        ("AP50", None): coco.ap50,
        ("AP75", None): coco.ap75,
        ("mAP small", None): coco.ap_small,
        ("mAP medium", None): coco.ap_medium,
        ("mAP large", None): coco.ap_large,
        ("precision", None): outcomes.total.precision,
        ("recall", None): outcomes.total.recall,
        ("F1", None): outcomes.total.f1,
        ("mean IoU", None): outcomes.total.mean_iou,
    }
    for feature in range(4):
        expected["AP", feature] = coco.per_feature.ap[feature]
        expected["AP large", feature] = coco.per_feature.ap_large[feature]
        expected["F1", feature] = outcomes.per_feature.f1[feature]

    for key, value in expected.items():
        np.testing.assert_allclose(values[key], value, rtol=0, atol=1e-12, err_msg=str(key))


def test_features_are_corrected_together_and_the_whole_is_not(make_scene: Any) -> None:
    overlaps = make_scene(5).overlaps()
    numbers = measure_objects(overlaps, draw_rows(overlaps.keep, count=30))
    gains = gains_of(numbers, numbers)

    assert {each.name for each in gains if each.together is not None} == {"AP", "precision", "recall", "F1", "mean IoU"}
    assert all((each.together is None) == (each.feature is None) for each in gains)


def test_numbers_that_were_not_measured_alike_are_refused(make_scene: Any) -> None:
    overlaps = make_scene(5).overlaps()
    few, many = (measure_objects(overlaps, draw_rows(overlaps.keep, count=count)) for count in (2, 3))

    with pytest.raises(ColumnError, match="not the same, or not on the same resamples"):
        gains_of(few, many)


def test_numbers_that_were_drawn_otherwise_are_refused(make_scene: Any) -> None:
    overlaps = make_scene(5).overlaps()
    half = np.arange(len(overlaps.keep)) % 2 == 0
    measured = [
        measure_objects(part, draw_rows(part.keep, count=5, seed=seed))
        for part, seed in ((overlaps, 0), (overlaps, 1), (overlaps.on_rows(half), 0))
    ]

    for other in measured[1:]:
        with pytest.raises(ColumnError, match="same rows, drawn alike"):
            gains_of(measured[0], other)


def test_a_run_that_keeps_its_rows_elsewhere_is_measured_on_the_same_draws(make_scene: Any) -> None:
    scene = make_scene(6)
    order = np.random.default_rng(0).permutation(scene.rows)
    moved = metrics.find_overlaps(
        *(
            Boxes(order[side.row].astype(np.int32), *list(vars(side).values())[1:])
            for side in (scene.truth, scene.predictions)
        ),
        rows=scene.rows,
        features=scene.features,
    )
    drawn = draw_rows(np.ones(scene.rows, dtype=bool), count=20)
    here, there = measure_objects(scene.overlaps(), drawn), measure_objects(moved, drawn.at(order, of=scene.rows))

    for one, other in zip(here, there, strict=True):
        if one.name != "AP" and not one.name.startswith("mAP") and one.name not in ("AP50", "AP75"):
            np.testing.assert_allclose(one.resampled, other.resampled, rtol=0, atol=1e-12, err_msg=one.name)
