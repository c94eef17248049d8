"""The loop of ranking: places within a picture."""

from __future__ import annotations

import numpy as np

from metrics.kernels.compiled import compiled


@compiled
def place_in_row(row: np.ndarray, starts: np.ndarray, rows: int) -> np.ndarray:
    """int32: for each box, how many of the same row stand before it between two starts."""
    seen = np.zeros(rows, np.int32)
    place = np.empty(len(row), np.int32)
    for feature in range(len(starts) - 1):
        for i in range(starts[feature], starts[feature + 1]):
            place[i] = seen[row[i]]
            seen[row[i]] += 1
        for i in range(starts[feature], starts[feature + 1]):
            seen[row[i]] = 0
    return place
