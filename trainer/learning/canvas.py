"""What lies on a canvas, as a network learns it and as it says it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

NOT_LEARNED = 255
"""In a painted map: whatever is here neither counts nor is wrong."""


def send(values: Tensor, device: torch.device) -> Tensor:
    """The same values on another device; a GPU is not waited for, as it would be for every small tensor."""
    return values.to(device, non_blocking=device.type == "cuda")


@dataclass(frozen=True, slots=True)
class CanvasObjects:
    """The objects of one canvas.

    Attributes:
        corners: float[m, 4] left, top, right, bottom in canvas pixels.
        feature: int64[m] position among the design's `found_features`.
        ignored: bool[m]: crowds and such; places inside them are not learned from.
        masks: bool[m, h, w] over the canvas; None where outlines are not learned.
    """

    corners: Tensor
    feature: Tensor
    ignored: Tensor
    masks: Tensor | None = None

    def to(self, device: torch.device) -> CanvasObjects:
        """The same objects on another device."""
        masks = None if self.masks is None else send(self.masks, device)
        return CanvasObjects(send(self.corners, device), send(self.feature, device), send(self.ignored, device), masks)


@dataclass(frozen=True, slots=True)
class CanvasTruth:
    """What a network should say about one canvas; None for what it is not asked.

    Attributes:
        objects: The objects on it.
        painted: int64[h, w] over the canvas: 0 for nothing, i + 1 for the i-th of the design's `painted_features`,
            `NOT_LEARNED` where nothing is to be learned, as on the padding.
        answers: float[features]: 1 for every feature that holds, 0 for the others; NaN where it is not known.
    """

    objects: CanvasObjects | None = None
    painted: Tensor | None = None
    answers: Tensor | None = None

    def to(self, device: torch.device) -> CanvasTruth:
        """The same on another device."""
        return CanvasTruth(
            None if self.objects is None else self.objects.to(device),
            None if self.painted is None else send(self.painted, device),
            None if self.answers is None else send(self.answers, device),
        )


@dataclass(frozen=True, slots=True)
class CanvasFound:
    """What a network said about one canvas; None for what it was not asked.

    Attributes:
        corners: float64[m, 4] left, top, right, bottom in canvas pixels, the surest object first.
        feature: int64[m] position among the design's `found_features`.
        confidence: float64[m] in [0, 1].
        masks: bool[m, h, w] over the canvas.
        painted: int64[h, w] over the canvas, as in `CanvasTruth`.
        painted_confidence: float64[painted features]: mean probability of each over the pixels that it painted; NaN
            where it painted none.
        answers: float64[features] probability of each.
    """

    corners: np.ndarray | None = None
    feature: np.ndarray | None = None
    confidence: np.ndarray | None = None
    masks: np.ndarray | None = None
    painted: np.ndarray | None = None
    painted_confidence: np.ndarray | None = None
    answers: np.ndarray | None = None
