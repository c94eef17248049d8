"""Gains are as certain as the rows on which two runs differ allow, however many rows there are beside them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from scipy import stats

from metrics import (
    Boxes,
    Choices,
    Measured,
    Overlaps,
    ThresholdError,
    by_value,
    count_pixels,
    draw_rows,
    find_overlaps,
    find_slices,
    gain_of,
    gains_of,
    gains_of_several,
    hold_together,
    measure_choices,
    measure_objects,
    measure_pixels,
    measure_ratio,
    pair_ratios,
    paired_gain,
    ratio,
    row_mean,
)
from metrics.few_rows import rarity_of_few, strays_of_few, strays_of_many
from metrics.standing import Standing, count_differing, standing_of_features

ROWS: Final = 100


def _units_telling(*runs: list[Measured]) -> dict[tuple[str, int | None], int]:
    return {(each.name, each.feature): each.gain.telling for each in gains_of(*runs)}


def test_rows_on_which_both_do_the_same_are_not_counted() -> None:
    before = Standing(np.array([0, 0, 3, 5]), np.array([[1.0, 2], [0, 1], [1, 1], [0, 1]]))
    after = Standing(np.array([0, 3, 7]), np.array([[1.0, 3], [0, 1], [1, 1]]))

    assert count_differing(before, after) == 3  # 3 found less, 5 went, 7 came; 0 adds up to the same
    assert count_differing(after, before) == 3
    assert count_differing(before, before) == 0


def test_entries_stand_for_their_feature_and_for_all() -> None:
    unit_of = np.array([2, -1, 0, 1])
    *each, whole = standing_of_features(
        np.array([0, 1, 3, 2]), np.array([1, 1, 0, 1]), np.arange(4.0)[:, None], unit_of, features=3
    )

    assert [part.unit.tolist() for part in each] == [[1], [2, 0], []]
    assert [part.adds.ravel().tolist() for part in each] == [[2.0], [0.0, 3.0], []]
    assert len(whole.unit) == 3


def test_classes_differ_where_another_one_is_chosen() -> None:
    truth = [0, 0, 1, 1, 2, 2]
    runs = [Choices.from_codes(truth, said, classes=3) for said in ([0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 2, 0])]
    drawn = draw_rows(runs[0].keep, count=10)
    told = _units_telling(*(measure_choices(run, drawn) for run in runs))

    assert (told["accuracy", None], told["F1 macro", None]) == (2, 2)
    assert [told["recall", code] for code in range(3)] == [1, 0, 1]
    assert [told["precision", code] for code in range(3)] == [2, 1, 1]
    assert [told["F1", code] for code in range(3)] == [2, 1, 1]


def test_rows_that_are_drawn_together_count_once() -> None:
    truth, said = [0, 0, 1, 1], [[0, 0, 1, 1], [1, 1, 1, 0]]
    runs = [Choices.from_codes(truth, each, classes=2) for each in said]
    for clusters, telling in ((None, 3), (np.array([7, 7, 4, 4]), 2)):
        drawn = draw_rows(runs[0].keep, count=10, clusters=clusters)
        told = _units_telling(*(measure_choices(run, drawn) for run in runs))

        assert (told["accuracy", None], told["F1 macro", None]) == (telling, telling)


def test_pixels_differ_where_a_row_is_painted_otherwise() -> None:
    truth = [np.array([[0, 0, 1, 1]])] * 3
    said = [[truth[0]] * 3, [truth[0], np.array([[0, 0, 0, 1]]), truth[0]]]
    runs = [count_pixels(zip(truth, each, strict=True), classes=3) for each in said]
    drawn = draw_rows(runs[0].keep, count=10)
    told = _units_telling(*(measure_pixels(run, drawn) for run in runs))

    assert {told[name, None] for name in ("pixel accuracy", "mean IoU", "mean Dice")} == {1}
    assert (told["IoU", 0], told["IoU", 1], told["IoU", 2]) == (1, 1, 0)


def test_objects_stand_on_the_rows_that_hold_them(make_scene: Any) -> None:
    overlaps, other = make_scene(5).overlaps(), make_scene(5).overlaps()
    drawn = draw_rows(overlaps.keep, count=10)
    measured = measure_objects(overlaps, drawn, sizes=True)
    truths = overlaps.truths
    for number in (each for each in measured if each.name == "AP"):
        assert number.standing is not None
        here = slice(*truths.starts[[number.feature, number.feature + 1]])
        holding = truths.row[here][~truths.ignored[here]]

        np.testing.assert_array_equal(np.unique(number.standing.unit), np.unique(holding))
    assert set(_units_telling(measured, measure_objects(other, drawn, sizes=True)).values()) == {0}


@pytest.mark.parametrize(
    ("left", "sure"),
    [([0, 50, 0, 53, 0, 53], [0.9, 0.6] * 3), ([0, 53, 0, 53, 0, 53], [0.9, 0.6, 0.6, 0.9, 0.6, 0.9])],
    ids=["placed better", "surer of the better ones"],
)
def test_objects_of_equal_confidences_differ_where_they_lie_elsewhere_or_others_are_surer(
    left: list[int], sure: list[float]
) -> None:
    row, feature = np.repeat(np.arange(3), 2), np.zeros(6, dtype=int)

    def run(left: list[int], sure: list[float]) -> Overlaps:
        box = [[x, 0, 20, 20] for x in left]
        found = Boxes.from_sizes(row, feature, box, confidence=sure)
        return find_overlaps(truth, found, rows=3, features=1)

    truth = Boxes.from_sizes(row, feature, [[x, 0, 20, 20] for x in [0, 50] * 3])
    runs = run([0, 53] * 3, [0.9, 0.6] * 3), run(left, sure)
    drawn = draw_rows(runs[0].keep, count=10)
    differing = 1 if sure == [0.9, 0.6] * 3 else 2

    assert _units_telling(*(measure_objects(each, drawn) for each in runs))["AP", 0] == differing


def test_a_run_that_keeps_its_rows_elsewhere_differs_on_as_many() -> None:
    truth, order = np.array([0, 0, 1, 1]), np.array([3, 1, 0, 2])
    moved = np.empty_like(truth)
    moved[order] = truth
    said = np.array([0, 1, 1, 1])
    there = np.empty_like(said)
    there[order] = said
    drawn = draw_rows(np.ones(4, dtype=bool), count=10)
    before = measure_choices(Choices.from_codes(truth, truth, classes=2), drawn)
    after = measure_choices(Choices.from_codes(moved, there, classes=2), drawn.at(order, of=4))

    assert _units_telling(before, after)["accuracy", None] == 1


@pytest.mark.parametrize("differing", [3, 4, 5, 6, 8, 12, 20])
def test_runs_that_differ_on_few_rows_are_seldom_called_different(differing: int) -> None:
    """Each of these rows speaks for either run as a coin falls; all other rows of a hundred are alike."""
    drawn = draw_rows(np.ones(ROWS, dtype=bool), count=1000)
    weights = drawn.weights(0, 1000)
    called = 0.0
    for fixed in range(differing + 1):
        steps = np.zeros(ROWS)
        steps[:differing] = np.where(np.arange(differing) < fixed, 1, -1)
        resampled = weights @ steps / ROWS
        gain = paired_gain((0.0, steps.mean()), (0 * resampled, resampled), units=ROWS, telling=differing)
        called += stats.binom.pmf(fixed, differing, 0.5) * (not gain.low <= 0 <= gain.high)

    assert called <= 0.05


def test_as_many_rows_would_look_certain_were_only_the_rows_counted() -> None:
    """Why they are counted: four rows that fall to one side by chance, once in eight times."""
    before, after = (row_mean("right", np.arange(ROWS) < n) for n in (50, 54))
    drawn = draw_rows(before.keep, count=1000)
    gain = gain_of(before, after, drawn)
    sides = [each.resampled(drawn) for each in (before, after)]

    assert gain.telling == 4
    assert gain.low < 0
    assert paired_gain((0.5, 0.54), (sides[0], sides[1]), units=ROWS).low > 0


def test_features_that_few_rows_hold_are_seldom_called_different() -> None:
    """Families of ten features on about ten of a hundred rows, scores and hits; where all rows counted, 10 to 14 %."""
    rng = np.random.default_rng(0)
    called = dict.fromkeys(("score", "found"), 0)
    alone = dict.fromkeys(called, 0.0)
    for seed in range(200):
        holds = rng.random((ROWS, 10)) < 0.1
        hard = rng.normal(0, 1, (ROWS, 1))
        drawn = draw_rows(np.ones(ROWS, dtype=bool), count=200, seed=seed)
        sides: list[list[Measured]] = []
        for _ in range(2):
            found = (rng.random((ROWS, 10)) < 1 / (1 + np.exp(hard - 0.5))) & holds
            score = np.where(holds, hard + rng.normal(0, 1, (ROWS, 10)), 0.0)
            made = ratio("score", score, holds), ratio("found", found, holds)
            sides.append([each for number in made for each in measure_ratio(number, drawn, per_feature=True)])
        gains = [each for each in gains_of(*sides) if each.together is not None]
        for name in called:
            ends = [(g.together, g.gain) for g in gains if g.name == name and g.together is not None]
            called[name] += any(low > 0 or high < 0 for (low, high, _), _ in ends)
            alone[name] += float(np.mean([gain.low > 0 or gain.high < 0 for _, gain in ends]))

    assert max(called.values()) <= 0.05 * 200
    assert 0.03 * 200 <= alone["score"] <= 0.06 * 200
    assert alone["found"] <= 0.05 * 200


def test_what_few_rows_stray_is_students() -> None:
    for strays, telling in ((1.96, 3), (1.0, 5), (2.8, 12), (3.3, 500)):
        expected = stats.t.ppf(stats.norm.cdf(strays), telling - 1) * np.sqrt(telling / (telling - 1))

        assert strays_of_few(strays, telling) == pytest.approx(expected, rel=1e-6)
        assert strays_of_many(expected, telling) == pytest.approx(strays, rel=1e-6)
        assert rarity_of_few(expected, telling) == pytest.approx(2 * stats.norm.sf(strays), rel=1e-6)
    assert strays_of_few(2.0, None) == strays_of_many(2.0, None) == pytest.approx(2.0)


def test_intervals_reach_further_than_resamples_do() -> None:
    """Of 20 resamples the outermost lie 1.7 standard deviations from the middle; 95 % need more."""
    drawn = stats.norm.ppf(np.arange(1, 21) / 21)
    gain = paired_gain((0.0, 0.0), (np.zeros(20), drawn), units=10_000)

    assert (gain.low, gain.high) == (pytest.approx(-1.96, abs=0.001), pytest.approx(1.96, abs=0.001))


@pytest.mark.parametrize("resamples", [50, 1000])
@pytest.mark.parametrize("telling", [4, 9, 30])
def test_the_p_value_says_what_the_interval_says(telling: int, resamples: int) -> None:
    drawn = np.random.default_rng(telling).normal(0, 1, resamples)
    for shift in np.linspace(0, 6, 40):
        gain = paired_gain((0.0, shift), (np.zeros(resamples), shift + drawn), units=99, telling=telling, widened=1.1)
        if not 0.045 < gain.p_value < 0.055:
            assert (gain.p_value < 0.05) == (gain.low > 0 or gain.high < 0)
        assert gain.p_value >= 2 / (resamples + 1)


def test_one_row_cannot_tell_how_rows_vary() -> None:
    runs = [row_mean("score", [value]) for value in (0.2, 0.7)]
    drawn = draw_rows(runs[0].keep, count=20)
    gain = gain_of(*runs, drawn)
    per_feature = [measure_ratio(row_mean("score", [[value, value]]), drawn, per_feature=True) for value in (0.2, 0.7)]

    assert gain.gain == pytest.approx(0.5)
    assert np.isnan([gain.low, gain.high, gain.p_value, gain.spread]).all()
    assert all(each.together is None or np.isnan(each.together).all() for each in gains_of(*per_feature))


def test_what_nothing_adds_to_is_nothing_for_certain() -> None:
    gain = paired_gain((0.0, 0.0), (np.zeros(50), np.zeros(50)), units=0)

    assert (gain.low, gain.high, gain.p_value) == (0, 0, 1)


def test_one_cluster_cannot_tell_how_clusters_vary() -> None:
    runs = [row_mean("score", [0.1, 0.2, high]) for high in (0.2, 0.7)]
    gain = gain_of(*runs, draw_rows(runs[0].keep, count=20, clusters=np.array([4, 4, 4])))

    assert np.isnan([gain.low, gain.high, gain.p_value]).all()


def test_one_resample_tells_nothing_of_spread() -> None:
    runs = [row_mean("score", [0.1, 0.2, high]) for high in (0.2, 0.7)]
    gain = gain_of(*runs, draw_rows(runs[0].keep, count=1))

    assert gain.resamples == 1
    assert np.isnan(gain.spread)
    assert gain.p_value == 1


def test_members_of_a_family_have_their_own_number_of_rows() -> None:
    noise = np.random.default_rng(0).normal(0, 1, (999, 2))
    gains = np.array([2.9, 2.9])
    together = hold_together(gains, gains + noise * [1, 1.0001], units=[7, 10_000])

    assert together.low[0] < 0 < together.low[1]
    assert together.p_value[0] > 0.05 > together.p_value[1]


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_families_need_a_share_too(level: float) -> None:
    with pytest.raises(ThresholdError, match="level is"):
        hold_together(np.zeros(1), np.zeros((9, 1)), level=level)


def test_two_resamples_are_too_few_for_a_family() -> None:
    together = hold_together(np.array([1.0, 2.0]), np.array([[1.0, 3.0], [2.0, 2.0]]))

    assert np.isnan([*together.low, *together.high]).all()
    assert (together.p_value == 1).all()


def test_without_candidates_there_are_no_gains() -> None:
    drawn = draw_rows(np.ones(3, dtype=bool), count=5)

    assert gains_of_several(measure_ratio(row_mean("score", np.ones((3, 2))), drawn, per_feature=True), []) == ()


def test_a_slice_on_one_row_has_no_interval() -> None:
    sides = [row_mean("score", value) for value in ([0.0, 1.0, 1.0], [1.0, 1.0, 0.0])]
    one = [side.on_rows(np.array([True, False, False])) for side in sides]
    column = by_value("place", ["here"] * 3)
    for runs, clusters in ((one, None), (sides, np.zeros(3, dtype=int))):
        found = find_slices(pair_ratios(*runs), [column], min_rows=1, min_objects=1, swaps=20, clusters=clusters)

        assert np.isnan([found.overall.low, found.overall.high]).all()
        assert found.found == ()
