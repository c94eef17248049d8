"""Checks of masks as they are given, before pycocotools reads them, which ends the process on what it cannot read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from metrics.errors import ColumnError

FARTHEST: Final = 1e6
"""Outlines may lie so many pixels off: pycocotools walks along each in fifths of a pixel, with 32-bit numbers."""


def check_run_lengths(rle: Sequence[Any]) -> None:
    """Masks have a size and counts.

    Raises:
        ColumnError: If one has not.
    """
    if isinstance(rle, Mapping):
        raise ColumnError(
            "These are the run lengths of a single mask; masks come as a list: from_rle([row], [feature], [rle])."
        )
    bad = [n for n, each in enumerate(rle) if not _is_rle(each)]
    if bad:
        raise ColumnError(
            f"{len(bad):,} of {len(rle):,} masks are no run lengths, a dict with size (height, width) and counts; "
            f"first: number {bad[0]}, a {type(rle[bad[0]]).__name__}. For outlines: Masks.from_polygons(...); "
            "for COCO's files, which mix both: Masks.from_coco(...).",
            bad=len(bad),
            first=bad[0],
        )


def _is_rle(given: Any) -> bool:
    return isinstance(given, Mapping) and "size" in given and "counts" in given and len(given["size"]) == 2


def check_outlines(polygons: Sequence[Any]) -> None:
    """Objects have outlines of three points or more, all of them numbers.

    Raises:
        ColumnError: If one has not.
    """
    bad = [n for n, each in enumerate(polygons) if not _has_outlines(each)]
    if bad:
        raise ColumnError(
            f"{len(bad):,} of {len(polygons):,} objects have no outline, or one of fewer than three points; "
            f"first: number {bad[0]}. An outline is x, y, x, y, x, y, ..., and an object a list of outlines.",
            bad=len(bad),
            first=bad[0],
        )
    bad = [n for n, each in enumerate(polygons) if not all(map(_can_be_drawn, each))]
    if bad:
        raise ColumnError(
            f"{len(bad):,} of {len(polygons):,} objects have an outline with an x without its y, or with a place that "
            f"is no number or more than {FARTHEST:,.0f} pixels away; first: number {bad[0]}.",
            bad=len(bad),
            first=bad[0],
        )


def _has_outlines(outlines: Any) -> bool:
    if not isinstance(outlines, (Sequence, np.ndarray)) or isinstance(outlines, (str, bytes)) or not len(outlines):
        return False
    return all(np.ndim(each) == 1 and len(each) >= 6 for each in outlines)


def _can_be_drawn(outline: Any) -> bool:
    places = np.asarray(outline)
    if places.dtype.kind not in "iuf" or len(places) % 2:
        return False
    return bool((np.abs(places.astype(np.float64)) <= FARTHEST).all())


def check_sizes(size: Any, things: int) -> None:
    """Each object has the height and width of its picture.

    Raises:
        ColumnError: If one has not, or they are no whole numbers from 0.
    """
    given = np.asarray(size)
    whole = given.dtype.kind in "iu" or (given.dtype.kind == "f" and bool((given == np.floor(given)).all()))
    if (given.shape != (things, 2) and given.size + things) or not whole or (given < 0).any():
        raise ColumnError(
            f"The sizes are {given.dtype}{list(given.shape)}, but each of {things:,} objects needs the height and "
            "width of its picture, whole numbers: [[480, 640], ...]."
        )


def read_bitmap(given: Any, number: int) -> np.ndarray:
    """uint8[height, width]: 1 inside.

    Raises:
        ColumnError: If it is no picture, or holds shares or NaN, whose threshold is for the caller to choose.
    """
    bitmap = np.asarray(given)
    if bitmap.ndim != 2 or bitmap.dtype.kind not in "biuf":
        raise ColumnError(
            f"Bitmap {number} is {bitmap.dtype}{list(bitmap.shape)}, but it must be a picture: [height, width], true "
            "inside. For a single one: from_bitmaps([row], [feature], [bitmap]).",
            bad=1,
            first=number,
        )
    if bitmap.dtype.kind == "f" and not bool((bitmap == np.floor(bitmap)).all()):
        raise ColumnError(
            f"Bitmap {number} holds shares or NaN, such as {bitmap[bitmap != np.floor(bitmap)][0]}, but a pixel is "
            "inside or not. If yours are probabilities: bitmap > 0.5, or what threshold you choose.",
            bad=1,
            first=number,
        )
    return (bitmap != 0).astype(np.uint8)
