"""What training anew changes apart from other rows, intervals that hold both, and plans that keep their promise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from metrics import ColumnError, SeedGain, ThresholdError, gain_of_seeds, ratio, row_mean, run_values, split_variance
from metrics.student import quantile, share_below


def _runs(
    rng: np.random.Generator, *, seeds: tuple[int, int] = (3, 3), rows: int = 200, gain: float = 0.0, **spread: float
) -> list[np.ndarray]:
    """Both models' runs on rows that are hard for all; rows gain more or less."""
    hard, more = rng.normal(0, 1, rows), rng.normal(0, spread.get("gains", 0.3), rows)
    return [
        hard
        + of * (gain + more)
        + rng.normal(0, spread.get("runs", 0.05), (k, 1))
        + rng.normal(0, spread.get("rest", 0.5), (k, rows))
        for of, k in enumerate(seeds)
    ]


def test_components_are_found_again() -> None:
    rng = np.random.default_rng(0)
    splits = [
        split_variance(rng.normal(0, 0.2, (4, 1)) + rng.normal(0, 1, 60) + rng.normal(0, 0.5, (4, 60)))
        for _ in range(400)
    ]

    assert np.mean([each.of_seeds for each in splits]) == pytest.approx(0.04, rel=0.15)
    assert np.mean([each.of_rows for each in splits]) == pytest.approx(1.0, rel=0.05)
    assert np.mean([each.of_both for each in splits]) == pytest.approx(0.25, rel=0.02)


def test_components_are_those_of_a_two_way_table() -> None:
    """By hand: runs differ by 2, rows by 1, and nothing is left."""
    split = split_variance([[1, 0, 1, 0], [3, 2, 3, 2]])

    assert (split.mean, split.seeds, split.rows) == (1.5, 2, 4)
    assert (split.of_seeds, split.of_both) == (2.0, 0.0)
    assert split.of_rows == pytest.approx(1 / 3)
    assert split.seed_spread == pytest.approx(math.sqrt(2))
    assert split.row_spread == pytest.approx(math.sqrt(1 / 12))
    assert split.seed_share == pytest.approx(2 / (2 + 1 / 12))


def test_runs_that_only_differ_by_rows_have_no_variance_of_their_own() -> None:
    split = split_variance([[1, 0, 1, 0], [0, 1, 0, 1]])

    assert (split.of_seeds, split.of_rows, split.of_both) == (0.0, 0.0, pytest.approx(2 / 3))


@pytest.mark.parametrize("seeds", [(2, 2), (3, 3), (5, 3)])
@pytest.mark.parametrize("runs", [0.0, 0.04, 0.15])
def test_intervals_hold_the_true_gain_as_often_as_promised(seeds: tuple[int, int], runs: float) -> None:
    rng = np.random.default_rng(7)
    gains = [gain_of_seeds(*_runs(rng, seeds=seeds, gain=0.1, runs=runs, rows=80)) for _ in range(400)]
    held = np.mean([each.low <= 0.1 <= each.high for each in gains])

    assert 0.925 <= held <= 0.995


def test_equal_models_are_called_different_no_more_often_than_promised() -> None:
    rng = np.random.default_rng(3)
    called = sum(gain_of_seeds(*_runs(rng, rows=80)).p_value < 0.05 for _ in range(400))

    assert called <= stats.binom.ppf(0.999, 400, 0.05)


def test_the_p_value_says_what_the_interval_says() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        gain = gain_of_seeds(*_runs(rng, gain=0.1, rows=50))

        assert (gain.p_value < 0.05) == (not gain.low <= 0 <= gain.high)


def test_looking_at_rows_alone_would_call_equal_models_different() -> None:
    """Why seeds count: one run of each model, compared by rows, differs for certain."""
    rng = np.random.default_rng(1)
    called = 0
    for _ in range(200):
        before, after = _runs(rng, runs=0.15, rows=400)
        called += stats.ttest_rel(after[0], before[0]).pvalue < 0.05

    assert called > 100


def _power(rng: np.random.Generator, truth: dict[str, Any]) -> float:
    return float(np.mean([gain_of_seeds(*_runs(rng, **truth)).p_value < 0.05 for _ in range(300)]))


def _exact(**truth: Any) -> SeedGain:
    """A measurement whose variances are the true ones, for so many runs and rows."""
    rng = np.random.default_rng(0)
    splits = [gain_of_seeds(*_runs(rng, **truth)) for _ in range(200)]
    return min(splits, key=lambda each: abs(each.baseline.of_seeds - 0.0016) + abs(each.candidate.of_seeds - 0.0016))


def test_as_many_seeds_as_planned_show_the_gain() -> None:
    truth = {"rows": 200, "runs": 0.04, "gain": 0.1}
    plan = _exact(seeds=(3, 3), **truth).needed(power=0.8, gain=0.1)
    seeds = int(plan.seeds)
    power = _power(np.random.default_rng(5), {"seeds": (seeds, seeds), **truth})

    assert 3 < seeds < 40
    assert 0.68 <= power <= 0.92


def test_as_many_rows_as_planned_show_the_gain() -> None:
    truth = {"seeds": (5, 5), "runs": 0.04, "gain": 0.12}
    plan = _exact(rows=100, **truth).needed(power=0.8, gain=0.12)
    power = _power(np.random.default_rng(5), {"rows": int(plan.rows), **truth})

    assert 20 < plan.rows < 1000
    assert 0.68 <= power <= 0.92


