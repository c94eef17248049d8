"""From a canvas back to its picture: masks and boxes lie where they lay, and are cut at the border."""

from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from scipy.ndimage import map_coordinates

from trainer.learning.canvas import CanvasFound
from trainer.learning.frames import Frame
from trainer.learning.picture_space import cut_at_border, gather, to_picture
from trainer.learning.run_lengths import encode_part, outline_of
from trainer.records.design import Design, Task

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools on numpy 2


def _decode(runs: str, height: int, width: int) -> np.ndarray:
    return coco_mask.decode({"size": [height, width], "counts": runs}).astype(bool)


def test_a_part_is_encoded_as_pycocotools_encodes_the_whole() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        height, width = rng.integers(1, 12, 2).tolist()
        top, bottom = sorted(rng.integers(0, height + 1, 2).tolist())
        left, right = sorted(rng.integers(0, width + 1, 2).tolist())
        whole = np.zeros((height, width), dtype=np.uint8, order="F")
        whole[top:bottom, left:right] = rng.random((bottom - top, right - left)) < rng.choice([0.3, 0.7, 1.0])
        part = whole[top:bottom, left:right] > 0

        assert encode_part(part, left=left, top=top, size=(height, width)) == str(
            coco_mask.encode(whole)["counts"], "ascii"
        )


def test_a_mask_is_resized_as_the_whole_canvas_would_be() -> None:
    """The part around the mask alone is looked at; its edge is the half-way line between canvas pixels."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        width, height = rng.integers(20, 300, 2).tolist()
        frame = Frame.fit(width, height, image_size=int(rng.choice([64, 96, 128])))
        mask = np.zeros(frame.canvas, dtype=bool)
        top, bottom = sorted(rng.integers(0, frame.canvas[0] + 1, 2).tolist())
        left, right = sorted(rng.integers(0, frame.canvas[1] + 1, 2).tolist())
        mask[top:bottom, left:right] = rng.random((bottom - top, right - left)) < 0.8
        runs, area = outline_of(mask, frame)
        y = (np.arange(height) + 0.5) * frame.inner_height / height + 1.5
        x = (np.arange(width) + 0.5) * frame.inner_width / width + 1.5
        inner = np.pad(mask[: frame.inner_height, : frame.inner_width].astype(float), 2, mode="edge")
        whole = map_coordinates(inner, np.meshgrid(y, x, indexing="ij"), order=1) >= 0.5 - 1e-9

        assert np.array_equal(_decode(runs, height, width), whole)
        assert area == whole.sum()


def test_objects_come_with_their_masks_and_what_lies_on_the_padding_is_left_out() -> None:
    frame = Frame(width=80, height=40, inner_width=64, inner_height=32)
    masks = np.zeros((3, 64, 64), dtype=bool)
    masks[0, 8:16, 16:32] = True
    masks[1, 40:50, 16:32] = True
    found = CanvasFound(
        corners=np.array([[16.0, 8, 32, 16], [16, 40, 32, 50], [0, 0, 8, 8]]),
        feature=np.array([1, 0, 0]),
        confidence=np.array([0.9, 0.8, 0.7]),
        masks=masks,
    )
    said = to_picture(found, frame, Design(Task.INSTANCE_SEGMENTATION, ("a", "b")))

    assert said.feature == [1]
    assert said.box == [[20.0, 10.0, 20.0, 10.0]]
    assert said.area == [200]
    assert _decode(str(said.rle[0]), 40, 80)[10:20, 20:40].all()


def test_found_and_painted_features_of_one_design_keep_apart() -> None:
    frame = Frame(width=8, height=4, inner_width=32, inner_height=16)
    painted = np.zeros((32, 32), dtype=np.int64)
    painted[:16, :16] = 1
    painted[16:] = 2  # on the padding
    found = CanvasFound(
        corners=np.array([[0.0, 0, 16, 16]]),
        feature=np.array([0]),
        confidence=np.array([0.9]),
        painted=painted,
        painted_confidence=np.array([0.6, 0.8]),
    )
    design = Design(Task.DETECTION_AND_SEGMENTATION, ("road", "car", "sky"), painted=("road", "sky"))
    table = gather([to_picture(found, frame, design)], [7], np.array([10, 11, 12], dtype=np.int16))

    assert table.row.tolist() == [7, 7]
    assert table.feature.tolist() == [11, 10]
    assert table.confidence.tolist() == [0.9, 0.6]
    assert table.box.tolist() == [[0, 0, 4, 4], [0, 0, 4, 4]]
    assert table.table["rle"][0].as_py() is None
    assert _decode(table.table["rle"][1].as_py(), 4, 8)[:, :4].all()


def test_painted_masks_never_overlap_and_leave_no_gap() -> None:
    rng = np.random.default_rng(2)
    frame = Frame.fit(117, 83, image_size=64)
    design = Design(Task.SEMANTIC_SEGMENTATION, ("a", "b", "c"))
    found = CanvasFound(painted=rng.integers(1, 4, frame.canvas), painted_confidence=np.full(3, 0.5))
    masks = [_decode(str(runs), 83, 117) for runs in to_picture(found, frame, design).rle]

    assert len(masks) == 3
    assert (np.sum(masks, axis=0) == 1).all()


def test_answers_have_no_place() -> None:
    found = CanvasFound(answers=np.array([0.25, 0.75]))
    frame = Frame(width=8, height=4, inner_width=32, inner_height=16)
    table = gather([to_picture(found, frame, Design(Task.CLASSIFICATION, ("a", "b")))], [0], np.array([3, 5]))

    assert table.feature.tolist() == [3, 5]
    assert table.confidence.tolist() == [0.25, 0.75]
    assert not table.placed.any()


def test_what_lies_beyond_the_picture_is_cut_off_on_the_canvas_as_it_is_in_the_picture() -> None:
    frame = Frame.fit(128, 96, image_size=64)  # 64 x 48 pixels of a canvas of 64 x 64
    corners = np.array([[-4.0, -4, 10, 10], [40, 40, 70, 60], [0, 50, 20, 60]])
    masks = np.zeros((3, 64, 64), dtype=bool)
    masks[0, :10, :10] = masks[1, 40:60, 40:] = masks[2, 50:60, :20] = True
    found = CanvasFound(corners, np.array([0, 1, 0]), np.array([0.9, 0.8, 0.7]), masks)
    cut = cut_at_border(found, frame)
    said = to_picture(found, frame, Design(Task.INSTANCE_SEGMENTATION, ("cat", "dog")))

    assert cut.corners is not None
    assert cut.masks is not None
    assert cut.corners.tolist() == [[0, 0, 10, 10], [40, 40, 64, 48]]
    assert cut.feature.tolist() == said.feature == [0, 1]
    assert cut.masks.sum(axis=(1, 2)).tolist() == [100, 8 * 24]
    assert [
        [2 * left, 2 * top, 2 * (right - left), 2 * (bottom - top)] for left, top, right, bottom in cut.corners
    ] == (said.box)
