"""MaxViT at any canvas: its attention asks the map for its size instead of remembering one."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models.maxvit import PartitionAttentionLayer

MAX_VIT_STEP = 224
"""Sides are padded to multiples of it: its deepest map, at stride 32, is cut into windows of 7."""


class AnySizeAttention(PartitionAttentionLayer):
    """torchvision's partition attention with a grid as large as what comes in; its weights do not depend on that."""

    def forward(self, features: Tensor) -> Tensor:
        """float[n, c, h, w] of the same; h and w are multiples of the partition's size."""
        size = self.p if self.partition_type == "window" else self.g
        rows, columns = features.shape[2] // size, features.shape[3] // size
        if self.partition_type == "window":
            parts = _cut(features, (rows, columns), (size, size))
        else:
            parts = _cut(features, (size, size), (rows, columns)).transpose(1, 2)
        parts = parts + self.stochastic_dropout(self.attn_layer(parts))
        parts = parts + self.stochastic_dropout(self.mlp_layer(parts))
        if self.partition_type == "window":
            return _join(parts, (rows, columns), (size, size))
        return _join(parts.transpose(1, 2), (size, size), (rows, columns))


def free_attention(network: nn.Module) -> None:
    """Let every partition attention of a MaxViT take maps of any size."""
    for module in network.modules():
        if isinstance(module, PartitionAttentionLayer):
            module.__class__ = AnySizeAttention


def _cut(features: Tensor, outer: tuple[int, int], inner: tuple[int, int]) -> Tensor:
    """float[n, outer places, inner places, c] of float[n, c, h, w]: tiles of the inner size, row by row."""
    count, channels = features.shape[:2]
    tiles = features.reshape(count, channels, outer[0], inner[0], outer[1], inner[1]).permute(0, 2, 4, 3, 5, 1)
    return tiles.reshape(count, outer[0] * outer[1], inner[0] * inner[1], channels)


def _join(parts: Tensor, outer: tuple[int, int], inner: tuple[int, int]) -> Tensor:
    """float[n, c, h, w]: what `_cut` cut."""
    count, channels = len(parts), parts.shape[3]
    tiles = parts.reshape(count, outer[0], outer[1], inner[0], inner[1], channels).permute(0, 5, 1, 3, 2, 4)
    return tiles.reshape(count, channels, outer[0] * inner[0], outer[1] * inner[1])
