"""Numbers of one's own are measured and compared like ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from metrics import (
    ColumnError,
    RowRatio,
    count_outcomes,
    draw_rows,
    feature_values,
    gain_of,
    match,
    ratio,
    row_mean,
)


def test_a_ratio_is_of_sums_and_not_a_mean_of_ratios() -> None:
    found = ratio("found", [1, 0], [1, 3])

    assert (found.value, found.support) == (0.25, 4)
    assert found.per_row.tolist() == [1, 0]


def test_rows_that_say_nothing_are_undefined_and_in_no_sum() -> None:
    mean = row_mean("seconds", [1.0, np.nan, 3.0], lower_is_better=True)

    assert (mean.value, mean.support) == (2, 2)
    np.testing.assert_array_equal(mean.per_row, [1, np.nan, 3])


def test_nothing_at_all_is_undefined() -> None:
    assert np.isnan(row_mean("seconds", []).value)
    assert np.isnan(ratio("found", [0, 0], [0, 0]).value)


def test_values_may_stand_for_each_feature_too() -> None:
    found = ratio("found", [[1, 0], [1, 0]], [[1, 0], [3, 0]])

    np.testing.assert_array_equal(found.per_feature, [0.5, np.nan])
    assert found.value == 0.5
    assert found.on_rows(np.array([True, False])).per_feature[0] == 1


def test_some_rows_count_as_if_alone() -> None:
    keep = np.array([True, False, True])
    among, alone = ratio("found", [1, 0, 2], [2, 5, 2]).on_rows(keep), ratio("found", [1, 2], [2, 2])

    assert among.value == alone.value
    np.testing.assert_array_equal(among.per_row[keep], alone.per_row)
    assert np.isnan(among.per_row[1])


def test_a_resample_counts_rows_as_often_as_they_are_drawn() -> None:
    found = ratio("found", [1, 0, 2], [2, 5, 2])
    drawn = draw_rows(found.keep, count=200, seed=3)
    weights = drawn.weights(0, 200)
    expected = (weights @ [1, 0, 2]) / (weights @ [2, 5, 2])

    np.testing.assert_allclose(found.resampled(drawn), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_our_own_recall_is_one_of_them(seed: int, make_scene: Any) -> None:
    outcomes = count_outcomes(match(make_scene(seed).overlaps()))
    recall = ratio("recall", outcomes.per_row.tp, outcomes.per_row.truths)

    assert recall.value == float(outcomes.total.recall)
    np.testing.assert_array_equal(recall.per_row, outcomes.per_row.recall)


def test_a_cost_that_falls_is_better() -> None:
    before, after = (row_mean("cost", values, lower_is_better=True) for values in ([3, 4, 5] * 2, [2, 3, 4] * 2))
    gain = gain_of(before, after, draw_rows(before.keep, count=20))

    assert (gain.gain, gain.low, gain.high, gain.p_better) == pytest.approx((-1, -1, -1, 1))


def test_values_of_features_have_a_mean_of_what_is_defined() -> None:
    assert feature_values("price", [1, np.nan, 2]).value == 1.5
    assert np.isnan(feature_values("price", []).value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ratio("found", [1, 2], [1]), r"'found' has \[2\] values above the line and \[1\] below it"),
        (lambda: ratio("found", [1, np.nan], [1, 1]), "1 of 2 rows of 'found' have .* first: row 1 with nan by 1"),
        (lambda: ratio("found", [1, 1], [1, -1]), "1 of 2 rows of 'found' .* first: row 1 with 1.0 by -1.0"),
        (lambda: row_mean("score", [1, np.inf]), "1 of 2 rows of 'score'"),
        (lambda: row_mean("score", [1, 2]).per_feature, "'score' has one value for each row; for features"),
        (lambda: feature_values("price", [[1]]), "'price' needs one finite number for each feature"),
    ],
)
def test_values_that_do_not_fit_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ColumnError, match=message):
        make()


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        (row_mean("cost", [1, 2]), "'score' and 'cost' are two numbers"),
        (row_mean("score", [1, 2, 3]), "counts 2 of 2 rows in the baseline and 3 of 3 in the candidate"),
        (row_mean("score", [1, 2]).on_rows(np.array([True, False])), "2 of 2 rows in the baseline and 1 of 2"),
    ],
)
def test_a_gain_is_of_one_number_on_the_same_rows(candidate: RowRatio, message: str) -> None:
    baseline = row_mean("score", [1, 2])

    with pytest.raises(ColumnError, match=message):
        gain_of(baseline, candidate, draw_rows(baseline.keep, count=2))
