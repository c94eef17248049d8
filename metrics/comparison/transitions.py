"""From which kind of failure to which: how objects changed between two runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from metrics.comparison.ledger import Ledger
from metrics.errors import ColumnError
from metrics.objects.failures import FAILURE_KINDS, Failures

TRUTH_STATES: Final = ("found", "class", "place", "unseen")
"""What may be said of a truth in one run: found, or why it was missed."""

ALARM_STATES: Final = ("absent", "class", "place", "both", "duplicate", "background")
"""What may be said of a false alarm in one run: not there, or why it is one."""


class Kinds(Protocol):
    """The kind of every failure of a run, as places in `FAILURE_KINDS`; -1 for what is none."""

    @property
    def kind(self) -> np.ndarray:
        """int8[P], of each prediction."""
        ...

    @property
    def missed_kind(self) -> np.ndarray:
        """int8[T], of each truth."""
        ...


@dataclass(frozen=True, eq=False)
class Transitions:
    """Objects by their state in the baseline and in the candidate. Made by `follow_failures` and `follow_spans`.

    Attributes:
        truths: int64[features, 4, 4]: truths by feature and state in the baseline and in the candidate, in the order of
            `TRUTH_STATES`.
        alarms: int64[features, 6, 6]: false alarms of either run, in the order of `ALARM_STATES`.
        truth_states: int8[lines of the ledger, 2]: the states of each truth.
        alarm_states: int8[lines of the ledger, 2]: the states of each false alarm.
        ledger: The objects.
        rule: Name of the rule that named the failures.
    """

    truths: np.ndarray
    alarms: np.ndarray
    truth_states: np.ndarray
    alarm_states: np.ndarray
    ledger: Ledger
    rule: str


def follow_failures(ledger: Ledger, baseline: Failures, candidate: Failures) -> Transitions:
    """Tell from which state to which every object went.

    Args:
        ledger: From `keep_ledger`.
        baseline: Failures of the run to beat, at the ledger's thresholds and by the rule "coco".
        candidate: Failures of the run in question, alike.

    Raises:
        ColumnError: If the failures are at other thresholds than the ledger, or by another rule of matching.

    Example:
        >>> from metrics import Boxes, find_failures, find_overlaps, keep_ledger, match
        >>> truth = Boxes.from_sizes([0], [0], [[0, 0, 10, 10]])
        >>> runs = [Boxes.from_sizes([0], [0], [box]) for box in ([0, 0, 10, 4], [0, 0, 10, 10])]
        >>> overlaps = [find_overlaps(truth, found, rows=1, features=1) for found in runs]
        >>> ledger = keep_ledger(*map(match, overlaps))
        >>> transitions = follow_failures(ledger, *map(find_failures, overlaps))
        >>> [(TRUTH_STATES[before], TRUTH_STATES[after]) for before, after in transitions.truth_states]
        [('place', 'found')]
        >>> [(ALARM_STATES[before], ALARM_STATES[after]) for before, after in transitions.alarm_states]
        [('place', 'absent')]
    """
    _check_alike(ledger, (baseline, candidate))
    return count_transitions(ledger, (baseline, candidate), rule=candidate.rule)


def count_transitions(ledger: Ledger, runs: tuple[Kinds, Kinds], *, rule: str) -> Transitions:
    """Count the objects of a ledger by their states, which are those of failures at the same thresholds."""
    truth_states = np.stack([_truth_states(ledger, failures) for failures in runs], axis=1)
    alarm_states = np.stack([_alarm_states(ledger, failures, side) for side, failures in enumerate(runs)], axis=1)
    return Transitions(
        _count(ledger.truths.feature, truth_states, (ledger.features, len(TRUTH_STATES))),
        _count(ledger.alarms.feature, alarm_states, (ledger.features, len(ALARM_STATES))),
        truth_states,
        alarm_states,
        ledger,
        rule,
    )


def _check_alike(ledger: Ledger, runs: tuple[Failures, Failures]) -> None:
    for side, failures in zip(("baseline", "candidate"), runs, strict=True):
        place = ("baseline", "candidate").index(side)
        asked, given = (ledger.min_iou, ledger.min_confidence[place]), (failures.min_iou, failures.min_confidence)
        if asked != given or failures.max_detections is not None or not failures.rule.endswith("coco matching"):
            raise ColumnError(
                f"The ledger is at IoU and confidence {asked}, the failures of the {side} at {given}, of "
                f"{failures.max_detections or 'all'} detections by the rule {failures.rule!r}. "
                "Both are to be at the same thresholds, of all detections and by the rule 'coco'."
            )


def _truth_states(ledger: Ledger, failures: Kinds) -> np.ndarray:
    """int8[lines] place in `TRUTH_STATES`."""
    names = {-1: 0} | {FAILURE_KINDS.index(name): place for place, name in enumerate(TRUTH_STATES) if place}
    codes = np.zeros(len(FAILURE_KINDS) + 1, dtype=np.int8)
    for kind, place in names.items():
        codes[kind] = place
    return codes[failures.missed_kind[ledger.truths.truth]]


def _alarm_states(ledger: Ledger, failures: Kinds, side: int) -> np.ndarray:
    """int8[lines] place in `ALARM_STATES`."""
    prediction = ledger.alarms.prediction[:, side]
    states = np.zeros(len(prediction), dtype=np.int8)
    there = prediction >= 0
    # False alarms have the first five kinds, which stand behind absent in the same order.
    states[there] = failures.kind[prediction[there]] + 1
    return states


def _count(feature: np.ndarray, states: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    features, n = size
    codes = (feature.astype(np.int64) * n + states[:, 0]) * n + states[:, 1]
    return np.bincount(codes, minlength=features * n * n).reshape(features, n, n)
