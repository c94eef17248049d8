"""How high scores are, and how near the true ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from metrics import ColumnError, Ratings, RatingSummary, rating_summary

SEEDS = range(25)
NAN = float("nan")
ARENA = {
    "claude-2": 6.723,
    "claude-1": 6.268,
    "claude-instant-1": 6.023,
    "gpt-3.5-turbo": 6.759,
}  # 6.737 if the null were 0


def _given(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of few steps, so that ties are common, with gaps on both sides."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 60))
    truth = rng.integers(1, 11, n).astype(float)
    score = (truth + rng.integers(-3, 4, n)).clip(1, 10)
    score[rng.random(n) < 0.1], truth[rng.random(n) < 0.1] = np.nan, np.nan
    score[:2], truth[:2] = [1, 9], [2, 8]
    return score, truth


def _assert_equal(one: RatingSummary, other: RatingSummary) -> None:
    np.testing.assert_allclose([*one.numbers().values()], [*other.numbers().values()], rtol=0, atol=1e-12)
    assert (one.rows, one.scored, one.without_truth) == (other.rows, other.scored, other.without_truth)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_is_that_of_the_reference(seed: int) -> None:
    score, truth = _given(seed)
    summary = rating_summary(Ratings.from_scores(score, truth=truth))
    both = ~np.isnan(score) & ~np.isnan(truth)
    t, s = truth[both], score[both]
    theirs = {
        "mean": np.nanmean(score),
        "true_mean": t.mean(),
        "bias": (s - t).mean(),
        "mae": sk.mean_absolute_error(t, s),
        "rmse": sk.root_mean_squared_error(t, s),
        "r2": sk.r2_score(t, s),
        "pearson": stats.pearsonr(s, t).statistic,
        "spearman": stats.spearmanr(s, t).statistic,
    }

    assert summary.numbers().keys() == theirs.keys()
    np.testing.assert_allclose([*summary.numbers().values()], [*theirs.values()], rtol=0, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-150, 1e-9, 1.0, 1e9, 1e150])
def test_correlation_does_not_depend_on_the_unit(scale: float) -> None:
    score, truth = _given(3)
    before, after = (rating_summary(Ratings.from_scores(score * unit, truth=truth)) for unit in (1.0, scale))

    assert (after.pearson, after.spearman) == (pytest.approx(before.pearson, abs=1e-12), before.spearman)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kept", [0.0, 0.5, 1.0])
def test_measuring_some_rows_equals_measuring_them_alone(seed: int, kept: float) -> None:
    score, truth = _given(seed)
    keep = np.random.default_rng(seed).random(len(score)) < kept
    among = Ratings.from_scores(score, truth=truth).on_rows(keep)

    _assert_equal(rating_summary(among), rating_summary(Ratings.from_scores(score[keep], truth=truth[keep])))
    np.testing.assert_array_equal(among.error[keep], (score - truth)[keep])
    assert np.isnan(among.error[~keep]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    score, truth = _given(seed)
    order = np.random.default_rng(seed).permutation(len(score))
    before, after = Ratings.from_scores(score, truth=truth), Ratings.from_scores(score[order], truth=truth[order])

    _assert_equal(rating_summary(before), rating_summary(after))


def test_giving_the_true_score_is_perfect() -> None:
    summary = rating_summary(Ratings.from_scores([1, 5, 3, 3], truth=[1, 5, 3, 3]))

    assert (summary.bias, summary.mae, summary.rmse) == (0, 0, 0)
    assert (summary.r2, summary.pearson, summary.spearman) == (1, 1, 1)


def test_missing_scores_are_left_out_and_counted() -> None:
    summary = rating_summary(Ratings.from_scores([4, NAN, 6, 8], truth=[5, 1, NAN, 8]))

    assert (summary.mean, summary.bias) == (6, -0.5)
    assert (summary.scored, summary.rows, summary.without_score, summary.without_truth) == (3, 2, 1, 1)


def test_scores_without_truth_have_a_mean_alone() -> None:
    summary = rating_summary(Ratings.from_scores([4, 6]))

    assert summary.mean == 5
    assert [name for name, value in summary.numbers().items() if not np.isnan(value)] == ["mean"]


def test_what_is_constant_correlates_with_nothing() -> None:
    summary = rating_summary(Ratings.from_scores([4, 6, 5], truth=[3, 3, 3]))

    assert np.isnan([summary.r2, summary.pearson, summary.spearman]).all()
    assert summary.mae == 2


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_and_a_single_row_have_no_correlation(n: int) -> None:
    summary = rating_summary(Ratings.from_scores([4.0] * n, truth=[5.0] * n))

    assert np.isnan([summary.r2, summary.pearson, summary.spearman]).all()
    assert np.isnan(summary.mae) == (n == 0)


def test_bad_columns_are_refused() -> None:
    with pytest.raises(ColumnError, match="1 of 2 rows have an infinite score; first: row 1"):
        Ratings.from_scores([1, float("inf")])
    with pytest.raises(ColumnError, match="'truth' has 1 values"):
        Ratings.from_scores([1, 2], truth=[1])
    with pytest.raises(ColumnError, match="Rows to keep are"):
        Ratings.from_scores([1, 2]).on_rows(np.array([True]))


def _judged(shared_data: Path, model: str) -> dict[str, float]:
    lines = (shared_data / "arena_bench_v1" / "model_judgment" / f"{model}.jsonl").read_text().splitlines()
    found = (json.loads(line) for line in lines)
    return {each["question_id"]: NAN if each["score"] is None else float(each["score"]) for each in found}


@pytest.mark.parametrize("model", ARENA)
def test_conversations_are_judged_as_is_known_with_nulls_left_out(shared_data: Path, model: str) -> None:
    summary = rating_summary(Ratings.from_scores([*_judged(shared_data, model).values()]))

    assert summary.mean == pytest.approx(ARENA[model], abs=0.0006)
    assert (summary.scored, summary.without_score) == ((299, 1) if model == "gpt-3.5-turbo" else (300, 0))


def test_one_model_foretells_the_score_of_another_as_scipy_says(shared_data: Path) -> None:
    one, other = (_judged(shared_data, model) for model in ("gpt-3.5-turbo", "claude-2"))
    score, truth = np.array([*one.values()]), np.array([other[key] for key in one])
    both = ~np.isnan(score)
    summary = rating_summary(Ratings.from_scores(score, truth=truth))

    assert summary.rows == 299
    assert summary.pearson == pytest.approx(stats.pearsonr(score[both], truth[both]).statistic, abs=1e-12)
    assert summary.spearman == pytest.approx(stats.spearmanr(score[both], truth[both]).statistic, abs=1e-12)
    assert summary.r2 == pytest.approx(sk.r2_score(truth[both], score[both]), abs=1e-12)
    assert summary.rmse == pytest.approx(sk.root_mean_squared_error(truth[both], score[both]), abs=1e-12)
