"""Runs at equal precision, recall or false alarms, and a warning where equal confidence means different things."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from metrics import (
    ColumnError,
    Curve,
    Judged,
    OperatingPoints,
    ThresholdError,
    compare_confidence,
    count_at_thresholds,
    count_outcomes,
    fair_points,
    judge,
    judged_predictions,
    match,
    operating_points,
    precision_recall_curves,
)


def _curve(confidence: list[float], right: list[int], truths: int) -> Curve:
    tp = np.cumsum(right)
    return Curve(np.array(confidence), tp, np.arange(1, len(right) + 1) - tp, truths)


BEFORE = _curve([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0], 4)
AFTER = _curve([0.5, 0.4, 0.3, 0.2], [1, 1, 1, 0], 4)
WRONG_FIRST = _curve([0.9, 0.8], [0, 1], 4)


def test_at_equal_recall_each_run_is_as_precise_as_it_can_be() -> None:
    points = operating_points([BEFORE, AFTER], rows=2, recall=0.5)

    assert points.confidence.tolist() == [0.7, 0.4]
    assert points.recall.tolist() == [0.5, 0.5]
    assert points.precision.round(3).tolist() == [0.667, 1.0]


def test_at_equal_precision_each_run_finds_as_much_as_it_can() -> None:
    points = operating_points([BEFORE, AFTER], rows=2, precision=0.75)

    assert points.confidence.tolist() == [0.9, 0.3]
    assert points.recall.tolist() == [0.25, 0.75]


def test_at_equal_false_alarms_each_run_finds_as_much_as_it_can() -> None:
    points = operating_points([BEFORE, AFTER, WRONG_FIRST], rows=2, alarms_per_row=0.5)

    assert points.confidence.tolist() == [0.7, 0.3, 0.8]
    assert points.alarms_per_row.tolist() == [0.5, 0.0, 0.5]
    assert points.recall.tolist() == [0.5, 0.75, 0.25]
    assert points.missed.tolist() == [2, 1, 3]


def test_without_a_condition_each_run_is_at_its_best() -> None:
    points = operating_points([BEFORE, AFTER], rows=2)

    assert points.confidence.tolist() == [0.7, 0.3]
    assert points.f1.tolist() == [BEFORE.f1.max(), AFTER.f1.max()]


def test_what_a_run_cannot_reach_is_undefined_beside_what_it_can() -> None:
    recall = operating_points([BEFORE, AFTER], rows=2, recall=0.75)
    alarms = operating_points([BEFORE, WRONG_FIRST], rows=2, alarms_per_row=0)
    precision = operating_points([WRONG_FIRST], rows=2, precision=0.6)

    assert np.isnan([recall.confidence[0], recall.f1[0], recall.precision[0], recall.alarms_per_row[0]]).all()
    assert recall.reachable.tolist() == [0.5, 0.75]
    assert np.isnan(alarms.confidence[1])
    assert alarms.reachable.tolist() == [0.0, 0.5]
    assert np.isnan(precision.confidence[0])
    assert precision.reachable.tolist() == [0.5]


def test_a_run_that_predicts_nothing_reaches_nothing() -> None:
    nothing = _curve([], [], 4)

    for condition in ({"precision": 0.5}, {"recall": 0.5}, {"alarms_per_row": 1.0}, {}):
        assert np.isnan(operating_points([nothing], rows=2, **condition).confidence).all()
    assert len(fair_points([nothing, BEFORE], rows=2)) == 1


def test_the_baseline_meets_its_own_conditions_at_its_best() -> None:
    best, *others = fair_points([BEFORE, AFTER], rows=2)

    assert len(others) == 3
    for each in others:
        assert each.confidence[0] == best.confidence[0]


@pytest.mark.parametrize("seed", range(10))
def test_points_are_what_is_counted_at_their_confidence(seed: int, make_scene: Any) -> None:
    runs = [make_scene(seed, ignored=0.1).overlaps(), make_scene(seed).overlaps()]
    curves = [precision_recall_curves(each, min_iou=0.3).overall for each in runs]

    for points in fair_points(curves, rows=6):
        for i, overlaps in enumerate(runs):
            if not np.isnan(points.confidence[i]):
                outcomes = count_outcomes(match(overlaps, min_iou=0.3, min_confidence=float(points.confidence[i])))
                assert (points.tp[i], points.fp[i]) == (outcomes.total.tp, outcomes.total.fp)
                assert points.missed[i] == outcomes.total.missed


def _best_by_trying(curve: Curve, points: OperatingPoints, run: int, most: float) -> None:
    allowed = curve.fp / points.rows <= most
    if allowed.any():
        assert points.tp[run] == curve.tp[allowed].max()
    else:
        assert np.isnan(points.tp[run])


@pytest.mark.parametrize("seed", range(10))
def test_no_confidence_with_as_few_false_alarms_finds_more(seed: int, make_scene: Any) -> None:
    curves = [precision_recall_curves(make_scene(seed + i).overlaps(), min_iou=0.3).overall for i in range(2)]
    for most in (0, 1, 2.5):
        points = operating_points(curves, rows=6, alarms_per_row=most)
        for run, curve in enumerate(curves):
            _best_by_trying(curve, points, run, most)


def test_curves_of_classes_have_points_too() -> None:
    curve = count_at_thresholds([0.9, 0.8, 0.7], [True, False, True])

    assert operating_points([curve], rows=3, recall=1.0).confidence.tolist() == [0.7]


def test_impossible_conditions_are_refused() -> None:
    with pytest.raises(ColumnError, match="2 conditions and 2 rows"):
        operating_points([BEFORE], rows=2, recall=0.5, precision=0.5)
    with pytest.raises(ColumnError, match="0 conditions and 0 rows"):
        operating_points([BEFORE], rows=0)
    with pytest.raises(ThresholdError, match="alarms_per_row is -1"):
        operating_points([BEFORE], rows=2, alarms_per_row=-1)
    with pytest.raises(ThresholdError, match="target is 2"):
        operating_points([BEFORE], rows=2, precision=2)


def _predictions(rng: np.random.Generator, *, rows: int = 150, twist: float = 1.0) -> Judged:
    """About four predictions a row that come true as often as they say, or less; those of a row hang together."""
    row = np.repeat(np.arange(rows), rng.integers(0, 9, rows))
    ease = stats.norm.cdf(rng.normal(size=rows)[row] * 0.6 + rng.normal(size=len(row)) * 0.8)
    confidence = rng.beta(2, 2, len(row)).round(2)
    return judge(row, confidence, ease < confidence**twist, rows=rows)


def test_runs_that_mean_the_same_are_seldom_said_to_differ() -> None:
    warned = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        runs = [_predictions(rng) for _ in range(2)]
        warned += compare_confidence(*runs, rows=150, swaps=200).warning is not None

    assert warned <= stats.binom.ppf(0.999, 200, 0.05)


def test_a_run_that_says_too_much_is_told() -> None:
    warned = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        runs = _predictions(rng), _predictions(rng, twist=2.0)
        warned += compare_confidence(*runs, rows=150, swaps=200).warning is not None

    assert warned >= 36


def test_a_run_against_itself_means_the_same() -> None:
    run = _predictions(np.random.default_rng(0))
    meanings = compare_confidence(run, run, rows=150)

    assert meanings.warning is None
    assert not meanings.differs.any()
    np.testing.assert_array_equal(meanings.right[:, 0], meanings.right[:, 1])
    assert meanings.support.sum() == 2 * len(run.row)


def test_ranges_hold_what_lies_between_their_ends() -> None:
    run = _predictions(np.random.default_rng(0))
    meanings = compare_confidence(run, run, rows=150, bins=4)
    low, high = meanings.edges[1:3]
    inside = (run.confidence >= low) & (run.confidence < high)

    assert meanings.support[1].tolist() == [inside.sum()] * 2
    assert meanings.right[1, 0] == pytest.approx(run.right[inside].mean())


def test_too_few_predictions_tell_nothing() -> None:
    few = judge([0, 1], [0.5, 0.5], [True, True], rows=40)
    many = judge(np.arange(40), np.full(40, 0.5), np.zeros(40, bool), rows=40)
    meanings = compare_confidence(few, many, rows=40)

    assert np.isnan(meanings.p_value).all()
    assert meanings.warning is None
    assert compare_confidence(judge([], [], [], rows=1), judge([], [], [], rows=1), rows=1).warning is None


@pytest.mark.parametrize("seed", range(5))
def test_objects_are_judged_as_they_are_counted(seed: int, make_scene: Any) -> None:
    matches = match(make_scene(seed, ignored=0.2).overlaps())
    total, judged = count_outcomes(matches).total, judged_predictions(matches)

    assert (judged.right.sum(), (~judged.right).sum()) == (total.tp, total.fp)


def test_impossible_comparisons_are_refused() -> None:
    run = _predictions(np.random.default_rng(0))
    with pytest.raises(ColumnError, match="0 ranges"):
        compare_confidence(run, run, rows=150, bins=0)
    with pytest.raises(ThresholdError, match="level is 2"):
        compare_confidence(run, run, rows=150, level=2)
    with pytest.raises(ColumnError, match="1 of 1 confidences lie outside"):
        judge([0], [2], [True], rows=1)
    with pytest.raises(ColumnError, match="name a row that does not exist"):
        judge([3], [0.5], [True], rows=1)
