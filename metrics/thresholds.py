"""Which thresholds have an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from metrics.errors import MetricsError, ThresholdError

ALMOST_ONE: Final = 1 - 1e-10
"""What stands for an IoU of 1: boxes that are equal but for rounding still count as equal, as in pycocotools."""


def check_iou(min_iou: float, *, lowest: float) -> float:
    """The IoU that a claim must reach for the threshold `min_iou`.

    Raises:
        ThresholdError: If it lies outside [lowest, 1].
    """
    if not lowest <= min_iou <= 1:
        raise ThresholdError(
            f"min_iou is {min_iou}, but only IoU from {lowest} to 1 can be asked for: pairs that overlap less were "
            "not kept. For smaller thresholds: find_overlaps(..., min_overlap=...).",
            value=min_iou,
            lowest=lowest,
            highest=1.0,
        )
    return min(float(min_iou), ALMOST_ONE)


def check_choice(name: str, given: object, known: Sequence[str]) -> None:
    """A setting is one of those that there are.

    Raises:
        MetricsError: If it is not.
    """
    if given not in known:
        raise MetricsError(f"There is no {name} {given!r}; there are {', '.join(map(repr, known))}.")


def check_most(max_detections: float) -> None:
    """How many of the surest predictions are looked at.

    Raises:
        ThresholdError: If it is no whole number from 1 on.
    """
    if not 1 <= max_detections < np.inf or max_detections != int(max_detections):
        raise ThresholdError(
            f"max_detections is {max_detections}; it must be a whole number from 1 on.",
            value=max_detections,
            lowest=1.0,
            highest=np.inf,
        )


def check_overlap(min_overlap: float) -> float:
    """The smallest IoU that pairs are kept for.

    Raises:
        ThresholdError: If it does not lie above 0 and at or below 1.
    """
    if not 0 < min_overlap <= 1:
        raise ThresholdError(
            f"min_overlap is {min_overlap}; it must lie above 0 and at or below 1, because boxes that do not touch "
            "are never paired.",
            value=min_overlap,
            lowest=0.0,
            highest=1.0,
        )
    return float(min_overlap)


def check_confidence(min_confidence: float) -> float:
    """The confidence from which on predictions take part.

    Raises:
        ThresholdError: If it lies outside [0, 1].
    """
    if not 0 <= min_confidence <= 1:
        raise ThresholdError(
            f"min_confidence is {min_confidence}; confidences lie in [0, 1].",
            value=min_confidence,
            lowest=0.0,
            highest=1.0,
        )
    return float(min_confidence)
