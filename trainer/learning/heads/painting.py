"""The painting head: of every place, which feature covers it, or nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.learning.canvas import NOT_LEARNED
from trainer.learning.heads.dice import dice_loss
from trainer.learning.heads.fusion import FUSED_CHANNELS, in_full, refine


class PaintingHead(nn.Module):
    """Logits of nothing and of each painted feature.

    Args:
        features: Number of features that are painted.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.paint = nn.Sequential(refine(), nn.Conv2d(FUSED_CHANNELS, features + 1, 1))

    def forward(self, fused: Tensor) -> Tensor:
        """float[n, 1 + features, h, w] logits, of the same height and width as float[n, 64, h, w]."""
        refine_paint, paint = self.paint
        return in_full(paint, refine_paint(fused))


def painting_loss(logits: Tensor, painted: Sequence[Tensor]) -> Tensor:
    """Cross entropy of the pixels that are learned from, plus dice loss of the features that the batch shows.

    Args:
        logits: float[n, 1 + features, h, w], coarser than the canvas.
        painted: For each of n canvases int64 of the canvas's size, as in `CanvasTruth`.
    """
    truth = torch.stack(list(painted))
    fine = _enlarge(logits, (truth.shape[1], truth.shape[2]))
    learned = truth != NOT_LEARNED
    entropy = F.cross_entropy(fine, truth, ignore_index=NOT_LEARNED, reduction="sum") / learned.sum().clamp(min=1)
    said = (fine.softmax(dim=1) * learned[:, None]).transpose(0, 1).flatten(1)
    numbers = torch.arange(logits.shape[1], device=truth.device)[:, None]
    drawn = truth.flatten()[None] == numbers
    shown = drawn.any(dim=1) & (numbers[:, 0] > 0)
    return entropy + (dice_loss(said, drawn.to(said)) * shown).sum() / shown.sum().clamp(min=1)


def find_painted(logits: Tensor, *, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """What covers each pixel of one canvas, the most probable first of those that are equal.

    Args:
        logits: float[1 + features, h, w].
        size: Height and width of the canvas.

    Returns:
        int64[height, width] as `CanvasTruth.painted`, and float64[features]: the mean probability of each feature over
        the pixels it covers, NaN where it covers none.
    """
    probability, painted = _enlarge(logits[None], size)[0].softmax(dim=0).max(dim=0)
    features = len(logits) - 1
    flat = painted.flatten()
    sums = torch.zeros(features + 1, dtype=torch.float64).index_add(0, flat.cpu(), probability.double().flatten().cpu())
    counts = torch.bincount(flat.cpu(), minlength=features + 1)
    means = torch.where(counts > 0, sums / counts.clamp(min=1), torch.nan)
    return painted.cpu().numpy(), means[1:].numpy()


def _enlarge(logits: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(logits.float(), size, mode="bilinear", align_corners=False)
