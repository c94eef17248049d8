"""The maps of a body fused into one, from coarse to fine."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.learning.bodies.feature_maps import FeatureMap

FUSED_CHANNELS = 64


class Fusion(nn.Module):
    """One map of all that a body says at a stride and coarser.

    Args:
        maps: The body's maps.
        stride: Stride of the fused map; finer maps of the body are not used.
    """

    def __init__(self, maps: dict[int, FeatureMap], *, stride: int) -> None:
        super().__init__()
        self.strides = sorted(used for used in maps if used >= stride)
        self.narrow = nn.ModuleList(nn.Conv2d(maps[used].channels, FUSED_CHANNELS, 1) for used in self.strides)
        self.smooth = refine()

    def forward(self, maps: dict[int, Tensor]) -> Tensor:
        """float[n, 64, h / stride, w / stride] of the maps of n canvases of h times w pixels."""
        fused = None
        for stride, narrow in zip(reversed(self.strides), reversed(self.narrow), strict=True):
            here = narrow(maps[stride])
            fused = here if fused is None else here + F.interpolate(fused, scale_factor=2.0, mode="nearest")
        smooth: Tensor = self.smooth(fused)
        return smooth


def in_full(layer: nn.Module, features: Tensor) -> Tensor:
    """A last layer in 32 bits, also where the rest is computed in 16, which rounds lengths and odds to a percent."""
    with torch.autocast(features.device.type, enabled=False):
        said: Tensor = layer(features.float())
    return said


def refine() -> nn.Sequential:
    """A convolution that keeps the shape of a fused map."""
    return nn.Sequential(
        nn.Conv2d(FUSED_CHANNELS, FUSED_CHANNELS, 3, padding=1, bias=False),
        nn.BatchNorm2d(FUSED_CHANNELS),
        nn.ReLU(inplace=True),
    )
