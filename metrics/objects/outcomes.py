"""What was found, what was a false alarm and what was missed: per feature, per row and in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from metrics.objects.matching import MATCHING_RULE, Matches
from metrics.undefined import divide


class Counts(NamedTuple):
    """Outcomes of some features, of some rows, or of everything; each value an array, or one number.

    Attributes:
        tp: Predictions that claimed a truth that counts, and so truths that were found.
        fp: Predictions that took part and claimed nothing.
        missed: Truths that count and that nothing claimed.
        absorbed: Predictions that claimed a crowd or ignored truth; in no other number.
        iou_sum: Sum of the IoU of what was found.
    """

    tp: np.ndarray
    fp: np.ndarray
    missed: np.ndarray
    absorbed: np.ndarray
    iou_sum: np.ndarray

    @property
    def truths(self) -> np.ndarray:
        """Number of truths that count."""
        return self.tp + self.missed

    @property
    def predictions(self) -> np.ndarray:
        """Number of predictions that took part."""
        return self.tp + self.fp + self.absorbed

    @property
    def precision(self) -> np.ndarray:
        """tp / (tp + fp); NaN where nothing was predicted."""
        return divide(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> np.ndarray:
        """tp / (tp + missed); NaN where there is no truth."""
        return divide(self.tp, self.tp + self.missed)

    @property
    def f1(self) -> np.ndarray:
        """2 tp / (2 tp + fp + missed); NaN where there is neither truth nor prediction."""
        return divide(2 * self.tp, 2 * self.tp + self.fp + self.missed)

    @property
    def mean_iou(self) -> np.ndarray:
        """Mean IoU of what was found; NaN where nothing was."""
        return divide(self.iou_sum, self.tp)

    def columns(self) -> dict[str, np.ndarray]:
        """Counts and ratios by name, ready for a table."""
        names = ("truths", "predictions", "tp", "fp", "missed", "absorbed", "precision", "recall", "f1", "mean_iou")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What predictions are worth at one IoU and confidence.

    Attributes:
        per_feature: Counts of every feature, int64[features].
        per_row: Counts of every row of the tables, int32[rows]; rows that do not count hold zeros.
        total: Counts over everything, one number each.
        min_iou: Smallest IoU that counted as a claim.
        min_confidence: Predictions below it did not take part.
        rule: Name of the matching rule.
    """

    per_feature: Counts
    per_row: Counts
    total: Counts
    min_iou: float
    min_confidence: float
    rule: str = MATCHING_RULE


def count_outcomes(matches: Matches) -> Outcomes:
    """Count what was found, what was a false alarm and what was missed.

    tp + missed is the number of truths that count, and tp + fp + absorbed the number of predictions that took part.

    Args:
        matches: From `match`.

    Example:
        >>> from metrics import Boxes, find_overlaps, match
        >>> truth = Boxes.from_sizes([0, 1], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> predictions = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [80, 80, 10, 10]])
        >>> outcomes = count_outcomes(match(find_overlaps(truth, predictions, rows=2, features=1)))
        >>> outcomes.per_row.tp.tolist(), outcomes.per_row.fp.tolist(), outcomes.per_row.missed.tolist()
        ([1, 0], [1, 0], [0, 1])
        >>> float(outcomes.total.precision), float(outcomes.total.recall)
        (0.5, 0.5)
    """
    from metrics.kernels.outcomes import tally

    overlaps = matches.overlaps
    per_feature = _zeros(overlaps.features, np.int64)
    per_row = _zeros(len(overlaps.keep), np.int32)
    tally(overlaps.sides, matches.claims, matches.min_confidence, per_feature, per_row)
    return Outcomes(
        per_feature=per_feature,
        per_row=per_row,
        total=Counts(*(column.sum() for column in per_feature)),
        min_iou=matches.min_iou,
        min_confidence=matches.min_confidence,
        rule=matches.rule,
    )


def _zeros(n: int, kind: type[np.signedinteger]) -> Counts:
    return Counts._make([*(np.zeros(n, dtype=kind) for _ in range(4)), np.zeros(n)])
