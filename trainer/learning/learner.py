"""A network that is being trained, one step at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from trainer.learning.canvas import CanvasTruth
from trainer.learning.distributed import share_out
from trainer.learning.settings import TrainingSettings

LONGEST_GRADIENT = 5.0
State = dict[str, Tensor]


class Learner:
    """A network with its optimiser and, where asked for, the running mean of its weights.

    Args:
        network: It is changed by every step.
        settings: Learning rate, warm-up, weight decay, running mean and arithmetic.
        device: Where it computes.
        steps: How many steps there are in all, for the pace.
    """

    def __init__(self, network: nn.Module, settings: TrainingSettings, *, device: torch.device, steps: int) -> None:
        self.network = network.to(device).to(memory_format=torch.channels_last).train()
        self.shared = share_out(self.network, device)
        self.settings, self.device, self.steps, self.step = settings, device, steps, 0
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self.mean = RunningMean(self.network, settings.ema) if settings.ema else None
        self.mixed = uses_bf16(settings.mixed_precision, device)

    def learn(self, pictures: Tensor, truths: Sequence[CanvasTruth]) -> Tensor:
        """Change the weights by one batch; its loss, still on the device."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * pace(self.step, self.steps, warm_up=self.settings.warm_up)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed):
            losses = self.shared(pictures, truths)
        loss: Tensor = torch.stack(list(losses.values())).sum()
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        self.optimiser.step()
        self.step += 1
        if self.mean:
            self.mean.follow(self.network, self.step)
        return loss.detach()

    def weights(self) -> State:
        """The weights worth keeping: their running mean where there is one."""
        return self.mean.state if self.mean else self.network.state_dict()

    @contextmanager
    def mean_taken(self) -> Iterator[None]:
        """Inside, the network has the weights worth keeping; afterwards those that are trained further."""
        if not self.mean:
            yield
            return
        before = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.mean.state)
        try:
            yield
        finally:
            self.network.load_state_dict(before)

    def state(self) -> dict[str, Any]:
        """Everything that a training needs to go on, in types that torch loads without running code."""
        return {
            "network": self.network.state_dict(),
            "mean": self.mean.state if self.mean else None,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]
        if self.mean:
            self.mean.state = {name: value.to(self.device) for name, value in state["mean"].items()}


class RunningMean:
    """Mean of a network's weights over the last steps, older ones counting less and less.

    Args:
        network: Where it starts.
        decay: Share that is kept at each step; less in the first steps, so that it does not cling to the start.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.state: State = {name: value.detach().clone() for name, value in network.state_dict().items()}

    def follow(self, network: nn.Module, step: int) -> None:
        """Take in the weights after a step, counted from 1. What is no fraction, such as a count, is copied."""
        kept = min(self.decay, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1 - kept)
            else:
                self.state[name].copy_(value)


def pace(step: int, steps: int, *, warm_up: int) -> float:
    """Share of the learning rate at a step: a short climb, then half a cosine down to zero.

    Example:
        >>> [round(pace(step, 4, warm_up=2), 3) for step in range(5)]
        [0.5, 0.854, 0.5, 0.146, 0.0]
    """
    return min(1.0, (step + 1) / max(warm_up, 1)) * (1 + math.cos(math.pi * step / steps)) / 2


def uses_bf16(setting: str, device: torch.device) -> bool:
    """Whether a network is trained in 16 bits: ``auto`` does so on GPUs that can."""
    if setting != "auto":
        return setting == "bf16"
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
