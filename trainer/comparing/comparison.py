"""Two model runs side by side, on the rows they share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trainer.comparing.sharing import shared_subject
from trainer.measures.evaluation import Scores, Thresholds, measured_split, rows_of_split
from trainer.measures.measuring import Measurable, Scored, refuse_other_measures
from trainer.records.errors import SnapshotMismatchError
from trainer.records.measure import BOXES, Measure, Subject
from trainer.runs.model_runs import ModelRun


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
        subject: What is measured.
    """

    baseline: ModelRun
    candidate: ModelRun
    baseline_rows: np.ndarray
    candidate_rows: np.ndarray
    subject: Subject = BOXES

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
        """Paths of the measured features that both know, in the candidate's order."""
        known = set(self.subject.features_of(self.baseline.snapshot.ontology))
        return tuple(path for path in self.subject.features_of(self.candidate.snapshot.ontology) if path in known)

    @property
    def left_out_features(self) -> tuple[str, ...]:
        """Paths of the measured features that only one of the two knows; no number counts them."""
        runs = (self.baseline, self.candidate)
        paths = [path for run in runs for path in self.subject.features_of(run.snapshot.ontology)]
        return tuple(path for path in dict.fromkeys(paths) if path not in self.features)

    @property
    def default_split(self) -> str:
        """The split to measure on when none is asked for; see `measured_split`."""
        return measured_split(self.candidate.snapshot.rows)

    def rows_of(self, split: str) -> np.ndarray:
        """bool[n]: which shared rows the candidate's snapshot puts into a split, or ``all``."""
        return rows_of_split(self.candidate.snapshot.rows, split)[self.candidate_rows]

    @cached_property
    def known(self) -> np.ndarray:
        """bool[n]: shared rows that can be right or wrong: of one choice among classes those whose true one both know.

        Rows that are not are in no number.
        """
        known = np.ones(len(self), dtype=bool)
        if self.subject.one_choice:
            for run, rows in ((self.baseline, self.baseline_rows), (self.candidate, self.candidate_rows)):
                known &= run.evaluation(self.subject, features=self.features).known[rows]
        return known

    def measured_rows(self, split: str) -> np.ndarray:
        """bool[n]: which shared rows of a split, or of ``all``, are measured; `known` leaves some out."""
        return self.rows_of(split) & self.known

    def measured_in_candidate(self, split: str) -> np.ndarray:
        """bool[rows of the candidate's snapshot]: the same rows there."""
        return _flags(self.candidate, self.candidate_rows[self.measured_rows(split)])

    def without_truth(self, split: str) -> int:
        """Number of the split's shared rows that are not measured, since their true class is not known."""
        return int(np.count_nonzero(self.rows_of(split) & ~self.known))

    def evaluations(self, chosen: np.ndarray) -> tuple[Measurable, Measurable]:
        """Baseline's and candidate's evaluation on chosen shared rows, ready for any thresholds.

        Args:
            chosen: bool[n] over the shared rows.
        """
        before, after = (
            run.evaluation(self.subject, features=self.features).on_rows(_flags(run, rows[chosen]))
            for run, rows in ((self.baseline, self.baseline_rows), (self.candidate, self.candidate_rows))
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
    baseline: Scored
    candidate: Scored

    def headline(self) -> list[Gain]:
        """The numbers that stand for a run, in a fixed order."""
        before, after = self.baseline.headline(), self.candidate.headline()
        return [Gain(name, before[name], after[name]) for name in before]

    def objects(self) -> tuple[Scores, Scores]:
        """Baseline's and candidate's scores where boxes or masks are measured.

        Raises:
            RecordError: If something else is.
        """
        refuse_other_measures(self.pair.subject, Measure.BOXES, Measure.MASKS, asked="COCO's summary")
        assert isinstance(self.baseline, Scores)
        assert isinstance(self.candidate, Scores)
        return self.baseline, self.candidate

    def coco(self) -> list[Gain]:
        """COCO's twelve numbers, which do not depend on the thresholds."""
        before, after = (scores.coco.numbers() for scores in self.objects())
        return [Gain(name, before[name], after[name]) for name in before]

    def at_thresholds(self) -> list[Gain]:
        """Precision, recall, F1, mean IoU and the counts behind them, over all features."""
        before, after = (scores.at_thresholds.total.columns() for scores in self.objects())
        return [Gain(name, float(before[name]), float(after[name])) for name in before]

    def per_feature(self) -> list[Gain]:
        """The number that stands for each shared feature, with its number of truths.

        It is average precision at IoU 0.50 to 0.95 of boxes and masks, F1 of classes and spans, IoU of pixels.
        """
        before, after = (self._by_path(scores, scores.main()) for scores in (self.baseline, self.candidate))
        support = self._by_path(self.candidate, self.candidate.support())
        return [Gain(path, before[path], after[path], int(support[path])) for path in self.pair.features]

    @staticmethod
    def _by_path(scores: Scored, values: np.ndarray) -> dict[str, float]:
        return dict(zip(scores.features, values.tolist(), strict=True))

    def row_changes(self) -> np.ndarray:
        """int8[n] over the shared rows: 1 where the candidate makes fewer errors, -1 where more, else 0.

        Errors of a row are its false alarms and misses at the thresholds, its wrong choice or its wrong pixels. Rows
        that were not measured hold 0.
        """
        errors_before = self.baseline.row_errors()[self.pair.baseline_rows]
        errors_after = self.candidate.row_errors()[self.pair.candidate_rows]
        return np.sign(errors_before - errors_after).astype(np.int8) * self.chosen


def pair_runs(baseline: ModelRun, candidate: ModelRun, *, measure: str | None = None) -> Pair:
    """Join two runs on the keys of their rows.

    Args:
        baseline: The run to beat.
        candidate: The run in question.
        measure: ``boxes``, ``masks``, ``classes``, ``pixels`` or ``spans``; what both were measured by when they were
            sealed, when left out. Of several questions ``classes:weather`` names one.

    Raises:
        RecordError: If there is nothing of the kind to measure, or nothing is said and the runs differ in it.
        SnapshotMismatchError: If they share no row or no feature.
    """
    subject = shared_subject((baseline, candidate), measure)
    _, baseline_rows, candidate_rows = np.intersect1d(
        np.asarray(baseline.snapshot.rows.keys, dtype=object),
        np.asarray(candidate.snapshot.rows.keys, dtype=object),
        assume_unique=True,
        return_indices=True,
    )
    pair = Pair(baseline, candidate, baseline_rows.astype(np.int32), candidate_rows.astype(np.int32), subject)
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
    chosen = pair.measured_rows(split or pair.default_split)
    baseline, candidate = (evaluation.at(thresholds or Thresholds()) for evaluation in pair.evaluations(chosen))
    return Comparison(pair, chosen, baseline, candidate)


def _flags(run: ModelRun, rows: np.ndarray) -> np.ndarray:
    keep = np.zeros(len(run.snapshot.rows), dtype=bool)
    keep[rows] = True
    return keep
