"""Right and false at every confidence: what ROC, precision and recall and all areas are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from metrics.classes.checklists import Checklists
from metrics.classes.choices import Choices
from metrics.columns import Flags, Numbers, as_flags, as_numbers, check_lengths
from metrics.threads import in_groups

CURVE_RULE: Final = "each class against the rest, equal confidences at once"


@dataclass(frozen=True, eq=False)
class ThresholdCounts:
    """What is right and what is false at every confidence that makes a difference, in falling order.

    Point i holds at every `min_confidence` above confidence[i + 1] and up to confidence[i]. Above confidence[0]
    nothing is predicted: both rates are 0 and precision is undefined. Where some rows have no confidence, the last
    point does not reach all of them.

    Attributes:
        confidence: float64[points], strictly falling.
        tp: int64[points], positives at or above it, never falling.
        fp: int64[points], negatives at or above it, never falling.
        positives: Number of positives, those without confidence included: the support of recall.
        negatives: Number of negatives, those without confidence included: the support of the false positive rate.
    """

    confidence: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    positives: int
    negatives: int

    def __len__(self) -> int:
        return len(self.confidence)

    @property
    def precision(self) -> np.ndarray:
        """float64[points]: tp / (tp + fp), never NaN."""
        return self.tp / (self.tp + self.fp)

    @property
    def recall(self) -> np.ndarray:
        """float64[points]: tp / positives; NaN without positives."""
        return self.tp / self.positives if self.positives else np.full(len(self), np.nan)

    @property
    def tpr(self) -> np.ndarray:
        """float64[points]: the true positive rate, another name for recall."""
        return self.recall

    @property
    def fpr(self) -> np.ndarray:
        """float64[points]: the false positive rate, fp / negatives; NaN without negatives."""
        return self.fp / self.negatives if self.negatives else np.full(len(self), np.nan)

    @property
    def f1(self) -> np.ndarray:
        """float64[points]: 2 tp / (tp + fp + positives)."""
        return 2 * self.tp / (self.tp + self.fp + self.positives)

    @property
    def roc_auc(self) -> float:
        """Area below tpr over fpr, by straight lines from (0, 0) through every point to (1, 1).

        It is the share of pairs of a positive and a negative of which the positive is surer, equal confidences
        counting half; those without confidence are below all others, and equal. NaN without positives or negatives.
        """
        if not (self.positives and self.negatives):
            return float("nan")
        tp = np.concatenate([[0], self.tp, [self.positives]])
        fp = np.concatenate([[0], self.fp, [self.negatives]])
        twice = int((np.diff(fp) * (tp[1:] + tp[:-1])).sum())
        return twice / (2 * self.positives * self.negatives)

    @property
    def average_precision(self) -> float:
        """Sum of each point's precision times the recall it adds; NaN without positives.

        Nothing is drawn between points, as in scikit-learn, and what has no confidence adds no recall.
        """
        if not self.positives:
            return float("nan")
        return float((self.precision * np.diff(self.tp, prepend=0)).sum() / self.positives)

    def thinned(self, most: int) -> ThresholdCounts:
        """At most `most` points for drawing, spread evenly over the curve, its first and last among them."""
        if len(self) <= most:
            return self
        chosen = np.linspace(0, len(self) - 1, most).round().astype(np.int64)
        return ThresholdCounts(
            self.confidence[chosen], self.tp[chosen], self.fp[chosen], self.positives, self.negatives
        )


@dataclass(frozen=True, eq=False)
class ClassCurves:
    """One curve for every class.

    Attributes:
        per_class: Each class against the rest, in code order.
        rule: Name of the rule.
    """

    per_class: tuple[ThresholdCounts, ...]
    rule: str = CURVE_RULE


def count_at_thresholds(confidence: Numbers, positive: Flags) -> ThresholdCounts:
    """Count what is right and what is false at every confidence.

    Equal confidences enter together. Rows whose confidence is NaN are in the numbers of positives and negatives, and
    at or above no confidence.

    Args:
        confidence: N numbers of any range, NaN where nothing was predicted.
        positive: N flags, what is true.

    Raises:
        ColumnError: If lengths differ, or a flag is neither true nor false.

    Example:
        >>> counts = count_at_thresholds([0.9, 0.8, 0.8, 0.1], [True, True, False, False])
        >>> counts.confidence.tolist(), counts.tp.tolist(), counts.fp.tolist()
        ([0.9, 0.8, 0.1], [1, 2, 2], [0, 1, 2])
        >>> counts.roc_auc, round(counts.average_precision, 3)
        (0.875, 0.833)

    Source:
        scikit-learn's `roc_curve` without dropped points, `precision_recall_curve`, `roc_auc_score` and
        `average_precision_score`; parity in tests/metrics/test_classes_parity.py.
    """
    sure = as_numbers("confidence", confidence, things="confidences")
    true = as_flags("positive", positive, things="confidences")
    check_lengths({"confidence": sure, "positive": true}, things="confidences")
    return _count(sure, true)


def class_curves(table: Choices | Checklists) -> ClassCurves:
    """Right and false at every confidence, each class against the rest.

    Args:
        table: From `Choices.from_scores`, `Checklists.from_scores` or `Checklists.from_decisions`.

    Raises:
        ColumnError: If there are no scores.

    Example:
        >>> curves = class_curves(Choices.from_scores([0, 1], [[0.9, 0.1], [0.6, 0.4]]))
        >>> [curve.tp.tolist() for curve in curves.per_class]
        [[1, 1], [1, 1]]
    """
    return ClassCurves(tuple(count_classes(table)))


def count_classes(table: Choices | Checklists) -> list[ThresholdCounts]:
    """One curve for each class in code order, found side by side."""
    scores, truth = columns_of(table)

    def work(first: int, last: int) -> list[ThresholdCounts]:
        return [_count(np.ascontiguousarray(scores[:, c]), _is_true(truth, c)) for c in range(first, last)]

    starts = np.arange(table.classes + 1) * len(scores)
    return [curve for share in in_groups(work, starts) for curve in share]


def count_all_classes(table: Choices | Checklists) -> ThresholdCounts:
    """One curve of all decisions about a class and a row together."""
    scores, truth = columns_of(table)
    true = truth if truth.ndim == 2 else truth[:, None] == np.arange(table.classes)
    return _count(scores.ravel(), true.ravel())


def columns_of(table: Choices | Checklists) -> tuple[np.ndarray, np.ndarray]:
    """Of the rows that count the scores float64[rows, C], and the truth, int32[rows] or bool[rows, C].

    Raises:
        ColumnError: If there are no scores.
    """
    if isinstance(table, Choices):
        return table.needed_scores(), table.truth[table.places]
    return table.counting(table.scores), table.counting(table.truth)


def _is_true(truth: np.ndarray, code: int) -> np.ndarray:
    return truth[:, code] if truth.ndim == 2 else truth == code


def _count(confidence: np.ndarray, positive: np.ndarray) -> ThresholdCounts:
    positives = int(positive.sum())
    total = positives, len(positive) - positives
    answered = ~np.isnan(confidence)
    if not answered.all():
        confidence, positive = confidence[answered], positive[answered]
    # Two sorts of bare numbers are quicker than one that carries the flags along.
    falling, found = np.sort(confidence)[::-1], np.sort(confidence[positive])
    last_of_equals = np.append(np.flatnonzero(falling[1:] != falling[:-1]), len(falling) - 1)[: len(falling)]
    points = falling[last_of_equals]
    tp = len(found) - np.searchsorted(found, points)
    return ThresholdCounts(points, tp, last_of_equals + 1 - tp, *total)
