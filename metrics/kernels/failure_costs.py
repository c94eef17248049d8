"""The loops of what failures cost: average precision as if some were mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from metrics.kernels.compiled import compiled

if TYPE_CHECKING:
    from metrics.objects.mending import Reading
    from metrics.objects.ranking import RankedPredictions


class Lineup(NamedTuple):
    """Predictions by feature and falling confidence, those of another class a second time at their true feature.

    Attributes:
        place: int32[N] place among the ranked predictions.
        moved: bool[N] stands at the feature of its truth, not at the one it names.
        starts: int64[features + 1]: those of feature f stand at starts[f]:starts[f + 1].
    """

    place: np.ndarray
    moved: np.ndarray
    starts: np.ndarray


@compiled
def line_up(predictions: RankedPredictions, late: np.ndarray, moved: np.ndarray, moved_starts: np.ndarray) -> Lineup:
    """Merge the ranked predictions with those `moved`, which are in the same order at the feature of their truth.

    Of equally confident ones those of bool[P] `late` come last, whatever their row.
    """
    own, features = _last_if_late(predictions.confidence, late, predictions.starts), len(predictions.starts) - 1
    n = len(own) + len(moved)
    lineup = Lineup(np.empty(n, np.int32), np.zeros(n, np.bool_), predictions.starts + moved_starts)
    for feature in range(features):
        i, k, n = predictions.starts[feature], moved_starts[feature], lineup.starts[feature]
        while n < lineup.starts[feature + 1]:
            come = k < moved_starts[feature + 1]
            if come and i < predictions.starts[feature + 1]:
                come = _is_before(predictions, late, moved[k], own[i])
            lineup.place[n], lineup.moved[n] = moved[k] if come else own[i], come
            i, k, n = i + (not come), k + come, n + 1
    return lineup


@compiled
def _last_if_late(confidence: np.ndarray, late: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The ranked places, among equally confident ones of a feature those that are late last."""
    places = np.empty(len(confidence), np.int32)
    for feature in range(len(starts) - 1):
        first = starts[feature]
        while first < starts[feature + 1]:
            last = first + 1
            while last < starts[feature + 1] and confidence[last] == confidence[first]:
                last += 1
            n = first
            for wanted in (False, True):
                for i in range(first, last):
                    if late[i] == wanted:
                        places[n] = i
                        n += 1
            first = last
    return places


@compiled
def _is_before(predictions: RankedPredictions, late: np.ndarray, moved: int, own: int) -> bool:
    if predictions.confidence[moved] != predictions.confidence[own]:
        return bool(predictions.confidence[moved] > predictions.confidence[own])
    if late[own] or predictions.row[moved] != predictions.row[own]:
        return bool(late[own] or predictions.row[moved] < predictions.row[own])
    return bool(predictions.position[moved] < predictions.position[own])


@compiled
def precision_of_features(
    lined: tuple[np.ndarray, np.ndarray], outcome: np.ndarray, truths: np.ndarray, reading: Reading
) -> tuple[np.ndarray, np.ndarray]:
    """Average precision float64[features], NaN without truth, and how many predictions it is made of.

    `lined` are int8[N] what each prediction is and where each feature starts; outcome[what] is 1 for what finds a
    truth, -1 for a false alarm, 0 for what does not count.
    """
    what, starts = lined
    features = len(starts) - 1
    precision, counted = np.full(features, np.nan), np.zeros(features, np.int64)
    for feature in range(features):
        wrong = np.empty(truths[feature], np.int64)
        found, alarms = 0, 0
        for n in range(starts[feature], starts[feature + 1]):
            if outcome[what[n]] > 0:
                wrong[found] = alarms
                found += 1
            else:
                alarms -= outcome[what[n]]
        counted[feature] = found + alarms
        if truths[feature] > 0:
            precision[feature] = _mean_precision(wrong[:found], truths[feature], reading)
    return precision, counted


@compiled
def _mean_precision(wrong: np.ndarray, truths: int, reading: Reading) -> float:
    """Mean over recall levels, rising from 0, of the best precision at that recall or beyond; 0 where none is."""
    level = len(reading.levels) - 1
    while reading.levels[level] > len(wrong) / truths:
        level -= 1
    total, best = 0.0, 0.0
    for found in range(len(wrong), 0, -1):
        best = max(best, found / (wrong[found - 1] + found + reading.addend))
        while reading.levels[level] > (found - 1) / truths:
            total += best
            level -= 1
    return (total + best) / len(reading.levels)
