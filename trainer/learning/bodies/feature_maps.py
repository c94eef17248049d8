"""Which modules of a classifier yield its maps at strides 4, 8, 16 and 32: found by one trial run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

STRIDES = (4, 8, 16, 32)
DEEPEST = 32


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
    channels_last: bool = False


def find_feature_maps(network: nn.Module, *, trial: tuple[int, int] = (96, 160)) -> dict[int, FeatureMap]:
    """The least nested module, and of those the last, whose output has each of the strides; none where it has none.

    Args:
        network: The classifier.
        trial: Height and width of the picture that is run through it. They differ, so that height is told from width.
    """
    found: dict[int, FeatureMap] = {}

    def watch(name: str) -> Any:
        def note(module: nn.Module, inputs: Any, output: Any) -> None:
            for stride, channels, last in _read_shape(output, trial):
                before = found.get(stride)
                if before is None or name.count(".") <= before.module.count("."):
                    found[stride] = FeatureMap(name, channels, last)

        return note

    hooks = [module.register_forward_hook(watch(name)) for name, module in network.named_modules() if name]
    training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, *trial))
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return {stride: found[stride] for stride in STRIDES if stride in found}


def _read_shape(output: Any, trial: tuple[int, int]) -> list[tuple[int, int, bool]]:
    """The stride of an output, its channels, and whether they come last; nothing where it is no map."""
    if not isinstance(output, Tensor) or output.ndim != 4:
        return []
    sizes = {(trial[0] // stride, trial[1] // stride): stride for stride in STRIDES}
    first = sizes.get((output.shape[2], output.shape[3]))
    last = sizes.get((output.shape[1], output.shape[2]))
    if first:
        return [(first, output.shape[1], False)]
    return [(last, output.shape[3], True)] if last else []
