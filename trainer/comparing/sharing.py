"""The rows and features that any number of runs have in common."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from trainer.comparing.placing import features_onto, place, rows_onto
from trainer.measures.evaluation import ALL_ROWS, rows_of_split
from trainer.measures.measuring import Measurable
from trainer.records.errors import RecordError, SnapshotMismatchError
from trainer.records.measure import BOXES, Subject, subject_of
from trainer.records.rows import Rows
from trainer.records.split import Split
from trainer.runs.model_runs import ModelRun


@dataclass(frozen=True, eq=False)
class SharedRows:
    """Runs joined by the keys of their rows and the paths of their features. Made by `share_rows`.

    Attributes:
        runs: The runs, the baseline first.
        rows: For each run int32[n]: where the n shared rows stand in its snapshot, in key order.
        features: Paths of the measured features that all know, in the order of the first candidate.
        subject: What is measured.
    """

    runs: tuple[ModelRun, ...]
    rows: tuple[np.ndarray, ...]
    features: tuple[str, ...]
    subject: Subject = BOXES

    def __len__(self) -> int:
        return len(self.rows[0])

    @property
    def left_out(self) -> tuple[int, ...]:
        """For each run, how many of its rows the others do not all have; no number counts them."""
        return tuple(len(run.snapshot.rows) - len(self) for run in self.runs)

    @property
    def left_out_features(self) -> tuple[str, ...]:
        """Paths of the measured features that not all know; no number counts them."""
        paths = (path for run in self.runs for path in self.subject.features_of(run.snapshot.ontology))
        return tuple(path for path in dict.fromkeys(paths) if path not in self.features)

    @property
    def same_snapshot(self) -> bool:
        """Whether all saw equal ontology, rows, split and truth."""
        return len({run.snapshot.digest for run in self.runs}) == 1

    def same_truth(self, chosen: np.ndarray) -> bool:
        """Whether all snapshots hold equal truth of the shared features on the chosen rows.

        Args:
            chosen: bool[n] over the shared rows.
        """
        if self.same_snapshot:
            return True
        numbers = np.where(chosen, np.arange(len(self)), -1)
        truths = [
            place(
                run.snapshot.truth,
                rows=rows_onto(rows, numbers, rows=len(run.snapshot.rows)),
                features=features_onto(run.snapshot.ontology, self.features),
            ).annotations.table.drop_columns(["object", "origin"])
            for run, rows in zip(self.runs, self.rows, strict=True)
        ]
        return all(truth.equals(truths[0]) for truth in truths[1:])

    def evaluation(self, run: ModelRun) -> Measurable:
        """A run's evaluation on the shared features alone, in their order; on all of its own rows."""
        return run.evaluation(self.subject, features=self.features)

    def in_split(self, split: str) -> np.ndarray:
        """bool[n]: the shared rows that every candidate's snapshot puts into a split, or ``all``.

        Raises:
            RecordError: If there is none.
        """
        candidates = list(zip(self.runs, self.rows, strict=True))[1:]
        chosen = np.logical_and.reduce([rows_of_split(run.snapshot.rows, split)[rows] for run, rows in candidates])
        if not chosen.any():
            run, rows = candidates[0]
            sizes = run.snapshot.rows.take(rows).split_sizes()
            there = ", ".join(f"{n:,} {name}" for name, n in sizes.items())
            raise RecordError(
                f"None of the {len(self):,} shared rows is in the split {split!r} of every candidate; "
                f"{run.name!r} has {there}. Measure on another split, or on {ALL_ROWS!r}."
            )
        return np.asarray(chosen)

    def trained_on(self, chosen: np.ndarray) -> tuple[int, ...]:
        """For each run, how many of the chosen rows its own snapshot calls training rows: they flatter it.

        Args:
            chosen: bool[n] over the shared rows.
        """
        pairs = zip(self.runs, self.rows, strict=True)
        return tuple(int((run.snapshot.rows.splits[rows[chosen]] == Split.TRAINING).sum()) for run, rows in pairs)


