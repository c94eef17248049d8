"""What one kind of shape must tell, so that its scenes can be made, measured, compared and shrunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

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
        most: How many of the surest of a row and feature are looked at; None where it is not a matter of these.
    """

    ap: dict[str, int]
    ap_at: dict[str, int]
    recall: str
    most: int | None


@dataclass(frozen=True)
class Summarize:
    """How the numbers of a scene are asked for.

    Attributes:
        call: Asks.
        code: The same as a test writes it, with `overlaps` as its variable.
    """

    call: Callable[[Scene, metrics.Overlaps], Any]
    code: Callable[[Scene], str]


@dataclass(frozen=True)
class Arena:
    """One kind of shape.

    Attributes:
        name: By which it is chosen.
        kind: What pycocotools calls it.
        ask: The reference: what it says about a scene, as a `reference.Answer`.
        make: A random scene.
        shapes: Truth and predictions as `find_overlaps` takes them.
        summarize: The numbers to compare, and how a test would write it.
        layout: Where pycocotools keeps them.
        truth_entry: What pycocotools must know of one truth, beside what all have.
        prediction_entry: What it must know of one prediction, its area included.
        simpler: Values that may say the same, for shrinking.
    """

    name: str
    kind: str
    ask: Callable[[Any, Scene], Any]
    make: Callable[[np.random.Generator], Scene]
    shapes: Callable[[Scene], tuple[Any, Any]]
    summarize: Summarize
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


COCO_SUMMARY: Final = Summarize(
    lambda _, overlaps: metrics.coco_summary(overlaps), lambda _: "metrics.coco_summary(overlaps)"
)
BOXES_AND_MASKS: Final = Layout(
    ap={"ap": 0, "ap_small": 1, "ap_medium": 2, "ap_large": 3}, ap_at={"ap50": 0, "ap75": 5}, recall="ar100", most=100
)
