"""Entries as typed columns: whole columns at once, and entry by entry only where something is wrong."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trainer.formats.entries import Entries, shown

NO_NUMBER = -(2**63)
FARTHEST = 1e9  # pixels; sums and products of lengths up to here stay exact enough, and no picture is near it

_NUMBERS = {int, float}
_LARGEST = 2**63


def whole_numbers(entries: Entries, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A required column of whole numbers.

    Returns:
        int64[n], `NO_NUMBER` where refused, and bool[n], which entries have one.
    """
    values = entries.column(name)
    if set(map(type, values)) <= {int} and all(-_LARGEST < value < _LARGEST for value in values):
        return np.asarray(values, dtype=np.int64), np.ones(len(values), dtype=bool)
    good = np.asarray([_is_whole(value) for value in values], dtype=bool)
    for index in np.flatnonzero(~good):
        entries.refuse(index, _missing_or_wrong(name, values[index], "a whole number"))
    return np.asarray([int(v) if ok else NO_NUMBER for v, ok in zip(values, good, strict=True)], dtype=np.int64), good


def numbers(entries: Entries, name: str, *, required: bool) -> np.ndarray:
    """A column of finite numbers.

    Returns:
        float64[n], NaN where refused, or absent and not required.
    """
    values = entries.column(name)
    good = np.asarray([is_number(value) for value in values], dtype=bool)
    for index in np.flatnonzero(~good):
        if required or values[index] is not None:
            entries.refuse(index, _missing_or_wrong(name, values[index], "a finite number"))
    return np.asarray([float(v) if ok else math.nan for v, ok in zip(values, good, strict=True)], dtype=np.float64)


def flags(entries: Entries, name: str) -> np.ndarray:
    """A column of 0 or 1; an absent one is 0.

    Returns:
        bool[n], false where refused.
    """
    values = entries.column(name)
    if not set(map(type, values)) <= {int, bool, type(None)} or not set(values) <= {0, 1, None}:
        for index, value in enumerate(values):
            if type(value) not in (int, bool, type(None)) or value not in (0, 1, None):
                entries.refuse(index, f"{name} is {shown(value)}, not 0 or 1")
        values = [value in (1, True) for value in values]
    return np.asarray(values, dtype=bool)


def boxes(entries: Entries, name: str) -> np.ndarray:
    """A column of boxes: left, top, width, height in pixels.

    Returns:
        float64[n, 4], NaN where refused or absent.
    """
    values = entries.column(name)
    whole = _as_boxes(values)
    if whole is not None and (np.abs(whole) <= FARTHEST).all() and not (whole[:, 2:] < 0).any():
        return whole
    reasons = [None if value is None else why_no_box(value) for value in values]
    for index, reason in enumerate(reasons):
        if reason:
            entries.refuse(index, f"{name} {reason}")
    unknown = (math.nan,) * 4
    taken = [unknown if v is None or reason else v for v, reason in zip(values, reasons, strict=True)]
    return np.asarray(taken, dtype=np.float64).reshape(-1, 4)


def why_no_box(value: Any) -> str | None:
    """What keeps a value from being a box; None for a box."""
    if not isinstance(value, list) or len(value) != 4:
        return f"is {shown(value)}, not four numbers: left, top, width, height"
    if not all(map(is_number, value)):
        return f"is {shown(value)}, and lengths are finite numbers"
    if max(map(abs, value)) > FARTHEST:
        return f"is {shown(value)}, which reaches beyond any picture"
    if value[2] < 0 or value[3] < 0:
        return f"is {shown(value)}, which has a negative width or height (it is left, top, width, height)"
    return None


def is_number(value: Any) -> bool:
    """Whether a parsed value is a finite number; true and false are none."""
    return type(value) in _NUMBERS and _is_finite(value)


def positions_of(entries: Entries, name: str, *, among: np.ndarray, what: str) -> np.ndarray:
    """Where the ids of a column stand in another table.

    Args:
        entries: Entries that refer to others.
        name: The field that holds the id.
        among: int64[m] unique ids.
        what: What the ids are ids of, for the reason.

    Returns:
        int64[n] positions in `among`, -1 where refused.
    """
    values, good = whole_numbers(entries, name)
    places = look_up(values, among)
    for index in np.flatnonzero((places < 0) & good):
        entries.refuse(index, f"{name} {values[index]} is the id of no {what}")
    return np.where(good, places, -1)


def look_up(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """int64[n] position of each value in an unsorted array of unique ones, -1 where it is not in it."""
    if not len(among):
        return np.full(len(values), -1, dtype=np.int64)
    order = np.argsort(among, kind="stable")
    found = order[np.minimum(np.searchsorted(among, values, sorter=order), len(among) - 1)]
    return np.where(among[found] == values, found, -1)


def refuse_repeated(entries: Entries, values: Sequence[Any] | np.ndarray, good: np.ndarray, *, name: str) -> None:
    """Refuse every entry whose value an earlier one has already."""
    chosen = np.flatnonzero(good)
    taken = np.asarray(values)[chosen]
    if len(np.unique(taken)) == len(taken):
        return
    first: dict[Any, int] = {}
    for index, value in zip(chosen.tolist(), taken.tolist(), strict=True):
        if first.setdefault(value, index) != index:
            entries.refuse(index, f"{name} {shown(value)} is that of {entries.name}[{first[value]}] already")


def _as_boxes(values: list[Any]) -> np.ndarray | None:
    if not set(map(type, values)) <= {list} or not set(map(len, values)) <= {4}:
        return None
    flat = list(itertools.chain.from_iterable(values))
    if not set(map(type, flat)) <= _NUMBERS:
        return None
    try:
        return np.asarray(flat, dtype=np.float64).reshape(-1, 4)
    except OverflowError:
        return None


def _is_whole(value: Any) -> bool:
    # Tables that passed through pandas state ids as 885.0.
    if type(value) is float:
        return value.is_integer() and abs(value) < 2**53
    return type(value) is int and -_LARGEST < value < _LARGEST


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _missing_or_wrong(name: str, value: Any, rule: str) -> str:
    return f"has no {name}" if value is None else f"{name} is {shown(value)}, not {rule}"
