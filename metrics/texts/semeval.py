"""Spans found partly: the four ways of counting of SemEval-2013."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

import numpy as np

from metrics.objects.overlap import find_overlaps
from metrics.texts.spans import Spans, check_keep, check_sides
from metrics.thresholds import check_confidence
from metrics.undefined import divide

SEMEVAL_RULE: Final = "SemEval-2013 task 9.1, one to one: identical, then same boundaries, then same feature, then any"

IDENTICAL, SAME_BOUNDARIES, SAME_FEATURE, OTHERWISE = range(4)
SMALLEST_IOU: Final = 1e-12
"""Any overlap is larger: spans have fewer than 2 ** 31 tokens."""


class SemevalCounts(NamedTuple):
    """How true and predicted spans were paired; each value one number, or int64[rows].

    Attributes:
        correct: Pairs that agree in what is asked for.
        incorrect: Pairs that do not.
        partial: Pairs whose boundaries overlap without being the same, where that is half as good.
        missed: True spans without a pair.
        spurious: Predicted spans without a pair.
    """

    correct: np.ndarray
    incorrect: np.ndarray
    partial: np.ndarray
    missed: np.ndarray
    spurious: np.ndarray

    @property
    def possible(self) -> np.ndarray:
        """Number of true spans."""
        return self.correct + self.incorrect + self.partial + self.missed

    @property
    def actual(self) -> np.ndarray:
        """Number of predicted spans."""
        return self.correct + self.incorrect + self.partial + self.spurious

    @property
    def precision(self) -> np.ndarray:
        """(correct + partial / 2) / actual; NaN where nothing was predicted."""
        return divide(self.correct + 0.5 * self.partial, self.actual)[()]

    @property
    def recall(self) -> np.ndarray:
        """(correct + partial / 2) / possible; NaN where there is no true span."""
        return divide(self.correct + 0.5 * self.partial, self.possible)[()]

    @property
    def f1(self) -> np.ndarray:
        """2 (correct + partial / 2) / (possible + actual); NaN where there is neither."""
        return divide(2 * self.correct + self.partial, self.possible + self.actual)[()]


class SemevalWays(NamedTuple):
    """The same pairs, counted in four ways.

    Attributes:
        strict: Boundaries and feature must be the same.
        exact: Boundaries must be the same, whatever the feature.
        partial: Boundaries that only overlap are half as good, whatever the feature.
        type: The feature must be the same, and the spans must overlap.
    """

    strict: SemevalCounts
    exact: SemevalCounts
    partial: SemevalCounts
    type: SemevalCounts


@dataclass(frozen=True, eq=False)
class SemevalScores:
    """What predicted spans are worth where boundaries and features are looked at one by one.

    Attributes:
        total: Over all rows that count.
        per_row: int64[rows] each; rows that do not count hold zeros.
        min_confidence: Predictions below it did not take part.
        rule: Name of the rule.
    """

    total: SemevalWays
    per_row: SemevalWays
    min_confidence: float
    rule: str = SEMEVAL_RULE


@dataclass(frozen=True, eq=False)
class SpanPairs:
    """Predicted and true spans of one text that share tokens, in the order in which they are paired.

    Attributes:
        truth: The true spans, as they came.
        predictions: The predicted spans, as they came.
        true: int32[M] position of the true span.
        predicted: int32[M] position of the predicted span.
        keep: bool[rows], rows that count.
    """

    truth: Spans
    predictions: Spans
    true: np.ndarray
    predicted: np.ndarray
    keep: np.ndarray

    def on_rows(self, keep: np.ndarray) -> Self:
        """Only some rows: bool[rows]; rows left out earlier stay out.

        Raises:
            ColumnError: If `keep` does not hold one flag for every row.
        """
        return replace(self, keep=self.keep & check_keep(keep, len(self.keep)))


def pair_spans(truth: Spans, predictions: Spans, *, rows: int) -> SpanPairs:
    """Find the true and predicted spans of the same text that share tokens, whatever their features.

    This is the expensive step, done once, before `semeval_scores`.

    Args:
        truth: T true spans; confidences are not looked at.
        predictions: P predicted spans; whether they are ignored is not looked at.
        rows: Number of rows, those without any span included.

    Raises:
        ColumnError: If a span names a row that does not exist.

    Example:
        >>> truth = Spans.from_offsets(row=[0], feature=[0], start=[0], end=[2])
        >>> predictions = Spans.from_offsets(row=[0, 0], feature=[1, 0], start=[0, 1], end=[2, 3])
        >>> pair_spans(truth, predictions, rows=1).predicted.tolist()
        [0, 1]
    """
    check_sides(truth, predictions, rows=rows)
    boxes = [replace(side.as_boxes(), feature=np.zeros_like(side.feature)) for side in (truth, predictions)]
    pairs = find_overlaps(*boxes, rows=rows, features=1, min_overlap=SMALLEST_IOU).table_pairs()
    true, predicted = pairs.truth, pairs.prediction
    ends = np.minimum(truth.end[true], predictions.end[predicted])
    shared = ends - np.maximum(truth.start[true], predictions.start[predicted])
    kind = _kinds(truth, predictions, true, predicted)
    places = [side[at] for at, side in ((predicted, predictions.end), (true, truth.end))]
    places += [side[at] for at, side in ((predicted, predictions.start), (true, truth.start))]
    order = np.lexsort((predicted, true, *places, -shared, kind, truth.ignored[true]))
    return SpanPairs(truth, predictions, true[order], predicted[order], np.ones(rows, dtype=bool))


def semeval_scores(pairs: SpanPairs, *, min_confidence: float = 0.0) -> SemevalScores:
    """Count spans in four ways: strict, exact boundaries, partial boundaries, and type.

    Each true span is paired with at most one predicted span of its text that shares tokens with it, and the other way
    round. First those that are identical, then those with the same boundaries, then those of the same feature, then
    the others; among these the pair that shares most tokens, then the one that starts first, then the one that ends
    first; ties keep the order of the tables. What pairs with an ignored true span does not count. The published
    definitions leave open which spans are paired where several overlap; here every span counts once.

    Args:
        pairs: From `pair_spans`.
        min_confidence: Predictions below it do not take part, in [0, 1].

    Raises:
        ThresholdError: If `min_confidence` lies outside its range.

    Example:
        >>> truth = Spans.from_offsets(row=[0, 0, 0], feature=[0, 0, 1], start=[0, 4, 8], end=[2, 6, 9])
        >>> predictions = Spans.from_offsets(row=[0, 0], feature=[0, 1], start=[0, 4], end=[3, 6])
        >>> scores = semeval_scores(pair_spans(truth, predictions, rows=1)).total
        >>> [round(way.f1.item(), 2) for way in scores]
        [0.0, 0.4, 0.6, 0.4]

    Source:
        Segura-Bedmar et al. 2013, SemEval-2013 task 9 (aclanthology.org/S13-2056), after MUC-5 (Chinchor and
        Sundheim 1993, aclanthology.org/M93-1007).
    """
    from metrics.kernels.spans import take_in_order

    truth, predictions = pairs.truth, pairs.predictions
    min_confidence = check_confidence(min_confidence)
    taking = pairs.keep[predictions.row] & (predictions.sureness >= min_confidence)
    truth_of = np.where(taking, np.int32(-1), np.int32(-2))
    prediction_of = np.where(pairs.keep[truth.row], np.int32(-1), np.int32(-2))
    take_in_order(pairs.true, pairs.predicted, truth_of, prediction_of)
    paired = np.flatnonzero(truth_of >= 0)
    paired = paired[~truth.ignored[truth_of[paired]]]
    kind = _kinds(truth, predictions, truth_of[paired], paired)
    rows = [
        predictions.row[paired[kind == each]] for each in (IDENTICAL, SAME_BOUNDARIES, SAME_FEATURE, OTHERWISE)
    ]  # fmt: skip
    alone = truth.row[(prediction_of == -1) & ~truth.ignored], predictions.row[truth_of == -1]
    per_row = _four_ways([np.bincount(each, minlength=len(pairs.keep)).astype(np.int64) for each in (*rows, *alone)])
    total = SemevalWays(*(SemevalCounts(*(column.sum() for column in way)) for way in per_row))
    return SemevalScores(total, per_row, min_confidence)


def _kinds(truth: Spans, predictions: Spans, true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """What each pair agrees in."""
    boundaries = (truth.start[true] == predictions.start[predicted]) & (truth.end[true] == predictions.end[predicted])
    feature = truth.feature[true] == predictions.feature[predicted]
    kinds = [IDENTICAL, SAME_BOUNDARIES, SAME_FEATURE]
    return np.select([boundaries & feature, boundaries, feature], kinds, default=OTHERWISE)


def _four_ways(counts: list[np.ndarray]) -> SemevalWays:
    identical, boundaries, feature, otherwise, missed, spurious = counts
    none = np.zeros_like(missed)
    return SemevalWays(
        strict=SemevalCounts(identical, boundaries + feature + otherwise, none, missed, spurious),
        exact=SemevalCounts(identical + boundaries, feature + otherwise, none, missed, spurious),
        partial=SemevalCounts(identical + boundaries, none, feature + otherwise, missed, spurious),
        type=SemevalCounts(identical + feature, boundaries + otherwise, none, missed, spurious),
    )
