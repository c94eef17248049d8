"""Whether a confidence means what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from metrics.classes.checklists import Checklists
from metrics.classes.choices import NONE, Choices
from metrics.classes.curves import columns_of
from metrics.columns import Flags, Numbers, as_flags, as_numbers, check_confidence, check_lengths
from metrics.errors import ColumnError, ThresholdError
from metrics.thresholds import check_choice
from metrics.undefined import divide

Strategy = Literal["uniform", "quantile"]


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence beside what came true, bin by bin.

    Bin i holds the confidences above edges[i] and up to edges[i + 1]; the first also holds its lower edge.

    Attributes:
        edges: float64[bins + 1], rising; equal edges enclose empty bins.
        confidence: float64[bins], mean confidence; NaN in empty bins.
        accuracy: float64[bins], share that came true; NaN in empty bins.
        support: int64[bins], how many there are.
        brier: Mean squared difference of confidence and outcome; NaN if there are none.
        strategy: "uniform": bins of one width; "quantile": bins of one support, as far as ties allow.
    """

    edges: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    support: np.ndarray
    brier: float
    strategy: Strategy

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return f"{len(self.support)} {self.strategy} bins"

    @property
    def gap(self) -> np.ndarray:
        """float64[bins]: mean confidence minus what came true; above 0 is too sure of itself. NaN in empty bins."""
        return self.confidence - self.accuracy

    @property
    def ece(self) -> float:
        """Expected calibration error: mean absolute gap, bins counting by support; NaN if all are empty."""
        filled = self.support > 0
        whole = int(self.support.sum())
        return float((np.abs(self.gap[filled]) * self.support[filled]).sum() / whole) if whole else float("nan")

    @property
    def mce(self) -> float:
        """Maximum calibration error: the largest absolute gap; NaN if all bins are empty."""
        filled = self.support > 0
        return float(np.abs(self.gap[filled]).max()) if filled.any() else float("nan")

    def columns(self) -> dict[str, np.ndarray]:
        """One line for each bin by name, ready for a table."""
        return {
            "from": self.edges[:-1],
            "to": self.edges[1:],
            "confidence": self.confidence,
            "accuracy": self.accuracy,
            "gap": self.gap,
            "support": self.support,
        }


def reliability(
    confidence: Numbers, came_true: Flags, *, bins: int = 10, strategy: Strategy = "uniform"
) -> Reliability:
    """Compare confidences with what came true.

    For anything that has a confidence and was right or wrong: choices, ticks, or predicted objects with the truth they
    claimed (`matches.tp`).

    Args:
        confidence: N numbers in [0, 1].
        came_true: N flags, what came true.
        bins: Number of bins, from 1.
        strategy: "uniform": bins of one width over [0, 1]; "quantile": edges at the quantiles of the confidences.

    Raises:
        ColumnError: If lengths differ, or a confidence lies outside [0, 1].
        ThresholdError: If `bins` is below 1.

    Example:
        >>> bins = reliability([0.1, 0.3, 0.9, 0.7], [False, True, True, True], bins=2)
        >>> bins.confidence.tolist(), bins.accuracy.tolist(), bins.support.tolist()
        ([0.2, 0.8], [0.5, 1.0], [2, 2])
        >>> round(bins.ece, 3), round(bins.mce, 3), round(bins.brier, 3)
        (0.25, 0.3, 0.15)

    Source:
        Naeini et al. 2015 (doi:10.1609/aaai.v29i1.9602), Guo et al. 2017 (arXiv:1706.04599); bins equal those of
        scikit-learn's `calibration_curve`, tests/metrics/test_calibration.py.
    """
    check_choice("strategy", strategy, get_args(Strategy))
    if bins < 1:
        raise ThresholdError(f"bins is {bins}; there must be at least one.", value=bins, lowest=1.0, highest=np.inf)
    sure = as_numbers("confidence", confidence, things="confidences")
    true = as_flags("came_true", came_true, things="confidences").astype(np.float64)
    check_lengths({"confidence": sure, "came_true": true}, things="confidences")
    check_confidence(sure, things="confidences")
    edges = np.linspace(0.0, 1.0, bins + 1)
    if strategy == "quantile" and len(sure):
        edges = np.percentile(sure, edges * 100)
    number = np.searchsorted(edges[1:-1], sure)
    sums, trues = (np.bincount(number, weights=column, minlength=bins) for column in (sure, true))
    support = np.bincount(number, minlength=bins).astype(np.int64)
    brier = float(np.mean((sure - true) ** 2)) if len(sure) else float("nan")
    return Reliability(edges, divide(sums, support), divide(trues, support), support, brier, strategy)


def top_reliability(choices: Choices, *, bins: int = 10, strategy: Strategy = "uniform") -> Reliability:
    """Compare the confidence of what was chosen with how often it is right.

    Rows without truth or without prediction are left out.

    Args:
        choices: With confidence, from `Choices.from_scores` or `Choices.from_codes(..., confidence=...)`.
        bins: Number of bins, from 1.
        strategy: As for `reliability`.

    Raises:
        ColumnError: If there is no confidence.
        ThresholdError: If `bins` is below 1.

    Example:
        >>> choices = Choices.from_codes([0, 1, 1], [0, 1, 0], classes=2, confidence=[0.8, 0.6, 0.7])
        >>> round(top_reliability(choices, bins=1).ece, 3)
        0.033
    """
    if choices.confidence is None:
        raise ColumnError(
            "These choices have no confidence: Choices.from_scores(...), or Choices.from_codes(..., confidence=...)."
        )
    places = choices.places[choices.predicted[choices.places] != NONE]
    right = choices.truth[places] == choices.predicted[places]
    return reliability(choices.confidence[places], right, bins=bins, strategy=strategy)


def class_reliability(
    table: Choices | Checklists, code: int, *, bins: int = 10, strategy: Strategy = "uniform"
) -> Reliability:
    """Compare the scores of one class with how often it is true.

    Rows without truth or without scores are left out.

    Args:
        table: From `Choices.from_scores`, `Checklists.from_scores` or `Checklists.from_decisions`.
        code: Code of the class.
        bins: Number of bins, from 1.
        strategy: As for `reliability`.

    Raises:
        ColumnError: If there are no scores, or no such class.
        ThresholdError: If `bins` is below 1.

    Example:
        >>> choices = Choices.from_scores([0, 1], [[0.75, 0.25], [0.5, 0.5]])
        >>> class_reliability(choices, 1, bins=2).accuracy.tolist()
        [0.5, nan]
    """
    scores, truth = columns_of(table)
    if not 0 <= code < table.classes:
        raise ColumnError(f"There is no class {code}; there are {table.classes:,}, numbered from 0.")
    true = truth[:, code] if truth.ndim == 2 else truth == code
    answered = ~np.isnan(scores[:, code])
    return reliability(scores[answered, code], true[answered], bins=bins, strategy=strategy)
