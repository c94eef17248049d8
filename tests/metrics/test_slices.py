"""Slices where runs differ: planted ones are found, random ones are not, and each says something of its own."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import stats

from metrics import (
    ColumnError,
    PairedOutcomes,
    SliceColumn,
    ThresholdError,
    by_quantiles,
    by_value,
    find_slices,
    keep_ledger,
    match,
    mcnemar,
    pair_flags,
    pair_found,
    pair_ratios,
    ratio,
)
from metrics.comparison.flips import Swaps, draw_swaps
from metrics.objects.outcomes import count_outcomes


def _scene(
    seed: int, *, rows: int = 400, per_row: int = 4, columns: int = 6, lost: float = 0.0, where: int = 0
) -> tuple[PairedOutcomes, list[SliceColumn], np.ndarray]:
    """Runs that are equally good but for a planted loss; objects of a row are found and missed together."""
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(rows), per_row)
    codes = rng.integers(0, 3, (columns, rows))
    codes[1] = np.where(rng.random(rows) < 0.6, codes[0], codes[1])  # columns that hang together
    ease = rng.normal(size=rows)[row] + rng.normal(size=len(row)) * 0.5
    found = ease + rng.normal(size=(2, rows))[:, row] * 0.7 + rng.normal(size=(2, len(row))) * 0.5 > -0.5
    planted = (codes[2] == 1) if where == 1 else (codes[2] == 1) & (codes[3] == 2)
    found[1] &= ~(planted[row] & (rng.random(len(row)) < lost))
    outcomes = pair_flags("recall", row, found[0], found[1], rows=rows)
    return outcomes, [by_value(f"c{i}", each) for i, each in enumerate(codes)], planted


def test_equal_runs_seldom_have_a_slice_in_which_they_differ() -> None:
    named = sum(bool(find_slices(*_scene(seed)[:2], swaps=200, seed=seed).found) for seed in range(300))

    assert named <= stats.binom.ppf(0.999, 300, 0.05)


def test_runs_that_differ_by_accident_of_few_clusters_are_not_called_different() -> None:
    """Each of 12 sites is good for one run; rows of a site are not independent."""
    named = {False: 0, True: 0}
    for seed, known in product(range(100), named):
        rng = np.random.default_rng(seed)
        site = np.repeat(np.arange(12), 30)
        swing = rng.normal(size=(12, 2))[site] + rng.normal(size=(360, 2)) > 0
        outcomes = pair_flags("accuracy", np.arange(360), swing[:, 0], swing[:, 1], rows=360)
        columns = [by_value("half", site < 6), by_value("third", site % 3)]
        named[known] += bool(find_slices(outcomes, columns, swaps=200, clusters=site if known else None).found)

    assert named[False] > 50
    assert named[True] <= stats.binom.ppf(0.999, 100, 0.05)


@pytest.mark.parametrize(("where", "lost", "words"), [(1, 0.4, "c2 = 1"), (2, 0.7, "c2 = 1 and c3 = 2")])
def test_a_planted_regression_is_found_and_nothing_else(where: int, lost: float, words: str) -> None:
    """A third of the rows loses 40 % of what was found, or a ninth of them 70 %."""
    named = [
        [each.words for each in find_slices(*_scene(seed, lost=lost, where=where)[:2], swaps=200).worse]
        for seed in range(60)
    ]

    assert sum(words in each for each in named) >= 54
    assert sum(each == [words] for each in named) >= 48


def test_intervals_hold_the_true_gain_of_what_was_found() -> None:
    """A loss of 40 % of what the baseline finds; intervals of slices found for being large must still hold it."""
    many, _, _ = _scene(0, rows=100_000)
    gain = -0.4 * many.part[:, 1].mean()
    searched = [find_slices(*_scene(seed, lost=0.4, where=1)[:2], swaps=200) for seed in range(60)]
    found = [each for slices in searched for each in slices.worse if each.words == "c2 = 1"]

    assert len(found) > 50
    assert sum(each.low <= gain <= each.high for each in found) >= 0.95 * len(found)


def test_a_slice_is_told_with_what_both_runs_made_of_it() -> None:
    outcomes, columns, planted = _scene(3, lost=0.7)
    (worst,) = find_slices(outcomes, columns).worse
    inside = planted[outcomes.row]

    np.testing.assert_array_equal(worst.mask, planted)
    np.testing.assert_array_equal(worst.chosen, inside)
    assert worst.conditions == ("c2 = 1", "c3 = 2")
    assert (worst.rows, worst.objects) == (planted.sum(), 4 * planted.sum())
    assert (worst.baseline, worst.candidate) == tuple(outcomes.part[inside].mean(axis=0))
    assert worst.low <= worst.gain <= worst.high < 0
    assert worst.p_value < worst.adjusted_p == pytest.approx(1 / 1001)


def test_looking_from_the_other_side_turns_worse_into_better() -> None:
    outcomes, columns, _ = _scene(3, lost=0.7)
    there = find_slices(outcomes, columns)
    back = find_slices(replace(outcomes, part=outcomes.part[:, ::-1], whole=outcomes.whole[:, ::-1]), columns)

    assert [each.words for each in there.worse] == [each.words for each in back.better]
    assert there.found[0].gain == pytest.approx(-back.found[0].gain)
    assert there.found[0].adjusted_p == back.found[0].adjusted_p


def test_where_lower_is_better_falling_is_better() -> None:
    outcomes, columns, _ = _scene(3, lost=0.7)
    errors = replace(outcomes, part=outcomes.whole - outcomes.part, lower_is_better=True)

    assert [each.words for each in find_slices(errors, columns).worse] == ["c2 = 1 and c3 = 2"]


def test_a_run_against_itself_differs_nowhere() -> None:
    outcomes, columns, _ = _scene(0)
    slices = find_slices(replace(outcomes, part=outcomes.part[:, [0, 0]]), columns)

    assert slices.found == ()
    assert (slices.overall.gain, slices.overall.p_value, slices.overall.adjusted_p) == (0.0, 1.0, 1.0)
    assert not slices.overall.worse


def test_permuting_objects_changes_nothing() -> None:
    outcomes, columns, _ = _scene(3, lost=0.7)
    order = np.random.default_rng(0).permutation(len(outcomes))
    one, other = find_slices(outcomes, columns), find_slices(outcomes.only(order), columns)

    assert [each.words for each in one.found] == [each.words for each in other.found]
    assert one.critical == pytest.approx(other.critical)
    np.testing.assert_array_equal(one.found[0].chosen[order], other.found[0].chosen)


def test_some_rows_are_searched_as_if_alone() -> None:
    outcomes, columns, _ = _scene(3, lost=0.9)
    keep = np.arange(400) < 300
    some = find_slices(outcomes.on_rows(keep), columns)
    alone = pair_flags(
        "recall", outcomes.row[:1200], outcomes.part[:1200, 0] > 0, outcomes.part[:1200, 1] > 0, rows=300
    )
    expected = find_slices(alone, [replace(each, codes=each.codes[:300]) for each in columns])

    assert [(each.words, each.gain, each.adjusted_p) for each in some.found] == [
        (each.words, each.gain, each.adjusted_p) for each in expected.found
    ]
    assert some.found[0].mask.shape == (400,)


def _runs(better: np.ndarray, worse: np.ndarray) -> PairedOutcomes:
    """One object a row, right in both runs but where one of them is not."""
    return pair_flags("accuracy", np.arange(len(better)), ~better, ~worse, rows=len(better))


NUMBER = np.arange(1200)
RAIN, NIGHT, NORTH = NUMBER % 2 == 1, NUMBER // 2 % 2 == 1, NUMBER // 4 % 2 == 1
COLUMNS = [by_value("rain", RAIN), by_value("night", NIGHT), by_value("north", NORTH)]
NOWHERE = np.zeros(1200, dtype=bool)


def _words(outcomes: PairedOutcomes, columns: list[SliceColumn] = COLUMNS, **options: Any) -> list[str]:
    return [each.words for each in find_slices(outcomes, columns, **options).found]


def test_what_is_worse_everywhere_is_told_once() -> None:
    assert _words(_runs(NOWHERE, NUMBER % 5 == 0)) == ["all"]


def test_a_slice_that_is_much_worse_than_the_rest_is_told_beside_it() -> None:
    assert _words(_runs(NOWHERE, (NUMBER % 11 == 0) | (NIGHT & (NUMBER % 3 > 0)))) == ["all", "night = True"]


def test_a_condition_that_adds_nothing_is_left_out() -> None:
    almost_all = by_value("sensor", np.where(NUMBER % 50 == 7, "broken", "sound"))
    worse = RAIN & (NUMBER % 3 > 0) & (NUMBER != 7)

    assert _words(_runs(NOWHERE, worse), [*COLUMNS, almost_all]) == ["rain = True"]


def test_a_part_of_a_slice_is_told_instead_where_the_rest_is_no_worse() -> None:
    assert _words(_runs(NOWHERE, RAIN & NIGHT & (NUMBER % 3 > 0))) == ["rain = True and night = True"]


def test_a_column_that_says_the_same_is_left_out() -> None:
    assert _words(_runs(NOWHERE, NIGHT & (NUMBER % 3 > 0)), [*COLUMNS, by_value("dark", NIGHT)]) == ["night = True"]


def test_what_is_worse_in_one_slice_and_better_in_another_is_told_of_both() -> None:
    found = find_slices(_runs(RAIN & (NUMBER % 3 == 0), NIGHT & ~RAIN & (NUMBER % 4 < 3)), COLUMNS)

    assert [each.words for each in found.better] == ["rain = True"]
    assert [each.words for each in found.worse] == ["rain = False and night = True"]


def test_three_conditions_are_found_when_asked_for() -> None:
    outcomes = _runs(NOWHERE, RAIN & NIGHT & NORTH)

    assert _words(outcomes, conditions=3) == ["rain = True and night = True and north = True"]
    assert len(_words(outcomes, conditions=1)) >= 1


def test_slices_without_support_are_not_looked_at() -> None:
    few = by_value("few", NUMBER < 29)
    outcomes = _runs(NOWHERE, NUMBER < 29)

    assert "few = True" not in _words(outcomes, [few])
    assert _words(outcomes, [few], min_rows=29, min_objects=29) == ["few = True"]
    assert _words(outcomes, [few], min_rows=29, min_objects=30) != ["few = True"]
    assert find_slices(outcomes, [few]).searched == 2


def test_unknown_values_are_in_no_slice() -> None:
    column = by_value("weather", ["rain" if each else "" for each in RAIN])

    assert find_slices(_runs(NOWHERE, RAIN), [column]).searched == 2


def test_objects_may_have_columns_of_their_own() -> None:
    row = np.repeat(np.arange(200), 4)
    small, crowded = np.arange(800) % 2 == 0, np.repeat(np.arange(200) % 2 == 0, 4)
    outcomes = pair_flags("recall", row, np.ones(800, bool), ~(small & crowded), rows=200)
    columns = [by_value("small", small, about="objects"), by_value("crowded", np.arange(200) % 2 == 0)]
    (worst,) = find_slices(outcomes, columns).found

    assert worst.words == "small = True and crowded = True"
    np.testing.assert_array_equal(worst.chosen, small & crowded)
    assert (worst.rows, worst.objects) == (100, 200)


def test_ratios_whose_lower_sums_differ_are_compared_by_swapping_whole_rows(make_scene: Any) -> None:
    """Precision: the candidate adds false alarms in half of the rows."""
    rng = np.random.default_rng(0)
    tp = rng.integers(1, 5, (300, 2)).astype(float)
    fp = rng.integers(0, 3, (300, 2)).astype(float)
    more = fp + np.where(np.arange(300)[:, None] % 2 == 0, 2, 0)
    outcomes = pair_ratios(ratio("precision", tp, tp + fp), ratio("precision", tp, tp + more))
    (worst,) = find_slices(outcomes, [by_value("even", np.arange(300) % 2 == 0)]).found

    assert worst.words == "even = True"
    assert worst.baseline == pytest.approx(tp[::2].sum() / (tp + fp)[::2].sum())
    assert worst.candidate == pytest.approx(tp[::2].sum() / (tp + more)[::2].sum())


def test_equal_precision_of_unlike_runs_is_seldom_called_different() -> None:
    """The candidate predicts twice as much, as precisely."""
    named = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        share = rng.beta(4, 2, 300)
        n = rng.integers(0, 6, 300)
        before, after = (ratio("precision", rng.binomial(k, share), k) for k in (n, 2 * n))
        columns = [by_value(f"c{i}", rng.integers(0, 3, 300)) for i in range(4)]
        named += bool(find_slices(pair_ratios(before, after), columns, swaps=200, seed=seed).found)

    assert named <= stats.binom.ppf(0.999, 200, 0.05)


@pytest.mark.parametrize("seed", range(5))
def test_truths_of_a_ledger_are_found_as_often_as_counted(seed: int, make_scene: Any) -> None:
    runs = [match(make_scene(seed).overlaps(), min_confidence=each) for each in (0.2, 0.6)]
    outcomes = pair_found(keep_ledger(*runs), keep=runs[0].overlaps.keep)

    for side, run in enumerate(runs):
        assert outcomes.part[:, side].sum() == count_outcomes(run).total.tp
    assert len(outcomes) == count_outcomes(runs[0]).total.truths


def _swaps(part: np.ndarray, row: np.ndarray, **options: Any) -> Swaps:
    outcomes = pair_flags("recall", row, part[:, 0], part[:, 1], rows=int(row.max()) + 1)
    return draw_swaps(outcomes, clusters=None, count=options.get("count", 100), seed=0)


def test_a_p_value_is_mcnemars_where_rows_hold_one_object() -> None:
    part = np.random.default_rng(0).random((200, 2)) < [[0.7, 0.5]]
    swaps = _swaps(part, np.arange(200))
    fixed, broken = np.count_nonzero(part[:, 1] & ~part[:, 0]), np.count_nonzero(part[:, 0] & ~part[:, 1])

    assert swaps.p_value(np.ones(200, dtype=bool)) == pytest.approx(mcnemar([fixed], [broken])[0])


def test_a_p_value_is_counted_out_over_all_swaps_where_rows_hold_several() -> None:
    part = np.random.default_rng(1).random((24, 2)) < [[0.7, 0.4]]
    row = np.repeat(np.arange(8), 3)
    change = np.bincount(row, weights=part[:, 1].astype(float) - part[:, 0])
    sums = [abs(np.dot(signs, change)) for signs in product([-1, 1], repeat=8)]
    expected = np.mean(np.array(sums) >= abs(change.sum()) - 1e-9)

    assert _swaps(part, row).p_value(np.ones(24, dtype=bool)) == pytest.approx(expected)


def test_a_p_value_comes_from_the_swaps_drawn_where_changes_are_no_whole_numbers() -> None:
    rng = np.random.default_rng(2)
    change = rng.normal(0.25, 1, 60)
    outcomes = pair_ratios(ratio("score", np.zeros(60), np.ones(60)), ratio("score", change, np.ones(60)))
    p_value = draw_swaps(outcomes, clusters=None, count=5000, seed=0).p_value(np.ones(60, dtype=bool))

    assert p_value == pytest.approx(stats.ttest_1samp(change, 0).pvalue, abs=0.02)


def test_ranges_hold_equal_shares_and_keep_equal_numbers_together() -> None:
    column = by_quantiles("area", [5, 1, 1, 1, 9, np.nan, 7, 3], bins=4)

    assert column.codes.tolist() == [1, 0, 0, 0, 2, -1, 2, 1]
    assert column.words == ("area from 1 to under 3", "area from 3 to under 6", "area from 6 to 9")


def test_a_column_of_equal_or_unknown_numbers_has_one_range_or_none() -> None:
    assert by_quantiles("n", [2, 2]).words == ("n from 2 to 2",)
    assert by_quantiles("n", [np.nan]).codes.tolist() == [-1]


def test_values_may_be_texts_flags_numbers_or_codes_with_names() -> None:
    assert by_value("a", [None, "x", 3, float("nan")]).words == ("a = 3", "a = x")
    assert by_value("a", [True, False]).words == ("a = False", "a = True")
    assert by_value("a", [1.5, np.nan]).codes.tolist() == [0, -1]
    assert by_value("feature", [1, -1, 0], names=["cat", "dog"]).words == ("feature = cat", "feature = dog")


def test_nothing_to_compare_is_no_slice() -> None:
    slices = find_slices(pair_flags("recall", [], [], [], rows=3), [by_value("a", ["x", "y", "z"])])

    assert (slices.found, slices.searched, slices.overall.objects) == ((), 0, 0)
    assert np.isnan(slices.overall.gain)


def test_impossible_searches_are_refused() -> None:
    outcomes, columns, _ = _scene(0)
    with pytest.raises(ColumnError, match="Column 'x' has 2 values for 400 rows"):
        find_slices(outcomes, [by_value("x", [1, 2])])
    with pytest.raises(ColumnError, match="4 conditions were asked for"):
        find_slices(outcomes, columns, conditions=4)
    with pytest.raises(ColumnError, match="3 cluster numbers for 400 rows"):
        find_slices(outcomes, columns, clusters=np.arange(3))
    with pytest.raises(ThresholdError, match="level is 95"):
        find_slices(outcomes, columns, level=95)
    with pytest.raises(ColumnError, match="1 of 2 codes of 'f' have no name; first: number 1 with 7"):
        by_value("f", [0, 7], names=["cat"])
    with pytest.raises(ColumnError, match="1 of 1 numbers of 'n' are infinite"):
        by_quantiles("n", [np.inf])
    with pytest.raises(ColumnError, match="two numbers"):
        pair_ratios(ratio("a", [1], [1]), ratio("b", [1], [1]))
    with pytest.raises(ColumnError, match="counts 1 rows in the baseline and 2"):
        pair_ratios(ratio("a", [1], [1]), ratio("a", [1, 1], [1, 1]))


def test_twenty_columns_of_five_thousand_rows_are_searched_with_all_their_pairs() -> None:
    rng = np.random.default_rng(0)
    right = rng.random((5000, 2)) < 0.8
    outcomes = pair_flags("accuracy", np.arange(5000), right[:, 0], right[:, 1], rows=5000)
    columns = [by_value(f"c{i}", rng.integers(0, 8, 5000)) for i in range(20)]

    assert find_slices(outcomes, columns).searched > 10_000
