"""A detection head without anchors: how likely a place is an object's centre, and how far its four sides are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trainer.learning.heads.fusion import FUSED_CHANNELS, in_full, refine

# A network that has seen nothing holds every place for an object with this probability.
_FIRST_PROBABILITY = 0.02
_FARTHEST = 6.0


@dataclass(frozen=True, slots=True)
class CentreMaps:
    """What the head says about a batch of n canvases, at every place of one stride.

    Attributes:
        heat: float[n, features, h, w] logits: an object of this feature has its centre here.
        distances: float[n, 4, h, w]: pixels from the place's middle to left, top, right, bottom of that object.
    """

    heat: Tensor
    distances: Tensor


class CentreHead(nn.Module):
    """The two outputs of `CentreMaps`.

    Args:
        features: Number of features that are found.
        stride: Stride of the fused map.
    """

    def __init__(self, features: int, *, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.heat = nn.Sequential(refine(), nn.Conv2d(FUSED_CHANNELS, features, 1))
        self.distances = nn.Sequential(refine(), nn.Conv2d(FUSED_CHANNELS, 4, 1))
        self._start_unsure()

    def _start_unsure(self) -> None:
        """Begin with few objects, about four places wide, so that the first steps are small."""
        first_heat = math.log(_FIRST_PROBABILITY / (1 - _FIRST_PROBABILITY))
        for layer, first in ((self.heat[1], first_heat), (self.distances[1], math.log(2))):
            assert isinstance(layer, nn.Conv2d)
            assert layer.bias is not None
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.constant_(layer.bias, first)

    def forward(self, fused: Tensor) -> CentreMaps:
        """Maps of the same height and width as float[n, 64, h, w]."""
        (refine_heat, heat), (refine_distances, distances) = self.heat, self.distances
        lengths = in_full(distances, refine_distances(fused)).clamp(-_FARTHEST, _FARTHEST)
        return CentreMaps(in_full(heat, refine_heat(fused)), torch.exp(lengths) * self.stride)
