"""Precision and recall as the confidence threshold falls."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from metrics.objects.matching import MATCHING_RULE, Matches, match
from metrics.objects.overlap import Overlaps


@dataclass(frozen=True, eq=False)
class Curve:
    """Outcomes at every confidence that makes a difference, in falling order.

    Point i holds at every `min_confidence` above confidence[i + 1] and up to confidence[i]. Above confidence[0]
    nothing is predicted: recall is 0 and precision undefined.

    Attributes:
        confidence: float64[points], strictly falling.
        tp: int64[points], truths found, never falling.
        fp: int64[points], false alarms, never falling.
        truths: Number of truths that count, the support.
    """

    confidence: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    truths: int

    def __len__(self) -> int:
        return len(self.confidence)

    @property
    def precision(self) -> np.ndarray:
        """float64[points]: tp / (tp + fp), never NaN."""
        return self.tp / (self.tp + self.fp)

    @property
    def recall(self) -> np.ndarray:
        """float64[points]: tp / truths; NaN without truth."""
        return self.tp / self.truths if self.truths else np.full(len(self), np.nan)

    @property
    def f1(self) -> np.ndarray:
        """float64[points]: 2 tp / (tp + fp + truths)."""
        return 2 * self.tp / (self.tp + self.fp + self.truths)

    @property
    def envelope(self) -> np.ndarray:
        """float64[points]: the best precision at this recall or beyond; average precision is the area below."""
        return np.maximum.accumulate(self.precision[::-1])[::-1]

    def thinned(self, most: int) -> Curve:
        """At most `most` points for drawing, spread evenly over the curve, its first and last among them."""
        if len(self) <= most:
            return self
        chosen = np.linspace(0, len(self) - 1, most).round().astype(np.int64)
        return Curve(self.confidence[chosen], self.tp[chosen], self.fp[chosen], self.truths)


@dataclass(frozen=True, eq=False)
class Curves:
    """Precision and recall at one IoU.

    Attributes:
        per_feature: One curve for every feature, in code order.
        overall: All features together, each prediction and truth counting once.
        min_iou: Smallest IoU that counted as a claim.
        rule: Name of the matching rule.
    """

    per_feature: tuple[Curve, ...]
    overall: Curve
    min_iou: float
    rule: str = MATCHING_RULE


def precision_recall_curves(overlaps: Overlaps, *, min_iou: float = 0.5) -> Curves:
    """Precision and recall at every confidence, for each feature and over all.

    Each point is what `count_outcomes` says at that confidence: predictions that a crowd or ignored truth absorbs
    do not count, and equally confident predictions enter together.

    Args:
        overlaps: From `find_overlaps`.
        min_iou: Smallest IoU that counts as a claim, in [overlaps.min_overlap, 1].

    Raises:
        ThresholdError: If `min_iou` lies outside its range.

    Example:
        >>> from metrics import Boxes, find_overlaps
        >>> truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> boxes = [[0, 0, 10, 10], [80, 80, 10, 10], [50, 50, 10, 10]]
        >>> predictions = Boxes.from_sizes([0, 0, 0], [0, 0, 0], boxes, confidence=[0.9, 0.6, 0.6])
        >>> curve = precision_recall_curves(find_overlaps(truth, predictions, rows=1, features=1)).overall
        >>> curve.confidence.tolist(), curve.recall.tolist(), curve.precision.round(2).tolist()
        ([0.9, 0.6], [0.5, 1.0], [1.0, 0.67])
    """
    matches = match(overlaps, min_iou=min_iou)
    ranked = overlaps.predictions
    counting, found = _outcomes(matches)
    truths = _truths_per_feature(overlaps)
    parts = [slice(first, last) for first, last in pairwise(ranked.starts)]
    order = overlaps.falling_confidence
    return Curves(
        per_feature=tuple(
            _curve(ranked.confidence[part], counting[part], found[part], int(n))
            for part, n in zip(parts, truths, strict=True)
        ),
        overall=_curve(ranked.confidence[order], counting[order], found[order], int(truths.sum())),
        min_iou=matches.min_iou,
    )


def _outcomes(matches: Matches) -> tuple[np.ndarray, np.ndarray]:
    """Which ranked predictions count, and which of them found a truth."""
    truth = matches.claims.truth
    found = truth >= 0
    counting = np.ones(len(truth), dtype=bool)
    counting[found] = ~matches.overlaps.truths.ignored[truth[found]]
    return counting, found & counting


def _truths_per_feature(overlaps: Overlaps) -> np.ndarray:
    counting = np.concatenate([[0], np.cumsum(~overlaps.truths.ignored)])
    return np.diff(counting[overlaps.truths.starts])


def _curve(confidence: np.ndarray, counting: np.ndarray, found: np.ndarray, truths: int) -> Curve:
    """The curve of predictions in falling confidence."""
    confidence, found = confidence[counting], found[counting]
    last_of_equals = np.flatnonzero(np.diff(confidence, append=-1.0))
    tp = np.cumsum(found)[last_of_equals]
    return Curve(confidence[last_of_equals], tp, last_of_equals + 1 - tp, truths)
