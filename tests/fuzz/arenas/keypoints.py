"""Keypoints: few places a little shaken, any number of points, unseen ones, objects of no size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

import metrics

from ..arena import Arena, Entry, Layout, Summarize, flags_of
from ..draw import Chance, columns, confidences, flags, sizes, stated_areas
from ..reference import ask_pycocotools
from ..scene import SIDES, Scene
from ..shrink import rounded_numbers

LAYOUT: Final = Layout(ap={"ap": 0, "ap_medium": 1, "ap_large": 2}, ap_at={"ap50": 0, "ap75": 5}, recall="ar", most=20)


def make(chance: Chance) -> Scene:
    """Truth and predictions with the same number of points."""
    rows, features, t, p = sizes(chance)
    sigmas = _sigmas(chance)
    drawn = _points(chance, t + p, len(sigmas))
    box = _boxes(chance, drawn[:t])
    truth = columns(chance, t, rows, features) | {
        "points": drawn[:t].reshape(t, 3 * len(sigmas)).tolist(),
        "box": box.tolist(),
        "area": stated_areas(chance, box[:, 2] * box[:, 3]),
        "crowd": flags(chance, t, (0, 0, 0.2)),
        "ignored": flags(chance, t, (0, 0, 0.3)),
    }
    found = columns(chance, p, rows, features) | {
        "points": drawn[t:].reshape(p, 3 * len(sigmas)).tolist(),
        "confidence": confidences(chance, p),
    }
    return Scene(rows, features, truth, found, {"sigmas": sigmas})


def _sigmas(chance: Chance) -> list[float]:
    if chance.random() < 0.5:
        return list(metrics.COCO_SIGMAS)
    return (chance.integers(1, 5, int(chance.choice([1, 2, 3, 7, 8, 9, 16, 20]))) / 20).tolist()


def _points(chance: Chance, n: int, k: int) -> np.ndarray:
    """float64[n, k, 3]: one of few poses at one of few places, on a grid or anywhere."""
    unit = float(chance.choice([0, 1, 8, 32, 100, 0.1, 1e6]))
    poses = chance.integers(0, 4, (2, k, 2)) * unit
    places = chance.integers(0, 3, (n, 1, 2)) * unit * chance.choice([0, 0.25, 3])
    shake = chance.choice([0, 0.05, 0.3]) * unit * chance.choice([-1, 0, 0, 1], (n, k, 2))
    if chance.random() < 0.5:
        shake = shake * chance.random((n, k, 2))
    visible = (chance.random((n, k, 1)) < chance.choice([0.3, 0.9, 1])) * chance.integers(1, 3, (n, k, 1))
    visible *= chance.random((n, 1, 1)) < 0.9
    return np.concatenate([poses[chance.integers(0, 2, n)] + places + shake, visible], axis=2)


def _boxes(chance: Chance, points: np.ndarray) -> np.ndarray:
    """Around all points, with some room."""
    low, high = points[:, :, :2].min(axis=1), points[:, :, :2].max(axis=1)
    room = chance.choice([0, 1, 8])
    return np.concatenate([low - room, high - low + 2 * room], axis=1)


def shapes(scene: Scene) -> tuple[metrics.Keypoints, metrics.Keypoints]:
    """Both sides as tables."""
    truth, found, sigmas = scene.truth, scene.predictions, scene.setting["sigmas"]
    return (
        metrics.Keypoints.from_points(
            truth["row"], truth["feature"], truth["points"], sigmas=sigmas, box=truth["box"], **flags_of(scene)
        ),
        metrics.Keypoints.from_points(
            found["row"], found["feature"], found["points"], sigmas=sigmas, confidence=found["confidence"]
        ),
    )


def _truth_entry(scene: Scene, i: int) -> Entry:
    points = scene.truth["points"][i]
    return {
        "keypoints": points,
        "num_keypoints": sum(visible > 0 for visible in points[2::3]),
        "bbox": scene.truth["box"][i],
    }


def _prediction_entry(scene: Scene, i: int) -> Entry:
    points = scene.predictions["points"][i]
    x, y = points[0::3], points[1::3]
    return {"keypoints": points, "area": (max(x) - min(x)) * (max(y) - min(y))}


def simpler(scene: Scene) -> Iterator[Scene]:
    """Fewer points, and round ones."""
    for k in range(len(scene.setting["sigmas"]) if len(scene.setting["sigmas"]) > 1 else 0):
        yield _without_point(scene, k)
    yield replace(scene, setting={"sigmas": [0.1] * len(scene.setting["sigmas"])})
    for side, name in (("truth", "points"), ("predictions", "points"), ("truth", "box")):
        table = getattr(scene, side)[name]
        for i, numbers in enumerate(table):
            for place, value in enumerate(numbers):
                for other in rounded_numbers(value):
                    changed = [
                        *numbers[:place],
                        abs(other) if name == "box" and place > 1 else other,
                        *numbers[place + 1 :],
                    ]
                    yield scene.with_column(side, name, [*table[:i], changed, *table[i + 1 :]])


def _without_point(scene: Scene, k: int) -> Scene:
    def left(numbers: list[Any], wide: int) -> list[Any]:
        return [*numbers[: k * wide], *numbers[(k + 1) * wide :]]

    for side in SIDES:
        points = [left(each, 3) for each in getattr(scene, side)["points"]]
        scene = scene.with_column(side, "points", points)
    return replace(scene, setting={"sigmas": left(scene.setting["sigmas"], 1)})


ARENA: Final = Arena(
    name="keypoints",
    kind="keypoints",
    ask=ask_pycocotools,
    make=make,
    shapes=shapes,
    summarize=Summarize(
        lambda _, overlaps: metrics.coco_keypoint_summary(overlaps),
        lambda _: "metrics.coco_keypoint_summary(overlaps)",
    ),
    layout=LAYOUT,
    truth_entry=_truth_entry,
    prediction_entry=_prediction_entry,
    simpler=simpler,
)
