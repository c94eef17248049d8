"""Where a gain in average precision comes from: what became of each box or mask."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Final

import numpy as np

import metrics
from trainer.comparing.explained_cells import STATES, ExplainedNumber, Part
from trainer.comparing.explained_certainty import PartKinds, find_certainty
from trainer.comparing.explained_lines import Missing, kinds_of_truths, terms_of, with_states
from trainer.comparing.explained_mix_ups import mix_ups_of
from trainer.comparing.explained_precision import ALL_PREDICTIONS, draw_precision
from trainer.comparing.explained_question import Question
from trainer.comparing.explanation import Explanation
from trainer.comparing.ledger_table import FALSE_ALARM, TRUTH
from trainer.records.errors import RecordError

_LEAST_IOU: Final = 0.1  # up to which a prediction touches nothing, as `metrics.find_failures` has it


def explain_objects(asked: Question) -> Explanation:
    """Tell where a gain in average precision of boxes or masks comes from.

    Only predictions from the confidence on are told apart, so that all counts are those of the object ledger at the
    same thresholds.

    Raises:
        RecordError: If the IoU is below 0.1.
    """
    iou, confidence = asked.thresholds.min_iou, asked.thresholds.min_confidence
    if iou < _LEAST_IOU:
        raise RecordError(
            f"The IoU is {iou:g}; from {_LEAST_IOU:g} on failures are told apart, since what overlaps less touches "
            "nothing."
        )
    ledger, runs = asked.ledger(), [overlaps.on_rows(asked.keep) for overlaps in asked.keeper.overlaps]
    failures = [metrics.find_failures(run, min_iou=iou, min_confidence=confidence) for run in runs]
    transitions = metrics.follow_failures(ledger.ledger, *failures)
    sure = [from_confidence(run, confidence).on_rows(asked.keep) for run in runs]
    missing = [
        Missing(transitions.truth_states[:, side], failed.prediction_of, failed.overlaps.tables.predictions.feature)
        for side, failed in enumerate(failures)
    ]
    lines, n = kinds_of_truths(ledger, missing), len(ledger.features) + 1
    apart = np.zeros(len(runs[1].tables.truth), dtype=np.int64)
    apart[ledger.ledger.truths.truth] = (lines.old + 1) * n + lines.new + 1
    counted = metrics.explain_gain(*sure, min_iou=iou, apart=apart)
    kinds = _kinds_of_parts(counted.parts, n)
    number, gain_of_all = _precision(runs, iou)
    number = replace(number, rule=counted.rule)
    gain = number.candidate - number.baseline
    rest = {
        "remainder": counted.remainder,
        "below": 0.0 if confidence == 0 else gain_of_all - counted.gain,
        "beyond": gain - gain_of_all,
    }
    certainty = None
    if asked.sampling.resamples:
        resampled = draw_precision(
            counted, runs, asked.drawn, kinds=kinds, number=number, rest=rest, told_apart=confidence == 0
        )
        certainty = find_certainty(resampled, asked.sampling)
    truths = kinds.only(~kinds.alarm)
    counts = np.repeat([1, 0], [len(lines.alarm), len(truths.alarm)])
    gains = np.concatenate([np.zeros(len(lines.alarm)), counted.parts.gains[~kinds.alarm]])
    return Explanation(
        pair=asked.keeper.pair,
        features=ledger.features,
        split=asked.split,
        rows=ledger.rows,
        thresholds=asked.thresholds,
        number=number,
        parts={
            TRUTH: Part(metrics.TRUTH_STATES, transitions.truths, counted.truths),
            FALSE_ALARM: Part(metrics.ALARM_STATES, transitions.alarms, counted.alarms),
        },
        mix_ups=mix_ups_of(
            lines.joined(truths), counts, gains, features=ledger.features, states=STATES, certainty=certainty
        ),
        terms=terms_of(ledger, number.rule, transitions.rule),
        tell_objects=lambda: with_states(ledger, transitions),
        certainty=certainty,
        **rest,
    )


def _kinds_of_parts(parts: metrics.GainParts, n: int) -> PartKinds:
    """What parts are about; what tells them apart is the features that they were taken for."""
    old, new = np.divmod(parts.apart, n)
    moved = ~parts.alarm & ((parts.before != parts.after) | (old != new))
    return PartKinds(parts.alarm, parts.feature, parts.before, parts.after, old - 1, new - 1, moved)


def _precision(runs: list[metrics.Overlaps], min_iou: float) -> tuple[ExplainedNumber, float]:
    """Average precision as `compare` has it, and its gain were there no limit to the predictions of a row."""
    before, after = (metrics.average_precision(run, min_iou=min_iou) for run in runs)
    every = [metrics.average_precision(run, min_iou=min_iou, max_detections=ALL_PREDICTIONS).mean for run in runs]
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
