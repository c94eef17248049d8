"""How well a run orders the candidates of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from metrics.errors import ThresholdError
from metrics.ratings.rankings import Block, Rankings
from metrics.ratings.ranks import correlations
from metrics.undefined import divide, mean_of_defined

RANKING_RULE: Final = "unscored candidates last, linear gain"


class RankingRows(NamedTuple):
    """How well each row is ordered; NaN in rows that do not count, and where undefined.

    Attributes:
        kendall: float64[rows], Kendall's tau-b of score and worth; NaN where one of them is the same throughout.
        spearman: float64[rows], correlation of ranks, equal numbers sharing the mean of theirs; NaN as for kendall.
        ndcg: float64[rows], discounted worth of the order as a share of the best possible; the worth of equally scored
            candidates is averaged over their places. NaN where nothing is worth more than 0 or something less.
        reciprocal_rank: float64[rows], 1 / place of the first of the best candidates; among equal scores it comes
            after all that are not the best. NaN where no candidate is better than another.
        top_agreement: float64[rows], 1 where the run's first candidate is one of the best; of several first ones with
            equal scores the share that is. NaN where no candidate is better than another.
        pair_agreement: float64[rows], share of the pairs of which one is worth more that the run orders so, equal
            scores counting half. NaN where no candidate is better than another.
    """

    kendall: np.ndarray
    spearman: np.ndarray
    ndcg: np.ndarray
    reciprocal_rank: np.ndarray
    top_agreement: np.ndarray
    pair_agreement: np.ndarray


class RankingMeans(NamedTuple):
    """One number for each column of `RankingRows`: its mean over the rows where it is defined, or how many these are.

    Attributes:
        kendall: Of Kendall's tau-b.
        spearman: Of the correlation of ranks.
        ndcg: Of the normalised discounted gain.
        reciprocal_rank: Of 1 / place of the first of the best; the mean is known as MRR.
        top_agreement: Of the agreement on the first candidate.
        pair_agreement: Of the share of pairs in the right order.
    """

    kendall: float
    spearman: float
    ndcg: float
    reciprocal_rank: float
    top_agreement: float
    pair_agreement: float


@dataclass(frozen=True, eq=False)
class RankingSummary:
    """How well a run orders candidates.

    Attributes:
        mean: Mean of each number over the rows where it is defined; NaN if there are none.
        support: How many rows these are.
        per_row: Every number of every row.
        rows: Rows that count: kept, with a candidate of known worth.
        without_worth: Candidates of kept rows whose worth is not known, in no number.
        without_score: Counting candidates that the run did not score; they come last.
        k: NDCG looks at so many places; None for all.
        rule: Name of the rule.
    """

    mean: RankingMeans
    support: RankingMeans
    per_row: RankingRows
    rows: int
    without_worth: int
    without_score: int
    k: int | None
    rule: str = RANKING_RULE

    def numbers(self) -> dict[str, float]:
        """Every mean by name."""
        return self.mean._asdict()


class _Sides(NamedTuple):
    """A block's candidates compared with each other: 1 where the first is above the second, -1 below, 0 equal."""

    worth: np.ndarray
    score: np.ndarray


