"""How far two drawings are from covering each other."""

from __future__ import annotations

from torch import Tensor


def dice_loss(said: Tensor, truth: Tensor) -> Tensor:
    """float[m] in [0, 1]: 0 where what is said covers the truth exactly, and where neither draws anything.

    Args:
        said: float[m, places] probability of each place.
        truth: float[m, places] in [0, 1].

    Source:
        Milletari et al. 2016 (arXiv:1606.04797), with one place added to each side for drawings that are empty.
    """
    shared = (said * truth).sum(dim=1)
    # Squares, so that a truth that covers places in part can be met exactly.
    return 1 - (2 * shared + 1) / (said.square().sum(dim=1) + truth.square().sum(dim=1) + 1)
