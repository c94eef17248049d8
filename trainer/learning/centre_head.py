"""A detection head without anchors: how likely a place is an object's centre, and how far its four sides are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.learning.backbones import Body

_FUSED_CHANNELS = 64
# A network that has seen nothing holds every place for an object with this probability.
_FIRST_PROBABILITY = 0.02
_FARTHEST = 6.0


@dataclass(frozen=True, slots=True)
class CentreMaps:
    """What the network says about a batch of n canvases, at every place of one stride.

    Attributes:
        heat: float[n, features, h, w] logits: an object of this feature has its centre here.
        distances: float[n, 4, h, w]: pixels from the place's middle to left, top, right, bottom of that object.
        deepest: float[n, channels, h', w']: the body's deepest map, for embeddings.
    """

    heat: Tensor
    distances: Tensor
    deepest: Tensor


class CentreNetwork(nn.Module):
    """A body, its maps fused into one from coarse to fine, and the two outputs of `CentreMaps`.

    Args:
        body: Maps at several strides.
        features: Number of features.
        stride: Stride of the fused map; finer maps of the body are not used.
    """

    def __init__(self, body: Body, *, features: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.body = body
        self.strides = sorted(used for used in body.maps if used >= stride)
        self.narrow = nn.ModuleList(nn.Conv2d(body.maps[used].channels, _FUSED_CHANNELS, 1) for used in self.strides)
        self.smooth = _refine()
        self.heat = nn.Sequential(_refine(), nn.Conv2d(_FUSED_CHANNELS, features, 1))
        self.distances = nn.Sequential(_refine(), nn.Conv2d(_FUSED_CHANNELS, 4, 1))
        self._start_unsure()

    def _start_unsure(self) -> None:
        """Begin with few objects, about four places wide, so that the first steps are small."""
        first_heat = math.log(_FIRST_PROBABILITY / (1 - _FIRST_PROBABILITY))
        for layer, first in ((self.heat[1], first_heat), (self.distances[1], math.log(2))):
            assert isinstance(layer, nn.Conv2d)
            assert layer.bias is not None
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.constant_(layer.bias, first)

    def forward(self, pictures: Tensor) -> CentreMaps:
        """Maps of float[n, 3, h, w] normalised pictures; h and w are multiples of 32."""
        maps = self.body(pictures)
        fused = None
        for stride, narrow in zip(reversed(self.strides), reversed(self.narrow), strict=True):
            here = narrow(maps[stride])
            fused = here if fused is None else here + F.interpolate(fused, scale_factor=2.0, mode="nearest")
        assert fused is not None
        fused = self.smooth(fused)
        distances = torch.exp(self.distances(fused).clamp(-_FARTHEST, _FARTHEST)) * self.stride
        return CentreMaps(self.heat(fused), distances, maps[max(maps)])


def _refine() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(_FUSED_CHANNELS, _FUSED_CHANNELS, 3, padding=1, bias=False),
        nn.BatchNorm2d(_FUSED_CHANNELS),
        nn.ReLU(inplace=True),
    )
