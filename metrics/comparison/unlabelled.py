"""Objects that runs see together where there is no truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metrics.comparison.disputes import Dispute, DisputeLines, confidence_of, join_lines, value_at
from metrics.comparison.ledger import pair_predictions
from metrics.objects.confusion import confuse
from metrics.objects.matching import Matches
from metrics.thresholds import check_iou


def dispute_alarms(runs: Sequence[Matches], needed: int, same_iou: float) -> DisputeLines:
    """A line for each object that enough runs see where there is no truth.

    Each run in turn looks for its alarms in the runs behind it, in order of falling confidence of theirs; each stands
    for the one that it overlaps most. What was found once is not looked for again.

    Args:
        runs: Matches of the runs.
        needed: Fewest runs that agree.
        same_iou: Smallest IoU with which predictions of one feature are the same object.
    """
    free = [run.fp & (confuse(run).truth_of < 0) for run in runs]
    found = []
    for first in range(len(runs) - needed + 1):
        prediction = np.full((len(free[first]), len(runs)), -1, dtype=np.int32)
        prediction[:, first] = np.where(free[first], np.arange(len(free[first])), -1)
        for other in range(first + 1, len(runs)):
            here, there = _same(runs[first], runs[other], (free[first], free[other]), same_iou)
            prediction[here, other] = there
        prediction = prediction[(prediction >= 0).sum(axis=1) >= needed]
        for other, column in enumerate(prediction.T):
            free[other][column[column >= 0]] = False
        found.append(_lines(runs, first, prediction))
    return join_lines(found)


def _same(
    one: Matches, other: Matches, free: tuple[np.ndarray, np.ndarray], same_iou: float
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the free alarms of both runs that are the same object, pair by pair."""
    from metrics.kernels.ledger import join_alarms

    between = pair_predictions(one.overlaps, other.overlaps, same_iou=same_iou)
    alarms = free[0][between.truths.position], free[1][between.predictions.position]
    joined = join_alarms(between.sides, alarms, check_iou(same_iou, lowest=between.min_overlap))
    places = np.flatnonzero(joined >= 0)
    return between.truths.position[joined[places]], between.predictions.position[places]


def _lines(runs: Sequence[Matches], first: int, prediction: np.ndarray) -> DisputeLines:
    table = runs[first].overlaps.tables.predictions
    confidence = [
        value_at(confidence_of(run), column, otherwise=np.nan) for run, column in zip(runs, prediction.T, strict=True)
    ]
    against = np.stack(confidence, axis=1)
    nothing = np.full(len(prediction), -1, dtype=np.int32)
    return DisputeLines(
        np.full(len(prediction), Dispute.NO_TRUTH, dtype=np.int8),
        nothing,
        table.row[prediction[:, first]],
        nothing,
        table.feature[prediction[:, first]],
        (prediction >= 0).sum(axis=1).astype(np.int32),
        np.nansum(against, axis=1) / len(runs),
        prediction,
        against,
    )
