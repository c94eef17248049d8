"""Two model runs side by side, on the rows they share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

import metrics
from trainer.evaluation import (
    Evaluation,
    Scores,
    Thresholds,
    headline_of,
    measured_split,
    overlaps_of,
    rows_of_split,
)
from trainer.model_runs import ModelRun
from trainer.records.errors import SnapshotMismatchError


@dataclass(frozen=True, slots=True)
class Gain:
    """One number of two runs; its gain is candidate minus baseline.

    Attributes:
        name: What was measured.
        baseline: NaN where undefined.
        candidate: NaN where undefined.
        support: Number of truths it rests on; None for a number over all of them.
    """

    name: str
    baseline: float
    candidate: float
    support: int | None = None

    @property
    def gain(self) -> float:
        """Candidate minus baseline; NaN if either is undefined."""
        return self.candidate - self.baseline


@dataclass(frozen=True)
class Pair:
    """A baseline and a candidate, and where each keeps the rows they share.

    Attributes:
        baseline: The run to beat.
        candidate: The run in question.
        baseline_rows: int32[n]: row numbers in the baseline's snapshot of the n shared rows, in key order.
        candidate_rows: int32[n]: the same rows in the candidate's snapshot.
    """

    baseline: ModelRun
    candidate: ModelRun
    baseline_rows: np.ndarray
    candidate_rows: np.ndarray

    def __len__(self) -> int:
        return len(self.baseline_rows)

    @property
    def left_out(self) -> tuple[int, int]:
        """Number of rows only in the baseline, and only in the candidate; no number counts them."""
        return len(self.baseline.snapshot.rows) - len(self), len(self.candidate.snapshot.rows) - len(self)

    @property
    def same_snapshot(self) -> bool:
        """Whether both saw equal ontology, rows, split and truth."""
        return self.baseline.snapshot.digest == self.candidate.snapshot.digest

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Paths of the features both know, in the candidate's order."""
        known = set(self.baseline.snapshot.ontology.paths)
        return tuple(path for path in self.candidate.snapshot.ontology.paths if path in known)

    @property
    def left_out_features(self) -> tuple[str, ...]:
        """Paths of the features that only one of the two knows; no number counts them."""
        paths = (*self.baseline.snapshot.ontology.paths, *self.candidate.snapshot.ontology.paths)
        return tuple(path for path in dict.fromkeys(paths) if path not in self.features)

    @property
    def default_split(self) -> str:
        """The split to measure on when none is asked for; see `measured_split`."""
        return measured_split(self.candidate.snapshot.rows)

    def rows_of(self, split: str) -> np.ndarray:
        """bool[n]: which shared rows the candidate's snapshot puts into a split, or ``all``."""
        return rows_of_split(self.candidate.snapshot.rows, split)[self.candidate_rows]

    def evaluations(self, chosen: np.ndarray) -> tuple[Evaluation, Evaluation]:
        """Baseline's and candidate's evaluation on chosen shared rows, ready for any thresholds.

        Args:
            chosen: bool[n] over the shared rows.
        """
        before, after = self._overlaps
        return (
            Evaluation(_on_rows(before, self.baseline_rows[chosen]), self.features),
            Evaluation(_on_rows(after, self.candidate_rows[chosen]), self.features),
        )

    @cached_property
    def _overlaps(self) -> tuple[metrics.Overlaps, metrics.Overlaps]:
        """Baseline's and candidate's overlaps on the shared features alone, in one order."""
        before, after = (
            run.overlaps
            if run.snapshot.ontology.paths == self.features
            else overlaps_of(run.snapshot, run.predictions, features=self.features)
            for run in (self.baseline, self.candidate)
        )
        return before, after


