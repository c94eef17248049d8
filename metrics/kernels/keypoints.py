"""The loop on keypoints: how similar two sets of them are."""

from __future__ import annotations

import numpy as np

from metrics.kernels.compiled import compiled

_LANES = 8  # numpy adds up eight sums side by side; so do we, because the last bit decides ties


@compiled
def similarities(
    truth: tuple[np.ndarray, np.ndarray, np.ndarray],
    points: np.ndarray,
    pairs: tuple[np.ndarray, np.ndarray],
    variance: np.ndarray,
) -> np.ndarray:
    """float64: object keypoint similarity of each pair.

    `truth` are the points with visibility, boxes and areas of the true objects, `points` those predicted; `pairs`
    are positions in the two tables.
    """
    similarity = np.empty(len(pairs[0]))
    near = np.empty(len(variance))
    for m in range(len(similarity)):
        t, p = pairs[0][m], pairs[1][m]
        known, box, area = truth[0][t], truth[1][t], truth[2][t]
        visible = np.count_nonzero(known[:, 2] > 0)
        n = 0
        for k in range(len(variance)):
            if visible and known[k, 2] <= 0:
                continue
            if visible:
                dx, dy = points[p, k, 0] - known[k, 0], points[p, k, 1] - known[k, 1]
            else:
                dx = _beyond(points[p, k, 0], box[0] - box[2], box[0] + box[2] * 2)
                dy = _beyond(points[p, k, 1], box[1] - box[3], box[1] + box[3] * 2)
            near[n] = np.exp(-((dx * dx + dy * dy) / variance[k] / (area + np.finfo(np.float64).eps) / 2))
            n += 1
        similarity[m] = _sum(near[:n]) / n
    return similarity


@compiled
def _beyond(place: float, first: float, last: float) -> float:
    return max(0.0, first - place) + max(0.0, place - last)


@compiled
def _sum(values: np.ndarray) -> float:
    n = len(values)
    if n < _LANES or n > 128:
        total = 0.0
        for value in values:
            total += value
        return total
    lanes = values[:_LANES].copy()
    whole = n - n % _LANES
    for i in range(_LANES, whole):
        lanes[i % _LANES] += values[i]
    total = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
    for i in range(whole, n):
        total += values[i]
    return total
