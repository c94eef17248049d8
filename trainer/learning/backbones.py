"""Feature maps at strides 4, 8, 16 and 32 from any torchvision classifier that has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.feature_extraction import create_feature_extractor
from torchvision.models.resnet import BasicBlock

from trainer.records.errors import TrainingError

STRIDES = (4, 8, 16, 32)
TINY_RESNET = "tiny_resnet"
# Sides that differ at every stride tell height from width, and both from a number of channels.
_TRIAL_HEIGHT, _TRIAL_WIDTH = 96, 160


@dataclass(frozen=True, slots=True)
class FeatureMap:
    """Where a body yields a map of one stride.

    Attributes:
        module: Dotted name of the module whose output it is.
        channels: How many numbers each place has.
        channels_last: The module keeps channels behind height and width, as Swin does.
    """

    module: str
    channels: int
    channels_last: bool


class Body(nn.Module):
    """A classifier without its classifying end: pictures in, one map a stride out.

    Args:
        network: The classifier.
        maps: Its map at each stride, from `find_feature_maps`.
    """

    def __init__(self, network: nn.Module, maps: dict[int, FeatureMap]) -> None:
        super().__init__()
        self.maps = maps
        self.layers = create_feature_extractor(network, {found.module: str(stride) for stride, found in maps.items()})

    def forward(self, pictures: Tensor) -> dict[int, Tensor]:
        """Maps float[n, channels, h / stride, w / stride] of float[n, 3, h, w]; h and w are multiples of 32."""
        outputs = self.layers(pictures)
        return {
            stride: outputs[str(stride)].permute(0, 3, 1, 2) if found.channels_last else outputs[str(stride)]
            for stride, found in self.maps.items()
        }


def make_body(name: str, *, pretrained: str = "none") -> Body:
    """A body with maps at strides 4, 8, 16 and 32.

    Args:
        name: ``tiny_resnet``, or a classifier of `torchvision.models.list_models`.
        pretrained: ``none``, or ``imagenet`` for torchvision's best ImageNet weights.

    Raises:
        TrainingError: If there is no such classifier, it has no map at one of the strides (ViT), or its weights
            cannot be had.
    """
    network = _make_classifier(name, pretrained)
    maps = find_feature_maps(network)
    missing = [str(stride) for stride in STRIDES if stride not in maps]
    if missing:
        raise TrainingError(
            f"Backbone {name!r} yields no feature map at stride {', '.join(missing)}, which this detector needs. "
            "ResNet, MobileNet, EfficientNet, RegNet, DenseNet, ConvNeXt and Swin do."
        )
    return Body(network, maps)


def find_feature_maps(network: nn.Module) -> dict[int, FeatureMap]:
    """The least nested module, and of those the last, whose output has each of the strides, by one trial run."""
    found: dict[int, FeatureMap] = {}

    def watch(name: str) -> Any:
        def note(module: nn.Module, inputs: Any, output: Any) -> None:
            for stride, place in _read_shape(output):
                before = found.get(stride)
                if before is None or name.count(".") <= before.module.count("."):
                    found[stride] = FeatureMap(name, *place)

        return note

    hooks = [module.register_forward_hook(watch(name)) for name, module in network.named_modules() if name]
    training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, _TRIAL_HEIGHT, _TRIAL_WIDTH))
    except (RuntimeError, AssertionError, ValueError):
        found.clear()  # it takes pictures of one size only
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return {stride: found[stride] for stride in STRIDES if stride in found}


def _read_shape(output: Any) -> list[tuple[int, tuple[int, bool]]]:
    """The stride of an output with its channels and whether they come last; nothing where it is no map."""
    if not isinstance(output, Tensor) or output.ndim != 4:
        return []
    sizes = {(_TRIAL_HEIGHT // stride, _TRIAL_WIDTH // stride): stride for stride in STRIDES}
    first = sizes.get((output.shape[2], output.shape[3]))
    last = sizes.get((output.shape[1], output.shape[2]))
    if first:
        return [(first, (output.shape[1], False))]
    return [(last, (output.shape[3], True))] if last else []


def _make_classifier(name: str, pretrained: str) -> nn.Module:
    if name == TINY_RESNET:
        if pretrained != "none":
            raise TrainingError(
                "tiny_resnet has no pretrained weights; choose a torchvision backbone, or pretrained none."
            )
        return TinyResNet()
    if name not in torchvision.models.list_models(module=torchvision.models):
        raise TrainingError(
            f"There is no backbone {name!r}. There are tiny_resnet and torchvision's classifiers, such as resnet18, "
            "mobilenet_v3_small, efficientnet_b0, regnet_y_400mf, convnext_tiny and swin_t."
        )
    try:
        return torchvision.models.get_model(name, weights="DEFAULT" if pretrained == "imagenet" else None)
    except OSError as error:
        raise TrainingError(
            f"ImageNet weights of {name!r} are not here and cannot be downloaded ({error}). "
            "Train with pretrained none, or put them into torch's cache (TORCH_HOME)."
        ) from error


class TinyResNet(nn.Module):
    """A quarter of a million weights in torchvision's residual blocks, for learning from scratch on a CPU."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_convolve(3, 16, stride=2), _convolve(16, 16), nn.MaxPool2d(3, 2, 1))
        self.stride4 = _reduce(16, 32, stride=1)
        self.stride8 = _reduce(32, 48, stride=2)
        self.stride16 = _reduce(48, 48, stride=2)
        self.stride32 = _reduce(48, 96, stride=2)

    def forward(self, pictures: Tensor) -> Tensor:
        """The deepest map, float[n, 96, h / 32, w / 32]."""
        deepest: Tensor = self.stride32(self.stride16(self.stride8(self.stride4(self.stem(pictures)))))
        return deepest


def _convolve(before: int, after: int, *, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 3, stride, 1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


def _reduce(before: int, after: int, *, stride: int) -> BasicBlock:
    shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
    return BasicBlock(before, after, stride, shortcut)
