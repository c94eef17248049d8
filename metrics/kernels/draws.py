"""The loops of drawing rows again: how often each was drawn, and what the drawn rows add up to."""

from __future__ import annotations

import numpy as np

from metrics.kernels.compiled import compiled


@compiled
def tally_draws(drawn: np.ndarray, times: np.ndarray) -> None:
    """Add to int32[units] how often each unit was drawn."""
    for unit in drawn:
        times[unit] += 1


@compiled
def place_draws(times: np.ndarray, unit: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> None:
    """Write how often each unit was drawn to its rows: the unit of row rows[i] is unit[i]; int32 all."""
    for i in range(len(rows)):
        weights[rows[i]] = times[unit[i]]


@compiled
def weigh_rows(weights: np.ndarray, columns: np.ndarray, sums: np.ndarray) -> None:
    """Add to float64[resamples, K] the columns float64[K, rows], each row as often as int32[resamples, rows] says."""
    rows = columns.shape[1]
    whole = rows - rows % 4
    for resample in range(len(weights)):
        weight = weights[resample]
        for k in range(len(columns)):
            column = columns[k]
            # Four sums at a time: a processor need not wait for one addition to begin the next.
            a, b, c, d = 0.0, 0.0, 0.0, 0.0
            for row in range(0, whole, 4):
                a += weight[row] * column[row]
                b += weight[row + 1] * column[row + 1]
                c += weight[row + 2] * column[row + 2]
                d += weight[row + 3] * column[row + 3]
            for row in range(whole, rows):
                a += weight[row] * column[row]
            sums[resample, k] += (a + b) + (c + d)


@compiled
def weigh_choices(
    weights: np.ndarray, cell: np.ndarray, truth: np.ndarray, predicted: np.ndarray, counts: np.ndarray
) -> None:
    """Add to float64[resamples, 3, classes] rows rightly taken for each class, taken for it, and of it.

    `cell` is int32[rows], `truth` and `predicted` int32[cells], -1 where nothing was predicted; `weights` are
    int32[resamples, rows], 0 for rows that do not count.
    """
    times = np.empty(max(len(truth), 1), np.int64)
    for resample in range(len(weights)):
        times[:] = 0
        for row in range(len(cell)):
            times[cell[row]] += weights[resample, row]
        for i in range(len(truth)):
            counts[resample, 2, truth[i]] += times[i]
            if predicted[i] >= 0:
                counts[resample, 1, predicted[i]] += times[i]
                if predicted[i] == truth[i]:
                    counts[resample, 0, truth[i]] += times[i]
