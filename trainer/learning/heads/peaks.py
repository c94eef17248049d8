"""From the maps of a centre head to boxes: local peaks of the heat, then the surest of those that overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import batched_nms

from trainer.learning.heads.centre_loss import corners_of
from trainer.learning.heads.centres import CentreMaps

MOST_PER_PICTURE = 100


@dataclass(frozen=True, slots=True)
class Found:
    """The m boxes found on one canvas, from the surest to the least sure.

    Attributes:
        corners: float64[m, 4] left, top, right, bottom in canvas pixels.
        feature: int64[m] position in the model's features.
        confidence: float64[m] in [0, 1].
    """

    corners: np.ndarray
    feature: np.ndarray
    confidence: np.ndarray


def find_boxes(
    maps: CentreMaps, *, stride: int, min_confidence: float, nms_iou: float, most: int = MOST_PER_PICTURE
) -> list[Found]:
    """The boxes on each canvas of a batch.

    A place speaks for an object where its heat is the greatest of its eight neighbours' in the same feature; the
    surest places of a canvas are asked. Canvases do not influence each other.

    Args:
        maps: What the network said.
        stride: Canvas pixels per place.
        min_confidence: Boxes below it are not kept, in [0, 1].
        nms_iou: Of two boxes of one feature that overlap more than this, only the surer is kept.
        most: How many places are asked at most.
    """
    heat = maps.heat.float().sigmoid()
    peaks = torch.where(F.max_pool2d(heat, 3, stride=1, padding=1) == heat, heat, 0.0).cpu()
    corners = corners_of(maps.distances.float(), stride=stride).cpu()
    return [
        _surest(peak, corner, min_confidence=min_confidence, nms_iou=nms_iou, most=most)
        for peak, corner in zip(peaks, corners, strict=True)
    ]


def _surest(peaks: Tensor, corners: Tensor, *, min_confidence: float, nms_iou: float, most: int) -> Found:
    places = peaks.shape[1] * peaks.shape[2]
    confidence, position = peaks.flatten().topk(min(most, peaks.numel()))
    position, confidence = position[confidence >= min_confidence], confidence[confidence >= min_confidence]
    feature, boxes = position // places, corners.flatten(1).T[position % places]
    # Features are kept apart by moving their boxes far from each other, which goes wrong below zero.
    kept = batched_nms(boxes - boxes.amin(dim=0).min() if len(boxes) else boxes, confidence, feature, nms_iou)
    return Found(
        boxes[kept].numpy().astype(np.float64),
        feature[kept].numpy(),
        confidence[kept].numpy().astype(np.float64),
    )
