"""Any number of runs measured against the truth of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

import metrics
from trainer.comparing.placing import Placed, features_onto, place, rows_onto
from trainer.comparing.sharing import SharedRows, share_rows
from trainer.comparing.told import one_by_one
from trainer.measures.evaluation import Thresholds, measured_split, rows_of_split
from trainer.measures.measuring import Measurable, evaluate_sides, overlaps_in, refuse_other_measures, remarks_of
from trainer.measures.spans import SAME
from trainer.projects import Report
from trainer.records.annotations import Annotations
from trainer.records.errors import RecordError
from trainer.records.layout import PREDICTIONS
from trainer.records.measure import Measure
from trainer.records.wording import count
from trainer.runs.model_runs import ModelRun


@dataclass(frozen=True, eq=False)
class OneTruth:
    """Runs on the rows, split and truth of the last of them. Made by `on_one_truth`.

    Predictions of the other runs are placed on that run's rows and features, joined by key and path. Rows and features
    that not all runs know are left out.

    Attributes:
        shared: The runs in the order they were given, and the rows and features they share.
        split: The split that is measured, as the last run's snapshot has it.
        keep: bool[rows of the last run's snapshot]: those that are measured, without rows whose true class is
            not known.
        without_truth: Number of the split's shared rows that are left out for that.
        report: Told of the progress.
    """

    shared: SharedRows
    split: str
    keep: np.ndarray
    without_truth: int = 0
    report: Report | None = None

    @property
    def runs(self) -> tuple[ModelRun, ...]:
        """The runs in the order they were given."""
        return self.shared.runs

    @property
    def last(self) -> ModelRun:
        """The run whose truth it is."""
        return self.shared.runs[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """The runs as ``experiment/name``."""
        return tuple(f"{run.stored.experiment}/{run.name}" for run in self.runs)

    @property
    def rows(self) -> int:
        """Number of rows measured, those without truth or predictions included."""
        return int(np.count_nonzero(self.keep))

    @cached_property
    def trained_on(self) -> tuple[int, ...]:
        """For each run, how many of the measured rows its own snapshot calls training rows: they flatter it."""
        return self.shared.trained_on(self.keep[self.shared.rows[-1]])

    @property
    def copies(self) -> tuple[tuple[int, int], ...]:
        """Places of runs with equal predictions on equal snapshots: two names of one outcome, not two witnesses."""
        made = [(run.snapshot.digest, run.stored.manifest.entry(PREDICTIONS).sha256) for run in self.runs]
        return tuple((made.index(one), place) for place, one in enumerate(made) if made.index(one) < place)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to know before trusting a number on these rows, in sentences; empty where there is nothing to know."""
        said = []
        if not self.shared.same_snapshot:
            said.append(f"The runs saw different snapshots: all are measured against the truth of {self.names[-1]}.")
        if self.without_truth:
            said.append(
                f"{self.without_truth:,} rows are left out: they have no true answer to "
                f"{self.shared.subject.question!r}."
            )
        for name, left_out in zip(self.names, self.shared.left_out, strict=True):
            if left_out:
                said.append(f"{left_out:,} rows of {name} are left out: not all runs have them.")
        if self.shared.left_out_features:
            said.append(f"Left out, as not all runs know them: {', '.join(self.shared.left_out_features)}.")
        for name, trained_on in zip(self.names, self.trained_on, strict=True):
            if trained_on:
                said.append(f"{name} was trained on {trained_on:,} of these rows, which flatters it.")
        if self.shared.subject.one_choice:
            pairs = zip(self.names, self.evaluations, strict=True)
            said += [f"{name}: {each}." for name, evaluation in pairs for each in remarks_of(evaluation)]
        for one, other in self.copies:
            said.append(f"{self.names[one]} and {self.names[other]} predict exactly the same: nothing speaks for two.")
        return tuple(said)

    @cached_property
    def truth(self) -> Placed:
        """The truths of the shared features, and where each stands in the last run's snapshot."""
        return self._placed(self.last.snapshot.truth, len(self.runs) - 1)

    @cached_property
    def predictions(self) -> tuple[Placed, ...]:
        """Each run's predictions on these rows and features, and where each stands in the run."""
        return tuple(self._placed(run.predictions, number) for number, run in enumerate(self.runs))

    @cached_property
    def evaluations(self) -> tuple[Measurable, ...]:
        """Each run's predictions with the one truth, on the measured rows."""
        numbers = one_by_one(range(len(self.runs)), "matching", self.report)
        return tuple(self._evaluation(number).on_rows(self.keep) for number in numbers)

    @cached_property
    def overlaps(self) -> tuple[metrics.Overlaps, ...]:
        """The same as overlaps; spans and ticks overlap wholly or not at all."""
        return tuple(overlaps_in(each, asked="What several runs say of one truth") for each in self.evaluations)

    @property
    def only_iou(self) -> float | None:
        """The only IoU that means anything for spans and ticks, which are the same or not; None where any does."""
        return None if self.shared.subject.has_objects else SAME

    def matches(self, thresholds: Thresholds) -> tuple[metrics.Matches, ...]:
        """What each run finds at the same thresholds; the IoU means nothing for spans and ticks."""
        iou = self.only_iou or thresholds.min_iou
        return tuple(
            metrics.match(each, min_iou=iou, min_confidence=thresholds.min_confidence) for each in self.overlaps
        )

    def _alike(self, number: int) -> bool:
        """Whether a run stands on the very rows, features and truth of the last one."""
        return self.runs[number].snapshot.digest == self.last.snapshot.digest

    def _evaluation(self, number: int) -> Measurable:
        if self._alike(number):
            return self.shared.evaluation(self.runs[number])
        return evaluate_sides(
            self.truth.annotations,
            self.predictions[number].annotations,
            rows=self.last.snapshot.rows,
            features=self.shared.features,
            subject=self.shared.subject,
        )

    def _placed(self, annotations: Annotations, number: int) -> Placed:
        snapshot = self.runs[number].snapshot
        rows = (
            np.arange(len(self.keep), dtype=np.int32)
            if self._alike(number)
            else rows_onto(self.shared.rows[number], self.shared.rows[-1], rows=len(snapshot.rows))
        )
        return place(annotations, rows=rows, features=features_onto(snapshot.ontology, self.shared.features))


def on_one_truth(
    runs: Sequence[ModelRun],
    *,
    split: str | None = None,
    measure: str | None = None,
    allowed: Sequence[Measure] = (Measure.BOXES, Measure.MASKS),
    asked: str = "What several runs say of one truth",
    report: Report | None = None,
) -> OneTruth:
    """Put runs on the rows and the truth of the last of them.

    Args:
        runs: Two or more, each once.
        split: ``training``, ``validation``, ``test``, ``unassigned`` or ``all``, as the last run's snapshot has it;
            validation when left out, else test, else all.
        measure: What is measured; see `shared_subject`.
        allowed: What can be measured for what is asked.
        asked: What is asked, as the subject of a sentence.
        report: Told of the progress whenever anything is measured.

    Raises:
        RecordError: If there are fewer than two runs, one is named twice, there is no such split, none of the shared
            rows is in it or none of them has a true class, or what is measured is not allowed.
        SnapshotMismatchError: If the runs share no row or no feature.
    """
    _refuse_twice(runs)
    shared = share_rows(runs[0], runs[1:], measure=measure)
    refuse_other_measures(shared.subject, *allowed, asked=asked)
    rows = shared.runs[-1].snapshot.rows
    split = split or measured_split(rows)
    chosen = rows_of_split(rows, split)[shared.rows[-1]]
    if not chosen.any():
        there = ", ".join(f"{n:,} {name}" for name, n in rows.take(shared.rows[-1]).split_sizes().items())
        raise RecordError(
            f"None of the {len(shared):,} shared rows is in the split {split!r}; {shared.runs[-1].name!r} has {there}."
        )
    keep = np.zeros(len(rows), dtype=bool)
    keep[shared.rows[-1][chosen]] = True
    known = keep & _has_truth(shared, split, keep)
    return OneTruth(shared, split, known, int((keep & ~known).sum()), report)


def _has_truth(shared: SharedRows, split: str, keep: np.ndarray) -> np.ndarray:
    """bool[rows]: rows that can be right or wrong: of classes those with a true answer, else all."""
    known = shared.evaluation(shared.runs[-1]).known
    if not (keep & known).any():
        raise RecordError(
            f"None of the rows ({split}) has a true answer to {shared.subject.question!r}, so nothing can be measured."
        )
    return known


def _refuse_twice(runs: Sequence[ModelRun]) -> None:
    if len(runs) < 2:
        raise RecordError(f"{count(len(runs), 'run')} named; at least two are needed.")
    ids = [run.id for run in runs]
    for number, run in enumerate(runs):
        if run.id in ids[:number]:
            raise RecordError(
                f"Run {run.name!r} is named twice (as number {ids.index(run.id) + 1} and {number + 1}); a run that "
                "agrees with itself says nothing. Name each run once."
            )
