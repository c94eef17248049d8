"""What a head should say is said exactly, and saying it costs nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trainer.learning.canvas import CanvasObjects
from trainer.learning.frames import Frame
from trainer.learning.heads.centre_loss import centre_loss, corners_of, draw_targets
from trainer.learning.heads.centres import CentreMaps
from trainer.learning.heads.peaks import find_boxes

STRIDE = 8
SIZE = (12, 16)


def _objects(boxes: list[list[float]], features: list[int], ignored: list[bool] | None = None) -> CanvasObjects:
    corners = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    flags = torch.tensor(ignored or [False] * len(features), dtype=torch.bool)
    return CanvasObjects(corners, torch.tensor(features, dtype=torch.long), flags)


def _perfect_maps(objects: CanvasObjects, features: int = 2) -> CentreMaps:
    """Maps of a head that says exactly what the targets ask for."""
    targets = draw_targets(objects, features=features, size=SIZE, stride=STRIDE)
    middle = corners_of(torch.zeros(1, 4, *SIZE), stride=STRIDE)
    distances = (targets.corners[None] - middle) * torch.tensor([-1, -1, 1, 1])[None, :, None, None]
    heat = torch.where(targets.heat == 1, 20.0, -20.0)
    return CentreMaps(heat[None], distances)


TWO = _objects([[10, 8, 50, 40], [70, 30, 110, 90]], [0, 1])


def test_heat_is_one_at_centres_alone() -> None:
    heat = draw_targets(TWO, features=2, size=SIZE, stride=STRIDE).heat

    assert torch.nonzero(heat == 1).tolist() == [[0, 3, 3], [1, 7, 11]]


def test_boxes_of_each_object_weigh_one_in_all() -> None:
    share = draw_targets(TWO, features=2, size=SIZE, stride=STRIDE).share

    assert share[:, :8].sum().item() == pytest.approx(1)
    assert share[:, 8:].sum().item() == pytest.approx(1)


def test_a_perfect_answer_costs_nothing() -> None:
    assert centre_loss(_perfect_maps(TWO), [TWO], stride=STRIDE).item() == pytest.approx(0, abs=1e-4)


def test_a_canvas_without_objects_has_a_loss() -> None:
    nothing = _objects([], [])
    loud = CentreMaps(torch.full((1, 2, *SIZE), 2.0), torch.ones(1, 4, *SIZE))

    assert centre_loss(_perfect_maps(nothing), [nothing], stride=STRIDE).item() == pytest.approx(0, abs=1e-4)
    assert centre_loss(loud, [nothing], stride=STRIDE).item() > 1


def test_places_inside_a_crowd_are_not_learned_from() -> None:
    crowd = _objects([[10, 8, 50, 40], [64, 0, 128, 96]], [0, 1], [False, True])
    counted = draw_targets(crowd, features=2, size=SIZE, stride=STRIDE).counted
    alone = centre_loss(_perfect_maps(TWO), [crowd], stride=STRIDE).item()

    assert not counted[:, 8:].any()
    assert counted[:, :8].all()
    assert alone == pytest.approx(0, abs=1e-4)


def test_a_perfect_head_gives_back_the_boxes_in_original_pixels() -> None:
    frame = Frame.fit(333, 250, image_size=128)
    boxes = np.array([[20.0, 15.0, 131.0, 104.5], [182.0, 78.0, 287.25, 234.0]])
    objects = _objects(frame.to_canvas(boxes).tolist(), [0, 1])
    (found,) = find_boxes(_perfect_maps(objects), stride=STRIDE, min_confidence=0.05, nms_iou=0.5)
    back = frame.to_picture(found.corners[np.argsort(found.feature)])

    np.testing.assert_allclose(back, boxes, atol=1e-3)


def test_of_overlapping_boxes_of_one_feature_the_surer_stays() -> None:
    heat = torch.full((1, 2, *SIZE), -20.0)
    heat[0, 0, 5, 5], heat[0, 0, 5, 7], heat[0, 1, 5, 9] = 2.0, 1.0, 0.0
    maps = CentreMaps(heat, torch.full((1, 4, *SIZE), 40.0))
    (found,) = find_boxes(maps, stride=STRIDE, min_confidence=0.05, nms_iou=0.5)
    (all_of_them,) = find_boxes(maps, stride=STRIDE, min_confidence=0.05, nms_iou=1.0)

    assert found.feature.tolist() == [0, 1]
    assert all_of_them.feature.tolist() == [0, 0, 1]
    assert found.confidence.tolist() == pytest.approx([1 / (1 + np.exp(-2)), 0.5])


def test_boxes_of_other_features_never_push_each_other_out_wherever_they_reach() -> None:
    heat = torch.full((1, 2, *SIZE), -20.0)
    heat[0, 0, 5, 5], heat[0, 1, 0, 0] = 2.0, 1.0
    distances = torch.zeros(1, 4, *SIZE)
    distances[0, :, 5, 5] = torch.tensor([44.0, 44.0, 56.0, 56.0])  # 0 to 100
    distances[0, :, 0, 0] = torch.tensor([105.0, 105.0, -5.0, -5.0])  # -101 to -1
    (found,) = find_boxes(CentreMaps(heat, distances), stride=STRIDE, min_confidence=0.05, nms_iou=0.5)

    assert found.corners.tolist() == [[0, 0, 100, 100], [-101, -101, -1, -1]]
