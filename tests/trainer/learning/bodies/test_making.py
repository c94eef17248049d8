"""Every family serves as a body, at every image size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from trainer.learning.bodies.making import make_body
from trainer.learning.families import FAMILIES
from trainer.records.errors import TrainingError

SIZES = [(224, 224), (320, 320), (416, 416), (512, 512), (640, 640), (256, 192)]
SMALLEST = [names[0] for family, names in FAMILIES.items() if family != "VGG"]


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", SMALLEST)
def test_maps_have_the_stated_channels_and_strides_at_every_size(name: str) -> None:
    # On torch's meta device shapes are worked out and nothing is computed.
    body = make_body(name, strides=(8, 16, 32)).eval().to("meta")
    for height, width in SIZES:
        with torch.no_grad():
            maps = body(torch.zeros(2, 3, height, width, device="meta"))

        assert {stride: tuple(one.shape) for stride, one in maps.items()} == {
            stride: (2, body.maps[stride].channels, height // stride, width // stride) for stride in (8, 16, 32)
        }


def test_the_map_of_a_stride_is_the_last_before_the_next_stride() -> None:
    maps = make_body("resnet18").maps

    assert [maps[stride].module for stride in (4, 8, 16, 32)] == ["layer1", "layer2", "layer3", "layer4"]


def test_channels_behind_height_and_width_are_noticed() -> None:
    maps = make_body("swin_t").maps

    assert [maps[stride].channels_last for stride in (4, 8, 16, 32)] == [True, True, True, False]


def test_the_classifying_end_is_left_out() -> None:
    assert not [name for name in make_body("resnet18").state_dict() if "fc" in name]


def test_the_tiny_body_is_small() -> None:
    assert sum(weights.numel() for weights in make_body("tiny_resnet").parameters()) < 300_000


def test_a_single_smallest_canvas_can_be_learned_from() -> None:
    body = make_body("tiny_resnet").train()

    assert body(torch.randn(1, 3, 32, 32))[32].shape == (1, 96, 1, 1)


def test_the_same_seed_makes_the_same_weights() -> None:
    torch.manual_seed(5)
    first = make_body("mobilenet_v3_small").state_dict()
    torch.manual_seed(5)
    second = make_body("mobilenet_v3_small").state_dict()

    assert all(torch.equal(weights, second[name]) for name, weights in first.items())


def test_a_transformer_has_no_map_of_stride_4() -> None:
    with pytest.raises(TrainingError, match=r"'vit_b_16' yields no feature map at stride 4.*stride 8"):
        make_body("vit_b_16")


@pytest.mark.parametrize("name", ["resnet19", "squeezenet1_1"])
def test_an_unknown_backbone_is_refused_with_names_that_exist(name: str) -> None:
    with pytest.raises(TrainingError, match=rf"no backbone '{name}'.*resnet18"):
        make_body(name)
