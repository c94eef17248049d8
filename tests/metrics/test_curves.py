"""Precision and recall as the confidence threshold falls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from metrics import Boxes, Curve, count_outcomes, find_overlaps, match, precision_recall_curves


@pytest.mark.parametrize("seed", range(15))
def test_every_point_is_what_counting_says_at_its_confidence(seed: int, make_scene: Any) -> None:
    overlaps = make_scene(seed, ignored=0.1).overlaps()
    curves = precision_recall_curves(overlaps, min_iou=0.4)
    for confidence in np.arange(1, 6) / 5:
        outcomes = count_outcomes(match(overlaps, min_iou=0.4, min_confidence=confidence))
        for curve, counts in [
            (curves.overall, outcomes.total),
            *((curve, _at(outcomes.per_feature, i)) for i, curve in enumerate(curves.per_feature)),
        ]:
            point = np.count_nonzero(curve.confidence >= confidence) - 1
            if point < 0:
                assert counts.tp == counts.fp == 0
                continue
            assert (curve.tp[point], curve.fp[point]) == (counts.tp, counts.fp)
            assert curve.truths == counts.truths
            np.testing.assert_equal(curve.precision[point], counts.precision)
            np.testing.assert_equal(curve.recall[point], counts.recall)
            np.testing.assert_equal(curve.f1[point], counts.f1)


def _at(counts: Any, feature: int) -> Any:
    return type(counts)(*(column[feature] for column in counts))


def test_equally_sure_predictions_enter_together() -> None:
    truth = Boxes.from_sizes([0], [0], [[0, 0, 10, 10]])
    predictions = Boxes.from_sizes([0, 0], [0, 0], [[80, 0, 10, 10], [0, 0, 10, 10]], confidence=[0.5, 0.5])
    curve = precision_recall_curves(find_overlaps(truth, predictions, rows=1, features=1)).overall

    assert (curve.confidence.tolist(), curve.precision.tolist(), curve.recall.tolist()) == ([0.5], [0.5], [1.0])


def test_confidence_falls_and_recall_never_does(make_scene: Any) -> None:
    for curve in precision_recall_curves(make_scene(2).overlaps()).per_feature:
        assert (np.diff(curve.confidence) < 0).all()
        assert not (np.diff(curve.recall) < 0).any()
        assert (curve.envelope >= curve.precision).all()


def test_recall_without_truth_is_undefined(make_scene: Any) -> None:
    curve = precision_recall_curves(make_scene(2).overlaps()).per_feature[0]

    assert curve.truths == 0
    assert len(curve) > 0
    assert np.isnan(curve.recall).all()
    assert (curve.precision == 0).all()


def test_a_feature_without_predictions_has_no_points(make_scene: Any) -> None:
    curve = precision_recall_curves(make_scene(2).overlaps()).per_feature[-1]

    assert len(curve) == len(curve.envelope) == len(curve.f1) == 0
    assert curve.truths > 0


def test_a_thinned_curve_keeps_its_ends() -> None:
    curve = Curve(np.linspace(1, 0, 1000), np.arange(1000), np.ones(1000, int), 1000)
    thin = curve.thinned(50)

    assert len(thin) == 50
    assert (thin.confidence[0], thin.confidence[-1], thin.tp[-1]) == (1.0, 0.0, 999)
    assert thin.thinned(100) is thin


def test_results_say_how_they_were_made(make_scene: Any) -> None:
    curves = precision_recall_curves(make_scene(2).overlaps(), min_iou=0.3)

    assert curves.min_iou == 0.3
    assert curves.rule.startswith("greedy")
