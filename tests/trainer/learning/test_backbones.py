"""Any torchvision classifier with maps at strides 4 to 32 serves as a body."""

from __future__ import annotations

import pytest
import torch

from trainer.learning.backbones import STRIDES, make_body
from trainer.records.errors import TrainingError

FAMILIES = ["tiny_resnet", "resnet18", "mobilenet_v3_small", "regnet_y_400mf", "swin_t"]


@pytest.mark.parametrize("name", FAMILIES)
def test_maps_have_the_stated_channels_and_strides(name: str) -> None:
    body = make_body(name).eval()
    with torch.no_grad():
        maps = body(torch.zeros(2, 3, 64, 96))

    assert {stride: tuple(one.shape) for stride, one in maps.items()} == {
        stride: (2, body.maps[stride].channels, 64 // stride, 96 // stride) for stride in STRIDES
    }


def test_the_map_of_a_stride_is_the_last_before_the_next_stride() -> None:
    maps = make_body("resnet18").maps

    assert [maps[stride].module for stride in STRIDES] == ["layer1", "layer2", "layer3", "layer4"]


def test_channels_behind_height_and_width_are_noticed() -> None:
    maps = make_body("swin_t").maps

    assert [maps[stride].channels_last for stride in STRIDES] == [True, True, True, False]


def test_the_classifying_end_is_left_out() -> None:
    names = make_body("resnet18").state_dict()

    assert not [name for name in names if "fc" in name]


def test_the_tiny_body_is_small() -> None:
    assert sum(weights.numel() for weights in make_body("tiny_resnet").parameters()) < 300_000


@pytest.mark.parametrize("name", ["squeezenet1_1"])
def test_a_body_without_such_maps_is_refused(name: str) -> None:
    with pytest.raises(TrainingError, match="no feature map at stride"):
        make_body(name)


def test_an_unknown_backbone_is_refused_with_names_that_exist() -> None:
    with pytest.raises(TrainingError, match=r"no backbone 'resnet19'.*resnet18"):
        make_body("resnet19")


def test_the_tiny_body_has_no_pretrained_weights() -> None:
    with pytest.raises(TrainingError, match="no pretrained weights"):
        make_body("tiny_resnet", pretrained="imagenet")


def test_weights_that_cannot_be_downloaded_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("torchvision.models.get_model", fail)

    with pytest.raises(TrainingError, match=r"cannot be downloaded \(no route to host\)"):
        make_body("resnet18", pretrained="imagenet")
