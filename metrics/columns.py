"""Checks that every table makes of its columns on arrival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from metrics.errors import ColumnError

Numbers = Sequence[float] | np.ndarray
Flags = Sequence[bool] | np.ndarray


def as_codes(name: str, values: Numbers, *, things: str) -> np.ndarray:
    """int32[N]: whole numbers from 0, such as row numbers and feature codes.

    Args:
        name: What the column is called.
        values: N whole numbers, of any numeric type.
        things: What the entries are, in the plural, for the message.

    Raises:
        ColumnError: If a number is negative, has a fraction or does not fit.
    """
    given = np.asarray(values)
    if given.size == 0:
        return np.zeros(0, dtype=np.int32)
    with np.errstate(invalid="ignore"):
        codes = given.astype(np.int32)
    bad = np.flatnonzero((codes < 0) | (codes != given))
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(given):,} {things} have a {name} that is no whole number from 0; "
            f"first: number {bad[0]} with {given[bad[0]]}. Numbers of {name}s start at 0.",
            bad=len(bad),
            first=int(bad[0]),
        )
    return codes


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
