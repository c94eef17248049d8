"""Checks that every table makes of its columns on arrival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from metrics.errors import ColumnError

Numbers = Sequence[float] | np.ndarray
Flags = Sequence[bool] | np.ndarray
MOST: Final = 2**31 - 1
"""Largest number of a row, feature or offset."""


def as_codes(name: str, values: Numbers, *, things: str) -> np.ndarray:
    """int32[N]: whole numbers from 0, such as row numbers and feature codes.

    Args:
        name: What the column is called.
        values: N whole numbers, of any numeric type.
        things: What the entries are, in the plural, for the message.

    Raises:
        ColumnError: If a number is negative, has a fraction or does not fit.
    """
    given = as_column(name, values, things=things)
    with np.errstate(invalid="ignore"):
        codes = given.astype(np.int32)
    bad = np.flatnonzero((codes < 0) | (codes != given))
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(given):,} {things} have {'an' if name[0] in 'aeiou' else 'a'} {name} "
            f"that is no whole number from 0; first: number {bad[0]} with {given[bad[0]]}. Numbers of {name}s start at "
            f"0 and end at {MOST:,}; ids that are none become such by np.unique(ids, return_inverse=True), of truth "
            "and predictions together.",
            bad=len(bad),
            first=int(bad[0]),
        )
    return codes


def as_numbers(name: str, values: Any, *, things: str) -> np.ndarray:
    """float64[N]: numbers of any numeric type; None becomes NaN. Copied: what is changed later changes no table.

    Args:
        name: What the column is called.
        values: N numbers.
        things: What the entries are, in the plural, for the message.

    Raises:
        ColumnError: If they are no numbers, or not one for each entry.
    """
    return as_column(name, values, things=things).astype(np.float64)


def as_flags(name: str, values: Any, *, things: str) -> np.ndarray:
    """bool[N]: true or false, or 1 and 0 of any numeric type.

    Args:
        name: What the column is called.
        values: N flags.
        things: What the entries are, in the plural, for the message.

    Raises:
        ColumnError: If one is neither, such as NaN or a word.
    """
    given = as_column(name, values, things=things)
    check_flags(name, given, things=things)
    return given.astype(np.bool_)


def check_flags(name: str, given: np.ndarray, *, things: str) -> None:
    """Flags are true or false, or 1 and 0.

    Args:
        name: What the column is called.
        given: [N] or [N, C] values.
        things: What the entries are, in the plural, for the message.

    Raises:
        ColumnError: If one is neither.
    """
    if given.dtype.kind == "b":
        return
    strange = (given != 0) & (given != 1)
    bad = np.flatnonzero(strange.any(axis=1) if given.ndim == 2 else strange)
    if len(bad):
        first = int(bad[0])
        raise ColumnError(
            f"{len(bad):,} of {len(given):,} {things} have a {name} that is neither true nor false; first: number "
            f"{first} with {given[first].tolist()}. Flags are true and false, or 1 and 0.",
            bad=len(bad),
            first=first,
        )


def as_lines(name: str, values: Any, width: int, *, things: str) -> np.ndarray:
    """float64[N, width]: one line of numbers for each entry, such as the four of a box.

    Args:
        name: What the column is called.
        values: N lines of `width` numbers.
        width: How many numbers each has.
        things: What the entries are, in the plural, for the message.

    Raises:
        ColumnError: If they are no numbers, or not so many for each entry.
    """
    given = as_array(name, values, things=things)
    if given.dtype == object and given.ndim == 1:
        given = as_array(name, given.tolist(), things=things)
    if given.size == 0:
        return np.zeros((0, width))
    if given.ndim != 2 or given.shape[1] != width:
        raise ColumnError(
            f"Column {name!r} is {given.dtype}{list(given.shape)}, but each of the {things} needs {width} numbers: "
            f"[{things}, {width}]."
        )
    return as_numeric(name, given).astype(np.float64)


def as_column(name: str, values: Any, *, things: str) -> np.ndarray:
    """[N] numbers or flags of the type given; None becomes NaN.

    Raises:
        ColumnError: If they are no numbers, or not one for each entry.
    """
    given = as_array(name, values, things=things)
    if given.size == 0 and given.ndim == 1:
        return np.zeros(0)
    if given.ndim != 1:
        raise ColumnError(
            f"Column {name!r} is {given.dtype}{list(given.shape)}; one value is needed for each of the "
            f"{things}, in one dimension. For a table of a single column: reshape(-1)."
        )
    return as_numeric(name, given)


def as_array(name: str, values: Any, *, things: str) -> np.ndarray:
    """The values as an array of any shape and type.

    Raises:
        ColumnError: If their entries differ in length.
    """
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        raise ColumnError(
            f"Column {name!r} cannot be read, as its entries differ in length: "
            f"the {things} need equally many numbers each."
        ) from error


def as_numeric(name: str, given: np.ndarray) -> np.ndarray:
    """The same with None as NaN.

    Raises:
        ColumnError: If they are neither real numbers nor flags.
    """
    if given.dtype.kind in "biuf":
        return given
    try:
        if given.dtype.kind != "O" or any(isinstance(each, (str, bytes)) for each in given.flat):
            raise TypeError
        return given.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ColumnError(
            f"Column {name!r} holds {given.dtype}, first {given.flat[0]!r}, but numbers are needed. "
            "Words are turned into codes with np.unique(words, return_inverse=True), or by an order of your own."
        ) from error


def as_kept_rows(keep: Any, rows: int) -> np.ndarray:
    """bool[rows]: rows that count, as given.

    Raises:
        ColumnError: If there is not one flag for each row.
    """
    flags = np.array(keep)
    if flags.dtype != np.bool_ or flags.shape != (rows,):
        raise ColumnError(
            f"Rows to keep are {flags.dtype}{list(flags.shape)}, but one flag (bool) is needed for each of {rows:,} "
            "rows. For row numbers: keep = np.zeros(rows, bool); keep[numbers] = True."
        )
    return flags


def check_lengths(columns: Mapping[str, np.ndarray | None], *, things: str) -> None:
    """Every column has one value for each entry; the first column says how many there are.

    Raises:
        ColumnError: If one is longer or shorter.
    """
    lengths = {name: len(values) for name, values in columns.items() if values is not None}
    first, n = next(iter(lengths.items()))
    for name, length in lengths.items():
        if length != n:
            raise ColumnError(
                f"Column {name!r} has {length:,} values, but there are {n:,} in column {first!r}. "
                f"Every column needs one value for each of the {things}."
            )


def check_count(name: str, count: Any, *, least: int = 0) -> None:
    """A number of things is whole, and not too small.

    Raises:
        ColumnError: If it is not.
    """
    if not isinstance(count, (int, np.integer)) or isinstance(count, bool) or count < least:
        raise ColumnError(f"{name} is {count!r}; it must be a whole number from {least} on.")


def check_below(name: str, values: np.ndarray, size: int, *, things: str) -> None:
    """Codes name something that exists.

    Raises:
        ColumnError: If one is `size` or more.
    """
    bad = np.flatnonzero(values >= size)
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(values):,} {things} name a {name} that does not exist; "
            f"first: number {bad[0]} with {name} {values[bad[0]]}, where there are {size:,} (numbered from 0).",
            bad=len(bad),
            first=int(bad[0]),
        )


def check_confidence(confidence: np.ndarray | None, *, things: str) -> None:
    """Confidences lie in [0, 1].

    Raises:
        ColumnError: If one does not, or is NaN.
    """
    if confidence is None:
        return
    bad = np.flatnonzero(~((confidence >= 0) & (confidence <= 1)))
    if len(bad):
        first = int(bad[0])
        raise ColumnError(
            f"{len(bad):,} of {len(confidence):,} confidences lie outside [0, 1]; first: number {first} of the "
            f"{things} with {confidence[first]}. If yours are logits, pass them through a sigmoid or softmax first.",
            bad=len(bad),
            first=first,
        )
