"""What a centre head should have said about a batch, and how far it was from that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.learning.canvas import CanvasObjects
from trainer.learning.heads.centres import CentreMaps

# Bells around a centre fall to exp(-1/2) at these shares of an object's half size, but not within _LEAST_SPREAD places.
_HEAT_SPREAD = 0.3
_BOX_SPREAD = 0.5
_LEAST_SPREAD = 0.4
# Places lower on the bell than this say nothing about the box.
_BOX_REACH = 0.3
_BOX_WEIGHT = 3.0


@dataclass(frozen=True, slots=True)
class CentreTargets:
    """What `CentreMaps` should be for one canvas.

    Attributes:
        heat: float[features, h, w] in [0, 1]; 1 at an object's centre, falling around it.
        counted: bool[h, w]: places that are learned from.
        corners: float[4, h, w]: the box a place should point to.
        share: float[h, w]: how much a place's box counts; sums to 1 for each object that owns a place.
    """

    heat: Tensor
    counted: Tensor
    corners: Tensor
    share: Tensor


def centre_loss(maps: CentreMaps, objects: Sequence[CanvasObjects], *, stride: int) -> Tensor:
    """Focal loss of the heat plus GIoU loss of the boxes, each per object.

    Args:
        maps: What the network said about n canvases.
        objects: Their n lists of objects.
        stride: Canvas pixels per place.

    Source:
        Heat: Law and Deng 2018 (arXiv:1808.01244). Boxes from all places near a centre: Liu et al. 2019
        (arXiv:1909.00700). GIoU: Rezatofighi et al. 2019 (arXiv:1902.09630).
    """
    features, height, width = maps.heat.shape[1:]
    targets = [draw_targets(one, features=features, size=(height, width), stride=stride) for one in objects]
    heat, counted, corners, share = (
        torch.stack([getattr(target, name) for target in targets]) for name in ("heat", "counted", "corners", "share")
    )
    count = (heat == 1).sum().clamp(min=1)
    heat_loss = _focal(maps.heat, heat)[counted[:, None].expand_as(heat)].sum() / count
    owned = share > 0
    said = corners_of(maps.distances, stride=stride).permute(0, 2, 3, 1)[owned]
    box_loss = ((1 - _giou(said, corners.permute(0, 2, 3, 1)[owned])) * share[owned]).sum() / count
    return heat_loss + _BOX_WEIGHT * box_loss


def draw_targets(objects: CanvasObjects, *, features: int, size: tuple[int, int], stride: int) -> CentreTargets:
    """Targets of one canvas. Where objects meet, a place belongs to the one whose heat is greatest there.

    Args:
        objects: The canvas's objects.
        features: Number of features.
        size: Height and width of the map.
        stride: Canvas pixels per place.
    """
    height, width = size
    y, x = (torch.arange(length, device=objects.corners.device) for length in size)
    corners, feature = objects.corners[~objects.ignored], objects.feature[~objects.ignored]
    heat_of_each = _bells(corners, x, y, stride=stride, spread=_HEAT_SPREAD)
    heat = torch.zeros(features, height, width, device=corners.device)
    heat.scatter_reduce_(0, feature[:, None, None].expand_as(heat_of_each), heat_of_each, "amax")
    target = torch.zeros(4, height, width, device=corners.device)
    share = torch.zeros(height, width, device=corners.device)
    if len(corners):
        strongest, owner = _bells(corners, x, y, stride=stride, spread=_BOX_SPREAD).max(dim=0)
        strongest = torch.where(strongest >= _BOX_REACH, strongest, 0.0)
        total = torch.zeros(len(corners), device=corners.device).scatter_add(0, owner.flatten(), strongest.flatten())
        share = strongest / total.clamp(min=1e-6)[owner]
        target = corners[owner].permute(2, 0, 1)
    counted = ~_inside(objects.corners[objects.ignored], x, y, stride=stride) | (heat == 1).any(dim=0)
    return CentreTargets(heat, counted, target, share)


def corners_of(distances: Tensor, *, stride: int) -> Tensor:
    """float[n, 4, h, w] left, top, right, bottom in canvas pixels, from the distances to them."""
    height, width = distances.shape[2:]
    x = (torch.arange(width, device=distances.device) + 0.5) * stride
    y = (torch.arange(height, device=distances.device)[:, None] + 0.5) * stride
    left, top, right, bottom = distances.unbind(dim=1)
    return torch.stack([x - left, y - top, x + right, y + bottom], dim=1)


def _bells(corners: Tensor, x: Tensor, y: Tensor, *, stride: int, spread: float) -> Tensor:
    """float[m, h, w]: a bell around each object, exactly 1 at the place that holds its centre."""

    def fall(first: Tensor, last: Tensor, along: Tensor) -> Tensor:
        centre = ((first + last) / 2 / stride).long().clamp(0, len(along) - 1)
        wide = ((last - first) / 2 / stride * spread).clamp(min=_LEAST_SPREAD)
        return torch.exp(-(((along[None] - centre[:, None]) / wide[:, None]) ** 2) / 2)

    left, top, right, bottom = corners.unbind(dim=1)
    return fall(top, bottom, y)[:, :, None] * fall(left, right, x)[:, None, :]


def _inside(corners: Tensor, x: Tensor, y: Tensor, *, stride: int) -> Tensor:
    """bool[h, w]: the place's middle lies in one of the boxes."""
    left, top, right, bottom = (side[:, None] for side in corners.unbind(dim=1))
    across, down = (x + 0.5)[None] * stride, (y + 0.5)[None] * stride
    in_columns = (across >= left) & (across < right)
    in_rows = (down >= top) & (down < bottom)
    return (in_rows[:, :, None] & in_columns[:, None, :]).any(dim=0)


def _focal(logits: Tensor, heat: Tensor) -> Tensor:
    """Loss of each place: centres should be sure, others less so the nearer they are to a centre."""
    said = logits.sigmoid()
    at_centre = (1 - said) ** 2 * F.softplus(-logits)
    elsewhere = (1 - heat) ** 4 * said**2 * F.softplus(logits)
    return torch.where(heat == 1, at_centre, elsewhere)


def _giou(first: Tensor, second: Tensor) -> Tensor:
    """float[m]: generalised IoU of m pairs of boxes as left, top, right, bottom."""
    inner = _area(torch.maximum(first[:, :2], second[:, :2]), torch.minimum(first[:, 2:], second[:, 2:]))
    outer = _area(torch.minimum(first[:, :2], second[:, :2]), torch.maximum(first[:, 2:], second[:, 2:]))
    union = _area(first[:, :2], first[:, 2:]) + _area(second[:, :2], second[:, 2:]) - inner
    return inner / union.clamp(min=1e-6) - (outer - union) / outer.clamp(min=1e-6)


def _area(start: Tensor, end: Tensor) -> Tensor:
    return (end - start).clamp(min=0).prod(dim=1)
