"""Which changes of objects a gain in average precision comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from metrics.comparison.ledger import keep_ledger
from metrics.comparison.transitions import ALARM_STATES, TRUTH_STATES, Transitions, follow_failures
from metrics.objects.failures import find_failures
from metrics.objects.matching import match
from metrics.objects.overlap import Overlaps
from metrics.undefined import mean_of_defined

if TYPE_CHECKING:
    from metrics.kernels.explaining import Events

EXPLAINED_RULE: Final = "cells exchanged between the runs, mean of both directions; coco-2017 101-point"


@dataclass(frozen=True, eq=False)
class ExplainedGain:
    """The gain in average precision at one IoU, by what became of objects. Made by `explain_gain`.

    Attributes:
        baseline: Average precision of the run to beat, mean over features that have truths.
        candidate: The same of the run in question.
        truths: float64[4, 4] in the order of `TRUTH_STATES`: what truths that went from a state to another add; on the
            diagonal what comes from confidences alone.
        alarms: float64[6, 6] in the order of `ALARM_STATES`: what false alarms add, alike.
        transitions: The objects behind it.
        min_iou: Smallest IoU that counted as a claim.
        rule: Name of the rule.
    """

    baseline: float
    candidate: float
    truths: np.ndarray
    alarms: np.ndarray
    transitions: Transitions
    min_iou: float
    rule: str = EXPLAINED_RULE

    @property
    def gain(self) -> float:
        """Candidate minus baseline."""
        return self.candidate - self.baseline

    @property
    def remainder(self) -> float:
        """What only cells together explain; with all cells it adds up to the gain."""
        return self.gain - float(self.truths.sum() + self.alarms.sum())


def explain_gain(
    baseline: Overlaps, candidate: Overlaps, *, min_iou: float = 0.5, between: Overlaps | None = None
) -> ExplainedGain:
    """Tell how much of a gain in average precision comes from each change of objects, over all confidences.

    The objects of one cell, such as truths that were unseen and are found now, are put into the baseline as they are in
    the candidate, and into the candidate as they were in the baseline. What a cell adds is the mean of what it adds
    there and what it takes away here. Cells overlap: what they do only together is the `remainder`.

    All predictions take part, however many a row has.

    Args:
        baseline: Overlaps of the run to beat.
        candidate: Overlaps of the run in question, on the same rows, features and truths.
        min_iou: Smallest IoU that counts as a claim, in [overlaps.min_overlap, 1].
        between: From `pair_predictions`; found now when left out.

    Raises:
        ColumnError: If the two are not on the same rows, features and truths.
        ThresholdError: If `min_iou` lies outside its range.

    Example:
        >>> from metrics import Boxes, find_overlaps
        >>> truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> boxes = [[0, 0, 10, 10], [50, 50, 10, 10]]
        >>> runs = [Boxes.from_sizes([0] * n, [0] * n, boxes[:n]) for n in (1, 2)]
        >>> gain = explain_gain(*(find_overlaps(truth, found, rows=1, features=1) for found in runs))
        >>> round(gain.gain, 3), gain.truths[TRUTH_STATES.index("unseen"), 0].round(3).item(), round(gain.remainder, 3)
        (0.495, 0.495, 0.0)
    """
    runs = match(baseline, min_iou=min_iou), match(candidate, min_iou=min_iou)
    failures = find_failures(baseline, min_iou=min_iou), find_failures(candidate, min_iou=min_iou)
    transitions = follow_failures(keep_ledger(*runs, between=between), *failures)
    events, side, cell = _list_events(transitions)
    levels = np.linspace(0.0, 1.0, 101)

    def measure(from_candidate: np.ndarray) -> float:
        from metrics.kernels.explaining import mixed_precision

        return mean_of_defined(mixed_precision(events, from_candidate[cell] == side, levels))

    cells = len(TRUTH_STATES) ** 2 + len(ALARM_STATES) ** 2
    ends = measure(np.zeros(cells, dtype=bool)), measure(np.ones(cells, dtype=bool))
    explained = np.zeros(cells)
    for each in np.unique(cell):
        one = np.arange(cells) == each
        explained[each] = ((measure(one) - ends[0]) + (ends[1] - measure(~one))) / 2
    split = len(TRUTH_STATES) ** 2
    return ExplainedGain(
        *ends,
        explained[:split].reshape(len(TRUTH_STATES), -1),
        explained[split:].reshape(len(ALARM_STATES), -1),
        transitions,
        float(min_iou),
    )


def _list_events(transitions: Transitions) -> tuple[Events, np.ndarray, np.ndarray]:
    """Every find and false alarm of both runs in falling confidence; of which run it is, and in which cell."""
    from metrics.kernels.explaining import Events

    ledger = transitions.ledger
    n = len(TRUTH_STATES), len(ALARM_STATES)
    found = (transitions.truth_states == 0).ravel()
    there = (transitions.alarm_states > 0).ravel()
    confidence = np.concatenate([ledger.truths.confidence.ravel()[found], ledger.alarms.confidence.ravel()[there]])
    feature = np.concatenate([np.repeat(ledger.truths.feature, 2)[found], np.repeat(ledger.alarms.feature, 2)[there]])
    position = np.concatenate([ledger.truths.prediction.ravel()[found], ledger.alarms.prediction.ravel()[there]])
    side = np.concatenate([_sides(transitions.truth_states)[found], _sides(transitions.alarm_states)[there]])
    cells = (
        transitions.truth_states[:, 0].astype(np.int64) * n[0] + transitions.truth_states[:, 1],
        transitions.alarm_states[:, 0].astype(np.int64) * n[1] + transitions.alarm_states[:, 1] + n[0] ** 2,
    )
    cell = np.concatenate([np.repeat(cells[0], 2)[found], np.repeat(cells[1], 2)[there]])
    find = np.arange(len(confidence)) < np.count_nonzero(found)
    order = np.lexsort((position, side, -confidence, feature))
    counts = np.bincount(feature, minlength=ledger.features)
    truths = np.bincount(ledger.truths.feature, minlength=ledger.features)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Events(find[order], starts, truths.astype(np.int64)), side[order].astype(bool), cell[order]


def _sides(states: np.ndarray) -> np.ndarray:
    """int[2 * lines]: 0 for the baseline's column, 1 for the candidate's."""
    return np.tile([0, 1], len(states))
