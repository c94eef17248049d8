"""The list of backbones is what torchvision offers, and is had without torch."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict

import torchvision

from trainer.learning.families import FAMILIES, PRETRAINED, WITHOUT_IMAGENET, find_family, list_backbones, list_weights

MODULES = {
    "ResNet": ["resnet"],
    "MobileNet": ["mobilenetv2", "mobilenetv3"],
    "EfficientNet": ["efficientnet"],
    "ViT": ["vision_transformer"],
    "Swin": ["swin_transformer"],
    "ConvNeXt": ["convnext"],
    "RegNet": ["regnet"],
    "DenseNet": ["densenet"],
    "MaxViT": ["maxvit"],
    "VGG": ["vgg"],
}


def test_every_classifier_of_these_families_is_named_and_no_other() -> None:
    offered = defaultdict(set)
    for name in torchvision.models.list_models(module=torchvision.models):
        offered[torchvision.models.get_model_builder(name).__module__.rpartition(".")[2]].add(name)
    expected = {family: set().union(*(offered[module] for module in modules)) for family, modules in MODULES.items()}

    assert {family: set(names) for family, names in FAMILIES.items()} == {**expected, "tiny ResNet": {"tiny_resnet"}}


def test_a_backbone_is_of_one_family() -> None:
    assert len(set(list_backbones())) == len(list_backbones())
    assert find_family("vgg11_bn") == "VGG"
    assert find_family("alexnet") is None


def test_weights_under_a_licence_of_their_own_are_not_offered() -> None:
    licensed = {
        name
        for name in list_backbones()
        if name != "tiny_resnet" and "license" in torchvision.models.get_model_weights(name).DEFAULT.meta
    }

    assert licensed | {"tiny_resnet"} == WITHOUT_IMAGENET
    assert list_weights("vit_h_14") == ("none",)
    assert list_weights("resnet101") == PRETRAINED


def test_the_list_is_had_without_torch() -> None:
    code = "import sys, trainer.learning.families; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
