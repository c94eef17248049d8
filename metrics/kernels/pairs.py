"""The loops of finding pairs of overlapping boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metrics.kernels.compiled import compiled

if TYPE_CHECKING:
    from metrics.objects.ranking import OrderedTruths, RankedPredictions


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
def _twice_as_long(values: np.ndarray) -> np.ndarray:
    longer = np.empty(2 * len(values), values.dtype)
    longer[: len(values)] = values
    return longer


@compiled
def find_pairs(
    truths: OrderedTruths,
    predictions: RankedPredictions,
    boxes: tuple[np.ndarray, np.ndarray],
    rows: int,
    min_overlap: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The columns of `Pairs`: boxes of one row and feature that overlap by at least `min_overlap`.

    `boxes` are those of the truths and of the predictions, in their orders.
    """
    first, last = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    starts = np.zeros(len(predictions.row) + 1, np.int64)
    truth, iou = np.empty(1024, np.int32), np.empty(1024, np.float64)
    n = 0
    for feature in range(len(truths.starts) - 1):
        known = truths.row[truths.starts[feature] : truths.starts[feature + 1]]
        for j in range(len(known)):
            last[known[j]] = truths.starts[feature] + j + 1
            first[known[-1 - j]] = truths.starts[feature + 1] - 1 - j
        for i in range(predictions.starts[feature], predictions.starts[feature + 1]):
            for j in range(first[predictions.row[i]], last[predictions.row[i]]):
                shared = _overlap(boxes[1][i], boxes[0][j], truths.crowd[j])
                if shared >= min_overlap:
                    if n == len(truth):
                        truth, iou = _twice_as_long(truth), _twice_as_long(iou)
                    truth[n], iou[n] = j, shared
                    n += 1
            starts[i + 1] = n
        for row in known:
            first[row], last[row] = 0, 0
    return starts, truth[:n].copy(), iou[:n].copy()
