"""A digest of contents, not of files: equal whatever wrote them, different when one value differs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

DIGEST_LENGTH = 32


def digest_of(parts: Iterable[tuple[str, Any]]) -> str:
    """First 32 hex digits of a SHA-256 over named parts.

    Args:
        parts: (name, Arrow table or JSON value), in a fixed order.
    """
    total = hashlib.sha256()
    for name, value in parts:
        content = _table_digest(value) if isinstance(value, pa.Table) else _json_digest(value)
        total.update(f"{name}:{content}\n".encode())
    return total.hexdigest()[:DIGEST_LENGTH]


def _json_digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _table_digest(table: pa.Table) -> str:
    total = hashlib.sha256()
    for field in table.schema:
        array = table[field.name].combine_chunks()
        total.update(f"{field.name}:{_array_digest(array)}\n".encode())
    return total.hexdigest()


def _array_digest(array: pa.Array) -> str:
    """Digest of an Arrow array: length, which entries are null, lengths of lists and strings, values little-endian."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    total = hashlib.sha256(f"{len(array)};".encode())
    total.update(np.packbits(array.is_valid().to_numpy(zero_copy_only=False)).tobytes())
    if pa.types.is_list(array.type):
        total.update(_lengths(array.value_lengths()))
        total.update(_array_digest(array.flatten()).encode())
    elif pa.types.is_string(array.type):
        values = [value.encode() for value in array.to_pylist() if value is not None]
        total.update(np.asarray([len(value) for value in values], dtype="<i8").tobytes())
        total.update(b"".join(values))
    else:
        numbers = array.drop_null().to_numpy(zero_copy_only=False)
        total.update(numbers.astype(numbers.dtype.newbyteorder("<")).tobytes())
    return total.hexdigest()


def _lengths(lengths: pa.Array) -> bytes:
    return lengths.fill_null(0).to_numpy(zero_copy_only=False).astype("<i8").tobytes()
