"""Masks become rings that, filled by the even-odd rule, are the masks again."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask

from dashboard.mask_rings import with_rings
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows

HEIGHT, WIDTH = 60, 80


def _square(left: int, top: int, size: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[top : top + size, left : left + size] = True
    return mask


def _rings(mask: np.ndarray) -> list[list[float]]:
    encoded = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    box = coco_mask.toBbox(encoded).tolist()
    annotations = Annotations.from_columns(row=[0], feature=[0], box=[box], rle=[encoded["counts"].decode()])
    rows = Rows.from_columns(keys=["a"], widths=[WIDTH], heights=[HEIGHT])
    return with_rings(annotations, rows).table["polygons"][0].as_py()


def _filled(rings: list[list[float]]) -> np.ndarray:
    """The pixels whose middles the rings run through or enclose an odd number of times."""
    fine = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    corners = [(np.array(ring).reshape(-1, 2) - 0.5).astype(np.int32) for ring in rings]
    return cv2.fillPoly(fine, corners, 1).astype(bool)


def test_a_square_has_one_ring_through_the_middles_of_its_outermost_pixels() -> None:
    [ring] = _rings(_square(10, 20, 5))

    assert sorted(zip(ring[::2], ring[1::2], strict=True)) == [(10.5, 20.5), (10.5, 24.5), (14.5, 20.5), (14.5, 24.5)]


@pytest.mark.parametrize(
    "mask",
    [
        _square(10, 10, 12) | _square(40, 5, 20),
        _square(0, 0, 60),
        _square(79, 59, 1),
    ],
    ids=["two parts", "up to the edges", "one pixel in the corner"],
)
def test_filled_again_it_is_the_mask(mask: np.ndarray) -> None:
    assert np.array_equal(_filled(_rings(mask)), mask)


def test_a_hole_has_a_ring_of_its_own_in_the_pixels_around_it() -> None:
    outer, hole = sorted(_rings(_square(30, 30, 20) & ~_square(36, 36, 8)), key=min)

    assert (min(outer), max(outer)) == (30.5, 49.5)
    assert (min(hole), max(hole)) == (35.5, 44.5)


def test_a_round_mask_has_far_fewer_corners_than_pixels_on_its_edge_and_differs_there_alone() -> None:
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    mask = (down - 30) ** 2 + (across - 40) ** 2 < 25**2
    rings = _rings(mask)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5)), borderValue=0).astype(bool)
    outer = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))).astype(bool)

    assert len(rings[0]) / 2 < 30
    assert not (inner & ~_filled(rings)).any()
    assert not (_filled(rings) & ~outer).any()


def test_boxes_and_outlines_stay_as_they_are() -> None:
    outline = [[1.0, 1.0, 9.0, 1.0, 9.0, 9.0]]
    annotations = Annotations.from_columns(
        row=[0, 0], feature=[0, 0], box=[[1, 1, 8, 8], [5, 5, 4, 4]], polygons=[outline, None]
    )
    rows = Rows.from_columns(keys=["a"], widths=[WIDTH], heights=[HEIGHT])

    assert with_rings(annotations, rows).table.equals(annotations.table)


def test_an_empty_mask_has_no_ring() -> None:
    encoded = coco_mask.encode(np.zeros((HEIGHT, WIDTH), dtype=np.uint8, order="F"))["counts"].decode()
    annotations = Annotations.from_columns(row=[0], feature=[0], box=[[3, 3, 2, 2]], rle=[encoded])
    rows = Rows.from_columns(keys=["a"], widths=[WIDTH], heights=[HEIGHT])

    assert with_rings(annotations, rows).table["polygons"].to_pylist() == [[]]
