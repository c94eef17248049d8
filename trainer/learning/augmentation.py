"""Light variations of a batch: mirrored, nearer or farther, moved, brighter or paler; truth follows exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.learning.canvas import NOT_LEARNED, CanvasObjects, CanvasTruth, send

_ZOOM = 1.3
_LIGHT = 0.2
_TINT = 0.08
# An object of which less than this share stays on the canvas is not asked for, nor held against the network.
_LEAST_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Variation:
    """How one canvas is changed. A point x becomes zoom * (x - centre) * mirror + centre + shift.

    Attributes:
        zoom: Enlargement.
        mirror: 1, or -1 where mirrored, across and down.
        shift: Movement across and down, as shares of the canvas's sides.
        contrast: Factor on every normalised colour.
        light: float[3] added to the normalised colours.
    """

    zoom: float
    mirror: tuple[float, float]
    shift: tuple[float, float]
    contrast: float
    light: tuple[float, float, float]


NO_VARIATION = Variation(1.0, (1.0, 1.0), (0.0, 0.0), 1.0, (0.0, 0.0, 0.0))


def draw_variation(seed: tuple[int, int, int], *, augmentation: str, flips: str) -> Variation:
    """The variation of a row in an epoch, which depends on nothing else.

    Args:
        seed: The training's seed, the epoch and the row.
        augmentation: ``none`` or ``light``.
        flips: ``none``, ``horizontal`` or ``both``.
    """
    rng = np.random.default_rng(seed)
    across = rng.choice([1.0, -1.0]) if flips != "none" else 1.0
    down = rng.choice([1.0, -1.0]) if flips == "both" else 1.0
    if augmentation == "none":
        return Variation(1.0, (across, down), (0.0, 0.0), 1.0, (0.0, 0.0, 0.0))
    zoom = float(_ZOOM ** rng.uniform(-1, 1))
    shift = rng.uniform(-1, 1, size=2) * (abs(zoom - 1) / 2 + 0.02)
    light = rng.normal(scale=_LIGHT) + rng.normal(scale=_TINT, size=3)
    return Variation(zoom, (across, down), tuple(shift), float(rng.uniform(1 - _LIGHT, 1 + _LIGHT)), tuple(light))


def vary(
    pictures: Tensor, truths: Sequence[CanvasTruth], variations: Sequence[Variation]
) -> tuple[Tensor, list[CanvasTruth]]:
    """Apply one variation to each canvas of a batch; masks and painted maps move with the picture.

    Args:
        pictures: float[n, 3, h, w], normalised, on the device that computes.
        truths: The n canvases' truths, on the CPU.
        variations: n variations.

    Returns:
        The changed pictures and their truths, on the pictures' device. Objects mostly outside are marked ignored,
        those wholly outside left out; what comes in from outside is not learned as painted.
    """
    if all(_is_none(one) for one in variations):
        return pictures, [one.to(pictures.device) for one in truths]
    grid = _grid(variations, pictures)
    moved = F.grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    contrast = send(torch.tensor([one.contrast for one in variations], dtype=torch.float32), pictures.device)
    light = send(torch.tensor([one.light for one in variations], dtype=torch.float32), pictures.device)
    changed = [
        _move_truth(truth, variation, grid[place : place + 1])
        for place, (truth, variation) in enumerate(zip(truths, variations, strict=True))
    ]
    return moved.mul_(contrast[:, None, None, None]).add_(light[:, :, None, None]), changed


def _is_none(variation: Variation) -> bool:
    return variation == NO_VARIATION


def _move_truth(truth: CanvasTruth, variation: Variation, grid: Tensor) -> CanvasTruth:
    size = (grid.shape[2], grid.shape[1])
    objects = None if truth.objects is None else _move(truth.objects, variation, size=size)
    here = replace(truth, objects=objects).to(grid.device)
    if here.objects is not None and here.objects.masks is not None:
        masks = _sample_nearest(here.objects.masks.float(), grid) > 0.5
        here = replace(here, objects=replace(here.objects, masks=masks))
    if here.painted is not None:
        painted = _sample_nearest((here.painted - NOT_LEARNED).float()[None], grid)[0]
        here = replace(here, painted=painted.long() + NOT_LEARNED)
    return here


def _sample_nearest(maps: Tensor, grid: Tensor) -> Tensor:
    """float[m, h, w] of float[m, h, w], 0 from outside."""
    if not len(maps):
        return maps
    return F.grid_sample(maps[None], grid, mode="nearest", padding_mode="zeros", align_corners=False)[0]


def _grid(variations: Sequence[Variation], pictures: Tensor) -> Tensor:
    """float[n, h, w, 2]: for each place of the new canvases the place on the old ones, in [-1, 1], across and down.

    The same as `torch.nn.functional.affine_grid`, which takes ten times as long because it allows for rotations.
    """
    height, width = pictures.shape[2:]
    across, down = (
        torch.stack([_backwards(one, axis, length) for one in variations])
        for axis, length in enumerate((width, height))
    )
    grid = torch.empty(len(variations), height, width, 2)
    grid[..., 0], grid[..., 1] = across[:, None, :], down[:, :, None]
    return send(grid, pictures.device)


def _backwards(variation: Variation, axis: int, length: int) -> Tensor:
    """float[length]: along one axis, from the middles of the new canvas's pixels to places on the old one."""
    places = (torch.arange(length) * 2 + 1) / length - 1
    return (places - 2 * variation.shift[axis]) * (variation.mirror[axis] / variation.zoom)


def _move(objects: CanvasObjects, variation: Variation, *, size: tuple[int, int]) -> CanvasObjects:
    sides = torch.tensor([*size] * 2, dtype=torch.float32)
    mirror, shift = (torch.tensor([*pair] * 2, dtype=torch.float32) for pair in (variation.mirror, variation.shift))
    moved = (objects.corners - sides / 2) * variation.zoom * mirror + sides / 2 + shift * sides
    moved = torch.cat([torch.minimum(moved[:, :2], moved[:, 2:]), torch.maximum(moved[:, :2], moved[:, 2:])], dim=1)
    cut = torch.minimum(moved.clamp(min=0), sides)
    share = _area(cut) / _area(moved).clamp(min=1e-6)
    seen = share > 0
    masks = None if objects.masks is None else objects.masks[seen]
    return CanvasObjects(cut[seen], objects.feature[seen], (objects.ignored | (share < _LEAST_SHARE))[seen], masks)


def _area(corners: Tensor) -> Tensor:
    return (corners[:, 2:] - corners[:, :2]).clamp(min=0).prod(dim=1)
