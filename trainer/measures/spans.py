"""Spans of texts, and ticks of checklists, and what they are worth.

A tick is found where the same option is ticked on the same row, as a span is where the same feature stands from the
same start to the same end; so one evaluation serves both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np

import metrics
from trainer.measures.evaluation import Thresholds, plain
from trainer.records.annotations import Annotations
from trainer.records.errors import ColumnError
from trainer.records.measure import Subject
from trainer.records.rows import Rows

TICKS_RULE: Final = "ticks by row and option"
SAME: Final = 1.0
"""The IoU at which two spans are one."""


@dataclass(frozen=True, eq=False)
class SpanScores:
    """What spans, or ticks, are worth on some rows.

    Attributes:
        subject: Spans, or the checklist.
        features: Paths of the features or options, in code order.
        rows: Number of rows measured, those without truth or predictions included.
        thresholds: Where predictions begin to count; the IoU means nothing here.
        outcomes: Found, false alarms and missed with precision, recall and F1.
        checklists: Numbers of rows as a whole; None for spans.
    """

    subject: Subject
    features: tuple[str, ...]
    rows: int
    thresholds: Thresholds
    outcomes: metrics.SpanOutcomes
    checklists: metrics.ChecklistSummary | None

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return self.outcomes.rule if self.checklists is None else TICKS_RULE

    def headline(self) -> dict[str, float]:
        """The numbers that stand for a run; NaN where undefined."""
        total = self.outcomes.total
        shared = {
            "precision": float(total.precision),
            "recall": float(total.recall),
            "F1": float(total.f1),
            "F1 macro": self.outcomes.averages.macro.f1,
        }
        if self.checklists is None:
            return shared
        return {"subset accuracy": self.checklists.subset_accuracy, **shared}

    def per_feature(self) -> dict[str, np.ndarray]:
        """Counts and ratios of each feature or option, in code order."""
        counts = self.outcomes.per_feature
        names = ("truths", "predictions", "tp", "fp", "missed", "precision", "recall", "f1")
        return {name: getattr(counts, name) for name in names}

    def main(self) -> np.ndarray:
        """float64[features]: F1; NaN where a feature is neither true nor predicted anywhere."""
        return self.outcomes.per_feature.f1

    def support(self) -> np.ndarray:
        """int64[features]: number of truths."""
        return self.outcomes.per_feature.truths

    def row_errors(self) -> np.ndarray:
        """int64[rows]: false alarms and misses of each row; 0 for rows that do not count."""
        return self.outcomes.per_row.fp + self.outcomes.per_row.missed

    def summary(self, split: str) -> dict[str, Any]:
        """Everything in all as plain values, with the rules, settings and rows that made it; None where undefined."""
        total = self.outcomes.total
        names = ("truths", "predictions", "tp", "fp", "missed", "precision", "recall", "f1")
        numbers = {name: getattr(total, name) for name in names} | self.outcomes.averages.numbers()
        if self.checklists is not None:
            numbers |= {name: getattr(self.checklists, name) for name in ("subset_accuracy", "hamming_loss", "jaccard")}
        return {
            "measure": str(self.subject),
            "split": split,
            "rows": self.rows,
            "rule": self.rule,
            "thresholds": {"min_confidence": self.thresholds.min_confidence},
            "numbers": plain(numbers),
        }


@dataclass(frozen=True, eq=False)
class SpanEvaluation:
    """Which predicted spans, or ticks, are true ones, ready for any confidence.

    Attributes:
        subject: Spans, or the checklist.
        features: Paths of the features or options, in code order.
        matches: As `metrics` reads them; positions are those of annotations.
    """

    subject: Subject
    features: tuple[str, ...]
    matches: metrics.SpanMatches

    @property
    def known(self) -> np.ndarray:
        """bool[rows]: rows that can be right or wrong: all of them, since one without truth has nothing to be found."""
        return np.ones(len(self.matches.keep), dtype=bool)

    def on_rows(self, keep: np.ndarray) -> Self:
        """On some rows alone: bool[rows]; rows left out earlier stay out."""
        return replace(self, matches=self.matches.on_rows(keep))

    def at(self, thresholds: Thresholds) -> SpanScores:
        """Everything there is to measure from a confidence on."""
        outcomes = metrics.count_spans(self.matches.above(thresholds.min_confidence))
        summary = None
        if self.subject.several:
            summary = metrics.checklist_summary(self.checklists(), min_confidence=thresholds.min_confidence)
        rows = int(np.count_nonzero(self.matches.keep))
        return SpanScores(self.subject, self.features, rows, thresholds, outcomes, summary)

    def checklists(self) -> metrics.Checklists:
        """Ticks as one list for each row; an option without a confidence has 0."""
        shape = len(self.matches.keep), len(self.features)
        truth, scores = np.zeros(shape, dtype=bool), np.zeros(shape)
        truth[self.matches.truth.row, self.matches.truth.feature] = True
        predictions = self.matches.predictions
        scores[predictions.row, predictions.feature] = predictions.sureness
        return metrics.Checklists.from_scores(truth, scores).on_rows(self.matches.keep)

    def measured(
        self, resamples: metrics.Resamples, *, thresholds: Thresholds, sizes: bool = False
    ) -> list[metrics.Measured]:
        """Every number with what it is on every resample; see `metrics.measure_spans`."""
        numbers = metrics.measure_spans(self.matches.above(thresholds.min_confidence), resamples)
        if not self.subject.several:
            return numbers
        right = metrics.checklist_summary(self.checklists(), min_confidence=thresholds.min_confidence).per_row.correct
        whole = metrics.row_mean("subset accuracy", right).on_rows(self.matches.keep)
        return metrics.measure_ratio(whole, resamples, share=True) + numbers

    def held(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and feature of every truth that counts."""
        truth = self.matches.truth
        counts = self.matches.keep[truth.row] & ~truth.ignored
        return truth.row[counts], truth.feature[counts]

    def ledger(self, baseline: SpanEvaluation, thresholds: tuple[Thresholds, Thresholds]) -> metrics.Ledger:
        """What became of every span, or tick, since the baseline."""
        ledger = metrics.keep_span_ledger(
            baseline.matches.above(thresholds[0].min_confidence), self.matches.above(thresholds[1].min_confidence)
        )
        # They are the same or not: there is no overlap to tell.
        truths = ledger.truths._replace(iou=np.full(ledger.truths.iou.shape, np.nan))
        return replace(ledger, truths=truths, rule=TICKS_RULE if self.subject.several else ledger.rule)

    def overlaps(self) -> metrics.Overlaps:
        """The same as shapes, of which those at an IoU of `SAME` are one: for what is told of shapes alone."""
        truth, predictions = self.matches.truth.as_boxes(), self.matches.predictions.as_boxes()
        found = metrics.find_overlaps(truth, predictions, rows=len(self.matches.keep), features=len(self.features))
        return found.on_rows(self.matches.keep)