@dataclass(frozen=True)
class Comparison:
    """What two runs scored on the same rows at the same thresholds.

    Attributes:
        pair: The two runs.
        chosen: bool[n] over the shared rows: those that were measured.
        baseline: The baseline's scores.
        candidate: The candidate's scores.
    """

    pair: Pair
    chosen: np.ndarray
    baseline: Scores
    candidate: Scores

    def headline(self) -> list[Gain]:
        """Headline numbers in a fixed order; see `headline_of`."""
        before, after = headline_of(self.baseline), headline_of(self.candidate)
        return [Gain(name, before[name], after[name]) for name in before]

    def coco(self) -> list[Gain]:
        """COCO's twelve numbers, which do not depend on the thresholds."""
        before, after = self.baseline.coco.numbers(), self.candidate.coco.numbers()
        return [Gain(name, before[name], after[name]) for name in before]

    def at_thresholds(self) -> list[Gain]:
        """Precision, recall, F1, mean IoU and the counts behind them, over all features."""
        before, after = self.baseline.at_thresholds.total.columns(), self.candidate.at_thresholds.total.columns()
        return [Gain(name, float(before[name]), float(after[name])) for name in before]

    def per_feature(self) -> list[Gain]:
        """Average precision at IoU 0.50 to 0.95 of each shared feature, with its number of truths."""
        before, after = _by_path(self.baseline, "ap"), _by_path(self.candidate, "ap")
        support = _by_path(self.candidate, "truths")
        return [Gain(path, before[path], after[path], int(support[path])) for path in self.pair.features]

    def row_changes(self) -> np.ndarray:
        """int8[n] over the shared rows: 1 where the candidate makes fewer errors, -1 where more, else 0.

        Errors of a row are its false alarms and misses at the thresholds. Rows that were not measured hold 0.
        """
        before, after = self.baseline.at_thresholds.per_row, self.candidate.at_thresholds.per_row
        errors_before = (before.fp + before.missed)[self.pair.baseline_rows]
        errors_after = (after.fp + after.missed)[self.pair.candidate_rows]
        return np.sign(errors_before - errors_after).astype(np.int8) * self.chosen


def pair_runs(baseline: ModelRun, candidate: ModelRun) -> Pair:
    """Join two runs on the keys of their rows.

    Raises:
        SnapshotMismatchError: If they share no row or no feature.
    """
    _, baseline_rows, candidate_rows = np.intersect1d(
        np.asarray(baseline.snapshot.rows.keys, dtype=object),
        np.asarray(candidate.snapshot.rows.keys, dtype=object),
        assume_unique=True,
        return_indices=True,
    )
    pair = Pair(baseline, candidate, baseline_rows.astype(np.int32), candidate_rows.astype(np.int32))
    for what, shared in (("row", len(pair)), ("feature", len(pair.features))):
        if not shared:
            raise SnapshotMismatchError(
                f"Runs {baseline.name!r} and {candidate.name!r} share no {what}, so nothing can be compared. "
                "Runs are joined by the keys of their rows and the paths of their features."
            )
    return pair


def compare(pair: Pair, *, thresholds: Thresholds | None = None, split: str | None = None) -> Comparison:
    """Measure both runs on the rows they share.

    Args:
        pair: From `pair_runs`.
        thresholds: Where precision, recall and F1 are taken; 0.5 and 0.5 when left out.
        split: ``training``, ``validation``, ``test``, ``unassigned`` or ``all``; `Pair.default_split` when left out.
    """
    chosen = pair.rows_of(split or pair.default_split)
    baseline, candidate = (evaluation.at(thresholds or Thresholds()) for evaluation in pair.evaluations(chosen))
    return Comparison(pair, chosen, baseline, candidate)


def _by_path(scores: Scores, column: str) -> dict[str, float]:
    values = scores.coco.per_feature.columns()[column]
    return dict(zip(scores.features, values.tolist(), strict=True))


def _on_rows(overlaps: metrics.Overlaps, rows: np.ndarray) -> metrics.Overlaps:
    keep = np.zeros(len(overlaps.keep), dtype=bool)
    keep[rows] = True
    return overlaps.on_rows(keep)
