"""Transformers take any canvas, and at their own size say what torchvision's say."""

from __future__ import annotations

import pytest
import torch
from torchvision.models import VisionTransformer
from torchvision.models.maxvit import PartitionAttentionLayer
from torchvision.models.vision_transformer import interpolate_embeddings

from trainer.learning.bodies.max_vit import free_attention
from trainer.learning.bodies.vision_transformer import TransformerBody, resize_positions


def _small_network(image_size: int = 64, patch: int = 16) -> VisionTransformer:
    torch.manual_seed(0)
    return VisionTransformer(image_size, patch, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=16)


def _small_body(image_size: int = 64, patch: int = 16) -> TransformerBody:
    return TransformerBody(_small_network(image_size, patch), strides=(8, 16, 32)).eval()


def test_at_its_own_size_the_map_is_the_encoders() -> None:
    network = _small_network().eval()
    pictures = torch.randn(2, 3, 64, 64)
    patches = network._process_input(pictures)
    with torch.no_grad():
        expected = network.encoder(torch.cat([network.class_token.expand(2, -1, -1), patches], dim=1))[:, 1:]
        said = _small_body()(pictures)[16]

    torch.testing.assert_close(said.flatten(2).transpose(1, 2), expected)


@pytest.mark.parametrize("patch", [14, 16, 32])
@pytest.mark.parametrize("size", [(64, 64), (96, 160), (32, 64)])
def test_every_patch_size_and_canvas_makes_the_three_maps(patch: int, size: tuple[int, int]) -> None:
    maps = _small_body(-(-64 // patch) * patch, patch)(torch.randn(1, 3, *size))

    assert {stride: tuple(one.shape[2:]) for stride, one in maps.items()} == {
        stride: (size[0] // stride, size[1] // stride) for stride in (8, 16, 32)
    }


def test_positions_are_interpolated_as_torchvision_does() -> None:
    positions = torch.randn(1, 1 + 16, 8)
    theirs = interpolate_embeddings(96, 16, {"encoder.pos_embedding": positions})["encoder.pos_embedding"]

    torch.testing.assert_close(resize_positions(positions, (6, 6)), theirs)


def test_weights_saved_at_another_image_size_are_loaded() -> None:
    saved, body = _small_body(64).state_dict(), _small_body(96)
    body.load_state_dict(saved)
    positions = body.layers.encoder.pos_embedding

    torch.testing.assert_close(positions, resize_positions(saved["layers.encoder.pos_embedding"], (6, 6)))
    assert saved["layers.encoder.pos_embedding"].shape == (1, 17, 8)


@pytest.mark.parametrize("kind", ["window", "grid"])
def test_free_attention_is_torchvisions_at_its_own_size_and_takes_others(kind: str) -> None:
    torch.manual_seed(0)
    layer = PartitionAttentionLayer(
        8, 4, 2, kind, (6, 6), 2, torch.nn.GELU, torch.nn.LayerNorm, 0.0, 0.0, p_stochastic_dropout=0.0
    ).eval()
    features = torch.randn(2, 8, 6, 6)
    expected = layer(features)
    free_attention(layer)

    torch.testing.assert_close(layer(features), expected)
    assert layer(torch.randn(1, 8, 4, 10)).shape == (1, 8, 4, 10)
