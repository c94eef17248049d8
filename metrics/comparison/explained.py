"""Which changes of objects a gain in average precision comes from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from metrics.comparison.explained_exchange import STATES, Exchange, GainParts, exchange, list_parts
from metrics.comparison.explained_parts import DrawnParts, count_differing_units, each_once
from metrics.comparison.ledger import keep_ledger
from metrics.comparison.transitions import Transitions, follow_failures
from metrics.comparison.vanishing import widen_for_vanishing
from metrics.errors import ColumnError
from metrics.objects.failures import find_failures
from metrics.objects.matching import match
from metrics.objects.overlap import Overlaps
from metrics.resamples import Resamples
from metrics.undefined import divide, mean_of_defined, means_of_defined

EXPLAINED_RULE: Final = "cells exchanged between the runs, mean of both directions; coco-2017 101-point"


@dataclass(frozen=True, eq=False)
class ExplainedGain:
    """The gain in average precision at one IoU, by what became of objects. Made by `explain_gain`.

    Attributes:
        per_feature: float64[2, features]: average precision of the baseline and of the candidate; NaN without truths.
        parts: What truths and false alarms add, by feature and cell.
        transitions: The objects behind it.
        min_iou: Smallest IoU that counted as a claim.
        exchanged: What `draw_precision_parts` draws.
        keep: bool[rows]: the rows that count.
        rule: Name of the rule.
    """

    per_feature: np.ndarray
    parts: GainParts
    transitions: Transitions
    min_iou: float
    exchanged: Exchange
    keep: np.ndarray
    rule: str = EXPLAINED_RULE

    @property
    def baseline(self) -> float:
        """Average precision of the run to beat, mean over features that have truths."""
        return mean_of_defined(self.per_feature[0])

    @property
    def candidate(self) -> float:
        """The same of the run in question."""
        return mean_of_defined(self.per_feature[1])

    @cached_property
    def truths(self) -> np.ndarray:
        """float64[4, 4] in the order of `TRUTH_STATES`: what truths that went from a state to another add.

        On the diagonal stands what comes from confidences alone.
        """
        return self._cells(alarm=False)

    @cached_property
    def alarms(self) -> np.ndarray:
        """float64[6, 6] in the order of `ALARM_STATES`: what false alarms add, alike."""
        return self._cells(alarm=True)

    @property
    def gain(self) -> float:
        """Candidate minus baseline."""
        return self.candidate - self.baseline

    @property
    def remainder(self) -> float:
        """What only cells together explain; with all cells it adds up to the gain."""
        return self.gain - float(self.truths.sum() + self.alarms.sum())

    def _cells(self, *, alarm: bool) -> np.ndarray:
        n, parts = STATES[alarm], self.parts
        cell, here = parts.before * n + parts.after, parts.alarm == alarm
        return np.bincount(cell[here], parts.gains[here], minlength=n * n).reshape(n, n)


def explain_gain(
    baseline: Overlaps,
    candidate: Overlaps,
    *,
    min_iou: float = 0.5,
    between: Overlaps | None = None,
    apart: np.ndarray | None = None,
) -> ExplainedGain:
    """Tell how much of a gain in average precision comes from each change of objects, over all confidences.

    The objects of one cell, such as truths that were unseen and are found now, are put into the baseline as they are in
    the candidate, and into the candidate as they were in the baseline. What a cell adds is the mean of what it adds
    there and what it takes away here. Cells overlap: what they do only together is the `remainder`.

    Average precision is a mean over features, and so is what a cell adds. Truths of one feature and cell that are told
    apart share its part: each kind is exchanged first of the cell, and last, and what kinds do only together is shared
    by the number of finds. All predictions take part, however many a row has.

    Args:
        baseline: Overlaps of the run to beat.
        candidate: Overlaps of the run in question, on the same rows, features and truths.
        min_iou: Smallest IoU that counts as a claim, in [overlaps.min_overlap, 1].
        between: From `pair_predictions`; found now when left out.
        apart: int[T]: truths of different numbers have parts of their own, such as by what they were taken for; no
            number tells any apart when left out.

    Raises:
        ColumnError: If the two are not on the same rows, features and truths, or `apart` has not a number for each.
        ThresholdError: If `min_iou` lies outside its range.

    Example:
        >>> from metrics import TRUTH_STATES, Boxes, find_overlaps
        >>> truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> boxes = [[0, 0, 10, 10], [50, 50, 10, 10]]
        >>> runs = [Boxes.from_sizes([0] * n, [0] * n, boxes[:n]) for n in (1, 2)]
        >>> gain = explain_gain(*(find_overlaps(truth, found, rows=1, features=1) for found in runs))
        >>> round(gain.gain, 3), gain.truths[TRUTH_STATES.index("unseen"), 0].round(3).item(), round(gain.remainder, 3)
        (0.495, 0.495, 0.0)

    Source:
        Exchanging first and last, and sharing the surplus: the mean of the values of Driessen and Funaki 1991 (CIS and
        ENSC), which for two parts is that of Shapley 1953.
    """
    truths = len(candidate.tables.truth)
    if apart is not None and np.shape(apart) != (truths,):
        raise ColumnError(f"There are {len(apart):,} numbers that tell {truths:,} truths apart; each needs one.")
    runs = match(baseline, min_iou=min_iou), match(candidate, min_iou=min_iou)
    failures = find_failures(baseline, min_iou=min_iou), find_failures(candidate, min_iou=min_iou)
    transitions = follow_failures(keep_ledger(*runs, between=between), *failures)
    parts, exchanged = list_parts(transitions, np.zeros(truths, dtype=np.int64) if apart is None else apart)
    (scores,), (gains,) = exchange(exchanged, candidate.keep.astype(np.int32)[None])
    measured = int(np.count_nonzero(~np.isnan(scores[:, 0])))
    parts = parts._replace(gains=np.nan_to_num(gains) / (measured or np.nan))
    return ExplainedGain(scores.T, parts, transitions, float(min_iou), exchanged, candidate.keep)


def draw_precision_parts(explained: ExplainedGain, resamples: Resamples) -> DrawnParts:
    """What the parts of a gain in average precision are on every resample, in the order of `explained.parts`.

    A row that is drawn three times counts as three rows with the same objects, as in `resampled_precision`. The
    remainder is what is left of the gain.

    Args:
        explained: From `explain_gain`.
        resamples: From `draw_rows`, on rows that count.

    Raises:
        ColumnError: If the rows were drawn from others than those that count.
    """
    if resamples.keep.shape != explained.keep.shape or (resamples.keep & ~explained.keep).any():
        raise ColumnError("The rows were drawn from others than those that count: draw_rows(overlaps.keep, ...).")
    features, exchanged = explained.per_feature.shape[1], explained.exchanged

    def work(weights: np.ndarray) -> np.ndarray:
        scores, gains = exchange(exchanged, weights)
        return np.concatenate([scores[:, :, 1] - scores[:, :, 0], gains], axis=1)

    over, parts = np.split(resamples.add_up(work), [features], axis=1)
    defined = np.count_nonzero(~np.isnan(over), axis=1)[:, None].astype(np.float64)
    there = np.where(defined > 0, 0.0, np.nan)
    places = np.flatnonzero(exchanged.differs)
    part, unit = exchanged.part[places], resamples.unit_of[exchanged.row[places]]
    return DrawnParts(
        means_of_defined(over),
        divide(np.nan_to_num(parts), np.broadcast_to(defined, parts.shape)) + there,
        divide(np.nan_to_num(over), np.broadcast_to(defined, over.shape)) + there,
        *each_once(unit, part),
        count_differing_units(unit, explained.parts.feature[part], np.ones((len(unit), 1)), features=features),
        resamples.units,
        widen_for_vanishing(over),
    )
