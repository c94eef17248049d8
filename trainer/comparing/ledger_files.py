"""The object ledger as a file: CSV or Parquet, by the ending of its name."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from trainer.comparing.ledger_table import LEDGER_SCHEMA
from trainer.records.errors import RecordError

ENDINGS = (".csv", ".parquet")
_LATER_COLUMNS = ("start", "end")


def refuse_other_endings(path: Path) -> None:
    """Check that a name says how to write the file, before there is anything to write.

    Raises:
        RecordError: If it does not.
    """
    if path.suffix.lower() not in ENDINGS:
        raise RecordError(f"{path} ends neither in .csv nor in .parquet, so it is not clear how to write it.")


def save_ledger(table: pa.Table, path: Path | str) -> Path:
    """Write a ledger's table, or some of its lines, as CSV or Parquet; read it back with `read_ledger`.

    In CSV an undefined value is an empty cell. A file that is there already is replaced at once, never half.

    Args:
        table: Lines with the columns of `LEDGER_SCHEMA`.
        path: Where to; it ends in ``.csv`` or ``.parquet``.

    Raises:
        RecordError: If it ends in something else.
    """
    return save_table(table, path)


def save_table(table: pa.Table, path: Path | str) -> Path:
    """Write any table of plain values as CSV or Parquet; as `save_ledger` in all else."""
    import pyarrow.csv
    import pyarrow.parquet

    path = Path(path)
    refuse_other_endings(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    write = pyarrow.csv.write_csv if path.suffix.lower() == ".csv" else pyarrow.parquet.write_table
    write(table, unfinished)
    unfinished.replace(path)
    return path


def read_ledger(path: Path | str) -> pa.Table:
    """The table that `save_ledger` wrote, equal to the last digit.

    Raises:
        RecordError: If the file's columns are not those of a ledger.
    """
    import pyarrow.csv
    import pyarrow.parquet

    path = Path(path)
    refuse_other_endings(path)
    if path.suffix.lower() == ".csv":
        options = pyarrow.csv.ConvertOptions(
            column_types={field.name: field.type for field in LEDGER_SCHEMA},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )
        lines = pyarrow.csv.ParseOptions(newlines_in_values=True)
        table = pyarrow.csv.read_csv(path, parse_options=lines, convert_options=options)
    else:
        table = pyarrow.parquet.read_table(path)
    table = _with_missing(table)
    if table.schema.names != LEDGER_SCHEMA.names:
        raise RecordError(f"{path} is no object ledger: its columns are {', '.join(table.schema.names)}.")
    return table.cast(LEDGER_SCHEMA.with_metadata(table.schema.metadata))


def _with_missing(table: pa.Table) -> pa.Table:
    """A table of before there were spans gets their empty columns."""
    if not set(_LATER_COLUMNS) & set(table.column_names) and "truth" in table.column_names:
        for name in _LATER_COLUMNS:
            field = LEDGER_SCHEMA.field(name)
            table = table.add_column(LEDGER_SCHEMA.get_field_index(name), field, pa.nulls(len(table), field.type))
    return table
