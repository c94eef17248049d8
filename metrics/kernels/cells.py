"""The loop that adds up what rows hold of each feature, where rows count several times or not at all."""

from __future__ import annotations

import numpy as np

from metrics.kernels.compiled import compiled


@compiled
def weigh_cells(
    starts: np.ndarray, feature: np.ndarray, columns: np.ndarray, weights: np.ndarray, sums: np.ndarray
) -> None:
    """Add to float64[resamples, features, K] the columns [M, K] of each cell, as often as its row counts.

    The cells of row r stand at starts[r]:starts[r + 1]; `weights` are int32[resamples, rows].
    """
    for resample in range(len(weights)):
        for row in range(len(starts) - 1):
            weight = weights[resample, row]
            if weight == 0:
                continue
            for cell in range(starts[row], starts[row + 1]):
                for k in range(columns.shape[1]):
                    sums[resample, feature[cell], k] += weight * columns[cell, k]
