"""Truths that runs dispute: what several of them agree on against the truth, as a list to look through."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metrics.columns import Numbers, check_lengths
from metrics.columns import check_confidence as check_confidences
from metrics.comparison.agreeing import Seen, agreed, check_needed
from metrics.comparison.disputes import Dispute, DisputeLines, Disputes, confidence_of, join_lines, ranked, value_at
from metrics.comparison.unlabelled import dispute_alarms
from metrics.errors import ColumnError
from metrics.objects.confusion import confuse
from metrics.objects.matching import Matches, match
from metrics.thresholds import check_confidence


def find_disputes(
    runs: Sequence[Matches], *, min_runs: int | None = None, min_doubt: float = 0.5, same_iou: float = 0.5
) -> Disputes:
    """Truths that several runs contradict in the same way, the most doubtful first.

    Runs contradict a truth if they take it for the same other feature (as `confuse` tells), if they see the same
    object where no truth is (predictions of one feature that overlap one another, as in `keep_ledger`), or if they miss
    it. How sure a run is of that is the confidence of its prediction; for a miss it is 1 less the confidence with which
    it would have found the truth at a lower threshold. What runs see otherwise comes before what they do not see.

    What this cannot tell: runs that learnt from the same truth, or are built alike, share their mistakes. Most truths
    that all miss are right and hard (small, hidden, rare), and mistakes that are in the training truth as well are
    repeated, not disputed. It is a list for a person to look through, not a correction; and as the runs themselves
    choose what is on it, numbers without it flatter them. Runs of different kinds make better witnesses.

    Args:
        runs: Matches of two or more runs on the same truths, rows and features, at the same IoU and at confidences at
            which their predictions are meant.
        min_runs: Fewest runs that agree, from 2; all of them when left out.
        min_doubt: Smallest mean confidence against the truth, in [0, 1].
        same_iou: Smallest IoU with which predictions of two runs are the same object.

    Raises:
        ColumnError: If there are not as many runs as are to agree, or they are not on the same truths.
        ThresholdError: If `min_doubt` lies outside its range.

    Example:
        >>> from metrics import Boxes, find_overlaps, match
        >>> truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> found = Boxes.from_sizes([0, 0], [0, 1], [[0, 0, 10, 10], [50, 50, 10, 10]], confidence=[0.9, 0.8])
        >>> run = match(find_overlaps(truth, found, rows=1, features=2))
        >>> lines = find_disputes([run, run]).lines
        >>> lines.truth.tolist(), lines.seen_as.tolist(), lines.doubt.tolist(), lines.confidence.tolist()
        ([1], [1], [0.8], [[0.8, 0.8]])

    Source:
        The confidence of agreeing models against the truth, after Northcutt, Jiang and Chuang, Confident Learning,
        JAIR 70, 2021, without its estimate of how often features are mistaken for each other.
    """
    needed = check_needed(len(runs), min_runs)
    _check_alike(runs)
    truths = _dispute_truths(runs, needed)
    lines = join_lines([truths, dispute_alarms(runs, needed, same_iou)])
    return ranked(lines, len(runs), needed, check_confidence(min_doubt))


def find_choice_disputes(
    truth: Numbers,
    predicted: Sequence[Numbers],
    confidence: Sequence[Numbers],
    *,
    min_runs: int | None = None,
    min_doubt: float = 0.5,
) -> Disputes:
    """Rows for which several runs choose the same other class than the true one, the most doubtful first.

    The rule, and what it cannot tell, is that of `find_disputes`; rows stand for truths, classes for features. A
    negative code (no truth, no prediction) disputes nothing.

    Args:
        truth: Code of the true class of each of N rows.
        predicted: For each run, the code that it chose for each row.
        confidence: For each run, how sure it is of each.
        min_runs: Fewest runs that agree, from 2; all of them when left out.
        min_doubt: Smallest mean confidence against the truth, in [0, 1].

    Raises:
        ColumnError: If there are not as many runs as are to agree, columns differ in length, or a confidence lies
            outside [0, 1].
        ThresholdError: If `min_doubt` lies outside its range.

    Example:
        >>> disputes = find_choice_disputes([0, 1, 2], [[0, 2, 1], [0, 2, 2]], [[0.9, 0.8, 0.7], [0.9, 0.6, 0.9]])
        >>> disputes.lines.row.tolist(), disputes.lines.seen_as.tolist(), disputes.lines.doubt.round(2).tolist()
        ([1], [2], [0.7])
    """
    needed = check_needed(len(predicted), min_runs)
    columns = {"truth": np.asarray(truth), **{f"run {i}": np.asarray(each) for i, each in enumerate(predicted)}}
    sure = {f"confidence of run {i}": np.asarray(each) for i, each in enumerate(confidence)}
    if len(predicted) != len(confidence):
        raise ColumnError(f"There are choices of {len(predicted)} runs and confidences of {len(confidence)}.")
    check_lengths(columns | sure, things="rows")
    for each in sure.values():
        check_confidences(each, things="rows")
    known = columns.pop("truth").astype(np.int32)
    chosen = np.stack(list(columns.values()), axis=1).astype(np.int32)
    against = np.stack(list(sure.values()), axis=1).astype(np.float64)
    place = np.arange(len(known), dtype=np.int32)
    chosen[known < 0] = -1
    prediction = np.where(chosen >= 0, place[:, None], -1)
    seen = Seen(place, place, known, np.where(chosen >= 0, chosen, known[:, None]), prediction, against)
    return ranked(agreed(seen, needed, (Dispute.OTHER_FEATURE,)), len(predicted), needed, check_confidence(min_doubt))


def _dispute_truths(runs: Sequence[Matches], needed: int) -> DisputeLines:
    overlaps = runs[0].overlaps
    table, truths = overlaps.tables.truth, overlaps.truths
    place = np.sort(truths.position[~truths.ignored]).astype(np.int32)
    columns = [_seen_by(run, place) for run in runs]
    taken_for, prediction, against = (np.stack(each, axis=1) for each in zip(*columns, strict=True))
    seen = Seen(place, table.row[place], table.feature[place], taken_for, prediction, against)
    return agreed(seen, needed, (Dispute.OTHER_FEATURE, Dispute.MISSED))


def _seen_by(run: Matches, place: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a run takes each truth for, by which prediction, and how sure it is against the truth."""
    predictions = run.overlaps.tables.predictions
    prediction = confuse(run).prediction_of[place]
    seen = prediction >= 0
    taken_for = np.full(len(place), -1, dtype=np.int32)
    taken_for[seen] = predictions.feature[prediction[seen]]
    found = match(run.overlaps, min_iou=run.min_iou).prediction_of[place]
    against = 1 - value_at(confidence_of(run), found, otherwise=0.0)
    return taken_for, prediction, np.where(seen, value_at(confidence_of(run), prediction, otherwise=0.0), against)


def _check_alike(runs: Sequence[Matches]) -> None:
    first = runs[0]
    for i, run in enumerate(runs):
        here, there = run.overlaps, first.overlaps
        if (
            run.min_iou != first.min_iou
            or len(here.tables.truth) != len(there.tables.truth)
            or here.features != there.features
            or not np.array_equal(here.keep, there.keep)
        ):
            raise ColumnError(
                f"Run {i} was not matched at the same IoU and on the same truths, rows and features as run 0 "
                f"(IoU {run.min_iou} and {first.min_iou}, {len(here.tables.truth):,} and "
                f"{len(there.tables.truth):,} truths)."
            )
