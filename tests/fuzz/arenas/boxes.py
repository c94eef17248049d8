"""Boxes: on grids, on ladders of IoU, of no size, on COCO's limits, and far too large or small."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

import metrics

from ..arena import BOXES_AND_MASKS, COCO_SUMMARY, Arena, Entry, flags_of
from ..draw import Chance, columns, confidences, flags, sizes, stated_areas
from ..reference import ask_pycocotools
from ..scene import SIDES, Scene
from ..shrink import rounded_numbers


def make(chance: Chance) -> Scene:
    """Truth and predictions by one of the ways to draw boxes."""
    rows, features, t, p = sizes(chance)
    drawn = _FLAVOURS[chance.integers(0, len(_FLAVOURS))](chance, t + p)
    if chance.random() < 0.1:
        drawn[:, 2:] *= chance.random((t + p, 2)) < 0.8  # no width, no height, neither
    box = drawn.tolist()
    truth = columns(chance, t, rows, features) | {"box": box[:t]}
    truth |= {
        "area": stated_areas(chance, drawn[:t, 2] * drawn[:t, 3]),
        "crowd": flags(chance, t),
        "ignored": flags(chance, t, (0, 0, 0, 0.3)),
    }
    found = columns(chance, p, rows, features) | {"box": box[t:], "confidence": confidences(chance, p)}
    return Scene(rows, features, truth, found, {})


def _grid(chance: Chance, n: int) -> np.ndarray:
    unit = chance.choice([1, 8, 16, 32, 48])
    return np.concatenate([chance.integers(0, 4, (n, 2)), chance.integers(1, 4, (n, 2))], axis=1) * float(unit)


def _ladder(chance: Chance, n: int) -> np.ndarray:
    """One corner and widths of k twentieths: IoU exactly on the steps of COCO, but for rounding."""
    unit = chance.choice([1.0, 0.1, 3.2, 7.0, 1 / 3])
    wide = chance.integers(9, 21, (n, 1)) * unit
    return np.concatenate([np.full((n, 2), chance.choice([0.0, 0.1, 1e3])), wide, np.full((n, 1), 20 * unit)], axis=1)


def _jitter(chance: Chance, n: int) -> np.ndarray:
    """Few places, each a little shaken."""
    places = np.concatenate([chance.random((3, 2)) * 300, np.exp(chance.normal(3.5, 1, (3, 2)))], axis=1)
    return np.abs(places[chance.integers(0, 3, n)] * (1 + chance.normal(0, 0.08, (n, 4))))


def _limits(chance: Chance, n: int) -> np.ndarray:
    """Areas of exactly 32 x 32, 96 x 96 and the largest that counts, and close to them."""
    shapes = np.array([[32, 32], [16, 64], [96, 96], [64, 144], [1e5, 1e5], [0.1, 10240.0], [1e-5, 1e15]])
    size = shapes[chance.integers(0, len(shapes), n)]
    size = np.where(chance.random((n, 2)) < 0.2, np.nextafter(size, chance.choice([0.0, 1e300])), size)
    return np.concatenate([chance.integers(0, 2, (n, 2)) * 8.0, size], axis=1)


def _extremes(chance: Chance, n: int) -> np.ndarray:
    """Far away, huge and tiny, where little is left of a difference."""
    scale = 10.0 ** chance.integers(-12, 13)
    away = chance.choice([0.0, -1.0, 1e8, -1e12, 2.0**53])
    box = chance.integers(1, 4, (n, 4)) * scale
    box[:, :2] += away
    return box


_FLAVOURS: Final = (_grid, _grid, _ladder, _jitter, _limits, _extremes)


def shapes(scene: Scene) -> tuple[metrics.Boxes, metrics.Boxes]:
    """Both sides as tables."""
    truth, found = scene.truth, scene.predictions
    return (
        metrics.Boxes.from_sizes(truth["row"], truth["feature"], truth["box"], **flags_of(scene)),
        metrics.Boxes.from_sizes(found["row"], found["feature"], found["box"], confidence=found["confidence"]),
    )


def _truth_entry(scene: Scene, i: int) -> Entry:
    return {"bbox": scene.truth["box"][i]}


def _prediction_entry(scene: Scene, i: int) -> Entry:
    box = scene.predictions["box"][i]
    return {"bbox": box, "area": box[2] * box[3]}


def simpler(scene: Scene) -> Iterator[Scene]:
    """Boxes moved to the corner, rounded, and of the stated area."""
    for side in SIDES:
        boxes = getattr(scene, side)["box"]
        for i, box in enumerate(boxes):
            for other in _simpler_box(box):
                yield scene.with_column(side, "box", [*boxes[:i], other, *boxes[i + 1 :]])
    yield scene.with_column("truth", "area", [box[2] * box[3] for box in scene.truth["box"]])


def _simpler_box(box: list[float]) -> Iterator[list[float]]:
    yield [0.0, 0.0, box[2], box[3]]
    for place, value in enumerate(box):
        for other in rounded_numbers(value):
            yield [*box[:place], abs(other) if place > 1 else other, *box[place + 1 :]]


ARENA: Final = Arena(
    name="boxes",
    kind="bbox",
    ask=ask_pycocotools,
    make=make,
    shapes=shapes,
    summarize=COCO_SUMMARY,
    layout=BOXES_AND_MASKS,
    truth_entry=_truth_entry,
    prediction_entry=_prediction_entry,
    simpler=simpler,
)
