"""Masks of pictures as compressed COCO run lengths, made from the part of a picture that holds something."""

from __future__ import annotations

import numpy as np
from pycocotools import mask as coco_mask

from trainer.learning.frames import Frame


def outline_of(mask: np.ndarray, frame: Frame) -> tuple[str, int]:
    """A canvas mask as a mask of the picture, its edge running half-way between pixels inside and outside.

    Only the pixels around the mask are looked at, so that a small object on a large picture costs little.

    Args:
        mask: bool[h, w] over the canvas.
        frame: How the picture lies on the canvas; what lies on the padding is cut off.

    Returns:
        Run lengths of the picture's own size, and how many pixels lie inside.
    """
    inner = mask[: frame.inner_height, : frame.inner_width]
    down, across = np.flatnonzero(inner.any(axis=1)), np.flatnonzero(inner.any(axis=0))
    size = (frame.height, frame.width)
    if not len(down):
        return encode_part(np.zeros((0, 0), dtype=bool), left=0, top=0, size=size), 0
    left, right = _span(across, frame.inner_width, frame.width)
    top, bottom = _span(down, frame.inner_height, frame.height)
    part = _resize(inner, (top, bottom), frame.height)
    values = _resize(part.T, (left, right), frame.width).T
    part = values >= 2 * frame.height * frame.width
    return encode_part(part, left=left, top=top, size=size), int(part.sum())


def encode_part(part: np.ndarray, *, left: int, top: int, size: tuple[int, int]) -> str:
    """The run lengths of a picture that is empty but for one part.

    Args:
        part: bool[h, w].
        left: The picture's column where the part begins.
        top: The picture's row where it begins.
        size: Height and width of the picture.

    Example:
        >>> encode_part(np.ones((1, 2), dtype=bool), left=1, top=0, size=(3, 4))
        '31203'
    """
    # Run lengths go down one column after the other; runs begin and end where a pixel differs from the one above it.
    columns = np.zeros((part.shape[1], part.shape[0] + 2), dtype=np.int8)
    columns[:, 1:-1] = part.T
    column, place = np.nonzero(np.diff(columns, axis=1))
    bounds = (column + left) * size[0] + place + top
    # A run that reaches the bottom goes on where the next column is filled from the top.
    joined = np.flatnonzero(bounds[1:-1:2] == bounds[2::2]) * 2 + 1
    bounds = np.delete(bounds, np.concatenate([joined, joined + 1]))
    counts = np.diff(bounds, prepend=0, append=size[0] * size[1])
    if counts[-1] == 0:
        counts = counts[:-1]
    packed = coco_mask.frPyObjects({"size": list(size), "counts": counts.tolist()}, *size)
    return str(packed["counts"], "ascii")


def _resize(values: np.ndarray, span: tuple[int, int], length: int) -> np.ndarray:
    """Lines of `values` stretched to `length`, of which those of a span; linear between the middles of lines.

    In whole numbers, each `2 * length` times too large: so that the half-way line is found without rounding.
    """
    inner = len(values)
    place = (2 * np.arange(*span) + 1) * inner - length
    before, share = place // (2 * length), (place % (2 * length))[:, None]
    near, far = (values[np.clip(line, 0, inner - 1)].astype(np.int64) for line in (before, before + 1))
    return near * (2 * length - share) + far * share


def _span(found: np.ndarray, inner: int, length: int) -> tuple[int, int]:
    """The picture's pixels, a margin included, that canvas pixels from the first to the last of `found` can reach."""
    first, last = int(found[0]), int(found[-1])
    margin = 1 + length // inner
    begin, end = first * length // inner - margin, -(-(last + 1) * length // inner) + margin
    return max(0, begin), min(length, end)
