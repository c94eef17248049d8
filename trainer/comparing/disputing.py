"""Looking for truths that runs dispute together, whatever is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

import metrics
from trainer.comparing.disputed_areas import AreasOnOneTruth
from trainer.comparing.disputes import DisputedTruths
from trainer.comparing.one_truth import OneTruth, on_one_truth
from trainer.measures.choices import NONE, ChoiceEvaluation
from trainer.measures.evaluation import Thresholds
from trainer.projects import Report
from trainer.records.errors import RecordError
from trainer.records.measure import Measure
from trainer.runs.model_runs import ModelRun

_SAME_OBJECT: Final = 0.5
"""Smallest IoU with which shapes that two runs see are the same object."""


def disputed_truths(
    runs: Sequence[ModelRun],
    *,
    min_runs: int | None = None,
    min_doubt: float = 0.5,
    thresholds: Thresholds | None = None,
    split: str | None = None,
    measure: str | None = None,
    report: Report | None = None,
) -> DisputedTruths:
    """List the truths that runs dispute together, the most doubtful first: candidates for label errors.

    Runs dispute a truth if they take it for the same other feature, see the same object where there is none, or miss
    it. Of classes they dispute the true answer of a row if they choose the same other one. Of pixels they dispute
    areas, all pixels of one feature on one row; see `metrics.find_area_disputes`. The truth is the last run's;
    predictions of the others are placed on its rows and features. What the list cannot tell stands in `CANNOT_TELL`.

    Args:
        runs: Two or more runs, each once; runs of different kinds make better witnesses.
        min_runs: Fewest runs that agree, from 2; all of them when left out.
        min_doubt: Smallest mean confidence against the truth, in [0, 1].
        thresholds: Where predictions begin to count; 0.5 and 0.5 when left out. A choice among classes has none, the
            IoU means nothing for spans and checklists, and the confidence nothing for pixels.
        split: ``training``, ``validation``, ``test``, ``unassigned`` or ``all``, as the last run's snapshot has it;
            validation when left out, else test, else all.
        measure: ``boxes``, ``masks``, ``classes``, ``pixels`` or ``spans``; what the runs were measured by when they
            were sealed, when left out. Of several questions ``classes:weather`` names one.
        report: Told of the progress, also while gains are measured without what is disputed.

    Raises:
        RecordError: If there are fewer than two runs, one is named twice, fewer than two or more than there are are to
            agree, or none of the rows is in the split or has a true answer.
        SnapshotMismatchError: If the runs share no row or no feature.
        ThresholdError: If `min_doubt` or a threshold lies outside its range.
    """
    asked = "A list of disputed truths"
    on = on_one_truth(runs, split=split, measure=measure, allowed=tuple(Measure), asked=asked, report=report)
    if min_runs is not None and not 2 <= min_runs <= len(runs):
        raise RecordError(
            f"{min_runs} of {len(runs)} runs are to agree; a dispute needs two that agree, and no more than there are."
        )
    thresholds = thresholds or Thresholds()
    if on.shared.subject.one_choice:
        return _disputed_choices(on, thresholds, min_runs=min_runs, min_doubt=min_doubt)
    if on.shared.subject.measure is Measure.PIXELS:
        return _disputed_areas(on, thresholds, min_runs=min_runs, min_doubt=min_doubt)
    found = on.matches(thresholds)
    disputes = metrics.find_disputes(
        found, min_runs=min_runs, min_doubt=min_doubt, same_iou=on.only_iou or _SAME_OBJECT
    )
    return DisputedTruths(on, thresholds, found, disputes)


def _disputed_areas(on: OneTruth, thresholds: Thresholds, *, min_runs: int | None, min_doubt: float) -> DisputedTruths:
    """The same of painted areas."""
    painted = AreasOnOneTruth(on)
    found = painted.areas.on_rows(on.keep, min_iou=thresholds.min_iou)
    disputes = metrics.find_area_disputes(
        found, painted.areas.between, min_runs=min_runs, min_doubt=min_doubt, same_iou=_SAME_OBJECT
    )
    return DisputedTruths(on, thresholds, found, disputes, painted)


def _disputed_choices(
    on: OneTruth, thresholds: Thresholds, *, min_runs: int | None, min_doubt: float
) -> DisputedTruths:
    """The same of the true answers of rows."""
    sides = [each for each in on.evaluations if isinstance(each, ChoiceEvaluation)]
    found = tuple(each.choices for each in sides)
    disputes = metrics.find_choice_disputes(
        np.where(on.keep, found[-1].truth, NONE),
        [each.predicted for each in found],
        [np.zeros(len(each)) if each.confidence is None else np.nan_to_num(each.confidence) for each in found],
        min_runs=min_runs,
        min_doubt=min_doubt,
    )
    lines = disputes.lines
    chosen_at = np.stack([each.chosen_at for each in sides], axis=1)[lines.row]
    lines = lines._replace(
        truth=sides[-1].truth_at[lines.row], prediction=np.where(lines.prediction >= 0, chosen_at, NONE)
    )
    return DisputedTruths(on, thresholds, found, replace(disputes, lines=lines))
