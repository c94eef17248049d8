"""Columns that a table got after files were written without them: old files, and old digests, stay what they are."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa


def without_empty(table: pa.Table, later: Sequence[str]) -> pa.Table:
    """A table without those of its later columns in which nothing stands.

    Args:
        table: Any.
        later: Names of columns that the first form of the table did not have.
    """
    return table.drop_columns([name for name in later if table[name].null_count == len(table)])


def with_missing(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with every column of a schema, in its order; those that it comes without are empty."""
    for place, field in enumerate(schema):
        if field.nullable and field.name not in table.column_names:
            table = table.add_column(place, field, pa.nulls(len(table), field.type))
    return table.cast(schema)
