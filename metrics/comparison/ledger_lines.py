"""What became of objects between two runs, line by line, whatever the objects are."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np


class Change(IntEnum):
    """What became of an object between baseline and candidate.

    The first four are about truths, the last three about false alarms.
    """

    KEPT = 0
    NEWLY_FOUND = 1
    NEWLY_MISSED = 2
    STILL_MISSED = 3
    PERSISTENT = 4
    FIXED = 5
    NEW = 6


class TruthLines(NamedTuple):
    """One line for each truth that counts, in the order of its table; two columns are baseline and candidate.

    Attributes:
        truth: int32[L] position in the table of truths.
        row: int32[L].
        feature: int32[L].
        change: int8[L], the first four of `Change`.
        prediction: int32[L, 2] position of the prediction that found it or took it for another feature; -1 for none.
        taken_for: int32[L, 2] feature it was taken for, its own where it was found; -1 where it was missed.
        iou: float64[L, 2] with the prediction that found it; NaN where none did.
        confidence: float64[L, 2] of the prediction that found it or took it for another feature; NaN without one.
    """

    truth: np.ndarray
    row: np.ndarray
    feature: np.ndarray
    change: np.ndarray
    prediction: np.ndarray
    taken_for: np.ndarray
    iou: np.ndarray
    confidence: np.ndarray


class AlarmLines(NamedTuple):
    """One line for each false alarm of either run: first the candidate's in the order of its table, then those fixed.

    Attributes:
        row: int32[L].
        feature: int32[L].
        change: int8[L], the last three of `Change`.
        prediction: int32[L, 2] position in the baseline's and the candidate's table; -1 where it is not there.
        taken_for: int32[L, 2] position of the missed truth of another feature that it was taken to mean; -1 for none.
        confidence: float64[L, 2]; NaN where it is not there.
    """

    row: np.ndarray
    feature: np.ndarray
    change: np.ndarray
    prediction: np.ndarray
    taken_for: np.ndarray
    confidence: np.ndarray


class Alarms(NamedTuple):
    """What one run predicted, and which of it is a false alarm.

    Attributes:
        row: int32[P].
        feature: int32[P].
        false: bool[P].
        taken_for: int32[P] position of the missed truth of another feature that it was taken to mean; -1 for none.
        confidence: float64[P]; NaN where nobody knows it.
    """

    row: np.ndarray
    feature: np.ndarray
    false: np.ndarray
    taken_for: np.ndarray
    confidence: np.ndarray


def truth_changes(found: np.ndarray) -> np.ndarray:
    """int8[L], the first four of `Change`, from bool[L, 2]: whether the baseline and the candidate found each truth."""
    change = np.select(
        [found.all(axis=1), found[:, 1], found[:, 0]],
        [Change.KEPT, Change.NEWLY_FOUND, Change.NEWLY_MISSED],
        Change.STILL_MISSED,
    )
    return change.astype(np.int8)


def side_by_side(values: Sequence[np.ndarray], places: np.ndarray) -> np.ndarray:
    """[L, 2]: the baseline's and the candidate's values at int[L, 2] places; where the place is -1, -1 or NaN.

    Example:
        >>> side_by_side([np.array([0.5]), np.array([0.6, 0.7])], np.array([[0, 1], [-1, 0]])).tolist()
        [[0.5, 0.7], [nan, 0.6]]
    """
    return np.stack([_at(of_run, column) for of_run, column in zip(values, places.T, strict=True)], axis=1)


def join_alarms(baseline: Alarms, candidate: Alarms, same: np.ndarray) -> AlarmLines:
    """One line for each false alarm of two runs: the candidate's, then those of the baseline that are fixed.

    Args:
        baseline: P predictions of the run to beat.
        candidate: Q predictions of the run in question.
        same: int32[Q]: position of the baseline's false alarm that each of the candidate's stands for, -1 for none;
            what stands at predictions that are no false alarms is not looked at.
    """
    after = np.flatnonzero(candidate.false)
    persistent = same[after] >= 0
    fixed = baseline.false.copy()
    fixed[same[after[persistent]]] = False
    before = np.flatnonzero(fixed)
    prediction = np.stack(
        [np.concatenate([same[after], before]), np.concatenate([after, np.full(len(before), -1)])], axis=1
    ).astype(np.int32)
    change = np.full(len(prediction), Change.FIXED, dtype=np.int8)
    change[: len(after)] = np.where(persistent, np.int8(Change.PERSISTENT), np.int8(Change.NEW))
    return AlarmLines(
        np.concatenate([candidate.row[after], baseline.row[before]]),
        np.concatenate([candidate.feature[after], baseline.feature[before]]),
        change,
        prediction,
        side_by_side((baseline.taken_for, candidate.taken_for), prediction),
        side_by_side((baseline.confidence, candidate.confidence), prediction),
    )


def _at(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The values at places; where the place is -1, -1 or NaN."""
    return np.append(values, values.dtype.type(-1 if values.dtype.kind == "i" else np.nan))[places]
