"""Masks as polygons: their outlines along the edges of pixels, with as many corners as a tolerance asks for."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pycocotools import mask as coco_mask

from trainer.records.annotations import ANNOTATIONS_SCHEMA, Annotations
from trainer.records.errors import RecordError

Ring = list[float]
"""x, y, x, y and so on; the last point is joined to the first."""


def outline(mask: np.ndarray, *, simplify: float = 1.0) -> list[Ring]:
    """The polygons around a mask, simplified as Ramer, Douglas and Peucker do.

    Each connected part gives one ring, pixels that touch by a corner being connected; no part is lost, however small.
    A hole becomes part of its ring: the ring runs to the hole along a line, round it the other way, and back along the
    same line, which every program that fills polygons leaves empty.

    Args:
        mask: bool[h, w].
        simplify: How far, in pixels, the polygon may be from the true outline, from 0.

    Returns:
        The rings, from the top left; none where the mask is empty. Pixel (x, y) covers x to x + 1 and y to y + 1.

    Raises:
        RecordError: If `simplify` is negative.

    Example:
        >>> outline(np.array([[0, 1, 1], [0, 1, 1]], dtype=bool), simplify=0.5)
        [[1.0, 0.0, 1.0, 2.0, 3.0, 2.0, 3.0, 0.0]]

    Source:
        Douglas and Peucker 1973; contours as in Suzuki and Abe 1985, both by OpenCV.
    """
    check_tolerance(simplify)
    down, across = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(down):
        return []
    part = mask[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
    shift = np.array([across[0], down[0]])
    return [(ring + shift).ravel().tolist() for ring in _trace(part, simplify)]


def check_tolerance(simplify: float) -> None:
    """Check that outlines can be simplified by so many pixels.

    Raises:
        RecordError: If not.
    """
    if not 0 <= simplify < np.inf:
        raise RecordError(f"An outline can be simplified by 0 pixels or more, not by {simplify}.")


def simplify_masks(annotations: Annotations, sizes: np.ndarray, *, simplify: float = 1.0) -> Annotations:
    """The annotations with polygons in the place of their masks; what has no mask stays as it is.

    Args:
        annotations: Some with run lengths.
        sizes: int[n, 2] height and width of the picture of each.
        simplify: As in `outline`.
    """
    polygons, masks = annotations.table["polygons"].to_pylist(), annotations.table["rle"].to_pylist()
    for i, (runs, size) in enumerate(zip(masks, sizes.tolist(), strict=True)):
        if runs:
            polygons[i] = outline(coco_mask.decode({"size": size, "counts": runs}).astype(bool), simplify=simplify)
    table = annotations.table
    for name, values in (("polygons", polygons), ("rle", [None] * len(annotations))):
        place = ANNOTATIONS_SCHEMA.get_field_index(name)
        field = ANNOTATIONS_SCHEMA.field(place)
        table = table.set_column(place, field, pa.array(values, field.type))
    return Annotations(table)


def _trace(part: np.ndarray, simplify: float) -> list[np.ndarray]:
    """float64[points, 2] rings of a mask that touches all four borders."""
    import cv2

    # OpenCV traces through the middles of pixels. In a picture twice as fine, in which every pixel comes with its edges
    # and corners, these middles are the corners of pixels.
    fine = np.zeros((2 * part.shape[0] + 1, 2 * part.shape[1] + 1), dtype=np.uint8)
    fine[1::2, 1::2] = part
    fine = cv2.dilate(fine, np.ones((3, 3), dtype=np.uint8))
    found, tree = cv2.findContours(fine, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    rings = [_simplify(contour, 2 * simplify) / 2 for contour in found]
    outer: dict[int, np.ndarray] = {i: rings[i] for i in reversed(range(len(rings))) if tree[0][i][3] < 0}
    for i, ring in enumerate(rings):
        if (parent := int(tree[0][i][3])) >= 0:
            outer[parent] = _join(outer[parent], ring)
    return list(outer.values())


def _simplify(contour: np.ndarray, tolerance: float) -> np.ndarray:
    import cv2

    simple = cv2.approxPolyDP(contour, tolerance, True)
    kept = simple if len(simple) > 2 and cv2.contourArea(simple) > 0 else contour
    return np.asarray(kept[:, 0], dtype=np.float64)


def _join(ring: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """A ring that goes round a hole as well, over the shortest line between corners of the two."""
    apart = np.linalg.norm(ring[:, None] - hole[None], axis=2)
    i, j = np.unravel_index(int(apart.argmin()), apart.shape)
    round_hole = np.roll(hole, -j, axis=0)
    return np.concatenate([ring[: i + 1], round_hole, round_hole[:1], ring[i:]])
