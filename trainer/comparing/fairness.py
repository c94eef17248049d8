"""Runs at confidences that are fair to all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

import metrics
from trainer.comparing.sharing import SharedRows, share_rows
from trainer.comparing.told import one_by_one
from trainer.measures.evaluation import measured_split
from trainer.measures.measuring import overlaps_in
from trainer.measures.spans import SAME
from trainer.projects import Report
from trainer.runs.model_runs import ModelRun

Condition = Literal["precision", "recall", "alarms"]


@dataclass(frozen=True, eq=False)
class FairComparison:
    """Runs at confidences that are fair to all of them. Made by `compare_fairly`.

    Attributes:
        shared: The runs, the baseline first, and the rows and features they share.
        split: The split that was measured.
        rows: Number of rows measured.
        min_iou: Smallest IoU with which a prediction claims a truth.
        points: What the runs reach under each condition, in the order of `shared.runs`.
        warnings: For each candidate, why equal confidences are not fair to it and the baseline; None where they are.
    """

    shared: SharedRows
    split: str
    rows: int
    min_iou: float
    points: tuple[metrics.OperatingPoints, ...]
    warnings: tuple[str | None, ...]

    def lines(self) -> list[dict[str, Any]]:
        """One line for each condition and run, with plain values; NaN where a run cannot meet the condition."""
        columns = ("confidence", "precision", "recall", "f1", "alarms_per_row", "tp", "fp", "missed", "reachable")
        return [
            {"equal": point.equal, "run": f"{run.stored.experiment}/{run.name}"}
            | {name: float(getattr(point, name)[place]) for name in columns}
            for point in self.points
            for place, run in enumerate(self.shared.runs)
        ]


def compare_fairly(
    baseline: ModelRun,
    candidates: ModelRun | Sequence[ModelRun],
    *,
    measure: str | None = None,
    min_iou: float = 0.5,
    split: str | None = None,
    condition: tuple[Condition, float] | None = None,
    report: Report | None = None,
) -> FairComparison:
    """Compare runs where each uses the confidence that serves it best under one condition for all.

    A confidence of 0.5 may mean more in one run than in another. So each run is asked at the confidence of its best F1,
    and at the confidences at which it reaches the baseline's precision, recall and false alarms per row there; or at
    one condition of your own.

    Args:
        baseline: The run to beat.
        candidates: The runs in question, on the rows and features that all share.
        measure: ``boxes``, ``masks``, ``spans`` or the ``classes`` of a checklist; what the runs were measured by when
            they were sealed, when left out. Spans and ticks are the same or not, so that the IoU means nothing.
        min_iou: Smallest IoU with which a prediction claims a truth, in [0.05, 1].
        split: ``training``, ``validation``, ``test``, ``unassigned`` or ``all``; what stands for the first candidate
            when left out.
        condition: ``precision`` or ``recall`` to reach at least, or false ``alarms`` per row at most, with its value.
        report: Told of the progress.

    Raises:
        SnapshotMismatchError: If the runs share no row or no feature.
        RecordError: If none of the rows is in the split, or no threshold decides anything, as in a choice of one class
            for each row.
        ThresholdError: If the condition lies outside its range.
    """
    several = [candidates] if isinstance(candidates, ModelRun) else list(candidates)
    shared = share_rows(baseline, several, measure=measure)
    if not shared.subject.has_objects:
        min_iou = SAME
    split = split or measured_split(shared.runs[1].snapshot.rows)
    chosen = shared.in_split(split)
    runs, rows = range(len(shared.runs)), int(chosen.sum())
    overlaps = [_measured(shared, place, chosen) for place in one_by_one(runs, "matching", report)]
    curves = [metrics.precision_recall_curves(each, min_iou=min_iou).overall for each in overlaps]
    before, *others = (_judged(overlaps[place], shared, place, min_iou) for place in runs)
    return FairComparison(
        shared,
        split,
        rows,
        min_iou,
        _points(curves, rows, condition),
        tuple(
            metrics.compare_confidence(before, each, rows=len(shared)).warning
            for each in one_by_one(others, "comparing confidences", report)
        ),
    )


def _points(
    curves: Sequence[metrics.Curve], rows: int, condition: tuple[Condition, float] | None
) -> tuple[metrics.OperatingPoints, ...]:
    if condition is None:
        return metrics.fair_points(curves, rows=rows)
    what, value = condition
    if what == "precision":
        return (metrics.operating_points(curves, rows=rows, precision=value),)
    if what == "recall":
        return (metrics.operating_points(curves, rows=rows, recall=value),)
    return (metrics.operating_points(curves, rows=rows, alarms_per_row=value),)


def _measured(shared: SharedRows, place: int, chosen: np.ndarray) -> metrics.Overlaps:
    """One run's overlaps on the chosen shared rows."""
    overlaps = overlaps_in(shared.evaluation(shared.runs[place]), asked="A fair confidence")
    keep = np.zeros(len(overlaps.keep), dtype=bool)
    keep[shared.rows[place][chosen]] = True
    return overlaps.on_rows(keep)


def _judged(overlaps: metrics.Overlaps, shared: SharedRows, place: int, min_iou: float) -> metrics.Judged:
    """A run's predictions on the shared rows, numbered alike for all runs, and whether they were right."""
    judged = metrics.judged_predictions(metrics.match(overlaps, min_iou=min_iou))
    number = np.full(len(overlaps.keep), -1, dtype=np.int32)
    number[shared.rows[place]] = np.arange(len(shared), dtype=np.int32)
    return metrics.judge(number[judged.row], judged.confidence, judged.right, rows=len(shared))