def evaluate_spans(
    truth: Annotations, predictions: Annotations, *, rows: Rows, features: tuple[str, ...], subject: Subject
) -> SpanEvaluation:
    """Match predicted spans with true ones; for a checklist the ticked options.

    Rows without truth count: there nothing is to be found, or no option holds.

    Args:
        truth: True spans or answers; feature codes are places in `features`.
        predictions: Predicted ones, likewise.
        rows: The rows.
        features: Paths of the features or options.
        subject: Spans, or the checklist.

    Raises:
        ColumnError: If an annotation of a span feature is no span.
    """
    as_spans = _as_ticks if subject.several else _as_spans
    sides = (as_spans(each, rows) for each in (truth, predictions))
    return SpanEvaluation(subject, features, metrics.match_spans(*sides, rows=len(rows), features=len(features)))


def _as_spans(annotations: Annotations, rows: Rows) -> metrics.Spans:
    bad = np.flatnonzero(annotations.start < 0)
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(annotations):,} annotations of span features have no start and end; first: on row "
            f"{rows.keys[annotations.row[bad[0]]]!r}."
        )
    return _spans(annotations, annotations.start, annotations.end)


def _as_ticks(annotations: Annotations, rows: Rows) -> metrics.Spans:
    # Each option has a place of its own, so that none is ever taken for another one.
    return _spans(annotations, annotations.feature.astype(np.int32), annotations.feature.astype(np.int32) + 1)


def _spans(annotations: Annotations, start: np.ndarray, end: np.ndarray) -> metrics.Spans:
    return metrics.Spans.from_offsets(
        annotations.row,
        annotations.feature,
        start,
        end,
        confidence=annotations.confidence,
        ignored=annotations.ignored,
    )
