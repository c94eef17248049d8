"""Writes lvis.json: lvis-api's thirteen numbers of generated scenes, for parity without that program.

Run by hand where lvis, numpy and pycocotools are installed; nothing of this repository is needed:
python tests/metrics/golden/make_lvis.py
"""

from __future__ import annotations

import json
import logging
import random
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

FILE = Path(__file__).with_name("lvis.json")

ABOUT = [
    "lvis-api's thirteen numbers in its order; null is its -1, undefined. Written by make_lvis.py beside it, which",
    "also makes each scene anew from its seed.",
]

SEEDS = range(60)
SIDE = 6  # so many units is a picture wide and high


def make_scene(seed: int) -> dict[str, Any]:
    """Columns of truth and predictions with few different corners and confidences, so that ties are common.

    Feature 0 is never true and the last never predicted; some predictions repeat a truth, some truths are ignored, and
    some shapes have no area. Every third scene is of masks, every tenth has more than 300 predictions on a row, and
    every eleventh has many rows.
    """
    chance = random.Random(seed)
    kind = "masks" if seed % 3 == 2 else "boxes"
    crowded, long = seed % 10 == 9, seed % 11 == 10
    unit = chance.choice([16, 32, 48])  # areas on both sides of the limits, and on them
    rows, features = (2, 5) if crowded else (130, 3) if long else (7, 5)
    most = 600 if crowded else 200 if long else 90

    def shapes(n: int, known: range) -> dict[str, list[Any]]:
        box = [[chance.randrange(4) * unit for _ in "xy"] + [chance.choice([0, 1, 1, 2, 2, 3]) * unit for _ in "wh"]
               for _ in range(n)]  # fmt: skip
        return {
            "row": [chance.randrange(rows) for _ in range(n)],
            "feature": [chance.choice(known) for _ in range(n)],
            "box": box,
        }

    t, p = chance.randrange(1, most), chance.randrange(most // 2, 2 * most)
    truth, predictions = shapes(t, range(1, features)), shapes(p, range(features - 1))
    for i in range(p):
        near = chance.randrange(t)
        if chance.random() < 0.4 and truth["feature"][near] < features - 1:
            for name, column in predictions.items():
                column[i] = truth[name][near]
    truth["area"] = [w * h * chance.choice([0.5, 1, 1]) for _, _, w, h in truth["box"]]
    truth["ignored"] = [chance.random() < 0.1 for _ in range(t)]
    predictions["confidence"] = [chance.randrange(1, 6) / 5 for _ in range(p)]
    pairs = [[row, feature] for row in range(rows) for feature in range(features)]
    return {
        "kind": kind, "rows": rows, "features": features, "size": [SIDE * unit, SIDE * unit], "truth": truth,
        "predictions": predictions, "absent": [pair for pair in pairs if chance.random() < 0.3],
        "not_exhaustive": [pair for pair in pairs if chance.random() < 0.3],
        "frequency": [chance.choice("rcf") for _ in range(features)],
    }  # fmt: skip


def bitmap_of(box: list[int], size: list[int]) -> np.ndarray:
    """uint8[height, width] with the box filled in."""
    left, top, width, height = box
    bitmap = np.zeros(size, dtype=np.uint8, order="F")
    bitmap[top : top + height, left : left + width] = 1
    return bitmap


def as_files(scene: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The scene as LVIS' files hold it; numbers of pictures, features and objects start at 1."""

    def shape(box: list[int]) -> dict[str, Any]:
        if scene["kind"] == "boxes":
            return {"bbox": box}
        drawn = coco_mask.encode(bitmap_of(box, scene["size"]))
        return {"segmentation": {"size": scene["size"], "counts": drawn["counts"].decode()}}

    def listed(pairs: list[list[int]], row: int) -> list[int]:
        return [feature + 1 for of_row, feature in pairs if of_row == row]

    truth, predictions = scene["truth"], scene["predictions"]
    pictures = [
        {"id": row + 1, "height": scene["size"][0], "width": scene["size"][1],
         "neg_category_ids": listed(scene["absent"], row),
         "not_exhaustive_category_ids": listed(scene["not_exhaustive"], row)}
        for row in range(scene["rows"])
    ]  # fmt: skip
    known = [
        {"id": i + 1, "image_id": truth["row"][i] + 1, "category_id": truth["feature"][i] + 1,
         "area": truth["area"][i], "ignore": int(truth["ignored"][i]), "iscrowd": 0, **shape(truth["box"][i])}
        for i in range(len(truth["row"]))
    ]  # fmt: skip
    categories = [{"id": i + 1, "name": f"feature {i}", "frequency": each} for i, each in enumerate(scene["frequency"])]
    results = [
        {"image_id": predictions["row"][i] + 1, "category_id": predictions["feature"][i] + 1,
         "score": predictions["confidence"][i], **shape(predictions["box"][i])}
        for i in range(len(predictions["row"]))
    ]  # fmt: skip
    return {"images": pictures, "annotations": known, "categories": categories}, results


def ask_lvis(scene: dict[str, Any]) -> list[float | None]:
    from lvis import LVIS, LVISEval, LVISResults  # type: ignore[import-not-found]

    truth, results = as_files(scene)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "truth.json"
        file.write_text(json.dumps(truth), encoding="utf-8")
        known = LVIS(str(file))
    evaluation = LVISEval(known, LVISResults(known, results), "bbox" if scene["kind"] == "boxes" else "segm")
    evaluation.run()
    return [None if number == -1 else float(number) for number in evaluation.get_results().values()]


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    vars(np).setdefault("float", float)  # lvis-api 0.5.3 asks numpy for a name that is gone
    content = {
        "about": ABOUT,
        "lvis": version("lvis"),
        "scenes": [{"seed": seed, "numbers": ask_lvis(make_scene(seed))} for seed in SEEDS],
    }
    FILE.write_text(json.dumps(content, indent=1).replace("\n   ", "").replace("]\n  }", "]}") + "\n", encoding="utf-8")
