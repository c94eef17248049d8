"""A polygon covers what its mask covers: exactly without a tolerance, nearly with one; holes stay empty."""

from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from trainer.predictions.outlines import outline, simplify_masks
from trainer.records.annotations import Annotations
from trainer.records.errors import RecordError

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools on numpy 2


def _fill(rings: list[list[float]], mask: np.ndarray) -> np.ndarray:
    if not rings:
        return np.zeros(mask.shape, dtype=bool)
    return coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(rings, *mask.shape))).astype(bool)


def _iou(rings: list[list[float]], mask: np.ndarray) -> float:
    filled = _fill(rings, mask)
    return float((filled & mask).sum() / (filled | mask).sum())


def _ring_shaped() -> np.ndarray:
    y, x = np.mgrid[:200, :200]
    return ((y - 100) ** 2 + (x - 90) ** 2 < 80**2) & ~((y - 90) ** 2 + (x - 100) ** 2 < 30**2)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_without_tolerance_any_mask_comes_back(share: float) -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        mask = rng.random((rng.integers(1, 12), rng.integers(1, 12))) < share

        assert np.array_equal(_fill(outline(mask, simplify=0), mask), mask)


def test_the_place_of_a_mask_on_its_picture_is_kept() -> None:
    mask = np.zeros((20, 30), dtype=bool)
    mask[5:8, 10:14] = True

    assert outline(mask) == [[10.0, 5.0, 10.0, 8.0, 14.0, 8.0, 14.0, 5.0]]


@pytest.mark.parametrize(
    ("simplify", "iou", "corners"), [(0.5, 0.99, 300), (1, 0.98, 60), (2, 0.97, 40), (4, 0.95, 30)]
)
def test_a_greater_tolerance_means_fewer_corners_and_a_little_less_overlap(
    simplify: float, iou: float, corners: int
) -> None:
    rings = outline(_ring_shaped(), simplify=simplify)

    assert len(rings) == 1
    assert _iou(rings, _ring_shaped()) >= iou
    assert len(rings[0]) // 2 <= corners


def test_a_hole_stays_empty() -> None:
    filled = _fill(outline(_ring_shaped(), simplify=2), _ring_shaped())

    assert not filled[90, 100]
    assert filled[100, 20]


def test_a_part_smaller_than_the_tolerance_is_not_lost() -> None:
    mask = np.zeros((20, 20), dtype=bool)
    mask[2:5, 2:5] = mask[15, 15] = True
    rings = outline(mask, simplify=10)

    assert len(rings) == 2
    assert _fill(rings, mask)[15, 15]


def test_nothing_has_no_outline() -> None:
    assert outline(np.zeros((4, 5), dtype=bool)) == []


@pytest.mark.parametrize("simplify", [-1.0, float("nan"), float("inf")])
def test_a_tolerance_that_is_none_is_refused(simplify: float) -> None:
    with pytest.raises(RecordError, match="simplified by 0 pixels or more"):
        outline(np.ones((2, 2), dtype=bool), simplify=simplify)


def test_masks_of_annotations_become_polygons_and_boxes_stay() -> None:
    mask = np.zeros((8, 10), dtype=np.uint8, order="F")
    mask[2:6, 3:9] = 1
    annotations = Annotations.from_columns(
        row=[0, 1],
        feature=[0, 1],
        box=[[1, 1, 2, 2], [3, 2, 6, 4]],
        rle=[None, str(coco_mask.encode(mask)["counts"], "ascii")],
        confidence=[0.5, 0.25],
    )
    simple = simplify_masks(annotations, np.array([[5, 5], [8, 10]]))

    assert simple.table["polygons"].to_pylist() == [None, [[3.0, 2.0, 3.0, 6.0, 9.0, 6.0, 9.0, 2.0]]]
    assert simple.table["rle"].to_pylist() == [None, None]
    assert np.array_equal(simple.box, annotations.box)
    assert np.array_equal(simple.confidence, annotations.confidence)
