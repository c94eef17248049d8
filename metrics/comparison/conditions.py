"""Columns that slices are cut along, with words for each of their values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np

from metrics.columns import Numbers
from metrics.errors import ColumnError

About = Literal["rows", "objects"]

UNKNOWN: Final = -1
"""Code of a value that is not known; such rows or objects are in no slice of that column."""


@dataclass(frozen=True, eq=False)
class SliceColumn:
    """A column that slices may be cut along. Made by `by_value` or `by_quantiles`.

    Attributes:
        name: What it is called.
        codes: int32[N] code of each row or object, -1 where unknown.
        words: The condition of each code in words, such as ``weather = rain``.
        about: What has a code: every row of the tables, or every object that is compared.
    """

    name: str
    codes: np.ndarray
    words: tuple[str, ...]
    about: About = "rows"


def by_value(
    name: str, values: Sequence[Any] | np.ndarray, *, names: Sequence[str] | None = None, about: About = "rows"
) -> SliceColumn:
    """A column with a condition for each value: weather, camera, feature, cluster of embeddings.

    Args:
        name: What it is called.
        values: N texts, flags or numbers. None, NaN and empty text are unknown.
        names: What the values are called where they are codes from 0; then -1 is unknown.
        about: Whether there is a value for every row of the tables or for every object.

    Raises:
        ColumnError: If a code has no name.

    Example:
        >>> column = by_value("weather", ["rain", "sun", "", "rain"])
        >>> column.codes.tolist(), column.words
        ([0, 1, -1, 0], ('weather = rain', 'weather = sun'))
    """
    if names is not None:
        return SliceColumn(name, _checked(name, np.asarray(values), len(names)), _named(name, names), about)
    given = np.asarray(values)
    known = np.array([_is_known(value) for value in given.tolist()], dtype=bool)
    if given.dtype == object:
        given = np.array([str(value) for value in values], dtype=np.str_)
    found, place = np.unique(given[known], return_inverse=True)
    codes = np.full(len(given), UNKNOWN, dtype=np.int32)
    codes[known] = place
    return SliceColumn(name, codes, _named(name, [str(value) for value in found.tolist()]), about)


def by_quantiles(name: str, numbers: Numbers, *, bins: int = 4, about: About = "rows") -> SliceColumn:
    """A column with a condition for each range of a number: area, brightness, objects in the row.

    The ranges hold as equal a share of the known numbers as ties allow: they are cut at quantiles, equal numbers stay
    together, and ranges that ties leave empty are left out. Each starts with its lower end; only the last holds its
    upper end as well.

    Args:
        name: What it is called.
        numbers: N numbers; NaN is unknown.
        bins: Number of ranges, from 1.
        about: Whether there is a number for every row of the tables or for every object.

    Raises:
        ColumnError: If a number is infinite, or no range is asked for.

    Example:
        >>> column = by_quantiles("area", [1, 2, 30, 40, float("nan")], bins=2)
        >>> column.codes.tolist(), column.words
        ([0, 0, 1, 1, -1], ('area from 1 to under 16', 'area from 16 to 40'))
    """
    given = np.asarray(numbers, dtype=np.float64)
    infinite = np.flatnonzero(np.isinf(given))
    if len(infinite) or bins < 1:
        raise ColumnError(
            f"{len(infinite):,} of {len(given):,} numbers of {name!r} are infinite, or {bins} ranges were asked for. "
            "Ranges need finite numbers (NaN where unknown), and at least one range.",
            bad=len(infinite),
            first=int(infinite[0]) if len(infinite) else None,
        )
    known = ~np.isnan(given)
    if not known.any():
        return SliceColumn(name, np.full(len(given), UNKNOWN, dtype=np.int32), (), about)
    edges = np.unique(np.quantile(given[known], np.linspace(0, 1, bins + 1)))
    inner = edges[1:-1]
    codes = np.full(len(given), UNKNOWN, dtype=np.int32)
    codes[known] = np.searchsorted(inner, given[known], side="right")
    ends = [edges[0], *inner, edges[-1]]
    words = [f"{name} from {low:g} to under {high:g}" for low, high in pairwise(ends)]
    words[-1] = f"{name} from {ends[-2]:g} to {ends[-1]:g}"
    return SliceColumn(name, codes, tuple(words), about)


def _is_known(value: object) -> bool:
    return not (value is None or value == "" or (isinstance(value, float) and math.isnan(value)))


def _checked(name: str, codes: np.ndarray, n: int) -> np.ndarray:
    bad = np.flatnonzero((codes < UNKNOWN) | (codes >= n) | (codes != codes.astype(np.int32)))
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(codes):,} codes of {name!r} have no name; first: number {bad[0]} with "
            f"{codes[bad[0]]}, where there are {n:,} names (numbered from 0; -1 is unknown).",
            bad=len(bad),
            first=int(bad[0]),
        )
    return codes.astype(np.int32)


def _named(name: str, values: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{name} = {value}" for value in values)
