"""How high scores are, and how near the true ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from metrics.ratings.ranks import correlation, shared_ranks
from metrics.ratings.ratings import Ratings

RATING_RULE: Final = "rows without a score left out"


@dataclass(frozen=True)
class RatingSummary:
    """Headline numbers of scores; NaN where undefined.

    Attributes:
        mean: Mean score over the rows that have one.
        true_mean: Mean true score over the rows that have both.
        bias: Mean of score minus truth; above 0 is too generous.
        mae: Mean absolute difference of score and truth.
        rmse: Root of the mean squared difference.
        r2: Share of the variance of the truth that the score explains, at most 1; NaN where the truth is constant.
        pearson: Correlation of score and truth; NaN where one of them is constant.
        spearman: Correlation of their ranks, equal scores sharing the mean of theirs; NaN where one is constant.
        scored: Rows that count with a score, the support of `mean`.
        rows: Rows that count with both, the support of everything else.
        without_score: Kept rows without a score, in no other number.
        without_truth: Kept rows whose true score is not known.
        rule: Name of the rule.
    """

    mean: float
    true_mean: float
    bias: float
    mae: float
    rmse: float
    r2: float
    pearson: float
    spearman: float
    scored: int
    rows: int
    without_score: int
    without_truth: int
    rule: str = RATING_RULE

    def numbers(self) -> dict[str, float]:
        """Every number by name."""
        names = ("mean", "true_mean", "bias", "mae", "rmse", "r2", "pearson", "spearman")
        return {name: getattr(self, name) for name in names}


def rating_summary(ratings: Ratings) -> RatingSummary:
    """Mean score, and how near scores are to the truth.

    `mean` is over all rows with a score; the rest is over the rows with a score and a truth. For the numbers row by
    row see `Ratings.error`.

    Args:
        ratings: From `Ratings.from_scores`.

    Example:
        >>> summary = rating_summary(Ratings.from_scores([7, 4, 9, 1], truth=[8, 4, float("nan"), 3]))
        >>> summary.mean, summary.bias, summary.mae, summary.rows, round(summary.pearson, 3)
        (5.25, -1.0, 1.0, 3, 0.945)

    Source:
        scikit-learn's `mean_absolute_error`, `root_mean_squared_error` and `r2_score`, scipy's `pearsonr` and
        `spearmanr`; parity in tests/metrics/test_ratings.py.
    """
    score, truth = ratings.score[ratings.paired], ratings.truth[ratings.paired]
    error = score - truth
    return RatingSummary(
        mean=_mean(ratings.score[ratings.scored]),
        true_mean=_mean(truth),
        bias=_mean(error),
        mae=_mean(np.abs(error)),
        rmse=math.sqrt(_mean(error**2)),
        r2=_explained(error, truth),
        pearson=correlation(score, truth),
        spearman=correlation(shared_ranks(score), shared_ranks(truth)),
        scored=len(ratings.scored),
        rows=len(ratings.paired),
        without_score=ratings.without_score,
        without_truth=ratings.without_truth,
    )


def _explained(error: np.ndarray, truth: np.ndarray) -> float:
    if len(truth) < 2 or np.ptp(truth) == 0:
        return math.nan
    return 1 - float((error**2).sum()) / float(((truth - truth.mean()) ** 2).sum())


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan
