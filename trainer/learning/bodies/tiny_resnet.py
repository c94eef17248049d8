"""The smallest body, for learning from scratch on a CPU."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock


class TinyResNet(nn.Module):
    """A quarter of a million weights in torchvision's residual blocks."""

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
