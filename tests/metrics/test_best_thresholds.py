"""The best confidence for a goal is the one that trying all of them finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import fbeta_score

import metrics
from metrics import (
    BestThresholds,
    ThresholdCounts,
    class_curves,
    count_at_thresholds,
    count_outcomes,
    match,
    precision_recall_curves,
    thresholds_for_cost,
    thresholds_for_f,
    thresholds_for_precision,
    thresholds_for_recall,
)

SEEDS = range(20)
NEVER = float("inf")
RIGHT_WRONG_RIGHT_WRONG = count_at_thresholds([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
NO_TRUTH = count_at_thresholds([0.9, 0.8], [False, False])
NOTHING_PREDICTED = count_at_thresholds([float("nan")], [True])
NOTHING = count_at_thresholds([], [])


def _of(best: BestThresholds) -> list[Any]:
    """Confidence, counts, value and what is reachable of the only curve, None for NaN."""
    columns = (best.confidence, best.tp, best.fp, best.missed, best.value, best.reachable)
    return [None if np.isnan(column[0]) else round(float(column[0]), 9) for column in columns]


def test_beta_moves_the_best_f_towards_recall_or_precision() -> None:
    curve = [RIGHT_WRONG_RIGHT_WRONG]

    assert _of(thresholds_for_f(curve)) == [0.7, 2, 1, 0, 0.8, 0.8]
    assert thresholds_for_f(curve, beta=0.3).confidence.tolist() == [0.9]
    assert thresholds_for_f(curve, beta=2).recall.tolist() == [1.0]


def test_the_most_is_found_at_the_lowest_confidence_that_is_precise_enough() -> None:
    assert _of(thresholds_for_precision([RIGHT_WRONG_RIGHT_WRONG], 0.6)) == [0.7, 2, 1, 0, 1.0, 1.0]
    assert _of(thresholds_for_precision([RIGHT_WRONG_RIGHT_WRONG], 0.7)) == [0.9, 1, 0, 1, 0.5, 1.0]


def test_of_those_that_find_as_much_the_higher_confidence_is_taken() -> None:
    """At 0.6 precision is still 0.5, but nothing more is found."""
    assert thresholds_for_precision([RIGHT_WRONG_RIGHT_WRONG], 0.5).confidence.tolist() == [0.7]


def test_the_most_precise_of_those_that_find_enough_is_taken() -> None:
    assert _of(thresholds_for_recall([RIGHT_WRONG_RIGHT_WRONG], 0.5)) == [0.9, 1, 0, 1, 1.0, 1.0]
    assert _of(thresholds_for_recall([RIGHT_WRONG_RIGHT_WRONG], 0.6)) == [0.7, 2, 1, 0, 0.666666667, 1.0]


def test_a_target_reached_exactly_is_reached() -> None:
    curve = [count_at_thresholds(np.arange(10, 0, -1) / 10, np.arange(10) < 7)]

    assert thresholds_for_precision(curve, 0.7).tp.tolist() == [7]
    assert thresholds_for_recall([count_at_thresholds([0.9] * 7 + [0.1] * 3, [True] * 10)], 0.7).tp.tolist() == [7]


def test_a_target_out_of_reach_has_no_confidence_but_says_what_can_be_reached() -> None:
    late = count_at_thresholds([0.9, 0.8, np.nan], [False, True, True])

    assert _of(thresholds_for_precision([late], 0.6)) == [None, None, None, None, None, 0.5]
    assert _of(thresholds_for_recall([late], 0.6)) == [None, None, None, None, None, 0.5]
    assert _of(thresholds_for_recall([NOTHING_PREDICTED], 0.6)) == [None, None, None, None, None, 0.0]
    assert _of(thresholds_for_precision([NO_TRUTH], 0.6)) == [None, None, None, None, None, 0.0]


def test_costs_weigh_false_alarms_against_misses_and_finds() -> None:
    curve = [RIGHT_WRONG_RIGHT_WRONG]

    assert _of(thresholds_for_cost(curve, false_alarm=1, miss=3)) == [0.7, 2, 1, 0, 1.0, 1.0]
    assert _of(thresholds_for_cost(curve, false_alarm=3, miss=1)) == [0.9, 1, 0, 1, 1.0, 1.0]
    assert _of(thresholds_for_cost(curve, false_alarm=3, miss=1, find=4)) == [0.7, 2, 1, 0, -5.0, -5.0]


def test_to_predict_nothing_is_above_every_confidence() -> None:
    wrong_first = [count_at_thresholds([0.9, 0.8], [False, True])]

    assert _of(thresholds_for_cost(wrong_first, false_alarm=1, miss=1)) == [NEVER, 0, 0, 1, 1.0, 1.0]
    assert np.isnan(thresholds_for_cost(wrong_first, false_alarm=1, miss=1).precision).all()
    assert _of(thresholds_for_cost(wrong_first, false_alarm=1, miss=1, may_be_never=False)) == [0.8, 1, 1, 0, 1.0, 1.0]
    assert _of(thresholds_for_cost([NO_TRUTH], false_alarm=1, miss=1)) == [NEVER, 0, 0, 0, 0.0, 0.0]


@pytest.mark.parametrize("curve", [NO_TRUTH, NOTHING_PREDICTED, NOTHING])
def test_without_truth_or_predictions_nothing_is_best(curve: ThresholdCounts) -> None:
    all_goals = [thresholds_for_f([curve]), thresholds_for_precision([curve], 0.5), thresholds_for_recall([curve], 0.5)]

    for best in all_goals:
        assert np.isnan([best.confidence, best.value, best.precision, best.recall, best.tp, best.fp, best.missed]).all()
        assert best.truths.tolist() == [curve.positives]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda curves: thresholds_for_f(curves, beta=0), "beta is 0; it must be above 0 and finite"),
        (lambda curves: thresholds_for_precision(curves, 0), "target is 0; it must be above 0 and at most 1"),
        (lambda curves: thresholds_for_recall(curves, 1.1), "target is 1.1; it must be above 0 and at most 1"),
        (
            lambda curves: thresholds_for_cost(curves, false_alarm=-1, miss=1),
            "false_alarm is -1; it must be at least 0",
        ),
        (lambda curves: thresholds_for_cost(curves, false_alarm=1, miss=float("nan")), "miss is nan"),
    ],
)
def test_settings_out_of_range_are_refused(ask: Any, message: str) -> None:
    with pytest.raises(metrics.ThresholdError, match=message):
        ask([NOTHING])


def test_results_say_what_was_asked_for() -> None:
    assert thresholds_for_f([], beta=2).goal == "highest F with beta 2"
    assert thresholds_for_cost([], false_alarm=1, miss=5).goal == "least cost: false alarm 1, miss 5"
    assert len(thresholds_for_recall([], 0.9)) == 0


def _try_all(curve: Any, truths: int, worth: Any) -> tuple[float, float]:
    """The largest worth of all points, and its confidence: the higher of equal ones."""
    points = zip(curve.confidence.tolist(), curve.tp.tolist(), curve.fp.tolist(), strict=True)
    value, confidence = max(((worth(tp, fp, truths - tp), at) for at, tp, fp in points), default=(np.nan, np.nan))
    return value, confidence


@pytest.mark.parametrize("seed", SEEDS)
def test_trying_all_confidences_finds_none_better(seed: int, make_scene: Any) -> None:
    curves = precision_recall_curves(make_scene(seed).overlaps())
    several = [curve for curve in (*curves.per_feature, curves.overall) if curve.truths and len(curve)]
    worths = {
        "f": lambda tp, fp, missed: 5 * tp / (5 * tp + 4 * missed + fp),
        "precision": lambda tp, fp, missed: tp if tp / (tp + fp) >= 0.25 else -1,
        "recall": lambda tp, fp, missed: tp / (tp + fp) if tp / (tp + missed) >= 0.25 else -1,
        "cost": lambda tp, fp, missed: -(fp + 3 * missed - 2 * tp),
    }
    answers = {
        "f": thresholds_for_f(several, beta=2),
        "precision": thresholds_for_precision(several, 0.25),
        "recall": thresholds_for_recall(several, 0.25),
        "cost": thresholds_for_cost(several, false_alarm=1, miss=3, find=2, may_be_never=False),
    }
    for goal, best in answers.items():
        for n, curve in enumerate(several):
            value, confidence = _try_all(curve, curve.truths, worths[goal])
            np.testing.assert_equal(best.confidence[n], np.nan if goal != "cost" and value == -1 else confidence)


@pytest.mark.parametrize("seed", SEEDS)
def test_asking_for_that_confidence_gives_these_counts(seed: int, make_scene: Any) -> None:
    overlaps = make_scene(seed).overlaps()
    best = thresholds_for_f(precision_recall_curves(overlaps, min_iou=0.3).per_feature)
    for feature in np.flatnonzero(~np.isnan(best.confidence)):
        matches = match(overlaps, min_iou=0.3, min_confidence=best.confidence[feature])
        counts = count_outcomes(matches).per_feature
        told = [best.tp[feature], best.fp[feature], best.missed[feature], best.truths[feature]]

        assert told == [counts.tp[feature], counts.fp[feature], counts.missed[feature], counts.truths[feature]]
        assert best.recall[feature] == counts.recall[feature]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_classes_have_the_f_that_scikit_learn_says(seed: int, beta: float) -> None:
    chance = np.random.default_rng(seed)
    truth, scores = chance.integers(0, 3, 40), (shares := chance.integers(1, 6, (40, 3))) / shares.sum(1, keepdims=True)
    best = thresholds_for_f(class_curves(metrics.Choices.from_scores(truth, scores)).per_class, beta=beta)
    for code in range(3):
        tried = [fbeta_score(truth == code, scores[:, code] >= at, beta=beta) for at in np.unique(scores[:, code])]

        assert best.value[code] == pytest.approx(max(tried), rel=0, abs=1e-12)
        taken = scores[:, code] >= best.confidence[code]
        assert best.value[code] == pytest.approx(fbeta_score(truth == code, taken, beta=beta), rel=0, abs=1e-12)
