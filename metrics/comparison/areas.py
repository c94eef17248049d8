"""Every area of painted pixels and what became of it between two runs."""

from __future__ import annotations

from typing import Final

import numpy as np

from metrics.comparison.ledger import Ledger
from metrics.comparison.ledger_lines import Alarms, TruthLines, join_alarms, side_by_side, truth_changes
from metrics.errors import ColumnError
from metrics.pixels.areas import AREAS_RULE, AreaMatches
from metrics.thresholds import check_overlap

AREAS_LEDGER_RULE: Final = (
    f"{AREAS_RULE}; a missed one is taken for the class that more than half of its pixels are taken for, and a false "
    "alarm for the missed one that holds more than half of its own"
)


def keep_area_ledger(
    baseline: AreaMatches, candidate: AreaMatches, *, between: AreaMatches, same_iou: float = 0.5
) -> Ledger:
    """Tell what became of every area of painted pixels between two runs, in the words of `keep_ledger`.

    An area is all pixels of one class on one row. A false alarm is persistent where both runs have one of the same
    class on the same row that overlap by at least `same_iou`. A missed true area is taken for the class that more than
    half of its pixels are taken for, if that is another one; a false alarm for the missed true area of another class
    that holds more than half of the pixels of the alarm.

    Args:
        baseline: Areas of the run to beat.
        candidate: Areas of the run in question, of the same truth at the same IoU.
        between: `match_areas` of what both runs painted, the baseline's as truth, with the same pixels left out.
        same_iou: Smallest IoU with which two false alarms are the same.

    Raises:
        ColumnError: If rows, classes, true areas or IoU differ, or `between` is of other areas.
        ThresholdError: If `same_iou` lies outside (0, 1].

    Example:
        >>> from metrics import count_pixels, match_areas
        >>> truth, before, after = np.array([0, 0, 0, 1]), np.array([0, 0, 2, 2]), np.array([0, 0, 1, 1])
        >>> runs = [match_areas(count_pixels([(truth, each)], classes=3)) for each in (before, after)]
        >>> between = match_areas(count_pixels([(before, after)], classes=3))
        >>> {name: n for name, n in keep_area_ledger(*runs, between=between).total.items() if n}
        {'kept': 1, 'newly_found': 1, 'fixed': 1}
    """
    _check_alike(baseline, candidate, between)
    runs, floor = (baseline, candidate), check_overlap(same_iou)
    sides = [_alarms(run) for run in runs]
    other = between.predictions.same
    same = (other >= 0) & (between.predictions.iou >= floor) & np.append(sides[0].false, False)[other]
    return Ledger(
        _truth_lines(runs),
        join_alarms(sides[0], sides[1], np.where(same, other, np.int32(-1))),
        features=candidate.features,
        min_iou=candidate.min_iou,
        min_confidence=(0.0, 0.0),
        same_iou=floor,
        rule=AREAS_LEDGER_RULE,
    )


def _check_alike(baseline: AreaMatches, candidate: AreaMatches, between: AreaMatches) -> None:
    told = [
        (run.features, len(run.keep), int(run.keep.sum()), len(run.truth), run.min_iou) for run in (baseline, candidate)
    ]
    same = (
        (baseline.truth, candidate.truth),
        (between.truth, baseline.predictions),
        (between.predictions, candidate.predictions),
    )
    alike = all(one.alike(other) for one, other in same)
    if not alike or told[0] != told[1] or not np.array_equal(baseline.keep, candidate.keep):
        raise ColumnError(
            "A ledger needs both runs on the same rows, classes and true areas, at the same IoU, and what both painted "
            f"between them; classes, rows, rows that count, true areas and IoU are {told[0]} in the baseline and "
            f"{told[1]} in the candidate."
        )


def _truth_lines(runs: tuple[AreaMatches, AreaMatches]) -> TruthLines:
    truth = runs[1].truth
    lines = np.flatnonzero(runs[1].keep[truth.row]).astype(np.int32)
    found = np.stack([run.found[lines] for run in runs], axis=1)
    prediction = np.stack([np.where(run.found, run.truth.same, run.truth.on)[lines] for run in runs], axis=1)
    iou = np.stack([run.truth.iou[lines] for run in runs], axis=1)
    return TruthLines(
        lines,
        truth.row[lines],
        truth.feature[lines],
        truth_changes(found),
        prediction,
        side_by_side([run.predictions.feature for run in runs], prediction),
        np.where(found, iou, np.nan),
        side_by_side([_confidence(run) for run in runs], prediction),
    )


def _alarms(run: AreaMatches) -> Alarms:
    predictions = run.predictions
    missed = np.append(run.missed, False)[predictions.on]
    return Alarms(
        predictions.row, predictions.feature, run.fp, np.where(missed, predictions.on, np.int32(-1)), _confidence(run)
    )


def _confidence(run: AreaMatches) -> np.ndarray:
    return np.full(len(run.predictions), np.nan) if run.confidence is None else run.confidence
