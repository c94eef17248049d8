"""Slices as codes: every way of cutting objects along one, two or three columns."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Final, NamedTuple

import numpy as np

from metrics.comparison.conditions import UNKNOWN, SliceColumn
from metrics.comparison.flips import Cut, Support, Swaps
from metrics.comparison.redundancy import Conditions

WIDEST: Final = 1_000_000
"""Columns that could be combined in more ways are combined only in those ways that occur."""


class Codes(NamedTuple):
    """Those values of a column that have support.

    Attributes:
        here: int32[N] number of the value of each sorted object, -1 where unknown or without support.
        names: int64[K] code of each value in its column.
    """

    here: np.ndarray
    names: np.ndarray


def in_order(drawn: Swaps, columns: Sequence[SliceColumn]) -> list[np.ndarray]:
    """The codes of every column, object by object in sorted order."""
    return [
        column.codes[drawn.outcomes.row] if column.about == "rows" else column.codes[drawn.order] for column in columns
    ]


def supported(drawn: Swaps, codes: np.ndarray, support: Support) -> Codes:
    """The codes without those that lack support, numbered anew; and the old code of each."""
    n = int(codes.max(initial=UNKNOWN)) + 1
    number = drawn.family(Cut(codes, np.arange(n)), support).number
    again = np.full(n + 1, UNKNOWN, dtype=np.int32)
    again[number] = np.arange(len(number))
    return Codes(again[codes], number)


def cut(codes: Sequence[Codes], some: tuple[int, ...], n: int) -> Cut:
    """All slices with one condition on each of some columns."""
    ways = prod(len(codes[i].names) for i in some)
    joint = np.zeros(n, dtype=np.int64)
    known = np.ones(n, dtype=bool)
    for i in some:
        joint = joint * len(codes[i].names) + codes[i].here
        known &= codes[i].here != UNKNOWN
    joint[~known] = UNKNOWN
    if ways <= WIDEST:
        return Cut(joint.astype(np.int32), np.arange(ways))
    numbers, place = np.unique(joint[known], return_inverse=True)
    joint[known] = place
    return Cut(joint.astype(np.int32), numbers)


def conditions_of(some: tuple[int, ...], codes: Sequence[Codes], number: int) -> Conditions:
    """What `cut` called a number: column and value of each condition."""
    found = []
    for i in reversed(some):
        number, code = divmod(number, len(codes[i].names))
        found.append((i, code))
    return tuple(reversed(found))


def meeting(codes: Sequence[Codes], n: int, conditions: Conditions) -> np.ndarray:
    """bool[n]: the sorted objects that meet all conditions."""
    met = np.ones(n, dtype=bool)
    for column, code in conditions:
        met &= codes[column].here == code
    return met
