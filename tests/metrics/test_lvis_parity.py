"""LVIS' numbers are those of lvis-api, and of two programs that follow it where they do."""

from __future__ import annotations

import contextlib
import io
import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import metrics

FOLDER = Path(__file__).parent / "golden"
MAKER = runpy.run_path(str(FOLDER / "make_lvis.py"))
SCENES = json.loads((FOLDER / "lvis.json").read_text(encoding="utf-8"))["scenes"]
TOLERANCE = 1e-12

Scene = dict[str, Any]


def _overlaps(scene: Scene) -> metrics.Overlaps:
    sides = [_shapes(scene, "truth"), _shapes(scene, "predictions")]
    return metrics.find_overlaps(*sides, rows=scene["rows"], features=scene["features"])


def _shapes(scene: Scene, side: str) -> metrics.Boxes | metrics.Masks:
    columns = dict(scene[side])
    row, feature, box = columns.pop("row"), columns.pop("feature"), columns.pop("box")
    if scene["kind"] == "boxes":
        return metrics.Boxes.from_sizes(row, feature, box, **columns)
    return metrics.Masks.from_bitmaps(
        row, feature, [MAKER["bitmap_of"](each, scene["size"]) for each in box], **columns
    )


def _federation(scene: Scene) -> metrics.Federation:
    return metrics.Federation.from_pairs(scene["absent"], scene["not_exhaustive"], frequency=scene["frequency"])


def _assert_equal(scene: Scene, expected: list[float]) -> None:
    summary = metrics.lvis_summary(_overlaps(scene), _federation(scene))

    np.testing.assert_allclose([*summary.numbers().values()], expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("answer", SCENES, ids=lambda answer: f"seed {answer['seed']}")
def test_generated_scenes_score_as_in_lvis_api(answer: Any) -> None:
    scene = MAKER["make_scene"](answer["seed"])

    _assert_equal(scene, [np.nan if number is None else number for number in answer["numbers"]])


def _without_ignored_and_empty(scene: Scene) -> Scene:
    """hotcoco and faster-coco-eval do not read LVIS' `ignore`, and keep shapes without area."""

    def solid(side: str) -> dict[str, list[Any]]:
        kept = [i for i, (_, _, width, height) in enumerate(scene[side]["box"]) if width * height > 0]
        return {name: [column[i] for i in kept] for name, column in scene[side].items()}

    truth = solid("truth")
    return scene | {"truth": truth | {"ignored": [False] * len(truth["row"])}, "predictions": solid("predictions")}


def _ask_hotcoco(scene: Scene, folder: Path) -> list[float]:
    from hotcoco import LVIS, LVISEval, LVISResults

    truth, results = MAKER["as_files"](scene)
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    known = LVIS(str(folder / "truth.json"))
    kind = "bbox" if scene["kind"] == "boxes" else "segm"
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = LVISEval(known, LVISResults(known, str(folder / "results.json")), kind)
        evaluation.run()
    numbers = evaluation.get_results()
    names = ["AP", "AP50", "AP75", "APs", "APm", "APl", "APr", "APc", "APf", "AR@300", "ARs@300", "ARm@300", "ARl@300"]
    return [np.nan if numbers[name] == -1 else numbers[name] for name in names]


@pytest.mark.parametrize("seed", range(40))
def test_generated_scenes_score_as_in_hotcoco(seed: int, tmp_path: Path) -> None:
    scene = _without_ignored_and_empty(MAKER["make_scene"](seed))

    _assert_equal(scene, _ask_hotcoco(scene, tmp_path))


def _ask_faster_coco_eval(scene: Scene) -> list[float]:
    from faster_coco_eval import COCO, COCOeval_faster  # type: ignore[import-untyped]

    truth, results = MAKER["as_files"](scene)
    known = COCO(truth)
    evaluation = COCOeval_faster(known, known.loadRes(results), "bbox", lvis_style=True, print_function=lambda *_: None)
    evaluation.params.maxDets = [300]
    evaluation.run()
    names = ["AP_all", "AP_50", "AP_75", "AP_small", "AP_medium", "AP_large", "APr", "APc", "APf",
             "AR_all", "AR_small", "AR_medium", "AR_large"]  # fmt: skip
    return [np.nan if evaluation.stats_as_dict[name] == -1 else evaluation.stats_as_dict[name] for name in names]


@pytest.mark.parametrize("seed", [seed for seed in range(40) if seed % 3 != 2 and seed % 10 != 9])
def test_boxes_score_as_in_faster_coco_eval(seed: int) -> None:
    """Up to 300 predictions on a row: it takes 300 of each row and feature instead."""
    scene = _without_ignored_and_empty(MAKER["make_scene"](seed))

    _assert_equal(scene, _ask_faster_coco_eval(scene))


@pytest.mark.parametrize("model", ["base", "resnet50"])
def test_real_models_score_as_in_hotcoco(shared_data: Path, tmp_path: Path, model: str) -> None:
    """Which features were looked for, and how far, is drawn at random: the pictures are COCO's."""
    folder = shared_data / "coco_val2017_yolact100"
    truth = json.loads((folder / "gt_boxes_100.json").read_text(encoding="utf-8"))
    results = json.loads((folder / f"yolact_{model}_results.json").read_text(encoding="utf-8"))

    scene = _scene_of_files(truth, results)

    _assert_equal(scene, _ask_hotcoco(scene, tmp_path))


def _scene_of_files(truth: dict[str, Any], results: list[dict[str, Any]]) -> Scene:
    rows = {number: row for row, number in enumerate(sorted(picture["id"] for picture in truth["images"]))}
    codes = {number: code for code, number in enumerate(sorted(each["id"] for each in truth["categories"]))}
    chance = np.random.default_rng(0)

    def columns(entries: list[dict[str, Any]]) -> dict[str, list[Any]]:
        row, feature = [rows[each["image_id"]] for each in entries], [codes[each["category_id"]] for each in entries]
        return {"row": row, "feature": feature, "box": [each["bbox"] for each in entries]}

    known = [each for each in truth["annotations"] if not each["iscrowd"]]
    pairs = np.array([[row, feature] for row in range(len(rows)) for feature in range(len(codes))])
    return {
        "kind": "boxes", "rows": len(rows), "features": len(codes), "size": [640, 640],
        "truth": columns(known) | {"area": [each["area"] for each in known], "ignored": [False] * len(known)},
        "predictions": columns(results) | {"confidence": [each["score"] for each in results]},
        "absent": pairs[chance.random(len(pairs)) < 0.2].tolist(),
        "not_exhaustive": pairs[chance.random(len(pairs)) < 0.2].tolist(),
        "frequency": chance.choice(list("rcf"), len(codes)).tolist(),
    }  # fmt: skip
