"""Masks as rings to draw: what is kept as run lengths gets an outline, as polygons have one already."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

import metrics
from trainer.measures.masks import masks_of
from trainer.records.annotations import ANNOTATIONS_SCHEMA, Annotations
from trainer.records.rows import Rows

Ring = list[float]

_FINEST: Final = 1.0  # pixels
_SHARE_OF_PICTURE: Final = 1 / 1000  # at most a pixel of the screen wherever the whole picture is in sight
_HALF_A_PIXEL: Final = 0.5


def with_rings(annotations: Annotations, rows: Rows) -> Annotations:
    """The annotations with polygons in the place of their run lengths; what has none stays as it is.

    A mask gets a ring round each of its parts and round each hole: filled by the even-odd rule they are the mask.
    Rings run through the middles of the outermost pixels, and are simplified by a pixel or a thousandth of the
    picture's longer side. They are for drawing; what is measured is measured on the run lengths.

    Args:
        annotations: Some with run lengths.
        rows: The rows they are on.
    """
    table = annotations.table
    painted = np.flatnonzero(np.asarray(table["rle"].combine_chunks().is_valid()))
    if not len(painted):
        return annotations
    polygons = table["polygons"].to_pylist()
    masks = masks_of(annotations.take(painted), rows)
    for i, place in enumerate(painted.tolist()):
        polygons[place] = _rings_of(masks, i)
    for name, values in (("polygons", polygons), ("rle", [None] * len(table))):
        field = ANNOTATIONS_SCHEMA.field(name)
        table = table.set_column(table.schema.get_field_index(name), field, pa.array(values, field.type))
    return Annotations(table)


def _rings_of(masks: metrics.Masks, number: int) -> list[Ring]:
    import cv2

    tolerance = max(_FINEST, float(masks.size[number].max()) * _SHARE_OF_PICTURE)
    part, corner = _cut_out(masks, number)
    if not part.size:
        return []
    contours, _ = cv2.findContours(part, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    simple = (cv2.approxPolyDP(contour, tolerance, True)[:, 0] for contour in contours)
    return [(ring + corner + _HALF_A_PIXEL).ravel().tolist() for ring in simple]


def _cut_out(masks: metrics.Masks, number: int) -> tuple[np.ndarray, np.ndarray]:
    """uint8[h, w] of a mask within its box, and where the box's left top corner lies; whole pictures take too long."""
    left, top, across, down = masks.box[number].astype(np.int64).tolist()
    height = int(masks.size[number, 0])
    stretches = masks.ones[masks.starts[number] : masks.starts[number + 1]].astype(np.int64) - left * height
    steps = np.zeros(across * height + 1, dtype=np.int8)
    steps[stretches[:, 0]] += 1
    steps[stretches[:, 1]] -= 1
    columns = np.cumsum(steps[:-1], dtype=np.int8).reshape(across, height)
    return np.ascontiguousarray(columns.T[top : top + down]).view(np.uint8), np.array([left, top])