def ranking_summary(rankings: Rankings, *, k: int | None = None) -> RankingSummary:
    """Kendall's tau, Spearman's correlation, NDCG, mean reciprocal rank and agreement on the first and on pairs.

    Candidates that the run did not score come last, all at once. In rows of which it scored none, everything but the
    correlations is 0 where it is defined: a missing prediction is wrong. Time grows with the square of the number of
    candidates in a row.

    Args:
        rankings: From `Rankings.from_scores` or `Rankings.from_places`.
        k: NDCG looks at the first `k` places; left out, at all.

    Raises:
        ThresholdError: If `k` is below 1.

    Example:
        >>> rankings = Rankings.from_scores([0, 0, 0, 1, 1], [3, 2, 0, 1, 0], [0.5, 0.9, 0.1, 0.3, 0.8], rows=2)
        >>> summary = ranking_summary(rankings)
        >>> summary.per_row.kendall.round(3).tolist(), summary.per_row.ndcg.round(3).tolist()
        ([0.333, -1.0], [0.913, 0.631])
        >>> summary.mean.reciprocal_rank, summary.mean.top_agreement, round(summary.mean.pair_agreement, 3)
        (0.5, 0.0, 0.333)

    Source:
        scipy's `kendalltau` and `spearmanr`, scikit-learn's `ndcg_score`; parity in tests/metrics/test_rankings.py.
    """
    if k is not None and k < 1:
        raise ThresholdError(f"k is {k}; at least one place must be looked at.", value=k, lowest=1.0, highest=np.inf)
    per_row = RankingRows(*(np.full(rankings.rows, np.nan) for _ in RankingRows._fields))
    counting = 0
    for block in rankings.blocks():
        counting += len(block.row)
        for column, values in zip(per_row, _measure(block, k), strict=True):
            column[block.row] = values
    return RankingSummary(
        mean=RankingMeans(*(mean_of_defined(column) for column in per_row)),
        support=RankingMeans(*(int((~np.isnan(column)).sum()) for column in per_row)),
        per_row=per_row,
        rows=counting,
        without_worth=rankings.without_worth,
        without_score=rankings.without_score,
        k=k,
    )


def _measure(block: Block, k: int | None) -> RankingRows:
    sides = _Sides(*(_compare(values) for values in (block.worth, block.score)))
    agreeing = (sides.worth * sides.score).sum(axis=(1, 2), dtype=np.float64)
    unequal = _Sides(*(np.abs(side).sum(axis=(1, 2), dtype=np.float64) for side in sides))
    unscored = block.score.max(axis=1) == -np.inf
    undecided = unequal.worth == 0
    return RankingRows(
        kendall=divide(agreeing, np.sqrt(unequal.worth * unequal.score)).clip(-1, 1),
        spearman=_spearman(sides),
        ndcg=_ndcg(block, sides, k) * ~unscored,
        reciprocal_rank=_judged(_reciprocal_rank(sides), unscored, undecided),
        top_agreement=_judged(_top_agreement(sides), unscored, undecided),
        pair_agreement=_judged((1 + divide(agreeing, unequal.worth)) / 2, unscored, undecided),
    )


def _compare(values: np.ndarray) -> np.ndarray:
    one, other = values[:, :, None], values[:, None, :]
    return (one > other).astype(np.int8) - (one < other).astype(np.int8)


def _judged(values: np.ndarray, unscored: np.ndarray, undecided: np.ndarray) -> np.ndarray:
    return np.where(undecided, np.nan, np.where(unscored, 0.0, values))


def _spearman(sides: _Sides) -> np.ndarray:
    """A candidate's rank is, but for a constant, half of how many more it is above than below."""
    return correlations(*(side.sum(axis=2, dtype=np.float64) for side in sides))


def _ndcg(block: Block, sides: _Sides, k: int | None) -> np.ndarray:
    worth, best = (_discounted(block.worth, side, k) for side in (sides.score, sides.worth))
    return np.where((block.worth < 0).any(axis=1), np.nan, divide(worth, best))


def _discounted(worth: np.ndarray, side: np.ndarray, k: int | None) -> np.ndarray:
    """float64[R]: each candidate's worth times the mean discount of the places that it shares with its equals."""
    n = worth.shape[1]
    discount = 1 / np.log2(np.arange(n) + 2)
    discount[k if k is not None else n :] = 0
    up_to = np.concatenate([[0], np.cumsum(discount)])
    above, equal = (side < 0).sum(axis=2), (side == 0).sum(axis=2)
    return (worth * (up_to[above + equal] - up_to[above]) / equal).sum(axis=1)


def _reciprocal_rank(sides: _Sides) -> np.ndarray:
    best = sides.worth.min(axis=2) >= 0
    ahead = ((sides.score < 0) | ((sides.score == 0) & ~best[:, None, :])).sum(axis=2)
    return 1 / (1 + np.where(best, ahead, ahead.shape[1]).min(axis=1))


def _top_agreement(sides: _Sides) -> np.ndarray:
    best, first = (side.min(axis=2) >= 0 for side in sides)
    return divide((best & first).sum(axis=1), first.sum(axis=1))
