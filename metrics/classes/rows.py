"""Checks that tables of rows and classes make on arrival."""

from __future__ import annotations

import numpy as np

from metrics.columns import as_array, as_kept_rows, as_numeric, check_flags
from metrics.errors import ColumnError


def all_rows(column: np.ndarray) -> np.ndarray:
    """bool[N]: every row counts."""
    return np.ones(len(column), dtype=bool)


def flags_of_rows(keep: np.ndarray, rows: int) -> np.ndarray:
    """bool[rows]: rows that count, as given.

    Raises:
        ColumnError: If there is not one flag for each row.
    """
    return as_kept_rows(keep, rows)


def check_table(name: str, values: object, dtype: type = np.float64) -> np.ndarray:
    """[rows, classes]: the values as given, without a copy where they are of that type already.

    Raises:
        ColumnError: If it is no table of numbers, or not of true and false where flags are needed.
    """
    table = as_array(name, values, things="rows")
    if table.ndim != 2:
        raise ColumnError(
            f"{name} has {table.ndim} dimensions, but it must have two: one line for each row and one column for each "
            "class. If there is a single class, give it as one column: reshape(-1, 1)."
        )
    table = as_numeric(name, table)
    if dtype is bool:
        check_flags(name, table, things="rows")
    return table.astype(dtype, copy=False)
