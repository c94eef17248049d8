"""Maps of a vision transformer, at any image size.

A transformer has one map. Its stride is brought to 16; a transposed convolution makes stride 8 of it, and its greatest
values make stride 32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import VisionTransformer

from trainer.learning.bodies.feature_maps import FeatureMap
from trainer.learning.bodies.pyramid import Body

TRANSFORMER_STRIDES = (8, 16, 32)
OWN_STRIDE = 16
_POSITIONS = "encoder.pos_embedding"


class TransformerBody(Body):
    """A vision transformer without its classifying end.

    Its positions were learned on a square grid; for other canvases, and from weights saved at another image size, they
    are interpolated.

    Args:
        network: The classifier.
        strides: Which maps it yields, among `TRANSFORMER_STRIDES`; 16 is always one of them.
    """

    def __init__(self, network: VisionTransformer, *, strides: Sequence[int]) -> None:
        wide = network.hidden_dim
        channels = {8: wide // 4, 16: wide, 32: wide}
        maps = {stride: FeatureMap("encoder", channels[stride]) for stride in sorted({*strides, OWN_STRIDE})}
        network.heads = nn.Sequential()
        super().__init__(network, maps, deepest=OWN_STRIDE)
        self.patch = network.patch_size
        self.finer = nn.ConvTranspose2d(wide, channels[8], 2, 2) if 8 in maps else None
        network.register_load_state_dict_pre_hook(_fit_saved_positions)

    def forward(self, pictures: Tensor) -> dict[int, Tensor]:
        """Maps float[n, channels, h / stride, w / stride] of float[n, 3, h, w]; h and w are multiples of 32."""
        height, width = pictures.shape[2:]
        padded = F.pad(pictures, (0, -width % self.patch, 0, -height % self.patch))
        own = self._attend(padded)
        if self.patch != OWN_STRIDE:
            # Padding adds less than a patch: after the resize no place is farther off than that.
            size = (height // OWN_STRIDE, width // OWN_STRIDE)
            own = F.interpolate(own, size, mode="bilinear", align_corners=False)
        maps = {OWN_STRIDE: own}
        if self.finer is not None:
            maps[8] = self.finer(own)
        if 32 in self.maps:
            maps[32] = F.max_pool2d(own, 2)
        return {stride: maps[stride] for stride in self.maps}

    def _attend(self, pictures: Tensor) -> Tensor:
        network: Any = self.layers
        patches = network.conv_proj(pictures)
        rows, columns = patches.shape[2:]
        positions = resize_positions(network.encoder.pos_embedding, (rows, columns))
        summary = network.class_token.expand(len(pictures), -1, -1)
        words = torch.cat([summary, patches.flatten(2).transpose(1, 2)], dim=1) + positions
        encoder = network.encoder
        words = encoder.ln(encoder.layers(encoder.dropout(words)))
        return words[:, 1:].transpose(1, 2).unflatten(2, (rows, columns))


def resize_positions(positions: Tensor, grid: tuple[int, int]) -> Tensor:
    """float[1, 1 + rows * columns, d] for another grid, from float[1, 1 + side * side, d]; the first is the summary's.

    Source:
        torchvision.models.vision_transformer.interpolate_embeddings, which does this for square grids.
    """
    side = round((positions.shape[1] - 1) ** 0.5)
    if grid == (side, side):
        return positions
    squares = positions[:, 1:].transpose(1, 2).unflatten(2, (side, side))
    resized = F.interpolate(squares, grid, mode="bicubic", align_corners=True)
    return torch.cat([positions[:, :1], resized.flatten(2).transpose(1, 2)], dim=1)


def _fit_saved_positions(network: Any, state: dict[str, Tensor], prefix: str, *_: object) -> None:
    saved = state.get(prefix + _POSITIONS)
    if saved is not None:
        side = round((network.encoder.pos_embedding.shape[1] - 1) ** 0.5)
        state[prefix + _POSITIONS] = resize_positions(saved, (side, side))
