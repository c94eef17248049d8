"""A scene that fails, made as small as it goes while it still fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from .scene import SIDES, Scene

Fails = Callable[[Scene], bool]
Simpler = Callable[[Scene], Iterator[Scene]]


def shrink(scene: Scene, fails: Fails, simpler: Simpler, *, seconds: float = 60) -> Scene:
    """The smallest scene found in so many seconds, in objects, then rows and features, then letters.

    Args:
        scene: One that fails.
        fails: Whether a scene does.
        simpler: The same scene with simpler values, of one kind of shape.
        seconds: How long to try.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        smaller = next(
            (each for each in _smaller(scene, simpler) if time.monotonic() < end and _is_better(each, scene, fails)),
            None,
        )
        if smaller is None:
            return scene
        scene = smaller
    return scene


def _is_better(one: Scene, than: Scene, fails: Fails) -> bool:
    return one.weight < than.weight and fails(one)


def _smaller(scene: Scene, simpler: Simpler) -> Iterator[Scene]:
    yield from _fewer_objects(scene)
    yield from _fewer_codes(scene)
    yield from _simpler_columns(scene)
    yield from simpler(scene)


def _fewer_objects(scene: Scene) -> Iterator[Scene]:
    """Without a half of the objects, a quarter, ..., a single one."""
    n = scene.objects
    share = n // 2
    while share:
        for first in range(0, n, share):
            yield scene.only([not first <= i < first + share for i in range(n)])
        share //= 2


def _fewer_codes(scene: Scene) -> Iterator[Scene]:
    """Without a row or feature, and with all of one in another."""
    for row in range(scene.rows):
        yield scene.on_rows([row != each for each in range(scene.rows)])
    for feature in range(scene.features):
        yield scene.on_features([feature != each for each in range(scene.features)])
    for name, size in (("row", scene.rows), ("feature", scene.features)):
        for code in range(1, size):
            merged = scene
            for side in SIDES:
                codes = [0 if each == code else each for each in getattr(scene, side)[name]]
                merged = merged.with_column(side, name, codes)
            keep = [each != code for each in range(size)]
            yield merged.on_rows(keep) if name == "row" else merged.on_features(keep)


def _simpler_columns(scene: Scene) -> Iterator[Scene]:
    """Flags down, confidences and areas round."""
    for name in ("crowd", "ignored"):
        yield from _each_exchanged(scene, "truth", name, lambda flag: iter([False] if flag else []))
    levels = sorted(set(scene.predictions["confidence"]))
    ranks = {level: (rank + 1) / 10 for rank, level in enumerate(levels)}
    if len(levels) < 10:
        yield scene.with_column("predictions", "confidence", [ranks[each] for each in scene.predictions["confidence"]])
    yield scene.with_column("predictions", "confidence", [0.5] * len(scene.predictions["row"]))
    for side, name in (("predictions", "confidence"), ("truth", "area")):
        yield from _each_exchanged(scene, side, name, lambda value: (abs(each) for each in rounded_numbers(value)))


def _each_exchanged(scene: Scene, side: str, name: str, others: Callable[[float], Iterator[float]]) -> Iterator[Scene]:
    column = list(getattr(scene, side)[name])
    for i, value in enumerate(column):
        for other in others(value):
            yield scene.with_column(side, name, [*column[:i], other, *column[i + 1 :]])


def rounded_numbers(value: float) -> Iterator[float]:
    """Shorter numbers near a number, the shortest first."""
    yield 0.0
    for digits in range(0, 12, 2):
        yield round(value, digits)
