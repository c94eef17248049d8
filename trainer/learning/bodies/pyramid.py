"""A classifier without its classifying end: pictures in, one map a stride out."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.feature_extraction import create_feature_extractor

from trainer.learning.bodies.feature_maps import FeatureMap

# One place alone has no variance: below this side the deepest map of a single picture could not be normalised.
_LEAST_SIDE = 64


class Body(nn.Module):
    """What every body has: its maps, from the finest to the deepest, and the weights under `layers`.

    Args:
        layers: The classifier's layers, under the classifier's own names.
        maps: Its map at each stride.
        deepest: The stride of the map that sums up a picture.
    """

    def __init__(self, layers: nn.Module, maps: dict[int, FeatureMap], *, deepest: int) -> None:
        super().__init__()
        self.maps = maps
        self.deepest = deepest
        self.layers = layers

    def forward(self, pictures: Tensor) -> dict[int, Tensor]:
        """Maps float[n, channels, h / stride, w / stride] of float[n, 3, h, w]; h and w are multiples of 32."""
        raise NotImplementedError


class ConvolvedBody(Body):
    """A body whose maps are outputs of modules.

    Args:
        network: The classifier.
        maps: Its map at each stride, from `find_feature_maps`; only these layers are kept.
        step: Pictures are padded on the right and at the bottom to multiples of it, and the maps cut again.
        whole: Classes of modules that are taken as they are, not looked into.
    """

    def __init__(
        self, network: nn.Module, maps: dict[int, FeatureMap], *, step: int = 32, whole: Sequence[type[nn.Module]] = ()
    ) -> None:
        outputs = {found.module: str(stride) for stride, found in maps.items()}
        layers = create_feature_extractor(network, outputs, tracer_kwargs={"leaf_modules": list(whole)})
        super().__init__(layers, maps, deepest=max(maps))
        self.step = step

    def forward(self, pictures: Tensor) -> dict[int, Tensor]:
        """Maps float[n, channels, h / stride, w / stride] of float[n, 3, h, w]; h and w are multiples of 32."""
        height, width = pictures.shape[2:]
        outputs = self.layers(self._pad(pictures))
        return {
            stride: _channels_first(outputs[str(stride)], found)[:, :, : height // stride, : width // stride]
            for stride, found in self.maps.items()
        }

    def _pad(self, pictures: Tensor) -> Tensor:
        height, width = pictures.shape[2:]
        if max(height, width) < _LEAST_SIDE:
            height, width = _LEAST_SIDE, _LEAST_SIDE
        height, width = (-(-side // self.step) * self.step for side in (height, width))
        down, across = height - pictures.shape[2], width - pictures.shape[3]
        return F.pad(pictures, (0, across, 0, down)) if down or across else pictures


def _channels_first(output: Tensor, found: FeatureMap) -> Tensor:
    return output.permute(0, 3, 1, 2) if found.channels_last else output
