"""Which prediction claims which truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from metrics import Boxes, Matches, Overlaps, ThresholdError, find_overlaps, match

Claim = tuple[int, float, bool]


def _iou(one: np.ndarray, truth: np.ndarray, crowd: bool) -> float:
    width, height = (min(one[i] + one[i + 2], truth[i] + truth[i + 2]) - max(one[i], truth[i]) for i in (0, 1))
    if min(width, height) <= 0:
        return 0.0
    area = one[2] * one[3]
    return width * height / (area if crowd else area + truth[2] * truth[3] - width * height)


def _claims(scene: Any, min_iou: float, min_confidence: float) -> dict[int, Claim]:
    """The rule, word by word: from prediction to the truth it claims, the overlap, and whether it is absorbed."""
    truth, predictions = scene.truth, scene.predictions
    taken: set[int] = set()
    claims: dict[int, Claim] = {}
    for p in sorted(range(len(predictions)), key=lambda p: -predictions.confidence[p]):
        if predictions.confidence[p] < min_confidence:
            continue
        wishes = []
        for t in range(len(truth)):
            if (truth.row[t], truth.feature[t]) != (predictions.row[p], predictions.feature[p]):
                continue
            absorbs = bool(truth.crowd[t] or truth.ignored[t])
            iou = _iou(predictions.box[p], truth.box[t], bool(truth.crowd[t]))
            if iou >= min(min_iou, 1 - 1e-10) and (truth.crowd[t] or t not in taken):
                wishes.append((not absorbs, iou, t))
        if wishes:
            counts, iou, t = max(wishes)
            taken.add(t)
            claims[p] = (t, iou, not counts)
    return claims


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize(("min_iou", "min_confidence"), [(0.05, 0.0), (0.3, 0.4), (0.5, 0.6), (1.0, 0.0)])
def test_claims_follow_the_rule_word_by_word(seed: int, min_iou: float, min_confidence: float, make_scene: Any) -> None:
    scene = make_scene(seed, ignored=0.15)
    expected = _claims(scene, min_iou, min_confidence)
    matches = match(scene.overlaps(), min_iou=min_iou, min_confidence=min_confidence)
    claimed = np.flatnonzero(matches.truth_of >= 0)
    found = {int(p): (int(matches.truth_of[p]), float(matches.iou[p]), bool(matches.absorbed[p])) for p in claimed}
    surest = {t: p for p, (t, _, _) in reversed(expected.items())}

    assert found == expected
    assert {int(t): int(matches.prediction_of[t]) for t in np.flatnonzero(matches.prediction_of >= 0)} == surest
    assert (matches.taking_part == (scene.predictions.confidence >= min_confidence)).all()
    assert np.isnan(np.delete(matches.iou, claimed)).all()


def _overlaps(
    truth: list[list[float]], boxes: list[list[float]], confidence: list[float], **flags: list[bool]
) -> Overlaps:
    return find_overlaps(
        Boxes.from_sizes([0] * len(truth), [0] * len(truth), truth, **flags),
        Boxes.from_sizes([0] * len(boxes), [0] * len(boxes), boxes, confidence=confidence),
        rows=1,
        features=1,
    )


def test_the_surer_prediction_claims_the_object() -> None:
    matches = match(_overlaps([[0, 0, 10, 10]], [[0, 0, 10, 10], [0, 0, 10, 6]], [0.4, 0.9]))

    assert matches.truth_of.tolist() == [-1, 0]
    assert matches.prediction_of.tolist() == [1]
    assert matches.fp.tolist() == [True, False]
    assert matches.iou[1] == 0.6


def test_of_equally_sure_predictions_the_earlier_claims_the_object() -> None:
    matches = match(_overlaps([[0, 0, 10, 10]], [[0, 0, 10, 8], [0, 0, 10, 10]], [0.9, 0.9]))

    assert matches.truth_of.tolist() == [0, -1]


def test_of_equal_overlaps_the_later_truth_is_claimed() -> None:
    matches = match(_overlaps([[0, 0, 10, 10], [0, 0, 10, 10]], [[0, 0, 10, 10]], [0.9]))

    assert matches.truth_of.tolist() == [1]
    assert matches.missed.tolist() == [True, False]


def test_a_claimed_truth_is_gone_and_the_next_best_is_taken() -> None:
    matches = match(_overlaps([[0, 0, 10, 10], [0, 0, 10, 7]], [[0, 0, 10, 10]] * 3, [0.9, 0.8, 0.7]))

    assert matches.truth_of.tolist() == [0, 1, -1]


def test_a_crowd_absorbs_many_and_names_the_surest() -> None:
    matches = match(_overlaps([[0, 0, 100, 100]], [[0, 0, 10, 10], [50, 50, 10, 10]], [0.4, 0.9], crowd=[True]))

    assert matches.truth_of.tolist() == [0, 0]
    assert matches.absorbed.tolist() == [True, True]
    assert matches.prediction_of.tolist() == [1]
    assert not np.concatenate([matches.tp, matches.fp, matches.missed]).any()


def test_an_ignored_truth_absorbs_one() -> None:
    matches = match(_overlaps([[0, 0, 10, 10]], [[0, 0, 10, 10]] * 2, [0.9, 0.4], ignored=[True]))

    assert matches.absorbed.tolist() == [True, False]
    assert matches.fp.tolist() == [False, True]


def test_a_truth_that_counts_is_preferred_to_a_better_placed_ignored_one() -> None:
    matches = match(_overlaps([[0, 0, 10, 10], [0, 0, 10, 6]], [[0, 0, 10, 10]], [0.9], ignored=[True, False]))

    assert matches.truth_of.tolist() == [1]
    assert matches.tp.tolist() == [True]


def test_predictions_below_the_confidence_take_no_part() -> None:
    matches = match(_overlaps([[0, 0, 10, 10]], [[0, 0, 10, 10]] * 2, [0.5, 0.49]), min_confidence=0.5)

    assert matches.taking_part.tolist() == [True, False]
    assert matches.fp.tolist() == [False, False]


def test_a_missing_confidence_counts_as_one() -> None:
    boxes = Boxes.from_sizes([0], [0], [[0, 0, 10, 10]])
    matches = match(find_overlaps(boxes, boxes, rows=1, features=1), min_confidence=1.0)

    assert matches.tp.tolist() == [True]


def test_an_overlap_equal_to_the_threshold_is_a_claim() -> None:
    assert match(_overlaps([[0, 0, 10, 10]], [[0, 0, 10, 5]], [0.9]), min_iou=0.5).tp.tolist() == [True]


def test_boxes_equal_but_for_rounding_reach_an_overlap_of_one() -> None:
    assert match(_overlaps([[0.1, 0, 0.7, 1]], [[0.1 + 1e-13, 0, 0.7, 1]], [0.9]), min_iou=1.0).tp.tolist() == [True]


def test_results_keep_the_order_and_types_of_the_tables() -> None:
    truth = Boxes.from_sizes([1, 0], [1, 0], [[0, 0, 10, 10]] * 2)
    predictions = Boxes.from_sizes([1, 0, 1], [1, 0, 0], [[0, 0, 10, 10]] * 3, confidence=[0.1, 0.2, 0.3])
    matches = match(find_overlaps(truth, predictions, rows=2, features=2))

    assert matches.truth_of.tolist() == [0, 1, -1]
    assert matches.prediction_of.tolist() == [0, 1]
    assert matches.truth_of.dtype == matches.prediction_of.dtype == np.int32
    assert matches.absorbed.dtype == matches.taking_part.dtype == np.bool_


def test_results_say_how_they_were_made(make_scene: Any) -> None:
    matches = match(make_scene(0).overlaps(), min_iou=0.4, min_confidence=0.25)

    assert (matches.min_iou, matches.min_confidence) == (0.4, 0.25)
    assert matches.rule == "greedy by falling confidence, largest IoU, later truth on ties"


@pytest.mark.parametrize("min_iou", [0.04, 1.01, float("nan")])
def test_overlaps_that_were_not_kept_cannot_be_asked_for(min_iou: float, make_scene: Any) -> None:
    with pytest.raises(ThresholdError, match=rf"min_iou is {min_iou}, but only IoU from 0.05 to 1") as caught:
        match(make_scene(0).overlaps(), min_iou=min_iou)
    assert (caught.value.lowest, caught.value.highest) == (0.05, 1.0)


@pytest.mark.parametrize("min_confidence", [-0.01, 1.01, float("nan")])
def test_confidences_outside_their_range_cannot_be_asked_for(min_confidence: float, make_scene: Any) -> None:
    with pytest.raises(ThresholdError, match=f"min_confidence is {min_confidence}"):
        match(make_scene(0).overlaps(), min_confidence=min_confidence)


def test_tables_without_boxes_match_nothing() -> None:
    nothing, one = Boxes.from_sizes([], [], []), Boxes.from_sizes([0], [0], [[0, 0, 10, 10]])

    def matched(truth: Boxes, predictions: Boxes) -> Matches:
        return match(find_overlaps(truth, predictions, rows=1, features=1))

    assert matched(nothing, one).fp.tolist() == [True]
    assert matched(one, nothing).missed.tolist() == [True]
    assert len(matched(nothing, nothing).truth_of) == 0
