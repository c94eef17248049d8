"""The numbers of several runs on one truth, such that what training anew changes can be told from what rows change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

import metrics
from trainer.comparing.certainty import least_units
from trainer.comparing.one_truth import OneTruth
from trainer.measures.evaluation import Thresholds
from trainer.projects import Report

PRECISIONS: Final = ("mAP", "AP50", "AP75")
"""COCO's numbers: no means over rows, so that what rows change is seen on resamples of them."""

RATIOS: Final = ("precision", "recall", "F1", "mean IoU")
"""Sums over rows by sums over rows: what each row adds is known."""


def ratio_gains(
    on: OneTruth, thresholds: Thresholds, *, first: int, clusters: np.ndarray | None, level: float
) -> dict[str, metrics.SeedGain | None]:
    """The gain in each of `RATIOS`; None where a run leaves it undefined.

    Args:
        on: All runs, the baseline's first.
        thresholds: Where they are taken.
        first: How many runs are the baseline's.
        clusters: Equal numbers for rows of the last snapshot that belong together.
        level: Share of intervals that are to hold the true gain.
    """
    runs = [_ratios(each) for each in on.matches(thresholds)]
    gains: dict[str, metrics.SeedGain | None] = {}
    for name in RATIOS:
        numbers = [run[name] for run in runs]
        gains[name] = None
        if not any(math.isnan(number.value) for number in numbers):
            values = metrics.run_values(numbers, clusters=clusters)
            gains[name] = metrics.gain_of_seeds(values[:first], values[first:], level=level)
    return gains


def resample_precision(
    on: OneTruth, resamples: int, *, clusters: np.ndarray | None, report: Report | None
) -> list[dict[tuple[str, int | None], metrics.Measured]]:
    """Average precision of each run, overall and by feature, with what it is on the same resamples of rows."""
    drawn = metrics.draw_rows(on.keep, count=resamples, clusters=clusters)
    measured = []
    for done, overlaps in enumerate(on.overlaps):
        if report:
            report("resampling", done, len(on.runs))
        numbers = metrics.measure_objects(overlaps, drawn)
        measured.append({(each.name, each.feature): each for each in numbers if each.name in (*PRECISIONS, "AP")})
    if report:
        report("resampling", len(on.runs), len(on.runs))
    return measured


def precision_gain(numbers: Sequence[metrics.Measured], *, first: int, level: float) -> metrics.SeedGain | None:
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
    truths = on.overlaps[-1].truths
    feature = np.repeat(np.arange(len(on.shared.features)), np.diff(truths.starts))[~truths.ignored]
    row = truths.row[~truths.ignored]
    held = np.unique(np.stack([feature, row if clusters is None else clusters[row]]), axis=1)[0]
    counts = np.bincount(held, minlength=len(on.shared.features))
    return dict(zip(on.shared.features, counts.tolist(), strict=True))


def level_for_each(level: float, holding: dict[str, int]) -> float:
    """The level of each feature's interval with which all of them hold at once (Bonferroni).

    Features that too few rows hold are never settled, and so cost the others nothing.

    Example:
        >>> round(level_for_each(0.95, {"car": 100, "bus": 30, "tram": 2}), 3)
        0.975
    """
    judged = sum(count >= least_units(level) for count in holding.values())
    return 1 - (1 - level) / max(judged, 1)


def _ratios(matches: metrics.Matches) -> dict[str, metrics.RowRatio]:
    """Each number as sums over rows."""
    counts = metrics.count_outcomes(matches).per_row
    parts = {
        "precision": (counts.tp, counts.tp + counts.fp),
        "recall": (counts.tp, counts.truths),
        "F1": (2 * counts.tp, counts.truths + counts.tp + counts.fp),
        "mean IoU": (counts.iou_sum, counts.tp),
    }
    keep = matches.overlaps.keep
    return {name: metrics.ratio(name, part, whole).on_rows(keep) for name, (part, whole) in parts.items()}
