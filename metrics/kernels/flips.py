"""The loops of swapping two runs row by row: sums of every slice, and the largest strength under each swap."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrics.kernels.compiled import compiled

AT_ONCE = 64
"""So many swaps are summed up side by side; the sums of one slice then fit the fastest memory."""


class SliceSums(NamedTuple):
    """What S slices hold; arrives with zeros.

    Attributes:
        rows: int64[S] rows with an object in the slice.
        units: int64[S] units that are swapped as a whole (rows or clusters) with an object in it.
        totals: float64[S, 4] sums above the line of baseline and candidate, then those below it.
        squares: float64[S, 3] sums over units of a * a, a * b and b * b, where a and b are what the candidate has more
            than the baseline above and below the line.
    """

    rows: np.ndarray
    units: np.ndarray
    totals: np.ndarray
    squares: np.ndarray


class Changed(NamedTuple):
    """Objects whose outcome differs between the runs.

    Attributes:
        slice_of: int32[C] slice of each, -1 for none.
        unit: int32[C].
        above: float64[C] candidate minus baseline above the line.
        below: float64[C] the same below the line.
    """

    slice_of: np.ndarray
    unit: np.ndarray
    above: np.ndarray
    below: np.ndarray


@compiled
def add_up(
    slice_of: np.ndarray,
    places: tuple[np.ndarray, np.ndarray],
    outcomes: tuple[np.ndarray, np.ndarray],
    sums: SliceSums,
) -> None:
    """Add every object to its slice.

    `places` are int32[N] row and unit of the objects, which are sorted by unit and row; `outcomes` are float64[N, 2]
    above and below the line of baseline and candidate.
    """
    row, unit = places
    part, whole = outcomes
    n = len(sums.rows)
    last_row, last_unit = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    above, below = np.zeros(n), np.zeros(n)
    for i in range(len(slice_of)):
        k = slice_of[i]
        if k < 0:
            continue
        if last_unit[k] != unit[i]:
            sums.squares[k, 0] += above[k] * above[k]
            sums.squares[k, 1] += above[k] * below[k]
            sums.squares[k, 2] += below[k] * below[k]
            above[k], below[k], last_unit[k] = 0.0, 0.0, unit[i]
            sums.units[k] += 1
        if last_row[k] != row[i]:
            last_row[k] = row[i]
            sums.rows[k] += 1
        above[k] += part[i, 1] - part[i, 0]
        below[k] += whole[i, 1] - whole[i, 0]
        for side in range(2):
            sums.totals[k, side] += part[i, side]
            sums.totals[k, 2 + side] += whole[i, side]
    for k in range(n):
        sums.squares[k, 0] += above[k] * above[k]
        sums.squares[k, 1] += above[k] * below[k]
        sums.squares[k, 2] += below[k] * below[k]


@compiled
def raise_largest(
    changed: Changed, pooled: np.ndarray, spread: np.ndarray, signs: np.ndarray, largest: np.ndarray
) -> None:
    """Raise float64[swaps] `largest` to the largest absolute strength of any slice under each swap.

    `pooled` float64[S] is the ratio of both runs together, `spread` float64[S] the standard deviation over swaps (a
    slice without any is left out), `signs` int8[units, swaps] is -1 where a unit is swapped.
    """
    sums = np.zeros((len(pooled), AT_ONCE))
    for first in range(0, len(largest), AT_ONCE):
        last = min(first + AT_ONCE, len(largest))
        sums[:] = 0.0
        for i in range(len(changed.unit)):
            k = changed.slice_of[i]
            if k < 0:
                continue
            value = changed.above[i] - pooled[k] * changed.below[i]
            swapped = signs[changed.unit[i], first:last]
            for b in range(last - first):
                sums[k, b] += value * swapped[b]
        for k in range(len(pooled)):
            if spread[k] > 0.0:
                for b in range(last - first):
                    largest[first + b] = max(largest[first + b], abs(sums[k, b]) / spread[k])
