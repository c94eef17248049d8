"""Checks that tables of rows and classes make on arrival."""

from __future__ import annotations

import numpy as np

from metrics.errors import ColumnError


def all_rows(column: np.ndarray) -> np.ndarray:
    """bool[N]: every row counts."""
    return np.ones(len(column), dtype=bool)


def flags_of_rows(keep: np.ndarray, rows: int) -> np.ndarray:
    """bool[rows]: rows that count, as given.

    Raises:
        ColumnError: If there is not one flag for each row.
    """
    flags = np.asarray(keep)
    if flags.dtype != bool or flags.shape != (rows,):
        raise ColumnError(
            f"The flags are {flags.dtype}{list(flags.shape)}, but there are {rows:,} rows: one true or false is needed "
            "for each."
        )
    return flags


def check_table(name: str, values: object, dtype: type = np.float64) -> np.ndarray:
    """[rows, classes]: the values as given, without a copy where they are of that type already.

    Raises:
        ColumnError: If it is no table.
    """
    table = np.asarray(values)
    if table.ndim != 2:
        raise ColumnError(
            f"{name} has {table.ndim} dimensions, but it must have two: one line for each row and one column for each "
            "class. If there is a single class, give it as one column: reshape(-1, 1)."
        )
    return table.astype(dtype, copy=False)
