"""Masks: rectangles on grids, noise, outlines with corners between pixels; empty and full ones."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from pycocotools import mask as coco

import metrics

from ..arena import BOXES_AND_MASKS, COCO_SUMMARY, Arena, Entry, flags_of
from ..draw import Chance, columns, confidences, flags, sizes, stated_areas
from ..reference import ask_pycocotools
from ..scene import SIDES, Scene

Counts = list[int]
Outlines = list[list[float]]


def make(chance: Chance) -> Scene:
    """Truth and predictions as run lengths or as outlines; `setting` says which, and the size of the pictures."""
    rows, features, t, p = sizes(chance)
    size = _picture(chance)
    if chance.random() < 0.3:
        drawn: list[Any] = [_outlines(chance, size) for _ in range(t + p)]
    else:
        draw = _FLAVOURS[chance.integers(0, len(_FLAVOURS))]
        drawn = [counts_of(bitmap) for bitmap in draw(chance, t + p, size)]
    scene = Scene(
        rows,
        features,
        columns(chance, t, rows, features) | {"mask": drawn[:t]},
        columns(chance, p, rows, features) | {"mask": drawn[t:], "confidence": confidences(chance, p)},
        {"size": size, "outlines": bool(drawn and drawn[0] and isinstance(drawn[0][0], list))},
    )
    pixels = np.array([float(coco.area(rle)) for rle in _rles(scene, "truth")])
    flagged = {"crowd": flags(chance, t), "ignored": flags(chance, t, (0, 0, 0, 0.3))}
    return replace(scene, truth=dict(scene.truth) | flagged | {"area": stated_areas(chance, pixels)})


def _picture(chance: Chance) -> list[int]:
    """Small, or large enough for 32 x 32 and 96 x 96."""
    return chance.integers(1, [(9, 9), (40, 40), (41, 110)][chance.choice(3, p=[0.5, 0.3, 0.2])], 2).tolist()


def _grid(chance: Chance, n: int, size: list[int]) -> Iterator[np.ndarray]:
    """Rectangles whose corners lie on few lines."""
    (height, width), lines = size, int(chance.integers(2, 6))
    for _ in range(n):
        bitmap = np.zeros(size, dtype=np.uint8)
        (top, bottom), (left, right) = np.sort(chance.integers(0, lines + 1, (2, 2)), axis=1)
        bitmap[top * height // lines : bottom * height // lines, left * width // lines : right * width // lines] = 1
        yield bitmap


def _noise(chance: Chance, n: int, size: list[int]) -> Iterator[np.ndarray]:
    """Pixel by pixel, from nearly empty to nearly full."""
    for _ in range(n):
        yield chance.random(size) < chance.choice([0, 0.1, 0.5, 0.9, 1])


def _shifted(chance: Chance, n: int, size: list[int]) -> Iterator[np.ndarray]:
    """One shape, moved a little."""
    shape = chance.random(size) < 0.7
    for _ in range(n):
        yield np.roll(shape, chance.integers(-1, 2, 2), axis=(0, 1))


_FLAVOURS: Final = (_grid, _grid, _noise, _shifted)


def _outlines(chance: Chance, size: list[int]) -> Outlines:
    """One or two polygons; corners on whole, half or any coordinates, some outside of the picture."""
    places = chance.choice([1.0, 2.0, 7.3])

    def outline() -> list[float]:
        corners = chance.random((int(chance.integers(3, 8)), 2)) * [size[1] + 2, size[0] + 2] - 1
        return (np.round(corners * places) / places).ravel().tolist()

    return [outline() for _ in range(int(chance.integers(1, 3)))]


def counts_of(bitmap: np.ndarray) -> Counts:
    """Run lengths down the columns, zeros first."""
    pixels = np.concatenate([[0], np.asarray(bitmap, dtype=np.int8).ravel(order="F")])
    turns = np.flatnonzero(np.diff(pixels))
    return np.diff(np.concatenate([[0], turns, [len(pixels) - 1]])).tolist()


def shapes(scene: Scene) -> tuple[metrics.Masks, metrics.Masks]:
    """Both sides as tables."""
    return _table(scene, "truth", **flags_of(scene)), _table(
        scene, "predictions", confidence=scene.predictions["confidence"]
    )


def _table(scene: Scene, side: str, **rest: Any) -> metrics.Masks:
    table, size = getattr(scene, side), scene.setting["size"]
    where = table["row"], table["feature"]
    if scene.setting["outlines"]:
        return metrics.Masks.from_polygons(*where, table["mask"], [size] * len(where[0]), **rest)
    return metrics.Masks.from_rle(*where, [{"size": size, "counts": each} for each in table["mask"]], **rest)


def _rles(scene: Scene, side: str) -> list[Entry]:
    size = scene.setting["size"]
    if scene.setting["outlines"]:
        return [coco.merge(coco.frPyObjects(each, *size)) for each in getattr(scene, side)["mask"]]
    return [coco.frPyObjects({"counts": each, "size": size}, *size) for each in getattr(scene, side)["mask"]]


def _entry(scene: Scene, side: str, i: int) -> Entry:
    mask = getattr(scene, side)["mask"][i]
    return {"segmentation": mask if scene.setting["outlines"] else {"counts": mask, "size": scene.setting["size"]}}


def _prediction_entry(scene: Scene, i: int) -> Entry:
    one = scene.only([False] * len(scene.truth["row"]) + [p == i for p in range(len(scene.predictions["row"]))])
    return _entry(scene, "predictions", i) | {"area": int(coco.area(_rles(one, "predictions")[0]))}


def simpler(scene: Scene) -> Iterator[Scene]:
    """Run lengths in place of outlines, smaller pictures, and masks that are plain rectangles."""
    bitmaps = {side: [_bitmap(rle) for rle in _rles(scene, side)] for side in SIDES}
    height, width = scene.setting["size"]
    for tall, wide in ((height // 2, width), (height, width // 2), (height - 1, width), (height, width - 1)):
        if tall and wide:
            yield _redrawn(
                scene, {side: [each[:tall, :wide] for each in bitmaps[side]] for side in SIDES}, [tall, wide]
            )
    yield _redrawn(scene, bitmaps, [height, width])
    for side in SIDES:
        for i, bitmap in enumerate(bitmaps[side]):
            for other in (np.ones_like(bitmap), np.zeros_like(bitmap), _rectangle(bitmap)):
                yield _redrawn(
                    scene, bitmaps | {side: [*bitmaps[side][:i], other, *bitmaps[side][i + 1 :]]}, [height, width]
                )


def _bitmap(rle: Entry) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pycocotools speaks to numpy as numpy 1 was spoken to
        return np.asarray(coco.decode(rle))


def _rectangle(bitmap: np.ndarray) -> np.ndarray:
    return np.outer(bitmap.any(axis=1), bitmap.any(axis=0)).astype(np.uint8)


def _redrawn(scene: Scene, bitmaps: dict[str, list[np.ndarray]], size: list[int]) -> Scene:
    for side in SIDES:
        scene = scene.with_column(side, "mask", [counts_of(each) for each in bitmaps[side]])
    return replace(scene, setting={"size": size, "outlines": False})


ARENA: Final = Arena(
    name="masks",
    kind="segm",
    ask=ask_pycocotools,
    make=make,
    shapes=shapes,
    summarize=COCO_SUMMARY,
    layout=BOXES_AND_MASKS,
    truth_entry=lambda scene, i: _entry(scene, "truth", i),
    prediction_entry=_prediction_entry,
    simpler=simpler,
)
