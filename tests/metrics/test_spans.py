"""Spans of texts: exact, by overlap, and in SemEval's four ways, on texts small enough to check by eye."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metrics import (
    ColumnError,
    SemevalCounts,
    Spans,
    ThresholdError,
    count_spans,
    match_spans,
    overlap_f1,
    pair_spans,
    semeval_scores,
)

PER, LOC, ORG = range(3)


def _spans(*each: tuple[int, int, int, int], **columns: list[float]) -> Spans:
    """Spans as (row, feature, start, end)."""
    return Spans.from_offsets(*np.array(each, dtype=int).reshape(-1, 4).T, **columns)


TRUTH = _spans((0, PER, 0, 2), (0, LOC, 3, 4), (1, PER, 2, 5), (2, ORG, 0, 1))


def test_a_span_is_found_where_text_feature_start_and_end_are_the_same() -> None:
    predictions = _spans((0, PER, 0, 2), (0, PER, 3, 4), (1, PER, 2, 4), (0, ORG, 0, 1))
    matches = match_spans(TRUTH, predictions, rows=3, features=3)

    assert matches.truth_of.tolist() == [0, -1, -1, -1]
    assert matches.missed.tolist() == [False, True, True, True]
    outcomes = count_spans(matches)
    assert outcomes.per_feature.tp.tolist() == [1, 0, 0]
    assert outcomes.per_feature.fp.tolist() == [2, 0, 1]
    assert outcomes.per_feature.missed.tolist() == [1, 1, 1]
    assert outcomes.per_row.fp.tolist() == [2, 1, 0]
    assert outcomes.total.precision == outcomes.total.recall == outcomes.averages.micro.f1 == 0.25


def test_averages_are_over_the_features_that_occur() -> None:
    outcomes = count_spans(match_spans(TRUTH, _spans((0, PER, 0, 2)), rows=3, features=9))

    assert int(outcomes.averages.averaged.recall) == 3
    assert outcomes.averages.macro.recall == pytest.approx((1 / 2 + 0 + 0) / 3)
    assert outcomes.averages.weighted.recall == 1 / 4
    assert outcomes.averages.macro.precision == 1
    as_zero = count_spans(
        match_spans(TRUTH, _spans((0, PER, 0, 2)), rows=3, features=9), rule="scikit-learn, undefined as 0"
    )
    assert as_zero.averages.macro.precision == pytest.approx(1 / 3)


def test_of_equal_predictions_the_surer_finds_the_span_and_the_others_are_false_alarms() -> None:
    truth = _spans((0, PER, 0, 2))
    predictions = _spans(*[(0, PER, 0, 2)] * 3, confidence=[0.5, 0.9, 0.9])
    matches = match_spans(truth, predictions, rows=1, features=1)

    assert matches.truth_of.tolist() == [-1, 0, -1]
    assert matches.fp.tolist() == [True, False, True]
    assert matches.prediction_of.tolist() == [1]


def test_predictions_below_the_confidence_take_no_part() -> None:
    predictions = _spans((0, PER, 0, 2), (0, LOC, 3, 4), (1, LOC, 0, 1), confidence=[0.3, 0.6, 0.5])
    matches = match_spans(TRUTH, predictions, rows=3, features=3)

    assert count_spans(matches).total.tp == 2
    sure = count_spans(matches.above(0.5))
    assert (sure.total.tp, sure.total.fp, sure.total.missed, sure.min_confidence) == (1, 1, 3, 0.5)


def test_an_ignored_span_absorbs_what_equals_it_for_want_of_others() -> None:
    truth = _spans((0, PER, 0, 2), (0, PER, 0, 2), (0, LOC, 4, 5), ignored=[True, False, True])
    predictions = _spans((0, PER, 0, 2), (0, PER, 0, 2), (0, PER, 0, 2), (0, LOC, 4, 6))
    matches = match_spans(truth, predictions, rows=1, features=2)

    assert matches.truth_of.tolist() == [1, 0, -1, -1]
    total = count_spans(matches).total
    assert (total.tp, total.fp, total.missed, total.absorbed) == (1, 2, 0, 1)
    assert (total.truths, total.predictions) == (1, 4)


def test_without_spans_nothing_can_be_told() -> None:
    outcomes = count_spans(match_spans(_spans(), _spans(), rows=2, features=2))

    assert math.isnan(outcomes.total.f1)
    assert math.isnan(outcomes.averages.macro.f1)
    assert np.isnan(outcomes.per_row.precision).all()
    assert all(math.isnan(way.f1) for way in semeval_scores(pair_spans(_spans(), _spans(), rows=2)).total)
    assert math.isnan(overlap_f1(_spans(), _spans(), rows=0, features=0).total.f1)


def test_by_overlap_a_span_is_found_from_an_iou_on() -> None:
    truth, predictions = _spans((0, PER, 0, 4)), _spans((0, PER, 1, 4), (0, LOC, 0, 4))

    assert overlap_f1(truth, predictions, rows=1, features=2, min_iou=0.75).total.tp == 1
    assert overlap_f1(truth, predictions, rows=1, features=2, min_iou=0.76).total.tp == 0
    assert overlap_f1(truth, predictions, rows=1, features=2).total.mean_iou == 0.75
    tiny = _spans((0, PER, 0, 1000)), _spans((0, PER, 999, 1001))
    assert overlap_f1(*tiny, rows=1, features=1, min_iou=1e-6).total.tp == 1
    with pytest.raises(ThresholdError):
        overlap_f1(truth, predictions, rows=1, features=2, min_iou=0)


def test_the_six_cases_of_the_four_ways() -> None:
    """Right; made up; missed; other feature; other boundaries; both other."""
    truth = _spans((0, PER, 0, 2), (2, PER, 0, 2), (3, PER, 0, 2), (4, PER, 0, 2), (5, PER, 0, 2))
    predictions = _spans((0, PER, 0, 2), (1, PER, 0, 2), (3, LOC, 0, 2), (4, PER, 0, 3), (5, LOC, 1, 3))
    scores = semeval_scores(pair_spans(truth, predictions, rows=6))
    cases = {
        way: [
            [name for name in SemevalCounts._fields if getattr(getattr(scores.per_row, way), name)[row]]
            for row in range(6)
        ]
        for way in scores.per_row._fields
    }

    assert cases == {
        "strict": [["correct"], ["spurious"], ["missed"], ["incorrect"], ["incorrect"], ["incorrect"]],
        "exact": [["correct"], ["spurious"], ["missed"], ["correct"], ["incorrect"], ["incorrect"]],
        "partial": [["correct"], ["spurious"], ["missed"], ["correct"], ["partial"], ["partial"]],
        "type": [["correct"], ["spurious"], ["missed"], ["incorrect"], ["correct"], ["incorrect"]],
    }
    assert {int(way.possible) for way in scores.total} == {5}
    assert {int(way.actual) for way in scores.total} == {5}
    assert scores.total.partial.precision == (2 + 2 / 2) / 5


def test_pairs_are_one_to_one_and_the_best_go_first() -> None:
    truth = _spans((0, PER, 0, 6), (0, LOC, 4, 6))
    predictions = _spans((0, LOC, 0, 5), (0, PER, 0, 2), (0, PER, 4, 6))
    scores = semeval_scores(pair_spans(truth, predictions, rows=1)).total

    # The third has the boundaries of LOC; then the second has the feature of PER; the first is left.
    assert scores.exact == SemevalCounts(1, 1, 0, 0, 1)
    assert scores.type == SemevalCounts(1, 1, 0, 0, 1)


def test_the_four_ways_leave_out_ignored_spans_and_unsure_predictions() -> None:
    truth = _spans((0, PER, 0, 2), (0, PER, 4, 6), ignored=[True, False])
    predictions = _spans((0, PER, 1, 2), (0, PER, 4, 6), (0, PER, 8, 9), confidence=[1, 0.4, 0.2])
    pairs = pair_spans(truth, predictions, rows=1)

    assert semeval_scores(pairs).total.strict == SemevalCounts(1, 0, 0, 0, 1)
    assert semeval_scores(pairs, min_confidence=0.5).total.strict == SemevalCounts(0, 0, 0, 1, 0)


def test_spans_are_checked_on_arrival() -> None:
    with pytest.raises(
        ColumnError, match=r"1 of 2 spans end at or before their start; .* number 1 \(row 3\) from 2 to 2"
    ):
        _spans((0, 0, 0, 1), (3, 0, 2, 2))
    with pytest.raises(ColumnError, match="have a start that is no whole number"):
        Spans.from_offsets([0], [0], [-1], [2])
    with pytest.raises(ColumnError, match="Column 'feature' has 2 values"):
        Spans.from_offsets([0], [0, 1], [0], [2])
    with pytest.raises(ColumnError, match="outside"):
        _spans((0, 0, 0, 1), confidence=[1.5])
    with pytest.raises(ColumnError, match="predicted spans name a feature that does not exist"):
        match_spans(_spans(), _spans((0, 3, 0, 1)), rows=1, features=3)
    with pytest.raises(ColumnError, match="true spans name a row"):
        pair_spans(_spans((1, 0, 0, 1)), _spans(), rows=1)
    matches = match_spans(_spans(), _spans(), rows=3, features=1)
    with pytest.raises(ColumnError, match="one flag"):
        matches.on_rows(np.ones(2, dtype=bool))
    with pytest.raises(ThresholdError):
        matches.above(2)
