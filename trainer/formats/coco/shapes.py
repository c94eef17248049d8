"""COCO's `segmentation`, which is polygons, a run-length string, or counts, checked and brought to two columns."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.formats import run_lengths
from trainer.formats.columns import is_number
from trainer.formats.entries import Entries, shown

_NUMBERS = {int, float}
# Beyond it pycocotools would paint for hours and then overrun its memory.
_FARTHEST = 1_000_000


@dataclass(frozen=True)
class Shapes:
    """Outlines and masks of n entries.

    Attributes:
        polygons: Rings of x, y, x, y of each entry, None where it has none; None as a whole if nobody has any.
        rle: Run-length string of each entry, None where it has none; None as a whole if nobody has any.
        present: bool[n]: which entries have one or the other.
    """

    polygons: list[Any] | None
    rle: list[str | None] | None
    present: np.ndarray


def read_shapes(entries: Entries, sizes: np.ndarray) -> Shapes:
    """The shapes of annotations or result entries.

    An absent, null or empty `segmentation` is none. Run lengths as counts become a string of the same mask.

    Args:
        entries: Entries with or without `segmentation`; bad ones are refused.
        sizes: int64[n, 2] height and width of each entry's picture, 0 where the picture is not known.
    """
    values = entries.column("segmentation")
    if set(map(type, values)) <= {type(None)}:
        return Shapes(None, None, np.zeros(len(values), dtype=bool))
    polygons = _read_polygons(entries, values)
    rle = _read_run_lengths(entries, values, sizes)
    for index, value in enumerate(values):
        if type(value) not in (list, dict, type(None)):
            entries.refuse(index, f"segmentation is {shown(value)}, neither polygons nor run lengths")
    present = [rings is not None or text is not None for rings, text in zip(polygons, rle, strict=True)]
    return Shapes(polygons if any(polygons) else None, rle if any(rle) else None, np.asarray(present, dtype=bool))


def measure_shapes(shapes: Shapes, chosen: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Box and area in pixels of chosen entries' shapes, polygons painted as pycocotools paints them.

    Args:
        shapes: From `read_shapes`, nothing refused.
        chosen: int[m] entries that have a shape.
        sizes: int64[n, 2] height and width of each entry's picture.

    Returns:
        float64[m, 4] left, top, width, height, and float64[m].
    """
    strings = [_as_string(shapes, index, *sizes[index].tolist()) for index in chosen.tolist()]
    return run_lengths.measure(strings, sizes[chosen])


def _as_string(shapes: Shapes, index: int, height: int, width: int) -> str:
    rings = shapes.polygons[index] if shapes.polygons else None
    if rings is not None:
        return run_lengths.rasterise(rings, height=height, width=width)
    assert shapes.rle is not None
    return str(shapes.rle[index])


def _read_polygons(entries: Entries, values: list[Any]) -> list[Any]:
    taken = [value if isinstance(value, list) and value else None for value in values]
    if _are_polygons(value for value in taken if value is not None):
        return taken
    for index, value in enumerate(taken):
        reason = None if value is None else _why_no_polygons(value)
        if reason:
            entries.refuse(index, reason)
            taken[index] = None
    return taken


def _are_polygons(values: Iterable[Any]) -> bool:
    rings = list(itertools.chain.from_iterable(values))
    if not set(map(type, rings)) <= {list}:
        return False
    if not all(length >= 6 and length % 2 == 0 for length in set(map(len, rings))):
        return False
    flat = list(itertools.chain.from_iterable(rings))
    try:
        return set(map(type, flat)) <= _NUMBERS and bool(
            (np.abs(np.asarray(flat, dtype=np.float64)) <= _FARTHEST).all()
        )
    except OverflowError:
        return False


def _why_no_polygons(value: list[Any]) -> str | None:
    for number, ring in enumerate(value):
        if not isinstance(ring, list):
            return f"segmentation holds {shown(ring)} where a polygon [x, y, x, y, ...] should be"
        if not all(map(is_number, ring)):
            return f"polygon {number} holds something that is not a finite number"
        if len(ring) < 6 or len(ring) % 2:
            return f"polygon {number} has {len(ring)} numbers; it takes x and y of at least 3 points"
        if max(map(abs, ring)) > _FARTHEST:
            return f"polygon {number} reaches more than {_FARTHEST:,} pixels from its picture's corner"
    return None


def _read_run_lengths(entries: Entries, values: list[Any], sizes: np.ndarray) -> list[str | None]:
    taken: list[str | None] = [None] * len(values)
    for index in [index for index, value in enumerate(values) if isinstance(value, dict)]:
        text, reason = _read_mask(values[index], *sizes[index].tolist())
        if reason:
            entries.refuse(index, reason)
        taken[index] = text
    _refuse_wrong_strings(entries, taken, values)
    return taken


def _read_mask(value: dict[str, Any], height: int, width: int) -> tuple[str | None, str | None]:
    """A mask's string, or the reason why it is none."""
    size, counts = value.get("size"), value.get("counts")
    if not (isinstance(size, list) and len(size) == 2 and all(type(length) is int for length in size)):
        return None, f"run lengths have size {shown(size)}; it is [height, width]"
    if height and size != [height, width]:
        return None, f"run lengths are of a picture of size {size}, the picture is {[height, width]} (height, width)"
    if isinstance(counts, str):
        return counts, None
    if not isinstance(counts, list) or not all(type(count) is int and count >= 0 for count in counts):
        return None, f"run lengths have counts {shown(counts)}, neither a string nor a list of numbers from 0 on"
    if sum(counts) != size[0] * size[1]:
        return None, f"run lengths cover {sum(counts):,} pixels, the picture has {size[0] * size[1]:,}"
    return run_lengths.compress(counts, height=size[0], width=size[1]), None


def _refuse_wrong_strings(entries: Entries, taken: list[str | None], values: list[Any]) -> None:
    chosen = [index for index, text in enumerate(taken) if text is not None]
    expected = [values[index]["size"][0] * values[index]["size"][1] for index in chosen]
    covered = run_lengths.pixels([taken[index] or "" for index in chosen])
    for index, has, needs in zip(chosen, covered.tolist(), expected, strict=True):
        if has != needs:
            entries.refuse(index, _why_no_mask(has, needs))
            taken[index] = None


def _why_no_mask(covered: int, needed: int) -> str:
    if covered < 0:
        return "run lengths are no COCO run-length string"
    return f"run lengths cover {covered:,} pixels, the picture has {needed:,}"
