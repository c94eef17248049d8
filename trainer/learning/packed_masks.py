"""Masks that wait to be learned, as run lengths: much smaller than their pixels, drawn when a batch is made."""

from __future__ import annotations

import numpy as np

Runs = np.ndarray
"""int32[n]: how many pixels lie outside, inside, outside and so on, column by column from the left."""


def pack(mask: np.ndarray) -> Runs:
    """The runs of bool[h, w].

    Example:
        >>> pack(np.array([[True, False], [True, True]])).tolist()
        [0, 2, 1, 1]
    """
    flat = mask.T.reshape(-1)
    changes = np.flatnonzero(np.diff(flat, prepend=False))
    return np.diff(changes, prepend=0, append=len(flat)).astype(np.int32)


def unpack(runs: Runs, height: int, width: int) -> np.ndarray:
    """bool[height, width] of runs.

    Example:
        >>> unpack(np.array([0, 2, 1, 1]), 2, 2).tolist()
        [[True, False], [True, True]]
    """
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(width, height).T


def read_runs(text: str) -> Runs:
    """The runs of a compressed COCO string.

    Each count, from the fourth on its difference to the one two before, is cut into groups of 5 bits, lowest first,
    one character a group: 48 plus the bits, plus 32 where another group follows; the last group's highest bit is the
    sign.

    Example:
        >>> read_runs("0211").tolist()
        [0, 2, 1, 3]
    """
    counts: list[int] = []
    value = shift = 0
    for letter in text.encode("ascii"):
        bits = letter - 48
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            value -= 1 << shift if bits & 16 else 0
            counts.append(value + (counts[-2] if len(counts) > 2 else 0))
            value = shift = 0
    return np.array(counts, dtype=np.int32)
