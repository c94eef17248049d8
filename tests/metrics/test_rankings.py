"""How well a run orders the candidates of each row."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import ndcg_score

from metrics import ColumnError, Rankings, RankingSummary, ThresholdError, ranking_summary

SEEDS = range(20)
NAN = float("nan")


@pytest.fixture(autouse=True)
def _undefined_is_no_news() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _given(seed: int, *, gaps: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Few steps of worth and score, so that ties are common; rows of different lengths, in mixed order."""
    rng = np.random.default_rng(seed)
    rows, n = 8, 60
    row, worth, score = rng.integers(0, rows, n), rng.integers(0, 4, n) * 1.0, rng.integers(0, 4, n) / 4
    if gaps:
        worth[rng.random(n) < 0.1], score[rng.random(n) < 0.2], score[row == 1] = np.nan, np.nan, np.nan
    return row, worth, score, rows


def _pairs(worth: np.ndarray, score: np.ndarray) -> float:
    """Share of pairs in the right order by the words of the rule."""
    points = [
        0.5 if score[i] == score[j] else float((score[i] > score[j]) == (worth[i] > worth[j]))
        for i, j in combinations(range(len(worth)), 2)
        if worth[i] != worth[j]
    ]
    return float(np.mean(points)) if points else NAN


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("k", [None, 1, 3])
def test_every_row_is_measured_as_the_reference_says(seed: int, k: int | None) -> None:
    row, worth, score, rows = _given(seed)
    found = ranking_summary(Rankings.from_scores(row, worth, score, rows=rows), k=k).per_row

    for r in range(rows):
        w, s = worth[row == r], score[row == r]
        if len(w) < 2:
            continue
        theirs = [
            stats.kendalltau(w, s).statistic,
            stats.spearmanr(w, s).statistic,
            ndcg_score([w], [s], k=k) if w.any() else NAN,
            _pairs(w, s),
        ]
        ours = [column[r] for column in (found.kendall, found.spearman, found.ndcg, found.pair_agreement)]
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_of_the_best_comes_after_its_equals_that_are_not_the_best(seed: int) -> None:
    row, worth, score, rows = _given(seed)
    found = ranking_summary(Rankings.from_scores(row, worth, score, rows=rows)).per_row

    for r in range(rows):
        w, s = worth[row == r], score[row == r]
        if len(w) == 0 or np.ptp(w) == 0:
            assert np.isnan(found.reciprocal_rank[r])
            continue
        best = w == w.max()
        order = np.lexsort((best, -s))
        assert found.reciprocal_rank[r] == 1 / (1 + np.flatnonzero(best[order])[0])
        assert found.top_agreement[r] == pytest.approx(best[s == s.max()].mean())


def _assert_equal(one: RankingSummary, other: RankingSummary) -> None:
    np.testing.assert_allclose(one.mean, other.mean, rtol=0, atol=1e-12)
    assert one.support == other.support
    assert (one.rows, one.without_score, one.without_worth) == (other.rows, other.without_score, other.without_worth)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kept", [0.0, 0.5, 1.0])
