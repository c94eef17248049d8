"""Every false alarm and every missed truth is of one kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import metrics
from metrics import FAILURE_KINDS, Boxes, Failures, Overlaps, find_failures, find_overlaps, match

SEEDS = range(25)
CAT, DOG = 0, 1
HERE, THERE, NOWHERE = [0, 0, 10, 10], [50, 50, 10, 10], [80, 80, 10, 10]
UPPER_HALF, UPPER_THIRD = [0, 0, 10, 5], [0, 0, 10, 3]


def _find(
    truth: list[tuple[int, list[int]]], predictions: list[tuple[int, list[int], float]], **options: Any
) -> Failures:
    crowd = options.pop("crowd", None)
    known = Boxes.from_sizes([0] * len(truth), [f for f, _ in truth], [box for _, box in truth], crowd=crowd)
    found = Boxes.from_sizes(
        [0] * len(predictions),
        [f for f, _, _ in predictions],
        [box for _, box, _ in predictions],
        confidence=[confidence for *_, confidence in predictions],
    )
    return find_failures(find_overlaps(known, found, rows=1, features=2), **options)


def _names(kinds: np.ndarray) -> list[str | None]:
    return [FAILURE_KINDS[kind] if kind >= 0 else None for kind in kinds]


def _told(failures: Failures) -> tuple[list[str | None], list[str | None]]:
    return _names(failures.kind), _names(failures.missed_kind)


def test_a_dog_called_a_cat_is_of_the_wrong_class() -> None:
    failures = _find([(DOG, HERE)], [(CAT, HERE, 0.9)])

    assert _told(failures) == (["class"], ["class"])
    assert (failures.truth_of.tolist(), failures.prediction_of.tolist()) == ([0], [0])


def test_a_box_on_the_upper_third_of_a_cat_is_out_of_place() -> None:
    failures = _find([(CAT, HERE)], [(CAT, UPPER_THIRD, 0.9)])

    assert _told(failures) == (["place"], ["place"])
    assert failures.truth_of.tolist() == [0]


def test_a_cat_on_the_upper_third_of_a_dog_is_both() -> None:
    failures = _find([(DOG, HERE)], [(CAT, UPPER_THIRD, 0.9)])

    assert _told(failures) == (["both"], ["unseen"])
    assert (failures.truth_of.tolist(), failures.prediction_of.tolist()) == ([0], [-1])


def test_the_second_box_on_a_cat_is_a_duplicate() -> None:
    failures = _find([(CAT, HERE)], [(CAT, HERE, 0.9), (CAT, [0, 0, 10, 9], 0.8)])

    assert _told(failures) == ([None, "duplicate"], [None])
    assert failures.truth_of.tolist() == [-1, 0]


def test_a_cat_where_nothing_is_is_background_and_the_cat_elsewhere_unseen() -> None:
    failures = _find([(CAT, HERE)], [(CAT, NOWHERE, 0.9)])

    assert _told(failures) == (["background"], ["unseen"])
    assert failures.truth_of.tolist() == [-1]


def test_counts_stand_at_the_predicted_feature_and_unseen_truths_at_their_own() -> None:
    failures = _find([(DOG, HERE), (DOG, THERE)], [(CAT, HERE, 0.9), (DOG, NOWHERE, 0.9)])

    assert failures.per_feature.tolist() == [[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1]]
    assert failures.per_row.tolist() == [[1, 0, 0, 0, 1, 1]]
    assert {name: counts.tolist() for name, counts in failures.columns().items()}["class"] == [1, 0]


def test_a_second_box_at_exactly_the_threshold_is_out_of_place_not_a_duplicate() -> None:
    failures = _find([(CAT, HERE)], [(CAT, HERE, 0.9), (CAT, UPPER_HALF, 0.8)], min_iou=0.5)

    assert _told(failures) == ([None, "place"], [None])


def test_out_of_place_on_a_cat_comes_before_right_on_a_dog() -> None:
    failures = _find([(CAT, [0, 5, 10, 10]), (DOG, HERE)], [(CAT, HERE, 0.9)])

    assert _told(failures) == (["place"], ["place", "unseen"])


def test_right_on_a_dog_comes_before_a_duplicate_of_a_cat() -> None:
    failures = _find([(CAT, HERE), (DOG, HERE)], [(CAT, HERE, 0.9), (CAT, HERE, 0.8)])

    assert _told(failures) == ([None, "class"], [None, "class"])


def test_the_surest_failure_accounts_for_the_missed_truth() -> None:
    failures = _find([(CAT, HERE)], [(CAT, UPPER_THIRD, 0.3), (DOG, HERE, 0.9)])

    assert _told(failures) == (["place", "class"], ["class"])
    assert failures.prediction_of.tolist() == [1]


def test_of_equally_sure_failures_the_earlier_accounts_for_the_missed_truth() -> None:
    failures = _find([(CAT, HERE)], [(DOG, HERE, 0.9), (CAT, UPPER_THIRD, 0.9)])

    assert failures.prediction_of.tolist() == [0]


def test_a_box_on_a_found_truth_accounts_for_nothing() -> None:
    failures = _find([(DOG, HERE), (DOG, THERE)], [(CAT, HERE, 0.9), (DOG, HERE, 0.2)])

    assert _told(failures) == (["class", None], [None, "unseen"])


def test_of_equal_overlaps_the_later_truth_is_meant_or_the_earlier_as_in_tidecv() -> None:
    scene = [(DOG, HERE), (DOG, HERE)], [(CAT, HERE, 0.9)]

    assert _find(*scene).truth_of.tolist() == [1]
    assert _find(*scene, rule="tidecv").truth_of.tolist() == [0]


def test_what_a_crowd_absorbs_is_no_failure_except_in_tidecv() -> None:
    scene = [(CAT, [0, 0, 40, 40])], [(CAT, HERE, 0.9), (CAT, [5, 5, 10, 10], 0.8)]

    assert _told(_find(*scene, crowd=[True])) == ([None, None], [None])
    assert _told(_find(*scene, crowd=[True], rule="tidecv")) == (["background"] * 2, [None])


def test_unsure_predictions_neither_fail_nor_account_for_anything() -> None:
    failures = _find([(CAT, HERE)], [(CAT, UPPER_THIRD, 0.3)], min_confidence=0.5)

    assert _told(failures) == ([None], ["unseen"])


def test_the_threshold_of_background_is_a_setting_and_background_itself() -> None:
    scene = [(CAT, HERE)], [(DOG, UPPER_THIRD, 0.9)]

    assert _told(_find(*scene, min_background=0.29))[0] == ["both"]
    assert _told(_find(*scene, min_background=0.3))[0] == ["background"]


def test_results_say_what_made_them() -> None:
    failures = _find([], [], min_iou=0.6, min_background=0.2, min_confidence=0.4, rule="tidecv")

    assert (failures.min_iou, failures.min_background, failures.min_confidence) == (0.6, 0.2, 0.4)
    assert failures.rule == "tide kinds, as tidecv 1.0.1"
    assert failures.total.tolist() == [0] * 6


@pytest.mark.parametrize("min_background", [0.04, 0.51, float("nan")])
def test_background_outside_what_was_kept_or_above_a_claim_is_refused(min_background: float) -> None:
    with pytest.raises(metrics.ThresholdError, match=r"min_background is .*must lie from 0.05 to 0.5"):
        _find([], [], min_background=min_background)


def _slowly(scene: Any, overlaps: Overlaps, min_iou: float, min_background: float, min_confidence: float) -> list[Any]:
    """Kinds and truths by the words of the rule, one false alarm after the other."""
    matches = match(overlaps, min_iou=min_iou, min_confidence=min_confidence)
    counting = ~(scene.truth.crowd | scene.truth.ignored)
    told: list[Any] = []
    for p in range(len(scene.predictions)):
        if not matches.fp[p]:
            told.append((-1, -1))
            continue
        near = [t for t in np.flatnonzero(counting) if scene.truth.row[t] == scene.predictions.row[p]]
        iou = {t: _iou(scene.predictions.box[p], scene.truth.box[t]) for t in near}
        same = {t: scene.truth.feature[t] == scene.predictions.feature[p] for t in near}
        own = max(((iou[t], t) for t in near if same[t]), default=(0.0, -1))
        other = max(((iou[t], t) for t in near if not same[t]), default=(0.0, -1))
        if min_background <= own[0] <= min_iou:
            told.append((FAILURE_KINDS.index("place"), own[1]))
        elif other[0] >= min_iou:
            told.append((FAILURE_KINDS.index("class"), other[1]))
        elif own[0] >= min_iou:
            told.append((FAILURE_KINDS.index("duplicate"), own[1]))
        elif max(own[0], other[0]) <= min_background:
            told.append((FAILURE_KINDS.index("background"), -1))
        else:
            told.append((FAILURE_KINDS.index("both"), other[1]))
    return told


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    sides = np.minimum(one[:2] + one[2:], other[:2] + other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(sides.clip(0).prod())
    return shared / float(one[2:].prod() + other[2:].prod() - shared)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("min_iou", "min_background", "min_confidence"), [(0.5, 0.1, 0.0), (0.25, 0.25, 0.5)])
def test_generated_scenes_follow_the_words_of_the_rule(
    seed: int, min_iou: float, min_background: float, min_confidence: float, make_scene: Any
) -> None:
    scene = make_scene(seed, ignored=0.1)
    overlaps, settings = scene.overlaps(), (min_iou, min_background, min_confidence)
    failures = find_failures(overlaps, min_iou=min_iou, min_background=min_background, min_confidence=min_confidence)

    assert list(zip(failures.kind, failures.truth_of, strict=True)) == _slowly(scene, overlaps, *settings)


@pytest.mark.parametrize("shapes", ["make_scene", "make_masks", "make_keypoints"])
@pytest.mark.parametrize("seed", SEEDS)
def test_kinds_part_the_false_alarms_and_the_missed_truths_of_matching(
    seed: int, shapes: str, request: pytest.FixtureRequest
) -> None:
    overlaps = request.getfixturevalue(shapes)(seed).overlaps()
    matches, failures = match(overlaps, min_iou=0.4, min_confidence=0.3), None
    failures = find_failures(overlaps, min_iou=0.4, min_confidence=0.3)
    accounted = failures.prediction_of >= 0

    np.testing.assert_array_equal(failures.kind >= 0, matches.fp)
    np.testing.assert_array_equal(failures.missed_kind >= 0, matches.missed)
    np.testing.assert_array_equal(failures.missed_kind[accounted], failures.kind[failures.prediction_of[accounted]])
    np.testing.assert_array_equal(failures.truth_of[failures.prediction_of[accounted]], np.flatnonzero(accounted))
    assert failures.total[:5].sum() == matches.fp.sum()
    for counts in (failures.per_feature, failures.per_row):
        np.testing.assert_array_equal(counts.sum(axis=0), failures.total)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kept", [0.0, 0.5])
@pytest.mark.parametrize("rule", ["coco", "tidecv"])
def test_some_rows_fail_as_if_alone(seed: int, kept: float, rule: Any, make_scene: Any) -> None:
    scene = make_scene(seed)
    keep = np.random.default_rng(seed).random(scene.rows) < kept
    both = scene.overlaps().on_rows(keep), scene.on_rows(keep).overlaps()
    among, alone = (find_failures(each, max_detections=10, rule=rule) for each in both)

    np.testing.assert_array_equal(among.per_feature, alone.per_feature)
    np.testing.assert_array_equal(among.per_row[keep], alone.per_row)
    np.testing.assert_array_equal(among.kind[keep[scene.predictions.row]], alone.kind)
    assert not among.per_row[~keep].any()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", ["coco", "tidecv"])
def test_the_numbering_of_rows_and_features_does_not_matter(seed: int, rule: Any, make_scene: Any) -> None:
    scene = make_scene(seed)
    chance = np.random.default_rng(seed)
    row, feature = (chance.permutation(n).astype(np.int32) for n in (scene.rows, scene.features))
    sides = (
        replace(side, row=row[side.row], feature=feature[side.feature]) for side in (scene.truth, scene.predictions)
    )
    moved = find_overlaps(*sides, rows=scene.rows, features=scene.features)
    before, after = (find_failures(each, max_detections=20, rule=rule) for each in (scene.overlaps(), moved))

    np.testing.assert_array_equal(after.kind, before.kind)
    np.testing.assert_array_equal(after.truth_of, before.truth_of)
    np.testing.assert_array_equal(after.prediction_of, before.prediction_of)
    np.testing.assert_array_equal(after.per_feature[feature], before.per_feature)
    np.testing.assert_array_equal(after.per_row[row], before.per_row)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", ["coco", "tidecv"])
def test_unsure_predictions_might_as_well_not_be_there(seed: int, rule: Any, make_scene: Any) -> None:
    scene = make_scene(seed)
    sure = scene.predictions.confidence >= 0.5
    columns = {name: column[sure] for name, column in vars(scene.predictions).items()}
    alone = replace(scene, predictions=replace(scene.predictions, **columns)).overlaps()
    among = find_failures(scene.overlaps(), min_confidence=0.5, rule=rule)

    np.testing.assert_array_equal(among.kind[sure], find_failures(alone, rule=rule).kind)
    np.testing.assert_array_equal(among.missed_kind, find_failures(alone, rule=rule).missed_kind)
    assert (among.kind[~sure] == -1).all()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", ["coco", "tidecv"])
def test_a_perfect_prediction_does_not_fail(seed: int, rule: Any, make_scene: Any) -> None:
    truth = make_scene(seed, crowd=0.0).truth
    _, first = np.unique(np.column_stack([truth.row, truth.feature, truth.box]), axis=0, return_index=True)
    truth = replace(truth, **{name: None if column is None else column[first] for name, column in vars(truth).items()})
    failures = find_failures(find_overlaps(truth, truth, rows=6, features=4), rule=rule)

    assert failures.total.tolist() == [0] * 6
