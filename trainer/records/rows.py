"""The rows of a snapshot: images and texts (later also video, conversations) with their key, place and split."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa

from trainer.records.errors import ColumnError, NotFoundError
from trainer.records.split import Split

ROWS_SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("split", pa.dictionary(pa.int8(), pa.string()), nullable=False),
        pa.field("uri", pa.string()),
        pa.field("sha256", pa.string()),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
        pa.field("metadata", pa.string(), nullable=False),
        pa.field("text", pa.string()),
    ]
)
LATER_COLUMNS = ("text",)
"""Columns that format 1 did not have. Where nothing stands in them they are neither written nor part of a digest."""
_SPLITS = tuple(split.value for split in Split)


@dataclass(frozen=True)
class Rows:
    """Rows in key order; a row's position here is its `row` number in every other table.

    Attributes:
        table: One line a row with the columns of `ROWS_SCHEMA`. `uri` is where the picture lies (null when only
            its size is known), `sha256` the checksum of its bytes, `metadata` a JSON object, `text` what a text row
            says (null for a picture).
    """

    table: pa.Table

    def __post_init__(self) -> None:
        if not self.table.schema.equals(ROWS_SCHEMA):
            raise ColumnError(f"Rows need the columns {ROWS_SCHEMA.names}, got {self.table.schema.names}.")
        _refuse_unsorted_keys(self.keys)

    @classmethod
    def from_columns(
        cls,
        *,
        keys: Sequence[str],
        widths: Sequence[int] | None = None,
        heights: Sequence[int] | None = None,
        splits: Sequence[str] | None = None,
        uris: Sequence[str | None] | None = None,
        sha256s: Sequence[str | None] | None = None,
        metadata: Sequence[Mapping[str, Any]] | None = None,
        texts: Sequence[str | None] | None = None,
    ) -> Self:
        """Rows from plain columns in any order; they are sorted by key.

        Args:
            keys: N unique outside identities.
            widths: N widths in pixels, at least 1, or 0 for a text; left out where all rows are texts.
            heights: N heights in pixels, likewise.
            splits: N parts, `Split` values; all unassigned when left out.
            uris: N paths or URLs of the pictures.
            sha256s: N checksums of the picture files, 64 hex digits.
            metadata: N free mappings of JSON values.
            texts: N texts, None for a picture; all pictures when left out.

        Raises:
            ColumnError: If a column has another length, keys repeat, or a picture's size is below 1.
        """
        n = len(keys)
        widths, heights = widths if widths is not None else [0] * n, heights if heights is not None else [0] * n
        columns: dict[str, Sequence[Any]] = {
            "key": keys,
            "split": [Split(split).value for split in splits] if splits is not None else [Split.UNASSIGNED.value] * n,
            "uri": uris if uris is not None else [None] * n,
            "sha256": sha256s if sha256s is not None else [None] * n,
            "width": widths,
            "height": heights,
            "metadata": [_canonical_json(entry) for entry in metadata] if metadata is not None else ["{}"] * n,
            "text": texts if texts is not None else [None] * n,
        }
        for name, column in columns.items():
            if len(column) != n:
                raise ColumnError(f"Column {name!r} has {len(column):,} values for {n:,} keys.")
        _refuse_empty_sizes(keys, widths, heights, columns["text"])
        order = sorted(range(n), key=keys.__getitem__)
        arrays = [_array([columns[field.name][i] for i in order], field) for field in ROWS_SCHEMA]
        return cls(pa.Table.from_arrays(arrays, schema=ROWS_SCHEMA))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Outside identities, sorted and unique."""
        return tuple(self.table["key"].to_pylist())

    @cached_property
    def positions(self) -> dict[str, int]:
        """Row number of each key."""
        return {key: row for row, key in enumerate(self.keys)}

    def position(self, key: str) -> int:
        """Row number of one key.

        Raises:
            NotFoundError: If there is no such row.
        """
        try:
            return self.positions[key]
        except KeyError:
            first = f"; the first is {self.keys[0]!r}" if len(self) else ""
            raise NotFoundError(f"There is no row {key!r} among {len(self):,} rows{first}.") from None

    @cached_property
    def widths(self) -> np.ndarray:
        """int32[n] widths in pixels."""
        return self.table["width"].to_numpy()

    @cached_property
    def heights(self) -> np.ndarray:
        """int32[n] heights in pixels."""
        return self.table["height"].to_numpy()

    @cached_property
    def uris(self) -> tuple[str | None, ...]:
        """Path or URL of each picture; None where only the size is known."""
        return tuple(self.table["uri"].to_pylist())

    @cached_property
    def texts(self) -> tuple[str | None, ...]:
        """The text of each row; None for a picture."""
        return tuple(self.table["text"].to_pylist())

    @cached_property
    def splits(self) -> np.ndarray:
        """str[n]: each row's part, as `Split` values."""
        return np.asarray(self.table["split"].cast(pa.string()).to_pylist(), dtype=str)

    def in_split(self, split: str) -> np.ndarray:
        """int32[m]: numbers of the rows in one part, rising."""
        return np.flatnonzero(self.splits == Split(split).value).astype(np.int32)

    def split_sizes(self) -> dict[str, int]:
        """Number of rows in each part that has any."""
        return {split: count for split in _SPLITS if (count := int((self.splits == split).sum()))}

    def metadata(self, row: int) -> dict[str, Any]:
        """The free metadata of one row."""
        value: dict[str, Any] = json.loads(self.table["metadata"][row].as_py())
        return value

    def take(self, rows: np.ndarray) -> Rows:
        """The given rows as a table of their own.

        Args:
            rows: int[m] row numbers, strictly rising.
        """
        return Rows(self.table.take(pa.array(rows)))

    def with_splits(self, splits: Sequence[str]) -> Rows:
        """The same rows with other parts, one `Split` value a row in key order."""
        field = ROWS_SCHEMA.field("split")
        column = _array([Split(split).value for split in splits], field)
        return Rows(self.table.set_column(ROWS_SCHEMA.get_field_index("split"), field, column))


def _array(values: Sequence[Any], field: pa.Field) -> pa.Array:
    if field.name == "split":
        codes = pa.array([_SPLITS.index(value) for value in values], pa.int8())
        return pa.DictionaryArray.from_arrays(codes, pa.array(_SPLITS))
    return pa.array(values, field.type)


def _canonical_json(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _refuse_unsorted_keys(keys: Sequence[str]) -> None:
    for i, (before, after) in enumerate(itertools.pairwise(keys)):
        if before == after:
            raise ColumnError(f"Key {after!r} stands on two rows; a key is unique in a project.")
        if before > after:
            raise ColumnError(f"Rows are kept in key order, but row {i + 1} ({after!r}) comes after {before!r}.")


def _refuse_empty_sizes(
    keys: Sequence[str], widths: Sequence[int], heights: Sequence[int], texts: Sequence[str | None]
) -> None:
    bad = [i for i in range(len(keys)) if texts[i] is None and (widths[i] < 1 or heights[i] < 1)]
    if bad:
        i = bad[0]
        raise ColumnError(
            f"{len(bad):,} of {len(keys):,} rows have no area; first: {keys[i]!r}, {widths[i]} x {heights[i]} pixels."
        )
