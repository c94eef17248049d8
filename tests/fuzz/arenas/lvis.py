"""Boxes whose truth is federated, beside hotcoco's LVIS: many features on a row, hundreds of predictions on some."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

import metrics

from ..arena import Arena, Entry, Layout, Summarize
from ..draw import Chance
from ..reference import Answer
from ..scene import Scene
from . import boxes

LAYOUT: Final = Layout(ap=boxes.ARENA.layout.ap, ap_at=boxes.ARENA.layout.ap_at, recall="ar300", most=None)
MOST: Final = 300
KINDS: Final = ("absent", "not_exhaustive")


def make(chance: Chance) -> Scene:
    """Boxes without crowds or ignored ones, and what was looked for on the rows."""
    scene = boxes.make(chance)
    while _is_far_away(scene):
        scene = boxes.make(chance)
    if chance.random() < 0.05:
        scene = _full(chance, scene)
    n = len(scene.truth["row"])
    for name in ("crowd", "ignored"):
        scene = scene.with_column("truth", name, [False] * n)
    shares = {kind: chance.choice([0, 0.3, 1]) for kind in KINDS}
    pairs = {
        kind: [list(pair) for pair in np.ndindex(scene.rows, scene.features) if chance.random() < share]
        for kind, share in shares.items()
    }
    return replace(scene, pairs=pairs, traits={"frequency": chance.choice(["r", "c", "f"], scene.features).tolist()})


def _is_far_away(scene: Scene) -> bool:
    """Where a difference of coordinates keeps few digits, hotcoco's overlap is not pycocotools', which LVIS takes."""
    return any(
        abs(number) > 1e7 for table in (scene.truth, scene.predictions) for box in table["box"] for number in box
    )


def _full(chance: Chance, scene: Scene) -> Scene:
    """Every prediction some times over, so that a row has more than 300."""
    times = 1 + 320 // max(len(scene.predictions["row"]), 1)
    return replace(scene, predictions={name: list(column) * times for name, column in scene.predictions.items()})


def federation(scene: Scene) -> metrics.Federation:
    """What was looked for, as `lvis_summary` takes it."""
    return metrics.Federation.from_pairs(*(scene.pairs[kind] for kind in KINDS), frequency=scene.traits["frequency"])


def _ask_hotcoco(arena: Arena, scene: Scene) -> Answer:
    import hotcoco

    with contextlib.redirect_stdout(io.StringIO()):
        truth = hotcoco.COCO(_known(scene))
        evaluation = hotcoco.LVISEval(truth, hotcoco.LVISResults(truth, _results(scene)), arena.kind)
        evaluation.run()
    parts = np.asarray(evaluation.stats), evaluation.eval["precision"], evaluation.eval["recall"]
    return Answer(*(np.where(part == -1, np.nan, part) for part in parts), [])


def _results(scene: Scene) -> list[dict[str, Any]]:
    """The 300 surest of each row, less those without area: lvis-api leaves these out, and hotcoco does not."""
    columns = [scene.predictions[name] for name in ("row", "feature", "box", "confidence")]
    results = [
        {"image_id": row * 3 + 7, "category_id": feature * 2 + 1, "bbox": box, "score": confidence}
        for row, feature, box, confidence in zip(*columns, strict=True)
    ]
    surest = sorted(range(len(results)), key=lambda i: -results[i]["score"])
    rows = [[i for i in surest if scene.predictions["row"][i] == row] for row in range(scene.rows)]
    kept = sorted(i for row in rows for i in row[:MOST])
    return [results[i] for i in kept if columns[2][i][2] * columns[2][i][3] > 0]


def _known(scene: Scene) -> dict[str, Any]:
    def found(kind: str, row: int) -> list[int]:
        return [feature * 2 + 1 for each, feature in scene.pairs[kind] if each == row]

    truth = scene.truth
    return {
        "images": [
            {
                "id": row * 3 + 7, "height": 1, "width": 1, "neg_category_ids": found("absent", row),
                "not_exhaustive_category_ids": found("not_exhaustive", row),
            }
            for row in range(scene.rows)
        ],
        "categories": [
            {"id": feature * 2 + 1, "name": str(feature), "frequency": frequency}
            for feature, frequency in enumerate(scene.traits["frequency"])
        ],
        "annotations": [
            {
                "id": i + 1, "image_id": truth["row"][i] * 3 + 7, "category_id": truth["feature"][i] * 2 + 1,
                "area": truth["area"][i], "bbox": truth["box"][i], "iscrowd": 0,
            }
            for i in range(len(truth["row"]))
            if truth["area"][i] > 0  # as lvis-api does, and hotcoco does not
        ],
    }  # fmt: skip


def _entry(scene: Scene, i: int) -> Entry:
    raise NotImplementedError  # hotcoco reads the whole scene at once


def simpler(scene: Scene) -> Iterator[Scene]:
    """Fewer facts about what was looked for, then simpler boxes."""
    for kind in KINDS:
        pairs = scene.pairs[kind]
        for i in range(len(pairs)):
            yield replace(scene, pairs=dict(scene.pairs) | {kind: [*pairs[:i], *pairs[i + 1 :]]})
    yield from boxes.simpler(scene)


def _code(scene: Scene) -> str:
    frequency = scene.traits["frequency"]
    pairs = ", ".join(repr(scene.pairs[kind]) for kind in KINDS)
    return f"metrics.lvis_summary(overlaps, metrics.Federation.from_pairs({pairs}, frequency={frequency!r}))"


ARENA: Final = Arena(
    name="lvis",
    kind="bbox",
    ask=_ask_hotcoco,
    make=make,
    shapes=boxes.shapes,
    summarize=Summarize(lambda scene, overlaps: metrics.lvis_summary(overlaps, federation(scene)), _code),
    layout=LAYOUT,
    truth_entry=_entry,
    prediction_entry=_entry,
    simpler=simpler,
)
