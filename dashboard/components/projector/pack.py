"""The points of the projector as one run of bytes, small and read by the browser without parsing."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

import numpy as np

from trainer.records.errors import ColumnError

MAGIC: Final = b"MRP1"
MOST_CLASSES: Final = 256


def points_pack(points: np.ndarray, classes: np.ndarray, keys: Sequence[str]) -> bytes:
    """Points, their classes and their rows' keys as bytes for the browser.

    Little-endian, in this order: ``MRP1``; uint32 n; uint32 bytes of all keys; uint32 0; float32[n,2] x and y;
    uint32[n+1] where each key starts and the last ends; uint8[n] class; the keys in UTF-8 without separators.

    Args:
        points: float[n,2], finite, in data units; y grows upwards.
        classes: int[n], each the number of a class, 0 to 255.
        keys: n outside identities, shown when the reader points at a point.

    Raises:
        ColumnError: If the columns have different lengths, a coordinate is not finite, or a class is out of range.

    Example:
        >>> pack = points_pack(np.zeros((2, 2)), np.array([0, 1]), ["a", "bc"])
        >>> len(pack), pack[:4], pack[-3:]
        (49, b'MRP1', b'abc')
    """
    places, kinds = np.asarray(points), np.asarray(classes)
    if places.shape != (len(keys), 2) or kinds.shape != (len(keys),):
        raise ColumnError(f"{len(keys):,} keys need as many points and classes; got {places.shape} and {kinds.shape}.")
    _refuse(~np.isfinite(places).all(axis=1), "points are not finite", keys)
    _refuse((kinds < 0) | (kinds >= MOST_CLASSES), f"classes are not in 0 to {MOST_CLASSES - 1}", keys)
    texts = [key.encode() for key in keys]
    starts = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype("<u4")
    header = struct.pack("<4sIII", MAGIC, len(texts), int(starts[-1]), 0)
    columns = (places.astype("<f4"), starts, kinds.astype(np.uint8))
    return b"".join([header, *(column.tobytes() for column in columns), *texts])


def _refuse(bad: np.ndarray, what: str, keys: Sequence[str]) -> None:
    if bad.any():
        raise ColumnError(f"{int(bad.sum()):,} of {len(keys):,} {what}; first: row {keys[int(bad.argmax())]!r}.")
