"""The loops of finding pairs of overlapping boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from metrics.kernels.compiled import compiled

if TYPE_CHECKING:
    from metrics.objects.pairing import Orders
    from metrics.objects.ranking import OrderedTruths


class Found(NamedTuple):
    """Pairs of the predictions of one share: counts[i] of the i-th, one after the other."""

    counts: np.ndarray
    truth: np.ndarray
    iou: np.ndarray


class _Growing(NamedTuple):
    """Columns with room for more than they hold."""

    truth: np.ndarray
    iou: np.ndarray


@compiled
def _overlap(one: np.ndarray, truth: np.ndarray, crowd: bool) -> float:
    width = min(one[0] + one[2], truth[0] + truth[2]) - max(one[0], truth[0])
    height = min(one[1] + one[3], truth[1] + truth[3]) - max(one[1], truth[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    area = one[2] * one[3]
    # The order of these operations is pycocotools', so that not even the last bit differs.
    return shared / (area if crowd else area + truth[2] * truth[3] - shared)


@compiled
def _with_room(columns: _Growing, n: int) -> _Growing:
    if n < len(columns.truth):
        return columns
    longer = _Growing(np.empty(2 * n, np.int32), np.empty(2 * n, np.float64))
    longer.truth[:n], longer.iou[:n] = columns.truth, columns.iou
    return longer


@compiled
def pairs_within_features(
    orders: Orders,
    boxes: tuple[np.ndarray, np.ndarray],
    rows: int,
    share: tuple[int, int],
    floor: float,
) -> Found:
    """Boxes of one row and feature that overlap by at least `floor`, for the ranked predictions of a share.

    `boxes` are those of the tables; truths rise for each prediction.
    """
    truths, predictions = orders
    first, last = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    counts = np.zeros(share[1] - share[0], np.int64)
    found, n = _Growing(np.empty(1024, np.int32), np.empty(1024, np.float64)), 0
    for feature in range(len(truths.starts) - 1):
        here = max(share[0], predictions.starts[feature]), min(share[1], predictions.starts[feature + 1])
        if here[0] >= here[1]:
            continue
        known = truths.row[truths.starts[feature] : truths.starts[feature + 1]]
        for j in range(len(known)):
            last[known[j]] = truths.starts[feature] + j + 1
            first[known[-1 - j]] = truths.starts[feature + 1] - 1 - j
        for i in range(here[0], here[1]):
            before = n
            row = predictions.row[i]
            box = boxes[1][predictions.position[i]]
            for j in range(first[row], last[row]):
                shared = _overlap(box, boxes[0][truths.position[j]], truths.crowd[j])
                if shared >= floor:
                    found = _with_room(found, n)
                    found.truth[n], found.iou[n] = j, shared
                    n += 1
            counts[i - share[0]] = n - before
        for row in known:
            first[row], last[row] = 0, 0
    return Found(counts, found.truth[:n].copy(), found.iou[:n].copy())


@compiled
def pairs_across_features(
    orders: Orders,
    boxes: tuple[np.ndarray, np.ndarray],
    rows: int,
    share: tuple[int, int],
    floor: float,
) -> Found:
    """As `pairs_within_features`, of one row and two features."""
    truths, predictions = orders
    starts, by_row = _truths_by_row(truths, rows)
    counts = np.zeros(share[1] - share[0], np.int64)
    found, n = _Growing(np.empty(1024, np.int32), np.empty(1024, np.float64)), 0
    for feature in range(len(truths.starts) - 1):
        same = truths.starts[feature], truths.starts[feature + 1]
        for i in range(max(share[0], predictions.starts[feature]), min(share[1], predictions.starts[feature + 1])):
            before = n
            row = predictions.row[i]
            box = boxes[1][predictions.position[i]]
            for j in by_row[starts[row] : starts[row + 1]]:
                if same[0] <= j < same[1]:
                    continue
                shared = _overlap(box, boxes[0][truths.position[j]], truths.crowd[j])
                if shared >= floor:
                    found = _with_room(found, n)
                    found.truth[n], found.iou[n] = j, shared
                    n += 1
            counts[i - share[0]] = n - before
    return Found(counts, found.truth[:n].copy(), found.iou[:n].copy())


@compiled
def _truths_by_row(truths: OrderedTruths, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the truths of each row start, and the places of all, row by row and rising."""
    starts = np.zeros(rows + 1, np.int64)
    for row in truths.row:
        starts[row + 1] += 1
    starts = np.cumsum(starts)
    free = starts[:-1].copy()
    by_row = np.empty(len(truths.row), np.int32)
    for j in range(len(truths.row)):
        by_row[free[truths.row[j]]] = j
        free[truths.row[j]] += 1
    return starts, by_row
