"""What one kind of shape must tell, so that its scenes can be made, measured, compared and shrunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import metrics

from .scene import Scene

Entry = dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """Where pycocotools keeps each number, as places in its arrays.

    Attributes:
        ap: Column name to the place of its area range, mean over IoU.
        ap_at: Column name to the place of its IoU, for all areas.
        recall: Name of the column of recall, for all areas.
        most: How many of the surest of a row and feature are looked at.
    """

    ap: dict[str, int]
    ap_at: dict[str, int]
    recall: str
    most: int


@dataclass(frozen=True)
class Arena:
    """One kind of shape.

    Attributes:
        name: By which it is chosen.
        kind: What pycocotools calls it.
        make: A random scene.
        shapes: Truth and predictions as `find_overlaps` takes them.
        summarize: The numbers to compare.
        layout: Where pycocotools keeps them.
        truth_entry: What pycocotools must know of one truth, beside what all have.
        prediction_entry: What it must know of one prediction, its area included.
        simpler: Values that may say the same, for shrinking.
    """

    name: str
    kind: str
    make: Callable[[np.random.Generator], Scene]
    shapes: Callable[[Scene], tuple[Any, Any]]
    summarize: Callable[[metrics.Overlaps], Any]
    layout: Layout
    truth_entry: Callable[[Scene, int], Entry]
    prediction_entry: Callable[[Scene, int], Entry]
    simpler: Callable[[Scene], Iterator[Scene]]

    def overlaps(self, scene: Scene) -> metrics.Overlaps:
        """Which of them overlap."""
        truth, predictions = self.shapes(scene)
        return metrics.find_overlaps(truth, predictions, rows=scene.rows, features=scene.features)


def flags_of(scene: Scene) -> dict[str, Any]:
    """The columns that only truth has, as every kind of shape takes them."""
    return {name: scene.truth[name] for name in ("area", "crowd", "ignored")}


BOXES_AND_MASKS = Layout(
    ap={"ap": 0, "ap_small": 1, "ap_medium": 2, "ap_large": 3}, ap_at={"ap50": 0, "ap75": 5}, recall="ar100", most=100
)
