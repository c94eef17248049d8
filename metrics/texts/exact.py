"""Spans found exactly: the standard counting of CoNLL's shared tasks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

import numpy as np

from metrics.classes.counts import AverageRule, ClassAverages, ClassCounts, average_classes
from metrics.objects.outcomes import Counts
from metrics.texts.spans import Spans, check_keep, check_sides
from metrics.thresholds import check_confidence

EXACT_RULE: Final = "CoNLL: same text, feature, start and end"


@dataclass(frozen=True, eq=False)
class SpanMatches:
    """Which of P predicted spans is which of T true ones; from `match_spans`.

    Attributes:
        truth: The true spans, as they came.
        predictions: The predicted spans, as they came.
        features: Number of features.
        claims: int32[P]: the true span that is the same as each predicted one, at any confidence; -1 for none.
        keep: bool[rows], rows that count.
        min_confidence: Predictions below it do not take part.
        rule: Name of the rule.
    """

    truth: Spans
    predictions: Spans
    features: int
    claims: np.ndarray
    keep: np.ndarray
    min_confidence: float = 0.0
    rule: str = EXACT_RULE

    def on_rows(self, keep: np.ndarray) -> Self:
        """Only some rows: every number equals that of measuring these rows alone. Rows and spans keep their numbers.

        Args:
            keep: bool[rows]; rows left out earlier stay out.

        Raises:
            ColumnError: If `keep` does not hold one flag for every row.
        """
        return replace(self, keep=self.keep & check_keep(keep, len(self.keep)))

    def above(self, min_confidence: float) -> Self:
        """With the predictions of at least this confidence, in [0, 1].

        Raises:
            ThresholdError: If it lies outside its range.
        """
        return replace(self, min_confidence=check_confidence(min_confidence))

    @cached_property
    def taking_part(self) -> np.ndarray:
        """bool[P]: confident enough, and on a row that counts."""
        return self.keep[self.predictions.row] & (self.predictions.sureness >= self.min_confidence)

    @cached_property
    def truth_of(self) -> np.ndarray:
        """int32[P]: position of the true span that each prediction found, -1 for none."""
        return np.where(self.taking_part, self.claims, np.int32(-1))

    @cached_property
    def prediction_of(self) -> np.ndarray:
        """int32[T]: position of the prediction that found each true span, -1 for none."""
        finders = np.flatnonzero(self.truth_of >= 0)
        prediction_of = np.full(len(self.truth), -1, dtype=np.int32)
        prediction_of[self.truth_of[finders]] = finders
        return prediction_of

    @cached_property
    def absorbed(self) -> np.ndarray:
        """bool[P]: the true span is ignored, so that the prediction does not count."""
        return (self.truth_of >= 0) & np.append(self.truth.ignored, False)[self.truth_of]

    @cached_property
    def tp(self) -> np.ndarray:
        """bool[P]: predictions that found a true span that counts."""
        return (self.truth_of >= 0) & ~self.absorbed

    @cached_property
    def fp(self) -> np.ndarray:
        """bool[P]: predictions that took part and are no true span."""
        return self.taking_part & (self.truth_of < 0)

    @cached_property
    def missed(self) -> np.ndarray:
        """bool[T]: true spans that count and were not found."""
        return self.keep[self.truth.row] & ~self.truth.ignored & (self.prediction_of < 0)


@dataclass(frozen=True, eq=False)
class SpanOutcomes:
    """What predicted spans are worth.

    Attributes:
        per_feature: Counts of every feature, int64[features].
        per_row: Counts of every row, int64[rows]; rows that do not count hold zeros.
        total: Counts over everything, one number each; its ratios are the micro averages.
        averages: Ratios over the features that are true or predicted somewhere: macro, weighted and micro.
        min_confidence: Predictions below it did not take part.
        rule: Name of the matching rule.
    """

    per_feature: Counts
    per_row: Counts
    total: Counts
    averages: ClassAverages
    min_confidence: float
    rule: str = EXACT_RULE


def match_spans(truth: Spans, predictions: Spans, *, rows: int, features: int) -> SpanMatches:
    """Find the predicted spans that are true ones: of the same text and feature, with the same start and end.

    Each true span is found once. Of equal predictions the surer finds it, equal ones in the order of their table, and
    the others are false alarms. An ignored true span absorbs the prediction that equals it, which then does not count.

    This is the expensive step, done once; every confidence and selection of rows is arithmetic on it.

    Args:
        truth: T true spans; confidences are not looked at.
        predictions: P predicted spans; whether they are ignored is not looked at.
        rows: Number of rows, those without any span included.
        features: Number of features, those without any span included.

    Raises:
        ColumnError: If a span names a row or feature that does not exist.

    Example:
        >>> truth = Spans.from_offsets(row=[0, 0, 1], feature=[0, 1, 0], start=[0, 3, 2], end=[2, 4, 5])
        >>> predictions = Spans.from_offsets(row=[0, 0, 1], feature=[0, 0, 0], start=[0, 3, 2], end=[2, 4, 4])
        >>> match_spans(truth, predictions, rows=2, features=2).truth_of.tolist()
        [0, -1, -1]

    Source:
        Tjong Kim Sang and De Meulder 2003, arXiv:cs/0306050; parity with seqeval in tests/metrics/test_spans_parity.py.
    """
    check_sides(truth, predictions, rows=rows, features=features)
    group = _group_equal(truth, predictions)
    true_turns = _turns(group[: len(truth)], truth.ignored)
    turns = _turns(group[len(truth) :], -predictions.sureness)
    claims = np.full(len(predictions), -1, dtype=np.int32)
    _, true_places, places = np.intersect1d(true_turns, turns, assume_unique=True, return_indices=True)
    claims[places] = true_places
    return SpanMatches(truth, predictions, features, claims, np.ones(rows, dtype=bool))


def count_spans(matches: SpanMatches, *, rule: AverageRule = "undefined left out") -> SpanOutcomes:
    """Count which spans were found, false alarms and missed: precision, recall and F1 per feature, per row and in all.

    tp + missed is the number of true spans that count, and tp + fp + absorbed the number of predictions that took
    part. Averages are over the features that are true or predicted somewhere.

    Args:
        matches: From `match_spans`; on chosen rows with `.on_rows(keep)`, from a confidence on with `.above(0.5)`.
        rule: How averages over features treat an undefined ratio; "scikit-learn, undefined as 0" is seqeval's too.

    Example:
        >>> truth = Spans.from_offsets(row=[0, 0, 1], feature=[0, 1, 0], start=[0, 3, 2], end=[2, 4, 5])
        >>> predictions = Spans.from_offsets(row=[0, 0, 1], feature=[0, 0, 0], start=[0, 3, 2], end=[2, 4, 4])
        >>> outcomes = count_spans(match_spans(truth, predictions, rows=2, features=2))
        >>> outcomes.per_feature.tp.tolist(), outcomes.per_row.fp.tolist(), outcomes.total.f1.round(2).item()
        ([1, 0], [1, 1], 0.33)
    """
    truth, predictions = matches.truth, matches.predictions
    per_feature = _count(matches, truth.feature, predictions.feature, matches.features)
    counted = ClassCounts(per_feature.tp, per_feature.fp, per_feature.missed)
    return SpanOutcomes(
        per_feature=per_feature,
        per_row=_count(matches, truth.row, predictions.row, len(matches.keep)),
        total=Counts(*(column.sum() for column in per_feature)),
        averages=average_classes(counted, (counted.truths > 0) | (counted.predictions > 0), rule),
        min_confidence=matches.min_confidence,
        rule=matches.rule,
    )


def _count(matches: SpanMatches, of_truth: np.ndarray, of_prediction: np.ndarray, size: int) -> Counts:
    tp, fp, absorbed = (
        np.bincount(of_prediction[flags], minlength=size).astype(np.int64)
        for flags in (matches.tp, matches.fp, matches.absorbed)
    )
    missed = np.bincount(of_truth[matches.missed], minlength=size).astype(np.int64)
    return Counts(tp, fp, missed, absorbed, iou_sum=tp.astype(np.float64))


def _group_equal(truth: Spans, predictions: Spans) -> np.ndarray:
    """int64[T + P]: one number for all spans of the same row, feature, start and end."""
    names = ("end", "start", "feature", "row")
    columns = [np.concatenate([getattr(truth, name), getattr(predictions, name)]) for name in names]
    order = np.lexsort(columns)
    new = np.zeros(len(order), dtype=bool)
    for column in columns:
        new[1:] |= np.diff(column[order]) != 0
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(new)
    return group


def _turns(group: np.ndarray, first_by: np.ndarray) -> np.ndarray:
    """int64: group and turn within it as one number; turns go by rising `first_by`, equal ones by position."""
    order = np.lexsort((first_by, group))
    ordered = group[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    turn = np.empty(len(group), dtype=np.int64)
    turn[order] = np.arange(len(group)) - np.repeat(starts, np.diff(starts, append=len(group)))
    return (group << 32) | turn
