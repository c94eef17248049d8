"""The numbers of several runs on one truth, such that what training anew changes can be told from what rows change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

import metrics
from metrics.comparison.cells import found_ratios
from trainer.comparing.certainty import Sampling, least_units
from trainer.comparing.measured_runs import units_holding
from trainer.comparing.one_truth import OneTruth
from trainer.comparing.told import one_by_one
from trainer.measures.choices import ChoiceEvaluation
from trainer.measures.evaluation import Evaluation, Thresholds
from trainer.measures.measuring import Measurable
from trainer.measures.number_names import LOSSES
from trainer.measures.spans import SpanEvaluation
from trainer.projects import Report
from trainer.records.measure import Measure, Subject

PRECISIONS: Final = ("mAP", "AP50", "AP75")
"""COCO's numbers: no means over rows, so that what rows change is seen on resamples of them."""

RATIOS: Final = ("precision", "recall", "F1", "mean IoU")
"""Sums over rows by sums over rows: what each row adds is known. These are the numbers of objects."""


def resampled_numbers(subject: Subject) -> tuple[str, ...]:
    """Names of the numbers over all features that are no sums over rows, by what is measured.

    Example:
        >>> from trainer.records.measure import Measure
        >>> resampled_numbers(Subject(Measure.CLASSES, "weather")), resampled_numbers(Subject(Measure.SPANS))
        (('F1 macro',), ())
    """
    if subject.has_objects:
        return PRECISIONS
    if subject.measure is Measure.PIXELS:
        return ("mean IoU", "mean Dice", "pixel accuracy")
    return ("F1 macro",) if subject.one_choice else ()


def ratio_gains(
    on: OneTruth, thresholds: Thresholds, *, first: int, clusters: np.ndarray | None, level: float
) -> dict[str, metrics.SeedGain | None]:
    """The gain in each number that is a ratio of sums over rows; None where a run leaves it undefined.

    Of objects these are `RATIOS`; of classes accuracy, and log loss and Brier score where all runs have probabilities;
    of spans and checklists precision, recall and F1, of checklists the share of rows that are all right too.

    Args:
        on: All runs, the baseline's first.
        thresholds: Where they are taken.
        first: How many runs are the baseline's.
        clusters: Equal numbers for rows of the last snapshot that belong together.
        level: Share of intervals that are to hold the true gain.
    """
    runs = [_ratios(each, thresholds, on.keep) for each in on.evaluations]
    gains: dict[str, metrics.SeedGain | None] = {}
    for name in (name for name in runs[0] if all(name in run for run in runs)):
        numbers = [run[name] for run in runs]
        gains[name] = None
        if not any(math.isnan(number.value) for number in numbers):
            values = metrics.run_values(numbers, clusters=clusters)
            gain = metrics.gain_of_seeds(values[:first], values[first:], level=level)
            gains[name] = gain if name in LOSSES else gain.within(1.0)
    return gains


def resample_numbers(
    on: OneTruth, sampling: Sampling, *, thresholds: Thresholds, clusters: np.ndarray | None, report: Report | None
) -> list[dict[tuple[str, int | None], metrics.Measured]]:
    """`resampled_numbers` of each run and the main number of each feature, with what they are on the same resamples."""
    subject = on.shared.subject
    wanted = (*resampled_numbers(subject), subject.main_number)
    drawn = sampling.draw(on.keep, clusters)
    measured = []
    for evaluation in one_by_one(on.evaluations, "resampling", report):
        numbers = evaluation.measured(drawn, thresholds=thresholds)
        measured.append({(each.name, each.feature): each for each in numbers if each.name in wanted})
    return measured


def resampled_gain(numbers: Sequence[metrics.Measured], *, first: int, level: float) -> metrics.SeedGain | None:
    """The gain in a number that was resampled; None where a run, or all but one of the resamples, leave it undefined.

    Args:
        numbers: That of each run, the baseline's first.
        first: How many runs are the baseline's.
        level: Share of intervals that are to hold the true gain.
    """
    defined = ~np.isnan([number.resampled for number in numbers]).any(axis=0)
    if any(math.isnan(number.value) for number in numbers) or np.count_nonzero(defined) < 2:
        return None
    return metrics.gain_of_resampled_seeds(numbers[:first], numbers[first:], level=level)


def count_holding(on: OneTruth, clusters: np.ndarray | None) -> dict[str, int]:
    """How many of the rows, or clusters, hold a truth that counts of each feature."""
    unit = np.arange(len(on.keep)) if clusters is None else clusters
    *counts, _ = units_holding(on.evaluations[-1], unit).tolist()
    return dict(zip(on.shared.features, counts, strict=True))


def level_for_each(level: float, holding: dict[str, int]) -> float:
    """The level of each feature's interval with which all of them hold at once (Bonferroni).

    Features that too few rows hold are never settled, and so cost the others nothing.

    Example:
        >>> round(level_for_each(0.95, {"car": 100, "bus": 30, "tram": 2}), 3)
        0.975
    """
    judged = sum(count >= least_units(level) for count in holding.values())
    return 1 - (1 - level) / max(judged, 1)


def _ratios(evaluation: Measurable, thresholds: Thresholds, keep: np.ndarray) -> dict[str, metrics.RowRatio]:
    """Each number as sums over the rows that are measured; none of pixels, whose numbers are resampled."""
    if isinstance(evaluation, Evaluation):
        made = _object_ratios(evaluation, thresholds)
    elif isinstance(evaluation, ChoiceEvaluation):
        made = _choice_ratios(evaluation)
    elif isinstance(evaluation, SpanEvaluation):
        made = _span_ratios(evaluation, thresholds)
    else:
        made = []
    return {each.name: each.on_rows(keep) for each in made}


def _object_ratios(evaluation: Evaluation, thresholds: Thresholds) -> list[metrics.RowRatio]:
    matches = metrics.match(evaluation.overlaps, min_iou=thresholds.min_iou, min_confidence=thresholds.min_confidence)
    counts = metrics.count_outcomes(matches).per_row
    found = found_ratios(counts.tp, counts.fp, counts.truths - counts.tp)
    return [*found, metrics.ratio("mean IoU", counts.iou_sum, counts.tp)]


def _choice_ratios(evaluation: ChoiceEvaluation) -> list[metrics.RowRatio]:
    choices = evaluation.choices
    made = [metrics.row_mean("accuracy", choices.correct)]
    if choices.scores is not None:
        losses = metrics.row_losses(choices)
        for name, values in zip(LOSSES, (losses.log_loss, losses.brier), strict=True):
            made.append(metrics.row_mean(name, values, lower_is_better=True))
    return made


def _span_ratios(evaluation: SpanEvaluation, thresholds: Thresholds) -> list[metrics.RowRatio]:
    scores = evaluation.at(thresholds)
    counts = scores.outcomes.per_row
    found = found_ratios(counts.tp, counts.fp, counts.missed)
    if scores.checklists is None:
        return list(found)
    return [metrics.row_mean("subset accuracy", scores.checklists.per_row.correct), *found]
