"""Writes tide.json: what tidecv says of generated scenes and of two real models, for parity without that program.

Run by hand where tidecv is installed; nothing of this repository is needed:
python tests/metrics/golden/make_tide.py ../shared/data/coco_val2017_yolact100
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("tide.json")

ABOUT = [
    "What tidecv says of failures. Written by make_tide.py beside it, which also makes each scene anew from its seed.",
    "counts and costs are of class, place, both, duplicate, background and unseen; special are the costs of false",
    "alarms and of misses; all costs and ap are of 100; null is where tidecv divides by zero. kinds names each",
    "prediction of a scene by the place of its kind in that order, missed each truth; '-' stands for none, and for a",
    "missed truth that a class or place failure accounts for.",
]

SEEDS = range(80)
THRESHOLDS = [(0.5, 0.1), (0.75, 0.1), (0.3, 0.2), (0.5, 0.5), (1.0, 0.1)]
ROWS, FEATURES = 5, 4
MODELS = ("base", "resnet50")


def make_scene(seed: int) -> dict[str, Any]:
    """Columns of truth and predictions with few different corners and confidences, so that ties are common.

    Feature 0 is never true and the last never predicted. Every eighth scene has more than 100 predictions on a row.
    """
    chance = random.Random(seed)

    def whole(low: int, high: int) -> int:
        return low + int(chance.random() * (high - low))  # of all its methods, only random() is promised to stay

    def columns(n: int, features: range, rows: int) -> dict[str, list[Any]]:
        return {
            "row": [whole(0, rows) for _ in range(n)],
            "feature": [whole(features.start, features.stop) for _ in range(n)],
            "box": [[whole(0, 5), whole(0, 5), whole(1, 6), whole(1, 6)] for _ in range(n)],
        }

    crowded = seed % 8 == 7
    truth = columns(whole(1, 50), range(1, FEATURES), ROWS)
    predictions = columns(whole(150, 250) if crowded else whole(1, 120), range(FEATURES - 1), 1 if crowded else ROWS)
    for i in range(len(predictions["row"])):
        if chance.random() < 0.4:  # drawn on a truth, more often than not as what it is
            copied, same = whole(0, len(truth["row"])), chance.random() < 0.7
            for name in (
                ("row", "box", "feature") if same and truth["feature"][copied] < FEATURES - 1 else ("row", "box")
            ):
                predictions[name][i] = truth[name][copied]
    crowd = [chance.random() < [0.0, 0.2][seed % 2] for _ in truth["row"]]
    steps = [5, 20, 1000][seed % 3]
    confidence = [whole(1, steps + 1) / steps for _ in predictions["row"]]
    min_iou, min_background = THRESHOLDS[seed % 5]
    return {
        "truth": truth | {"crowd": crowd},
        "predictions": predictions | {"confidence": confidence},
        "thresholds": {"min_iou": min_iou, "min_background": min_background},
    }


def read_files(folder: Path, model: str) -> dict[str, Any]:
    """The columns of a model's file; rows by rising picture id, features by rising category id."""
    truth = json.loads((folder / "gt_boxes_100.json").read_text(encoding="utf-8"))
    results = json.loads((folder / f"yolact_{model}_results.json").read_text(encoding="utf-8"))
    row = {image: place for place, image in enumerate(sorted(each["id"] for each in truth["images"]))}
    feature = {category: place for place, category in enumerate(sorted(each["id"] for each in truth["categories"]))}

    def columns(objects: list[dict[str, Any]]) -> dict[str, list[Any]]:
        return {
            "row": [row[each["image_id"]] for each in objects],
            "feature": [feature[each["category_id"]] for each in objects],
            "box": [each["bbox"] for each in objects],
        }

    crowd = [bool(each["iscrowd"]) for each in truth["annotations"]]
    return {
        "truth": columns(truth["annotations"]) | {"crowd": crowd},
        "predictions": columns(results) | {"confidence": [each["score"] for each in results]},
        "rows": len(row),
        "features": len(feature),
    }


def ask_tidecv(scene: dict[str, Any], rows: int) -> dict[str, Any]:
    """Numbers, and the kind of each object."""
    from tidecv import TIDE, Data  # type: ignore[import-not-found]
    from tidecv.errors.main_errors import FalsePositiveError  # type: ignore[import-not-found]

    truth, predictions = scene["truth"], scene["predictions"]
    known, found = Data("truth"), Data("predictions")
    for row in range(rows):
        known.add_image(row, str(row))
    for row, feature, box, crowd in zip(truth["row"], truth["feature"], truth["box"], truth["crowd"], strict=True):
        (known.add_ignore_region if crowd else known.add_ground_truth)(row, feature, box=box)
    columns = (predictions[name] for name in ("row", "feature", "confidence", "box"))
    for row, feature, confidence, box in zip(*columns, strict=True):
        found.add_detection(row, feature, confidence, box=box)
    thresholds = scene["thresholds"]
    run = TIDE().evaluate(
        known, found, pos_threshold=thresholds["min_iou"], background_threshold=thresholds["min_background"]
    )
    kinds = [type(each).__name__ for each in run.errors]
    names = [f"{name}Error" for name in ("Class", "Box", "Other", "Duplicate", "Background", "Missed")]
    told = {"kinds": ["-"] * len(predictions["row"]), "missed": ["-"] * len(truth["row"])}
    for kind, error in zip(kinds, run.errors, strict=True):
        told["missed" if kind == "MissedError" else "kinds"][error.get_id()] = str(names.index(kind))
    return {
        "counts": [kinds.count(name) for name in names],
        "costs": [_undefined(partial(_cost, run, kind)) for kind in TIDE._error_types],
        "special": [
            run.fix_errors(transform=FalsePositiveError.fix).get_mAP() - run.ap,
            _undefined(lambda: run.fix_errors(false_neg_dict=run.false_negatives).get_mAP() - run.ap),
        ],
        "ap": run.ap,
        **{side: "".join(each) for side, each in told.items()},
    }


def _cost(run: Any, kind: type) -> float:
    cost: float = run.fix_main_errors(error_types=[kind])[kind]
    return cost


def _undefined(measure: Callable[[], float]) -> float | None:
    """None where tidecv divides by zero, because no feature is left."""
    try:
        return float(measure())
    except ZeroDivisionError:
        return None


def content(folder: Path) -> str:
    """The file as it should be, one scene a line."""
    head = json.dumps({"about": ABOUT, "tidecv": version("tidecv")}, indent=1).removesuffix("\n}")
    scenes = [{"seed": seed} | ask_tidecv(make_scene(seed), ROWS) for seed in SEEDS]
    models = []
    for model in MODELS:
        columns = read_files(folder, model)
        for min_iou, min_background in THRESHOLDS[:4]:
            thresholds = {"min_iou": min_iou, "min_background": min_background}
            answer = ask_tidecv(columns | {"thresholds": thresholds}, columns["rows"])
            models.append(
                {"model": model} | thresholds | {key: answer[key] for key in ("counts", "costs", "special", "ap")}
            )
    parts = {"scenes": scenes, "models": models}
    lines = (f' "{name}": [\n' + ",\n".join(map(json.dumps, each)) + "\n ]" for name, each in parts.items())
    return head + ",\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(content(Path(sys.argv[1])), encoding="utf-8")
