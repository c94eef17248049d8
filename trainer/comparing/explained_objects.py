"""Where a gain in average precision comes from: what became of each box or mask."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Final

import numpy as np

import metrics
from trainer.comparing.explained_lines import Missing, mix_ups_of, terms_of, with_states
from trainer.comparing.explanation import ExplainedNumber, Explanation, Part
from trainer.comparing.ledger_keeping import LedgerKeeper
from trainer.comparing.ledger_table import FALSE_ALARM, TRUTH
from trainer.measures.evaluation import Thresholds
from trainer.records.errors import RecordError

_ALL_PREDICTIONS: Final = 2**31 - 1
_LEAST_IOU: Final = 0.1  # up to which a prediction touches nothing, as `metrics.find_failures` has it


def explain_objects(keeper: LedgerKeeper, thresholds: Thresholds, *, split: str, keep: np.ndarray) -> Explanation:
    """Tell where a gain in average precision of boxes or masks comes from.

    Only predictions from the confidence on are told apart, so that all counts are those of the object ledger at the
    same thresholds.

    Args:
        keeper: The two runs.
        thresholds: Where predictions begin to count, and the IoU.
        split: The rows to look at.
        keep: bool[rows of the candidate]: the same rows.

    Raises:
        RecordError: If the IoU is below 0.1.
    """
    iou, confidence = thresholds.min_iou, thresholds.min_confidence
    if iou < _LEAST_IOU:
        raise RecordError(
            f"The IoU is {iou:g}; from {_LEAST_IOU:g} on failures are told apart, since what overlaps less touches "
            "nothing."
        )
    ledger, runs = keeper.at(thresholds, split=split), [overlaps.on_rows(keep) for overlaps in keeper.overlaps]
    failures = [metrics.find_failures(run, min_iou=iou, min_confidence=confidence) for run in runs]
    transitions = metrics.follow_failures(ledger.ledger, *failures)
    sure = [from_confidence(overlaps, confidence).on_rows(keep) for overlaps in keeper.overlaps]
    counted = metrics.explain_gain(*sure, min_iou=iou)
    number, gain_of_all = _precision(runs, iou)
    number = replace(number, rule=counted.rule)
    missing = [
        Missing(transitions.truth_states[:, side], failed.prediction_of, failed.overlaps.tables.predictions.feature)
        for side, failed in enumerate(failures)
    ]
    return Explanation(
        pair=keeper.pair,
        features=ledger.features,
        split=split,
        rows=ledger.rows,
        thresholds=thresholds,
        number=number,
        parts={
            TRUTH: Part(metrics.TRUTH_STATES, transitions.truths, counted.truths),
            FALSE_ALARM: Part(metrics.ALARM_STATES, transitions.alarms, counted.alarms),
        },
        mix_ups=mix_ups_of(ledger, missing, per_find=math.nan),
        terms=terms_of(ledger, number.rule, transitions.rule),
        tell_objects=lambda: with_states(ledger, transitions),
        remainder=counted.remainder,
        below=0.0 if confidence == 0 else gain_of_all - counted.gain,
        beyond=(number.candidate - number.baseline) - gain_of_all,
    )


def _precision(runs: list[metrics.Overlaps], min_iou: float) -> tuple[ExplainedNumber, float]:
    """Average precision as `compare` has it, and its gain were there no limit to the predictions of a row."""
    before, after = (metrics.average_precision(run, min_iou=min_iou) for run in runs)
    every = [metrics.average_precision(run, min_iou=min_iou, max_detections=_ALL_PREDICTIONS).mean for run in runs]
    per_feature = np.array([before.per_feature, after.per_feature])
    measured = int(np.count_nonzero(after.truths))
    shares = (per_feature[1] - per_feature[0]) / (measured or math.nan)
    return ExplainedNumber("AP", "AP", before.mean, after.mean, per_feature, shares, before.rule), every[1] - every[0]


def from_confidence(overlaps: metrics.Overlaps, min_confidence: float) -> metrics.Overlaps:
    """The overlaps of those predictions alone that count."""
    shapes = overlaps.tables.predictions
    if shapes.confidence is None or not min_confidence:
        return overlaps
    counting = shapes.confidence >= min_confidence
    columns = {
        field.name: getattr(shapes, field.name)[counting]
        for field in fields(shapes)
        if field.name not in ("ones", "starts")
    }
    if isinstance(shapes, metrics.Masks):  # their stretches of pixels are not one for each
        stretches = np.diff(shapes.starts)
        columns["ones"] = shapes.ones[np.repeat(counting, stretches)]
        columns["starts"] = np.concatenate([[0], np.cumsum(stretches[counting])]).astype(np.int64)
    return metrics.find_overlaps(
        overlaps.tables.truth, replace(shapes, **columns), rows=len(overlaps.keep), features=overlaps.features
    )
