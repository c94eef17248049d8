"""What was taken for what: every truth and prediction that counts stands in one cell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from metrics import Boxes, Confusion, Overlaps, confuse, count_outcomes, find_overlaps, match

SEEDS = range(30)
CAT, DOG, NOTHING = 0, 1, 2
HERE, THERE = [0, 0, 10, 10], [50, 50, 10, 10]


def _confuse(truth: list[tuple[int, list[int]]], predictions: list[tuple[int, list[int], float]]) -> Confusion:
    known = Boxes.from_sizes([0] * len(truth), [f for f, _ in truth], [box for _, box in truth])
    found = Boxes.from_sizes(
        [0] * len(predictions),
        [f for f, _, _ in predictions],
        [box for _, box, _ in predictions],
        confidence=[confidence for *_, confidence in predictions],
    )
    return confuse(match(find_overlaps(known, found, rows=1, features=2)))


def _cells(confusion: Confusion) -> dict[tuple[int, int], int]:
    return {(int(t), int(p)): int(confusion.matrix[t, p]) for t, p in np.argwhere(confusion.matrix)}


def test_a_cat_taken_for_a_dog() -> None:
    assert _cells(_confuse([(CAT, HERE)], [(DOG, HERE, 0.9)])) == {(CAT, DOG): 1}


def test_a_cat_seen_where_nothing_is_and_a_dog_missed() -> None:
    assert _cells(_confuse([(DOG, HERE)], [(CAT, THERE, 0.9)])) == {(NOTHING, CAT): 1, (DOG, NOTHING): 1}


def test_what_found_its_truth_stays_there_even_if_a_surer_one_of_another_feature_is_on_it() -> None:
    confusion = _confuse([(CAT, HERE)], [(DOG, HERE, 0.9), (CAT, HERE, 0.2)])

    assert _cells(confusion) == {(CAT, CAT): 1, (NOTHING, DOG): 1}
    assert confusion.truth_of.tolist() == [-1, 0]


def test_the_surer_false_alarm_takes_the_missed_truth() -> None:
    confusion = _confuse([(CAT, HERE)], [(DOG, [0, 0, 10, 9], 0.3), (DOG, HERE, 0.9)])

    assert confusion.truth_of.tolist() == [-1, 0]
    assert confusion.prediction_of.tolist() == [1]


def test_the_cells_name_their_objects() -> None:
    confusion = _confuse([(CAT, HERE), (DOG, THERE)], [(DOG, HERE, 0.9), (CAT, [80, 80, 5, 5], 0.8)])

    assert [each.tolist() for each in confusion.cell(CAT, DOG)] == [[0], [0]]
    assert [each.tolist() for each in confusion.cell(DOG, NOTHING)] == [[1], [-1]]
    assert [each.tolist() for each in confusion.cell(NOTHING, CAT)] == [[-1], [1]]


def test_shares_are_undefined_where_there_is_nothing() -> None:
    confusion = _confuse([(CAT, HERE)], [(CAT, HERE, 0.9), (CAT, THERE, 0.9)])

    assert np.nan_to_num(confusion.shares(), nan=-1).tolist() == [[1, 0, 0], [-1, -1, -1], [1, 0, 0]]
    assert np.nan_to_num(confusion.shares(of="prediction"), nan=-1)[:, CAT].tolist() == [0.5, 0, 0.5]


def _slowly(scene: Any, overlaps: Overlaps, min_iou: float, min_confidence: float) -> np.ndarray:
    """The same by the words of the rule, one object after the other."""
    matches = match(overlaps, min_iou=min_iou, min_confidence=min_confidence)
    matrix = np.zeros((scene.features + 1, scene.features + 1), dtype=np.int64)
    missed = {int(t) for t in np.flatnonzero(matches.missed)}
    for p in np.flatnonzero(matches.tp):
        matrix[scene.predictions.feature[p], scene.predictions.feature[p]] += 1
    alarms = np.flatnonzero(matches.fp)
    for p in alarms[np.argsort(-scene.predictions.confidence[alarms], kind="stable")]:
        row, feature, box = (getattr(scene.predictions, name)[p] for name in ("row", "feature", "box"))
        others = [t for t in missed if scene.truth.row[t] == row and scene.truth.feature[t] != feature]
        best = max(others, key=lambda t: (_iou(box, scene.truth.box[t]), t), default=None)
        if best is not None and _iou(box, scene.truth.box[best]) >= min_iou:
            matrix[scene.truth.feature[best], feature] += 1
            missed.remove(best)
        else:
            matrix[-1, feature] += 1
    for t in missed:
        matrix[scene.truth.feature[t], -1] += 1
    return matrix


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    sides = np.minimum(one[:2] + one[2:], other[:2] + other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(sides.clip(0).prod())
    return shared / float(one[2:].prod() + other[2:].prod() - shared)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("min_iou", "min_confidence"), [(0.5, 0.0), (0.2, 0.5), (1.0, 0.0)])
def test_generated_scenes_follow_the_words_of_the_rule(
    seed: int, min_iou: float, min_confidence: float, make_scene: Any
) -> None:
    scene = make_scene(seed, ignored=0.1)
    overlaps = scene.overlaps()
    confusion = confuse(match(overlaps, min_iou=min_iou, min_confidence=min_confidence))

    np.testing.assert_array_equal(confusion.matrix, _slowly(scene, overlaps, min_iou, min_confidence))


@pytest.mark.parametrize("seed", SEEDS)
def test_sums_are_the_outcomes(seed: int, make_scene: Any) -> None:
    matches = match(make_scene(seed).overlaps(), min_iou=0.3)
    counts, matrix = count_outcomes(matches).per_feature, confuse(matches).matrix

    np.testing.assert_array_equal(matrix.sum(axis=1)[:-1], counts.truths)
    np.testing.assert_array_equal(matrix.sum(axis=0)[:-1], counts.predictions - counts.absorbed)
    np.testing.assert_array_equal(np.diagonal(matrix)[:-1], counts.tp)
    assert matrix[-1, -1] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_cells_hold_as_many_objects_as_they_say(seed: int, make_scene: Any) -> None:
    confusion = confuse(match(make_scene(seed).overlaps(), min_iou=0.3))

    for truth, prediction in np.ndindex(*confusion.matrix.shape):
        assert len(confusion.cell(truth, prediction)[0]) == confusion.matrix[truth, prediction]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_some_rows_are_confused_as_if_alone(seed: int, kept: float, make_scene: Any) -> None:
    scene = make_scene(seed)
    keep = np.random.default_rng(seed).random(scene.rows) < kept
    among, alone = (confuse(match(each)) for each in (scene.overlaps().on_rows(keep), scene.on_rows(keep).overlaps()))

    np.testing.assert_array_equal(among.matrix, alone.matrix)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_numbering_of_features_does_not_matter(seed: int, make_scene: Any) -> None:
    scene = make_scene(seed)
    code = np.random.default_rng(seed).permutation(scene.features).astype(np.int32)
    moved = replace(
        scene,
        truth=replace(scene.truth, feature=code[scene.truth.feature]),
        predictions=replace(scene.predictions, feature=code[scene.predictions.feature]),
    )
    before, after = confuse(match(scene.overlaps())), confuse(match(moved.overlaps()))
    places = np.append(code, scene.features)

    np.testing.assert_array_equal(before.matrix, after.matrix[np.ix_(places, places)])


@pytest.mark.parametrize("seed", range(10))
def test_masks_and_keypoints_are_confused_too(seed: int, make_masks: Any, make_keypoints: Any) -> None:
    for scene in (make_masks(seed), make_keypoints(seed)):
        matches = match(scene.overlaps())
        counts = count_outcomes(matches).per_feature

        np.testing.assert_array_equal(confuse(matches).matrix.sum(axis=1)[:-1], counts.truths)
