"""LVIS' thirteen numbers: who takes part where not every feature was looked for on every row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import metrics

Scene = Any
BOX, ELSEWHERE = [0, 0, 10, 10], [50, 50, 10, 10]
NOTHING_SAID = metrics.Federation.from_pairs([], [])


def _overlaps(
    truth: list[tuple[int, int, list[int]]], predictions: list[tuple[int, int, list[int], float]]
) -> metrics.Overlaps:
    """Of entries row, feature, box and confidence, on two rows with two features."""
    known = metrics.Boxes.from_sizes(*_columns(truth, 3))
    row, feature, box, confidence = _columns(predictions, 4)
    found = metrics.Boxes.from_sizes(row, feature, box, confidence=confidence)
    return metrics.find_overlaps(known, found, rows=2, features=2)


def _columns(entries: list[Any], width: int) -> list[list[Any]]:
    return [[entry[i] for entry in entries] for i in range(width)]


def test_predictions_of_features_that_nobody_looked_for_are_left_out() -> None:
    overlaps = _overlaps([(0, 0, BOX), (1, 1, BOX)], [(1, 0, BOX, 0.9), (0, 0, BOX, 0.5), (1, 1, BOX, 0.5)])
    unknown = metrics.lvis_summary(overlaps, NOTHING_SAID)
    verified = metrics.lvis_summary(overlaps, metrics.Federation.from_pairs([[1, 0]], []))

    assert unknown.per_feature.predictions.tolist() == [1, 1]
    assert unknown.ap == pytest.approx(1)
    assert verified.per_feature.predictions.tolist() == [2, 1]
    assert verified.per_feature.ap.round(9).tolist() == [0.5, 1]


def test_false_alarms_do_not_count_where_the_truth_is_not_exhaustive() -> None:
    overlaps = _overlaps([(0, 0, BOX)], [(0, 0, ELSEWHERE, 0.9), (0, 0, BOX, 0.5)])

    assert metrics.lvis_summary(overlaps, NOTHING_SAID).ap == pytest.approx(0.5)
    assert metrics.lvis_summary(overlaps, metrics.Federation.from_pairs([], [[0, 0]])).ap == pytest.approx(1)
    assert metrics.lvis_summary(overlaps, metrics.Federation.from_pairs([], [[1, 0]])).ap == pytest.approx(0.5)


def test_a_truth_found_counts_where_the_truth_is_not_exhaustive() -> None:
    overlaps = _overlaps([(0, 0, BOX), (0, 0, ELSEWHERE)], [(0, 0, BOX, 0.5)])
    summary = metrics.lvis_summary(overlaps, metrics.Federation.from_pairs([], [[0, 0]]))

    assert summary.ar300 == 0.5
    assert summary.per_feature.truths.tolist() == [2, 0]


def test_the_surest_three_hundred_of_a_row_take_part_over_all_features() -> None:
    surer = [(0, 1, ELSEWHERE, 0.9)] * 299
    truth = [(0, 0, BOX), (1, 0, BOX)]
    overlaps = _overlaps(truth, [*surer, (0, 0, BOX, 0.5), (0, 0, BOX, 0.4), (1, 0, BOX, 0.1)])
    one_more = _overlaps(truth, [(0, 1, ELSEWHERE, 0.5), *surer, (0, 0, BOX, 0.5), (1, 0, BOX, 0.1)])

    assert metrics.lvis_summary(overlaps, NOTHING_SAID).per_feature.predictions.tolist() == [2, 0]
    assert metrics.lvis_summary(overlaps, NOTHING_SAID).ar300 == 1
    assert metrics.lvis_summary(one_more, NOTHING_SAID).ar300 == 0.5  # equally sure, and later in the table


def test_shapes_without_area_are_left_out() -> None:
    truth = metrics.Boxes.from_sizes([0, 0], [0, 1], [BOX, BOX], area=[100, 0])
    predictions = metrics.Boxes.from_sizes([0, 0, 0], [0, 0, 1], [BOX, [0, 0, 10, 0], BOX], confidence=[0.5, 0.9, 0.9])
    overlaps = metrics.find_overlaps(truth, predictions, rows=1, features=2)
    summary = metrics.lvis_summary(overlaps, NOTHING_SAID)

    assert summary.ap == pytest.approx(1)
    assert summary.per_feature.predictions.tolist() == [1, 0]
    assert summary.per_feature.rows.tolist() == [1, 0]


def test_features_are_rare_on_up_to_ten_rows_and_common_on_up_to_a_hundred() -> None:
    rows_of = [0, 1, 10, 11, 100, 101]
    row = [row for n in rows_of for row in range(n)]
    feature = [code for code, n in enumerate(rows_of) for _ in range(n)]
    truth = metrics.Boxes.from_sizes(row + row, feature + feature, [BOX] * 2 * len(row))
    overlaps = metrics.find_overlaps(truth, truth, rows=101, features=6)
    summary = metrics.lvis_summary(overlaps, NOTHING_SAID)

    assert summary.per_feature.frequency.tolist() == ["", "r", "r", "c", "c", "f"]
    assert summary.per_feature.rows.tolist() == rows_of
    assert np.round([summary.ap_rare, summary.ap_common, summary.ap_frequent], 9).tolist() == [1, 1, 1]


def test_frequencies_that_are_given_choose_who_is_in_which_mean() -> None:
    overlaps = _overlaps([(0, 0, BOX), (0, 1, BOX)], [(0, 1, BOX, 0.5)])
    summary = metrics.lvis_summary(overlaps, metrics.Federation.from_pairs([], [], frequency=["f", "c"]))

    assert np.isnan(summary.ap_rare)
    assert np.round([summary.ap_common, summary.ap_frequent], 9).tolist() == [1, 0]
    assert summary.per_feature.frequency.tolist() == ["f", "c"]


def test_the_numbers_have_lvis_order_and_tell_their_rule(make_masks: Any) -> None:
    summary = metrics.lvis_summary(make_masks(1).overlaps(), NOTHING_SAID)

    assert list(summary.numbers()) == [
        "ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ap_rare", "ap_common", "ap_frequent",
        "ar300", "ar_small", "ar_medium", "ar_large",
    ]  # fmt: skip
    assert summary.rule == "lvis masks, 101-point, 300 per row"
    assert len(summary.per_feature.columns()["ap"]) == 3


def _federate(scene: Scene, seed: int) -> metrics.Federation:
    chance = np.random.default_rng(seed)
    pairs = np.array([[row, feature] for row in range(scene.rows) for feature in range(scene.features)])
    return metrics.Federation.from_pairs(pairs[chance.random(len(pairs)) < 0.4], pairs[chance.random(len(pairs)) < 0.3])


def _assert_same(one: metrics.LvisSummary, other: metrics.LvisSummary) -> None:
    np.testing.assert_array_equal([*one.numbers().values()], [*other.numbers().values()])
    for name, column in one.per_feature.columns().items():
        np.testing.assert_array_equal(column, other.per_feature.columns()[name], err_msg=name)


@pytest.mark.parametrize("seed", range(12))
def test_chosen_rows_score_as_if_measured_alone(seed: int, make_scene: Any) -> None:
    scene = make_scene(seed, ignored=0.1, per_row=300 if seed % 4 == 3 else 12)
    federation = _federate(scene, seed)
    keep = np.random.default_rng(seed).random(scene.rows) < 0.6
    number = np.cumsum(keep) - 1

    def alone(pairs: np.ndarray) -> np.ndarray:
        kept = pairs[keep[pairs[:, 0]]]
        return np.column_stack([number[kept[:, 0]], kept[:, 1]])

    renumbered = metrics.Federation.from_pairs(alone(federation.absent), alone(federation.not_exhaustive))
    _assert_same(
        metrics.lvis_summary(scene.overlaps().on_rows(keep), federation),
        metrics.lvis_summary(scene.on_rows(keep).overlaps(), renumbered),
    )


@pytest.mark.parametrize("seed", range(6))
def test_where_everything_was_looked_for_the_numbers_are_cocos(seed: int, make_scene: Any) -> None:
    scene = make_scene(seed)
    everywhere = [[row, feature] for row in range(scene.rows) for feature in range(scene.features)]
    lvis = metrics.lvis_summary(scene.overlaps(), metrics.Federation.from_pairs(everywhere, []))
    coco = metrics.coco_summary(scene.overlaps())

    for name in ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar_small", "ar_medium", "ar_large"):
        np.testing.assert_allclose(lvis.numbers()[name], coco.numbers()[name], rtol=0, atol=1e-12)
    assert lvis.ar300 == pytest.approx(coco.ar100)


def test_the_order_in_which_pairs_are_told_changes_nothing(make_scene: Any) -> None:
    scene = make_scene(4)
    federation = _federate(scene, 4)
    doubled = replace(federation, absent=np.concatenate([federation.absent[::-1], federation.absent]))

    _assert_same(metrics.lvis_summary(scene.overlaps(), federation), metrics.lvis_summary(scene.overlaps(), doubled))


def test_nothing_predicted_is_zero_and_nothing_true_undefined() -> None:
    truth, nothing = metrics.Boxes.from_sizes([0], [0], [BOX]), metrics.Boxes.from_sizes([], [], [])
    missed = metrics.lvis_summary(metrics.find_overlaps(truth, nothing, rows=1, features=1), NOTHING_SAID)
    alarms = metrics.lvis_summary(
        metrics.find_overlaps(nothing, truth, rows=1, features=1), metrics.Federation.from_pairs([[0, 0]], [])
    )
    empty = metrics.lvis_summary(metrics.find_overlaps(nothing, nothing, rows=0, features=0), NOTHING_SAID)

    assert missed.ap == missed.ap_rare == missed.ar300 == 0
    assert np.isnan([*alarms.numbers().values(), *empty.numbers().values()]).all()
    assert alarms.per_feature.predictions.tolist() == [1]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([[0, 5]], r"1 of 1 verified absences name a feature that does not exist; first: number 0 with feature 5"),
        ([[0, 0], [7, 0]], r"1 of 2 verified absences name a row that does not exist; first: number 1 with row 7"),
    ],
)
def test_pairs_of_rows_or_features_that_do_not_exist_are_refused(pairs: list[list[int]], message: str) -> None:
    with pytest.raises(metrics.ColumnError, match=message):
        metrics.lvis_summary(_overlaps([], []), metrics.Federation.from_pairs(pairs, []))


def test_what_cannot_be_a_federation_is_refused(make_keypoints: Any) -> None:
    with pytest.raises(metrics.ColumnError, match=r"int64\[2, 3\], but pairs of a row and a feature"):
        metrics.Federation.from_pairs([], [[0, 1, 2], [0, 1, 2]])
    with pytest.raises(metrics.ColumnError, match="have a row that is no whole number from 0"):
        metrics.Federation.from_pairs([[-1, 0]], [])
    with pytest.raises(metrics.ColumnError, match="first: that of feature 1 with 'often'"):
        metrics.Federation.from_pairs([], [], frequency=["r", "often"])
    with pytest.raises(metrics.ColumnError, match="given for 1 features, but there are 2"):
        metrics.lvis_summary(_overlaps([], []), metrics.Federation.from_pairs([], [], frequency=["r"]))
    with pytest.raises(metrics.ColumnError, match="LVIS has no keypoints"):
        metrics.lvis_summary(make_keypoints(0).overlaps(), NOTHING_SAID)