def share_rows(baseline: ModelRun, candidates: Sequence[ModelRun], *, measure: str | None = None) -> SharedRows:
    """Join a baseline and its candidates on the rows and features that all of them have.

    Args:
        baseline: The run to beat.
        candidates: The runs in question.
        measure: What is measured; see `shared_subject`.

    Raises:
        RecordError: If there is no candidate, or not one thing that all can be measured by.
        SnapshotMismatchError: If they share no row or no feature.
    """
    if not candidates:
        raise RecordError("There is no candidate to compare with the baseline; name at least one.")
    runs = (baseline, *candidates)
    keys = reduce(set.intersection, (set(run.snapshot.rows.keys) for run in runs))
    subject = shared_subject(runs, measure)
    known = reduce(set.intersection, (set(subject.features_of(run.snapshot.ontology)) for run in runs))
    features = tuple(path for path in subject.features_of(candidates[0].snapshot.ontology) if path in known)
    for what, shared in (("row", keys), ("feature", features)):
        if not shared:
            names = ", ".join(repr(run.name) for run in runs)
            raise SnapshotMismatchError(
                f"Runs {names} share no {what}, so nothing can be compared. "
                "Runs are joined by the keys of their rows and the paths of their features."
            )
    return SharedRows(runs, tuple(_places(run.snapshot.rows, keys) for run in runs), features, subject)


def shared_subject(runs: Sequence[ModelRun], measure: str | None = None) -> Subject:
    """What several runs are measured by.

    Args:
        runs: The runs.
        measure: ``boxes``, ``masks``, ``classes``, ``pixels`` or ``spans``, or ``classes:weather`` for the options of
            one question; when left out, what all of them were measured by when they were sealed.

    Raises:
        RecordError: If there is nothing of the kind to measure, or nothing is said and the runs differ in it.
        NotFoundError: If not all ask that question.
    """
    if measure is not None:
        return subject_of(measure, *(run.snapshot.ontology for run in runs))
    subjects = {run.subject: run for run in reversed(runs)}
    if len(subjects) > 1:
        if len({str(subject) for subject in subjects}) == 1:  # a radio here, a checklist there: say so
            return shared_subject(runs, str(runs[0].subject))
        said = ", ".join(f"{run.name!r} {subject}" for subject, run in reversed(subjects.items()))
        raise RecordError(f"The runs were measured by different things ({said}). Say which one to compare: --measure.")
    return runs[0].subject


def cluster_numbers(rows: Rows, column: str) -> np.ndarray:
    """int32[rows]: equal numbers for rows with the same value in a metadata column, such as ``video`` or ``patient``.

    A row without the column, or with null in it, is a cluster of its own.

    Raises:
        RecordError: If no row has the column.
    """
    return number_clusters(rows.table["metadata"].to_pylist(), column)


def number_clusters(texts: Sequence[str], column: str) -> np.ndarray:
    """The same for the metadata of any rows, each as JSON."""
    numbers = np.empty(len(texts), dtype=np.int32)
    seen: dict[str, int] = {}
    names: dict[str, None] = {}
    for row, text in enumerate(texts):
        metadata = {} if text == "{}" else json.loads(text)
        names |= dict.fromkeys(metadata)
        value = metadata.get(column)
        identity = f"row {row}" if value is None else "value " + json.dumps(value, sort_keys=True)
        numbers[row] = seen.setdefault(identity, len(seen))
    if column not in names:
        there = ", ".join(sorted(names)) if names else "none"
        raise RecordError(f"No row has metadata {column!r} to cluster by; there is: {there}.")
    return numbers


def _places(rows: Rows, keys: set[str]) -> np.ndarray:
    return np.flatnonzero([key in keys for key in rows.keys]).astype(np.int32)
