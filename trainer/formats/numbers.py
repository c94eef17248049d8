"""Tables of numbers of one's own: a key and a column for each number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from trainer.records.errors import RecordError

KEY = "key"


def read_numbers(path: Path) -> dict[str, dict[str, float]]:
    """Values by the key of their row, of each number by its name.

    Args:
        path: A CSV or Parquet file with a column ``key``; every other column is a number. An empty cell, or NaN, says
            nothing of the row.

    Raises:
        RecordError: If it cannot be read, there is no column ``key`` or no other, a key stands there twice or is
            missing, or a column holds something else than numbers.
    """
    table = _read(path)
    names = [name for name in table.column_names if name != KEY]
    if KEY not in table.column_names or not names or len(set(names)) < len(names):
        raise RecordError(
            f"{path} has the columns {', '.join(table.column_names) or 'none'}. It needs a column {KEY!r} with the "
            "keys of rows, and one column for each number, each with a name of its own."
        )
    keys = table[KEY].cast(pa.string()).to_pylist()
    _refuse_bad_keys(path, keys)
    return {name: _values(path, name, table[name], keys) for name in names}


def _read(path: Path) -> pa.Table:
    try:
        if path.suffix.lower() == ".parquet":
            return pq.read_table(path)
        # Keys such as 007 stay as they are written.
        options = pa.csv.ConvertOptions(column_types={KEY: pa.string()}, strings_can_be_null=False)
        return pa.csv.read_csv(path, convert_options=options)
    except (pa.ArrowException, OSError) as error:
        raise RecordError(f"{path} cannot be read as a table: {error}") from error


def _refuse_bad_keys(path: Path, keys: list[str | None]) -> None:
    seen: set[str] = set()
    for line, key in enumerate(keys, 1):
        if not key:
            raise RecordError(f"{path}: entry {line:,} has no key.")
        if key in seen:
            raise RecordError(f"{path}: key {key!r} stands there twice, the second time in entry {line:,}.")
        seen.add(key)


def _values(path: Path, name: str, column: pa.ChunkedArray, keys: list[str]) -> dict[str, float]:
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)):
        raise RecordError(f"{path}: column {name!r} holds {kind}, not numbers alone.")
    values = column.cast(pa.float64()).to_numpy()
    return {key: float(value) for key, value in zip(keys, values, strict=True) if not np.isnan(value)}