def test_no_number_of_rows_makes_up_for_runs_that_differ() -> None:
    rng = np.random.default_rng(0)
    gain = gain_of_seeds(*_runs(rng, runs=0.5, gain=0.1, rows=500))

    assert gain.needed(gain=0.1).rows == math.inf
    assert gain.needed(gain=0.1).seeds < math.inf
    assert gain.needed(gain=0.0).seeds == math.inf


def test_nothing_would_show_that_there_is_no_gain() -> None:
    nothing = gain_of_seeds(np.ones((2, 9)), np.ones((2, 9))).needed()

    assert (nothing.rows, nothing.seeds) == (math.inf, math.inf)


def test_more_is_needed_for_less_and_to_be_surer() -> None:
    gain = gain_of_seeds(*_runs(np.random.default_rng(0), gain=0.2))

    assert gain.needed(gain=0.1).seeds > gain.needed(gain=0.2).seeds
    assert gain.needed(gain=0.2, power=0.95).rows >= gain.needed(gain=0.2, power=0.5).rows


def test_permuting_runs_and_rows_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    before, after = _runs(rng, seeds=(3, 4))
    order = rng.permutation(200)
    one, other = gain_of_seeds(before, after), gain_of_seeds(before[::-1][:, order], after[:, order])

    assert (one.low, one.high, one.p_value) == pytest.approx((other.low, other.high, other.p_value))


def test_looking_from_the_other_side_turns_the_gain_around() -> None:
    before, after = _runs(np.random.default_rng(0), seeds=(3, 4), gain=0.2)
    there, back = gain_of_seeds(before, after), gain_of_seeds(after, before)

    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.p_value == pytest.approx(back.p_value)


def test_the_same_runs_gain_nothing() -> None:
    before, _ = _runs(np.random.default_rng(0))
    gain = gain_of_seeds(before, before)

    assert (gain.gain, gain.from_rows, gain.p_value) == (0.0, 0.0, 1.0)


def test_values_of_rows_have_the_ratio_for_their_mean() -> None:
    rng = np.random.default_rng(0)
    whole = rng.integers(0, 5, (30, 2)).astype(float)
    runs = [ratio("recall", rng.binomial(whole.astype(int), 0.6), whole) for _ in range(3)]
    clusters = rng.integers(0, 6, 30)
    keep = np.arange(30) % 4 > 0
    some = [run.on_rows(keep) for run in runs]

    np.testing.assert_allclose(run_values(runs).mean(axis=1), [run.value for run in runs], atol=1e-12)
    np.testing.assert_allclose(
        run_values(some, clusters=clusters).mean(axis=1), [run.value for run in some], atol=1e-12
    )
    assert run_values(some).shape == (3, keep.sum())
    assert run_values(some, clusters=clusters).shape == (3, len(np.unique(clusters[keep])))


def test_values_of_rows_are_themselves_where_each_counts_once() -> None:
    values = np.random.default_rng(0).normal(size=(2, 10))

    np.testing.assert_allclose(run_values([row_mean("score", each) for each in values]), values, atol=1e-12)


def test_the_pull_of_rows_tells_how_much_other_rows_move_a_ratio() -> None:
    """The variance over rows against that of ratios on rows drawn anew."""
    rng = np.random.default_rng(0)
    n = rng.integers(1, 9, (400, 200))
    found = rng.binomial(n, rng.beta(3, 2, n.shape))
    ratios = found.sum(axis=1) / n.sum(axis=1)
    pulls = run_values([ratio("recall", found[i], n[i]) for i in range(400)])

    assert np.mean(pulls.var(axis=1, ddof=1)) / 200 == pytest.approx(ratios.var(), rel=0.2)


@pytest.mark.parametrize("freedom", [1, 1.4, 2, 3.7, 10, 200, 1e6])
@pytest.mark.parametrize("share", [0.001, 0.025, 0.3, 0.5, 0.8, 0.975, 0.999])
def test_student_is_scipys(freedom: float, share: float) -> None:
    expected = stats.t.ppf(share, freedom)

    assert quantile(share, freedom) == pytest.approx(expected, rel=1e-5, abs=1e-9)
    assert share_below(expected, freedom) == pytest.approx(share, abs=1e-7)


def test_impossible_splits_are_refused() -> None:
    with pytest.raises(ColumnError, match="At least two runs and two rows"):
        split_variance([[1, 2, 3]])
    with pytest.raises(ColumnError, match="1 are not finite"):
        split_variance([[1, 2], [np.nan, 2]])
    with pytest.raises(ColumnError, match="baseline's runs have 2 rows and the candidate's 3"):
        gain_of_seeds([[1, 2], [2, 1]], [[1, 2, 3], [1, 2, 4]])
    with pytest.raises(ThresholdError, match="level is 95"):
        gain_of_seeds([[1, 2], [2, 1]], [[1, 2], [2, 1]], level=95)
    with pytest.raises(ThresholdError, match="power is 1"):
        gain_of_seeds([[1, 2], [2, 1]], [[1, 2], [2, 2]]).needed(power=1)
    with pytest.raises(ColumnError, match="not the same number on the same rows"):
        run_values([ratio("a", [1], [1]), ratio("b", [1], [1])])
    with pytest.raises(ColumnError, match="No runs were given"):
        run_values([])


def test_with_more_runs_no_more_rows_are_needed() -> None:
    gain = gain_of_seeds(*_runs(np.random.default_rng(0), seeds=(3, 3), gain=0.1))
    rows = [gain.needed(gain=0.1, seeds=seeds).rows for seeds in (3, 5, 10, 100)]

    assert rows[0] == gain.needed(gain=0.1).rows
    assert rows == sorted(rows, reverse=True)
    assert rows[-1] < rows[0]
    with pytest.raises(ColumnError, match="1 runs of each model"):
        gain.needed(seeds=1)