def test_measuring_some_rows_equals_measuring_them_alone(seed: int, kept: float) -> None:
    row, worth, score, rows = _given(seed, gaps=True)
    keep = np.random.default_rng(seed).random(rows) < kept
    among = ranking_summary(Rankings.from_scores(row, worth, score, rows=rows).on_rows(keep))
    chosen, number = keep[row], np.cumsum(keep) - 1
    alone = ranking_summary(
        Rankings.from_scores(number[row[chosen]], worth[chosen], score[chosen], rows=int(keep.sum()))
    )

    _assert_equal(among, alone)
    for here, there in zip(among.per_row, alone.per_row, strict=True):
        np.testing.assert_array_equal(here[keep], there)
        assert np.isnan(here[~keep]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_candidates_does_not_matter(seed: int) -> None:
    row, worth, score, rows = _given(seed, gaps=True)
    order = np.random.default_rng(seed).permutation(len(row))
    before, after = (
        ranking_summary(Rankings.from_scores(row[o], worth[o], score[o], rows=rows))
        for o in (np.arange(len(row)), order)
    )

    _assert_equal(before, after)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_true_order_is_perfect(seed: int) -> None:
    row, worth, _, rows = _given(seed)
    summary = ranking_summary(Rankings.from_scores(row, worth, worth, rows=rows))

    assert summary.mean == pytest.approx((1, 1, 1, 1, 1, 1), abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_many_rows_are_measured_in_parts(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    row, worth, score, rows = _given(seed, gaps=True)
    rankings = Rankings.from_scores(row, worth, score, rows=rows)
    at_once = ranking_summary(rankings)
    monkeypatch.setattr("metrics.ratings.rankings.LARGEST_BLOCK", 1)

    _assert_equal(at_once, ranking_summary(rankings))


def test_places_are_worth_the_candidates_behind_them() -> None:
    rankings = Rankings.from_places([0, 0, 0, 0, 1, 1], [1, 2, 2, 4, NAN, 7], [2, 1, 3, 4, 1, 2], rows=2)

    np.testing.assert_array_equal(rankings.worth, [3, 1, 1, 0, NAN, 0])
    assert ranking_summary(rankings).per_row.top_agreement.tolist()[0] == 0


def test_unscored_candidates_come_last_all_at_once() -> None:
    found = ranking_summary(Rankings.from_scores([0, 0, 0], [3, 2, 1], [NAN, 0.1, NAN], rows=1))

    assert found.per_row.reciprocal_rank.tolist() == [1 / 3]
    assert found.per_row.pair_agreement.tolist() == [pytest.approx(0.5)]
    assert found.without_score == 2


def test_a_row_that_was_not_answered_is_wrong() -> None:
    found = ranking_summary(Rankings.from_scores([0, 0], [3, 2], [NAN, NAN], rows=1))

    assert (found.mean.ndcg, found.mean.reciprocal_rank, found.mean.top_agreement, found.mean.pair_agreement) == (
        0,
        0,
        0,
        0,
    )
    assert (found.support.kendall, found.support.ndcg, found.rows) == (0, 1, 1)


def test_rows_without_known_candidates_do_not_count() -> None:
    found = ranking_summary(Rankings.from_scores([0, 1, 1], [NAN, 2, 1], [0.5, 0.5, 0.1], rows=3))

    assert (found.rows, found.without_worth) == (1, 1)
    assert np.isnan(found.per_row.ndcg).tolist() == [True, False, True]


def test_where_no_candidate_is_better_there_is_nothing_to_agree_on() -> None:
    found = ranking_summary(Rankings.from_scores([0, 0, 1], [2, 2, 1], [0.5, 0.1, 0.3], rows=2))

    assert found.support == (0, 0, 2, 0, 0, 0)
    assert found.per_row.ndcg.tolist() == [1, 1]


def test_worth_below_0_has_no_discounted_gain() -> None:
    found = ranking_summary(Rankings.from_scores([0, 0], [-1, 2], [0.1, 0.5], rows=1))

    assert np.isnan(found.per_row.ndcg).all()
    assert found.mean.kendall == 1


def test_nothing_is_undefined() -> None:
    found = ranking_summary(Rankings.from_scores([], [], [], rows=0))

    assert np.isnan(found.mean).all()
    assert found.rows == 0


def test_bad_input_is_refused() -> None:
    with pytest.raises(ColumnError, match="infinite score; first: number 0"):
        Rankings.from_scores([0], [1], [float("inf")], rows=1)
    with pytest.raises(ColumnError, match="name a row that does not exist"):
        Rankings.from_scores([3], [1], [1], rows=1)
    with pytest.raises(ColumnError, match="'score' has 2"):
        Rankings.from_scores([0], [1], [1, 2], rows=1)
    with pytest.raises(ThresholdError, match="k is 0"):
        ranking_summary(Rankings.from_scores([0], [1], [1], rows=1), k=0)
    with pytest.raises(ColumnError, match="Rows to keep are"):
        Rankings.from_scores([0], [1], [1], rows=1).on_rows(np.array([1]))


def test_answers_are_ordered_by_their_length_as_scipy_says(shared_data: Path) -> None:
    """Six models answer each question; a run that prefers the longer answer is compared with the judge."""
    folder = shared_data / "arena_bench_v1"
    models = sorted(file.stem for file in (folder / "model_judgment").glob("*.jsonl"))
    worth, length = np.full((300, 6), np.nan), np.zeros((300, 6))
    number: dict[str, int] = {}
    for m, model in enumerate(models):
        for line in (folder / "model_judgment" / f"{model}.jsonl").read_text().splitlines():
            found = json.loads(line)
            row = number.setdefault(found["question_id"], len(number))
            judged = found["score"] is not None and found["score"] >= 0  # two are -1: the judge gave none
            worth[row, m] = found["score"] if judged else NAN
        for line in (folder / "model_answer" / f"{model}.jsonl").read_text().splitlines():
            answer = json.loads(line)
            length[number[answer["question_id"]], m] = len(json.dumps(answer["choices"]))
    summary = ranking_summary(
        Rankings.from_scores(np.repeat(np.arange(300), 6), worth.ravel(), length.ravel(), rows=300)
    )

    assert (summary.rows, summary.without_worth, len(number)) == (300, 3, 300)
    for row in range(300):
        known = ~np.isnan(worth[row])
        theirs = stats.kendalltau(worth[row, known], length[row, known]).statistic
        np.testing.assert_allclose(summary.per_row.kendall[row], theirs, rtol=0, atol=1e-12)
        theirs = ndcg_score([worth[row, known]], [length[row, known]])
        np.testing.assert_allclose(summary.per_row.ndcg[row], theirs, rtol=0, atol=1e-12)
