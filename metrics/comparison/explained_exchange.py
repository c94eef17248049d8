"""What is exchanged between two runs to see where a gain in average precision comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from metrics.comparison.transitions import ALARM_STATES, TRUTH_STATES, Transitions

if TYPE_CHECKING:
    from metrics.kernels.explaining import Alarms, Cells, Finds, Truths

STATES: Final = len(TRUTH_STATES), len(ALARM_STATES)
"""How many states truths have, and false alarms."""


class GainParts(NamedTuple):
    """The smallest parts of a gain in average precision, by feature and cell; those of a cell add up to its part.

    Attributes:
        alarm: bool[P]: it is about false alarms, and about truths otherwise.
        feature: int64[P].
        before: int64[P]: place of the baseline's state in `TRUTH_STATES`, or in `ALARM_STATES`.
        after: int64[P]: the candidate's.
        apart: int64[P]: what tells truths of one cell apart; 0 of false alarms.
        gains: float64[P]: what each adds; 0 where its feature has no truths, and so no number; NaN where none has any.
    """

    alarm: np.ndarray
    feature: np.ndarray
    before: np.ndarray
    after: np.ndarray
    apart: np.ndarray
    gains: np.ndarray


class Exchange(NamedTuple):
    """What is exchanged between two runs, ready for the loops, and where each object stands.

    Attributes:
        events: Truths, finds, false alarms and cells.
        row: int[N] of each object that a run found or invented.
        part: int64[N]: its place among the parts.
        differs: bool[N]: the runs made something else of it, or are not equally sure.
    """

    events: tuple[Truths, Finds, Alarms, Cells]
    row: np.ndarray
    part: np.ndarray
    differs: np.ndarray


class _Lines(NamedTuple):
    """Objects that a run found or invented: their part and row, and in both runs confidence, prediction and whether."""

    part: np.ndarray
    row: np.ndarray
    confidence: np.ndarray
    prediction: np.ndarray
    there: np.ndarray


def exchange(exchanged: Exchange, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What both runs score, and what each part adds to that of its feature; NaN of a feature without truths.

    Args:
        exchanged: From `list_parts`.
        weights: int32[n, rows]: how often each row counts.

    Returns:
        float64[n, features, 2] average precision at 101 levels of recall, and float64[n, P].
    """
    from metrics.kernels.explaining import exchange_parts

    truths, _, alarms, _ = exchanged.events
    scores = np.full((len(weights), len(truths.starts) - 1, 2), np.nan)
    gains = np.zeros((len(weights), len(alarms.starts) - 1))
    exchange_parts(exchanged.events, np.linspace(0.0, 1.0, 101), np.ascontiguousarray(weights), (scores, gains))
    return scores, gains


def list_parts(transitions: Transitions, apart: np.ndarray) -> tuple[GainParts, Exchange]:
    """The parts of a gain, by rising feature and cell, truths first, and what is exchanged for them.

    Args:
        transitions: From `follow_failures`, over all confidences.
        apart: int64[T]: truths of different numbers have parts of their own.
    """
    from metrics.kernels.explaining import Truths

    ledger, states = transitions.ledger, (transitions.truth_states, transitions.alarm_states)
    there = np.concatenate([states[0] == 0, states[1] > 0])
    at = np.flatnonzero(there.any(axis=1))
    alarm = np.arange(len(there)) >= len(states[0])
    told = np.concatenate([apart[ledger.truths.truth], np.zeros(len(states[1]), dtype=np.int64)])
    both = np.concatenate(states).astype(np.int64).T
    columns = np.stack([ledger.column("feature").astype(np.int64), alarm, *both, told])
    kinds, part = _tell_apart(columns[:, at])
    lines = _Lines(
        part,
        ledger.column("row")[at],
        ledger.column("confidence")[at],
        np.concatenate([ledger.truths.prediction, ledger.alarms.prediction])[at],
        there[at],
    )
    order = np.argsort(ledger.truths.feature, kind="stable")
    starts = _starts(ledger.truths.feature[order], ledger.features)
    truths = Truths(ledger.truths.row[order].astype(np.int32), starts)
    differs = (both[0] != both[1])[at] | (lines.confidence[:, 0] != lines.confidence[:, 1])
    parts = GainParts(kinds[1] > 0, kinds[0], kinds[2], kinds[3], kinds[4], np.zeros(kinds.shape[1]))
    return parts, Exchange((truths, *_sort_events(parts, lines, ledger.features)), lines.row, lines.part, differs)


def _sort_events(parts: GainParts, lines: _Lines, features: int) -> tuple[Finds, Alarms, Cells]:
    """Every find of both runs in falling confidence, every false alarm by part, and the parts of each cell."""
    from metrics.kernels.explaining import Alarms, Cells, Finds

    line, side = np.nonzero(lines.there)
    part = lines.part[line]
    order = np.lexsort((lines.prediction[line, side], side, -lines.confidence[line, side], parts.feature[part]))
    part, side, row = part[order], side[order].astype(np.uint8), lines.row[line[order]].astype(np.int32)
    finds = np.flatnonzero(~parts.alarm[part])
    alarms = np.flatnonzero(parts.alarm[part])
    starts = _starts(parts.feature[part[finds]], features)
    before = np.cumsum(~parts.alarm[part])[alarms] - starts[parts.feature[part[alarms]]]
    by_part = np.argsort(part[alarms], kind="stable")
    alarms = alarms[by_part]
    of_cell = np.stack([parts.feature, parts.alarm, parts.before, parts.after])
    cells, first = np.unique(of_cell, axis=1, return_index=True)
    return (
        Finds(row[finds], side[finds], part[finds].astype(np.int32), starts),
        Alarms(row[alarms], side[alarms], before[by_part].astype(np.int32), _starts(part[alarms], len(parts.alarm))),
        Cells(np.append(first, len(parts.alarm)).astype(np.int64), _starts(cells[0], features)),
    )


def _tell_apart(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each kind of column once, in rising order, and int64[N] which of them each column is.

    What `numpy.unique` does along an axis, ten times as quick, by one whole number for each column.

    Args:
        columns: int64[K, N]: from 0.

    Example:
        >>> kinds, kind = _tell_apart(np.array([[1, 0, 1], [2, 5, 2]]))
        >>> kinds.tolist(), kind.tolist()
        ([[0, 1], [5, 2]], [1, 0, 1])
    """
    sizes = tuple((columns.max(axis=1, initial=0) + 1).tolist())
    numbers, kind = np.unique(np.ravel_multi_index(tuple(columns), sizes), return_inverse=True)
    return np.stack(np.unravel_index(numbers, sizes)), kind


def _starts(numbers: np.ndarray, n: int) -> np.ndarray:
    """int64[n + 1]: where each of n numbers begins among rising ones."""
    return np.searchsorted(numbers, np.arange(n + 1)).astype(np.int64)
