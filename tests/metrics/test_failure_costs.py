"""What each kind of failure costs is what average precision gains when it is mended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import metrics
from metrics import (
    FAILURE_KINDS,
    Boxes,
    FailureCosts,
    Overlaps,
    average_precision,
    failure_costs,
    find_failures,
    find_overlaps,
    mended_precision,
)

SEEDS = range(25)
RULES = ["coco", "tidecv"]
CAT, DOG = 0, 1
HERE, THERE, NOWHERE = [0, 0, 10, 10], [50, 50, 10, 10], [80, 80, 10, 10]


def _overlaps(truth: list[tuple[int, list[int]]], predictions: list[tuple[int, list[int], float]]) -> Overlaps:
    known = Boxes.from_sizes([0] * len(truth), [f for f, _ in truth], [box for _, box in truth])
    found = Boxes.from_sizes(
        [0] * len(predictions),
        [f for f, _, _ in predictions],
        [box for _, box, _ in predictions],
        confidence=[confidence for *_, confidence in predictions],
    )
    return find_overlaps(known, found, rows=1, features=2)


def _costs(truth: list[tuple[int, list[int]]], predictions: list[tuple[int, list[int], float]]) -> FailureCosts:
    return failure_costs(_overlaps(truth, predictions))


def _of(costs: FailureCosts) -> dict[str, float]:
    return {name: round(cost, 9) for name, cost in costs.by_kind().items() if abs(cost) > 1e-9}


def test_a_cat_out_of_place_costs_all_there_was_to_get() -> None:
    costs = _costs([(CAT, HERE)], [(CAT, [0, 0, 10, 3], 0.9)])

    assert (costs.ap, _of(costs)) == (0.0, {"place": 1.0})
    assert costs.misses != costs.misses  # without any truth left there is nothing to measure


def test_a_dog_called_a_cat_costs_the_dog_and_leaves_the_cats_alone_once_mended() -> None:
    """Half the cat's precision, all of the dog's: mended, both are 1."""
    costs = _costs([(CAT, THERE), (DOG, HERE)], [(CAT, HERE, 0.9), (CAT, THERE, 0.8)])

    assert costs.ap_per_feature.round(9).tolist() == [0.5, 0.0]
    assert costs.cost_per_feature[:, FAILURE_KINDS.index("class")].round(9).tolist() == [0.5, 1.0]
    assert _of(costs) == {"class": 0.75}


def test_a_surer_false_alarm_costs_precision() -> None:
    costs = _costs([(CAT, HERE)], [(CAT, NOWHERE, 0.9), (CAT, HERE, 0.8)])

    assert (round(costs.ap, 9), _of(costs), round(costs.false_alarms, 9)) == (0.5, {"background": 0.5}, 0.5)


def test_a_less_sure_false_alarm_costs_nothing() -> None:
    costs = _costs([(CAT, HERE)], [(CAT, HERE, 0.9), (CAT, HERE, 0.8), (CAT, NOWHERE, 0.7)])

    assert (round(costs.ap, 9), _of(costs)) == (1.0, {})


def test_an_unseen_cat_costs_recall() -> None:
    """One of two is found: precision is 1 at the levels up to 0.5, 51 of 101."""
    costs = _costs([(CAT, HERE), (CAT, THERE)], [(CAT, HERE, 0.9)])

    assert round(costs.ap, 9) == round(51 / 101, 9)
    assert _of(costs) == {"unseen": round(50 / 101, 9)}
    assert costs.misses == pytest.approx(50 / 101)


def test_a_feature_of_which_no_truth_is_left_leaves_the_mean() -> None:
    costs = _costs([(CAT, HERE), (DOG, THERE)], [(CAT, HERE, 0.9), (DOG, NOWHERE, 0.9)])

    assert (round(costs.ap, 9), _of(costs)) == (0.5, {"unseen": 0.5})
    assert np.isnan(costs.cost_per_feature[DOG, FAILURE_KINDS.index("unseen")])


def test_only_the_surest_of_two_failures_becomes_the_find() -> None:
    """The surer one is a dog: mending places strikes out the other without finding the cat."""
    costs = _costs([(CAT, HERE)], [(DOG, HERE, 0.9), (CAT, [0, 0, 10, 3], 0.3)])

    assert _of(costs) == {"class": 1.0}


def test_nothing_at_all_is_undefined() -> None:
    for rule in RULES:
        costs = failure_costs(_overlaps([], []), rule=rule)  # type: ignore[arg-type]

        assert np.isnan([costs.ap, *costs.cost, costs.false_alarms, costs.misses]).all()


def test_results_say_what_made_them() -> None:
    costs = failure_costs(_overlaps([], []), min_iou=0.6, min_background=0.2, max_detections=7)

    assert (costs.min_iou, costs.min_background, costs.max_detections) == (0.6, 0.2, 7)
    assert costs.rule == "tide costs, coco-2017 101-point"
    assert mended_precision(_overlaps([], []), ["unseen", "place"]).rule.endswith("mended: place, unseen")


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(metrics.ColumnError, match="no kind of failure 'location'; there are class, place"):
        mended_precision(_overlaps([], []), ["location"])


def _mended_by_hand(scene: Any, overlaps: Overlaps, kinds: set[str]) -> np.ndarray:
    """Average precision of other boxes with the same outcomes: every truth has a place of its own, on which stands
    what finds it, mended or not; false alarms stand beside all."""
    failures = find_failures(overlaps, max_detections=100)
    matches = metrics.match(overlaps)
    mender = {int(p): t for t, p in enumerate(failures.prediction_of) if p >= 0}
    box = [[20.0 * t, 0.0, 10.0, 10.0] for t in range(len(scene.truth))]
    rows, features, boxes, confidence = [], [], [], []
    for p in range(len(scene.predictions)):
        place, feature, kind = [0.0, 50.0, 1.0, 1.0], scene.predictions.feature[p], failures.kind[p]
        if matches.tp[p]:
            place = box[matches.truth_of[p]]
        elif kind < 0 or (FAILURE_KINDS[kind] in kinds and p not in mender):
            continue
        elif FAILURE_KINDS[kind] in kinds:
            place, feature = box[mender[p]], scene.truth.feature[mender[p]]
        rows.append(scene.predictions.row[p])
        features.append(feature)
        boxes.append(place)
        confidence.append(scene.predictions.confidence[p])
    left = ~(scene.truth.crowd | scene.truth.ignored)
    if "unseen" in kinds:
        left &= failures.missed_kind != FAILURE_KINDS.index("unseen")
    truth = Boxes.from_sizes(scene.truth.row[left], scene.truth.feature[left], np.array(box)[left])
    predictions = Boxes.from_sizes(rows, features, boxes, confidence=confidence)
    return average_precision(find_overlaps(truth, predictions, rows=scene.rows, features=scene.features)).per_feature


@pytest.mark.parametrize("seed", SEEDS)
def test_mended_scenes_score_as_if_drawn_that_way(seed: int, make_scene: Any) -> None:
    scene = make_scene(seed, ignored=0.1)
    overlaps = scene.overlaps()
    for kinds in ({"class"}, {"place"}, {"background", "both"}, {"unseen"}, {"class", "place", "unseen"}):
        mended = mended_precision(overlaps, kinds).per_feature

        np.testing.assert_allclose(mended, _mended_by_hand(scene, overlaps, kinds), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shapes", ["make_scene", "make_masks", "make_keypoints"])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("most", [3, 100])
def test_with_nothing_mended_it_is_average_precision(
    seed: int, shapes: str, most: int, request: pytest.FixtureRequest
) -> None:
    overlaps = request.getfixturevalue(shapes)(seed).overlaps()
    plain, nothing = (
        average_precision(overlaps, max_detections=most),
        mended_precision(overlaps, [], max_detections=most),
    )

    np.testing.assert_array_equal(nothing.per_feature, plain.per_feature)
    np.testing.assert_array_equal(nothing.truths, plain.truths)
    assert failure_costs(overlaps, max_detections=most).ap == pytest.approx(plain.mean, nan_ok=True)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", RULES)
def test_with_everything_mended_it_is_1_wherever_it_is_defined(seed: int, rule: Any, make_scene: Any) -> None:
    mended = mended_precision(make_scene(seed).overlaps(), FAILURE_KINDS, rule=rule)

    np.testing.assert_allclose(mended.per_feature[mended.truths > 0], 1.0, rtol=0, atol=1e-12)
    assert np.isnan(mended.per_feature[mended.truths == 0]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_mending_never_costs(seed: int, make_scene: Any) -> None:
    costs = failure_costs(make_scene(seed).overlaps())
    numbers = np.array([*costs.cost, *costs.cost_per_feature.ravel(), costs.false_alarms, costs.misses])

    assert (numbers[~np.isnan(numbers)] >= -1e-12).all()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", RULES)
def test_some_rows_cost_as_if_alone(seed: int, rule: Any, make_scene: Any) -> None:
    scene = make_scene(seed)
    keep = np.random.default_rng(seed).random(scene.rows) < 0.5
    both = scene.overlaps().on_rows(keep), scene.on_rows(keep).overlaps()
    among, alone = (failure_costs(each, rule=rule) for each in both)

    np.testing.assert_array_equal(among.cost_per_feature, alone.cost_per_feature)
    np.testing.assert_array_equal([among.ap, *among.cost], [alone.ap, *alone.cost])
    np.testing.assert_array_equal([among.false_alarms, among.misses], [alone.false_alarms, alone.misses])
