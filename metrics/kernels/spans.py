"""The loops that pair spans."""

from __future__ import annotations

import numpy as np

from metrics.kernels.compiled import compiled


@compiled
def take_in_order(truth: np.ndarray, prediction: np.ndarray, truth_of: np.ndarray, prediction_of: np.ndarray) -> None:
    """Pair what is still free on both sides (-1), going through the candidates in their order.

    Entries of `truth_of` and `prediction_of` other than -1 do not take part.
    """
    for m in range(len(truth)):
        t, p = truth[m], prediction[m]
        if truth_of[p] == -1 and prediction_of[t] == -1:
            truth_of[p], prediction_of[t] = t, p


@compiled
def last_before(row: np.ndarray, start: np.ndarray, this: int, behind: int) -> int:
    """Place of the last span, by row and start, that is on a row up to this one and there starts before an offset."""
    low, high = 0, len(row)
    while low < high:
        middle = (low + high) // 2
        if row[middle] < this or (row[middle] == this and start[middle] < behind):
            low = middle + 1
        else:
            high = middle
    return low - 1


@compiled
def find_nearest(
    truth: tuple[np.ndarray, np.ndarray, np.ndarray],
    predictions: tuple[np.ndarray, np.ndarray, np.ndarray],
    sure: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Which span of the other side lies on each span: int32[T] and int32[P], -1 where none does.

    Spans are row, start and end; true ones come by row, then start. Before all goes a span with the same start and end;
    then, for a true span, the surest prediction; then the one that shares most, then the earlier one.
    """
    row, start, end = truth
    reach = np.empty_like(end)  # how far the spans of a row up to this one go
    for t in range(len(row)):
        reach[t] = max(end[t], reach[t - 1]) if t > 0 and row[t - 1] == row[t] else end[t]
    on_truth, on_prediction = np.full(len(row), -1, np.int32), np.full(len(sure), -1, np.int32)
    sureness, sharing = np.zeros(len(row)), np.zeros(len(row))
    for p in range(len(sure)):
        this, begin, behind = predictions[0][p], predictions[1][p], predictions[2][p]
        t = last_before(row, start, this, behind)
        most = 0.0
        while t >= 0 and row[t] == this and reach[t] > begin:
            if end[t] > begin:
                equal = start[t] == begin and end[t] == behind
                shared = np.inf if equal else float(min(end[t], behind) - max(start[t], begin))
                if shared >= most:  # going backwards, an equal one is earlier
                    on_prediction[p], most = t, shared
                worth = 2.0 if equal else 0.0  # more than any confidence
                worth += sure[p]
                if on_truth[t] < 0 or worth > sureness[t] or (worth == sureness[t] and shared > sharing[t]):
                    on_truth[t], sureness[t], sharing[t] = p, worth, shared
            t -= 1
    return on_truth, on_prediction
