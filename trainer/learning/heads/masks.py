"""The outline head: which part of its box an object covers, on a small grid, and that grid laid back on the canvas."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import roi_align

from trainer.learning.canvas import CanvasObjects
from trainer.learning.heads.dice import dice_loss
from trainer.learning.heads.fusion import FUSED_CHANNELS

GRID = 28
# More objects than these on a canvas are learned from in turn, chosen anew each time: memory stays bounded.
_MOST_LEARNED = 64


class MaskHead(nn.Module):
    """The outline of each box's object, the same for all features.

    Args:
        stride: Stride of the fused map.
    """

    def __init__(self, *, stride: int) -> None:
        super().__init__()
        self.stride = stride
        # Groups of channels are normalised, not batches: the number of objects changes from step to step.
        self.refine = nn.Sequential(*(layer for _ in range(3) for layer in _convolve()))
        self.finer = nn.ConvTranspose2d(FUSED_CHANNELS, FUSED_CHANNELS, 2, 2)
        self.outline = nn.Conv2d(FUSED_CHANNELS, 1, 1)

    def forward(self, fused: Tensor, boxes: Sequence[Tensor]) -> Tensor:
        """float[m, 28, 28] logits of all boxes, canvas after canvas.

        Args:
            fused: float[n, 64, h, w].
            boxes: For each of n canvases float[., 4] left, top, right, bottom in canvas pixels.
        """
        with torch.autocast(fused.device.type, enabled=False):
            wide = [one.to(fused.device, torch.float32) for one in boxes]
            inside = roi_align(fused.float(), wide, GRID // 2, 1 / self.stride, sampling_ratio=2, aligned=True)
        return self.outline(F.relu(self.finer(self.refine(inside)))).float()[:, 0]


def mask_loss(head: MaskHead, fused: Tensor, objects: Sequence[CanvasObjects]) -> Tensor:
    """Cross entropy plus dice loss of the outlines in the truth's own boxes, each the mean over the batch's objects.

    Ignored objects, and those of canvases without masks, do not count. At most 64 objects a canvas are learned from,
    chosen by chance.

    Args:
        head: The outline head.
        fused: float[n, 64, h, w].
        objects: What lies on each of the n canvases.
    """
    chosen = [_choose(one) for one in objects]
    boxes, truth = [corners for corners, _ in chosen], torch.cat([drawn for _, drawn in chosen])
    if not len(truth):
        everywhere = fused.new_tensor([[0, 0, fused.shape[3], fused.shape[2]]]) * head.stride
        # All weights take part in every step, as training on several processes wants it.
        return head(fused, [everywhere, *([everywhere[:0]] * (len(fused) - 1))]).sum() * 0
    logits = head(fused, boxes).flatten(1)
    truth = truth.flatten(1).to(logits)
    return F.binary_cross_entropy_with_logits(logits, truth) + dice_loss(logits.sigmoid(), truth).mean()


def cover_grid(masks: Tensor, corners: Tensor) -> Tensor:
    """float[m, 28, 28] in [0, 1]: how much of each part of its box a mask covers.

    Args:
        masks: bool[m, h, w] over the canvas.
        corners: float[m, 4] left, top, right, bottom in canvas pixels.
    """
    if not len(masks):
        return corners.new_zeros(0, GRID, GRID)
    number = torch.arange(len(corners), device=corners.device, dtype=torch.float32)[:, None]
    return roi_align(masks[:, None].float(), torch.cat([number, corners.float()], dim=1), GRID, aligned=True)[:, 0]


def paste(grids: Tensor, corners: Tensor, *, size: tuple[int, int]) -> Tensor:
    """float[m, h, w]: each grid stretched over its box, between its points linearly; 0 outside the box.

    Args:
        grids: float[m, rows, columns].
        corners: float[m, 4] left, top, right, bottom in canvas pixels.
        size: Height and width of the canvas.
    """
    left, top, right, bottom = corners.to(grids).unbind(dim=1)
    down = _reach(top, bottom, points=grids.shape[1], length=size[0])
    across = _reach(left, right, points=grids.shape[2], length=size[1])
    return down @ grids @ across.transpose(1, 2)


def _reach(first: Tensor, last: Tensor, *, points: int, length: int) -> Tensor:
    """float[m, length, points]: how much each point of a grid counts at each pixel, along one axis."""
    middle = torch.arange(length, device=first.device) + 0.5
    share = (middle[None] - first[:, None]) / (last - first).clamp(min=1e-6)[:, None]
    place = (share * points - 0.5).clamp(0, points - 1)
    weights = (1 - (place[..., None] - torch.arange(points, device=first.device)).abs()).clamp(min=0)
    return weights * ((share >= 0) & (share < 1))[..., None]


def _choose(objects: CanvasObjects) -> tuple[Tensor, Tensor]:
    """Corners and covered grids of the objects of a canvas that are learned from."""
    if objects.masks is None:
        return objects.corners[:0], objects.corners.new_zeros(0, GRID, GRID)
    counted = (~objects.ignored).nonzero()[:, 0]
    if len(counted) > _MOST_LEARNED:
        chance = torch.randperm(len(counted))[:_MOST_LEARNED].to(counted.device)
        counted = counted[chance]
    corners = objects.corners[counted]
    return corners, cover_grid(objects.masks[counted], corners)


def _convolve() -> list[nn.Module]:
    return [
        nn.Conv2d(FUSED_CHANNELS, FUSED_CHANNELS, 3, padding=1, bias=False),
        nn.GroupNorm(8, FUSED_CHANNELS),
        nn.ReLU(inplace=True),
    ]
