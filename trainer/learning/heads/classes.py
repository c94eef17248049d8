"""The answering head: what holds of a whole picture."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_DROPPED = 0.2


class ClassHead(nn.Module):
    """Logits of each feature from the mean over the deepest map.

    Args:
        channels: Of the deepest map.
        features: Number of features.
    """

    def __init__(self, channels: int, *, features: int) -> None:
        super().__init__()
        self.answer = nn.Sequential(nn.Dropout(_DROPPED), nn.Linear(channels, features))

    def forward(self, deepest: Tensor) -> Tensor:
        """float[n, features] logits of float[n, channels, h, w]."""
        logits: Tensor = self.answer(deepest.mean(dim=(2, 3)))
        return logits.float()


def class_loss(logits: Tensor, answers: Sequence[Tensor], *, several: bool) -> Tensor:
    """Cross entropy of the answers, the mean over those that are known.

    Args:
        logits: float[n, features].
        answers: For each of n canvases float[features], as in `CanvasTruth`.
        several: Each feature is a question of its own, and counts where it is known. Otherwise exactly one holds, and
            a canvas counts where all are known and one of them holds.
    """
    truth = torch.stack(list(answers)).to(logits)
    known = ~truth.isnan()
    truth = truth.nan_to_num()
    if several:
        losses = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
        return (losses * known).sum() / known.sum().clamp(min=1)
    counted = known.all(dim=1) & (truth.sum(dim=1) > 0)
    losses = F.cross_entropy(logits, truth, reduction="none")
    return (losses * counted).sum() / counted.sum().clamp(min=1)


def find_answers(logits: Tensor, *, several: bool) -> Tensor:
    """float64[n, features] in [0, 1]: the probability of each; they sum to 1 where exactly one holds."""
    wide = logits.double()
    return wide.sigmoid() if several else wide.softmax(dim=1)
