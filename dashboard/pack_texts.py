"""Texts and the spans in them as a browser reads them, which counts UTF-16 units where Python counts characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from trainer.records.annotations import Annotations

_ONE_UNIT: Final = "\uffff"  # characters beyond it are two units


def text_arrays(texts: Sequence[str | None]) -> dict[str, np.ndarray]:
    """UTF-8 bytes of all texts and where each begins; nothing where there are only pictures."""
    if not any(texts):
        return {}
    encoded = [(text or "").encode("utf-8", "replace") for text in texts]
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in encoded], dtype=np.int64)])
    return {"text_start": offsets.astype(np.uint32), "text_bytes": np.frombuffer(b"".join(encoded), dtype=np.uint8)}


def span_arrays(name: str, annotations: Annotations, texts: Sequence[str | None]) -> dict[str, np.ndarray]:
    """int32[n]: where each annotation begins and ends in its text, -1 for what is no span; nothing where none is.

    Args:
        name: What the arrays' names begin with.
        annotations: Some with spans.
        texts: What each row says.
    """
    if not (annotations.start >= 0).any():
        return {}
    wide = {row: _units(text) for row, text in enumerate(texts) if text and max(text) > _ONE_UNIT}
    places = np.stack([annotations.start, annotations.end]).astype(np.int32)
    for number in np.flatnonzero(np.isin(annotations.row, list(wide)) & (annotations.start >= 0)).tolist():
        units = wide[int(annotations.row[number])]
        places[:, number] = units[np.minimum(places[:, number], len(units) - 1)]
    return {f"{name}_first": places[0], f"{name}_end": places[1]}


def _units(text: str) -> np.ndarray:
    """int64[len(text) + 1]: how many UTF-16 units stand before each character, and in all."""
    return np.concatenate([[0], np.cumsum([1 + (character > _ONE_UNIT) for character in text])])
