"""What the probabilities of a choice cost, row by row, and where they place the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from metrics.classes.choices import Choices
from metrics.errors import ThresholdError
from metrics.thresholds import check_choice
from metrics.undefined import mean_of_defined

TieRule = Literal["ties to the lowest code", "scikit-learn, ties to the highest code"]


class RowLosses(NamedTuple):
    """What the probabilities of each row cost; NaN in rows that do not count, and in rows without scores.

    Attributes:
        log_loss: float64[N], negative natural logarithm of the probability of the truth, which is taken to be at
            least 2.2e-16 (the smallest step of a float64), so that no row costs more than about 36.
        brier: float64[N], squared distance of the probabilities from the truth, in [0, 2].
    """

    log_loss: np.ndarray
    brier: np.ndarray


@dataclass(frozen=True, eq=False)
class TopAccuracy:
    """How often the truth is among the k most probable classes.

    Attributes:
        value: Share of counting rows; NaN if there are none.
        per_row: float64[N], 1 or 0; NaN in rows that do not count.
        rows: Rows that count, the support.
        k: How many classes are looked at.
        rule: Which of equally probable classes comes first.
    """

    value: float
    per_row: np.ndarray
    rows: int
    k: int
    rule: TieRule


def row_losses(choices: Choices) -> RowLosses:
    """Log loss and Brier score of every row.

    Means over rows are scikit-learn's `log_loss` and `brier_score_loss(scale_by_half=False)`.

    Args:
        choices: From `Choices.from_scores`; from codes alone every loss is NaN.

    Example:
        >>> losses = row_losses(Choices.from_scores([0, 1], [[0.5, 0.5], [0.2, 0.8]]))
        >>> losses.log_loss.round(3).tolist(), losses.brier.round(3).tolist()
        ([0.693, 0.223], [0.5, 0.08])
    """
    losses = RowLosses(np.full(len(choices), np.nan), np.full(len(choices), np.nan))
    if choices.scores is None or len(choices.places) == 0:
        return losses
    scores = choices.needed_scores()
    of_truth = np.take_along_axis(scores, choices.truth[choices.places, None], axis=1)[:, 0]
    smallest = np.finfo(np.float64).eps
    losses.log_loss[choices.places] = -np.log(np.clip(of_truth, smallest, 1 - smallest))
    squares = np.einsum("ij,ij->i", scores, scores)
    losses.brier[choices.places] = np.maximum(squares - 2 * of_truth + 1, 0)  # a perfect row must not round below 0
    return losses


def top_accuracy(choices: Choices, *, k: int, rule: TieRule = "ties to the lowest code") -> TopAccuracy:
    """How often the truth is among the k most probable classes.

    Of equally probable classes that with the lower code comes first, so that k = 1 is the accuracy of the most
    probable class; scikit-learn's `top_k_accuracy_score` prefers the higher code, and so does its rule here. Rows
    without scores count as wrong.

    Args:
        choices: From `Choices.from_scores`.
        k: How many classes are looked at, from 1.
        rule: Which of equally probable classes comes first.

    Raises:
        ColumnError: If there are no scores.
        ThresholdError: If `k` is below 1.

    Example:
        >>> choices = Choices.from_scores([2, 0, 1], [[0.5, 0.2, 0.3], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])
        >>> top_accuracy(choices, k=2).per_row.tolist()
        [1.0, 0.0, 1.0]
    """
    check_choice("rule", rule, get_args(TieRule))
    if k < 1:
        raise ThresholdError(
            f"k is {k}; at least one class must be looked at.", value=k, lowest=1.0, highest=float(choices.classes)
        )
    per_row = np.full(len(choices), np.nan)
    per_row[choices.places] = _classes_before_truth(choices, rule) < k
    return TopAccuracy(mean_of_defined(per_row), per_row, len(choices.places), k, rule)


def _classes_before_truth(choices: Choices, rule: TieRule) -> np.ndarray:
    """int64[rows that count]: how many classes stand before the true one; all of them in rows without scores."""
    scores, truth = choices.needed_scores(), choices.truth[choices.places, None]
    if scores.size == 0:
        return np.zeros(len(scores), dtype=np.int64)
    of_truth = np.take_along_axis(scores, truth, axis=1)
    codes = np.arange(choices.classes)
    first = codes < truth if rule == "ties to the lowest code" else codes > truth
    before = ((scores > of_truth) | ((scores == of_truth) & first)).sum(axis=1)
    return np.where(np.isnan(of_truth[:, 0]), choices.classes, before)
