"""Masks are read exactly, and score as in pycocotools."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco

import metrics
from metrics import ColumnError, Masks

TOLERANCE = 1e-12


def test_stretches_run_down_the_columns() -> None:
    masks = Masks.from_bitmaps([0], [0], [np.array([[0, 1, 0], [1, 1, 0]])])

    assert masks.ones.tolist() == [[1, 4]]
    assert masks.box.tolist() == [[0, 0, 2, 2]]
    assert masks.pixels.tolist() == [3]


def test_an_empty_mask_has_no_pixels_and_no_box() -> None:
    masks = Masks.from_bitmaps([0], [0], [np.zeros((3, 4))])

    assert (masks.pixels.tolist(), masks.box.tolist(), masks.ones.tolist()) == ([0], [[0, 0, 0, 0]], [])


def test_no_masks_are_a_table_too() -> None:
    assert len(Masks.from_rle([], [], [])) == len(Masks.from_polygons([], [], [], [], confidence=[])) == 0


def test_compressed_and_plain_run_lengths_are_the_same_mask() -> None:
    plain = {"size": [3, 4], "counts": [4, 2, 1, 2, 3]}
    packed = coco.frPyObjects(plain, 3, 4)
    text = packed | {"counts": packed["counts"].decode()}
    masks = Masks.from_rle([0, 0, 0], [0, 0, 0], [plain, packed, text])

    assert masks.ones.reshape(3, 2, 2).tolist() == [[[4, 6], [7, 9]]] * 3


@pytest.mark.parametrize("seed", range(20))
def test_pixels_and_boxes_are_those_of_pycocotools(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bitmaps = [rng.random((rng.integers(1, 90), rng.integers(1, 70))) < rng.choice([0.02, 0.5, 0.98]) for _ in range(9)]
    rle = [coco.encode(np.asfortranarray(each, dtype=np.uint8)) for each in bitmaps]
    masks = Masks.from_rle(range(9), np.zeros(9), rle)

    assert masks.pixels.tolist() == coco.area(rle).tolist()
    assert masks.box.tolist() == coco.toBbox(rle).tolist()


def test_overlap_is_shared_pixels_by_all_pixels() -> None:
    truth = Masks.from_bitmaps([0], [0], [np.array([[1, 1, 1, 0]])])
    found = Masks.from_bitmaps([0, 0], [0, 0], [np.array([[0, 1, 1, 1]]), np.array([[0, 0, 0, 1]])])

    pairs = metrics.find_overlaps(truth, found, rows=1, features=1).table_pairs()

    assert (pairs.prediction.tolist(), pairs.truth.tolist(), pairs.iou.tolist()) == ([0], [0], [0.5])


def test_boxes_that_touch_are_not_masks_that_do() -> None:
    truth = Masks.from_bitmaps([0], [0], [np.eye(4)])
    found = Masks.from_bitmaps([0], [0], [np.eye(4)[::-1]])

    assert len(metrics.find_overlaps(truth, found, rows=1, features=1).pairs.iou) == 0


@pytest.mark.parametrize("counts", [[4, 2], [4, 2, 7], [-1, 13], "garbage~", "0", b""])
def test_run_lengths_that_do_not_fill_the_picture_are_refused(counts: Any) -> None:
    good = {"size": [3, 4], "counts": [4, 2, 6]}

    message = r"1 of 2 masks have run lengths .* first: number 1 of size \(3, 4\)"

    with pytest.raises(ColumnError, match=message) as caught:
        Masks.from_rle([0, 0], [0, 0], [good, {"size": [3, 4], "counts": counts}])
    assert (caught.value.bad, caught.value.first) == (1, 1)


def test_masks_of_pictures_of_two_sizes_do_not_meet_in_one_row() -> None:
    truth, found = (Masks.from_bitmaps([3], [0], [np.ones(size)]) for size in ((4, 5), (8, 10)))

    with pytest.raises(ColumnError, match=r"truth 0 is \(4, 5\), prediction 0 \(8, 10\) .* both in row 3"):
        metrics.find_overlaps(truth, found, rows=4, features=1)


def test_masks_and_boxes_are_not_laid_over_each_other() -> None:
    boxes = metrics.Boxes.from_sizes([0], [0], [[0, 0, 1, 1]])

    with pytest.raises(ColumnError, match="The truth is boxes, but what was predicted is masks"):
        metrics.find_overlaps(boxes, Masks.from_bitmaps([0], [0], [np.ones((1, 1))]), rows=1, features=1)


def test_an_outline_has_three_points() -> None:
    with pytest.raises(ColumnError, match=r"1 of 2 objects have no outline, or one of fewer than three points; .* 1"):
        Masks.from_polygons([0, 0], [0, 0], [[[0, 0, 3, 0, 3, 3]], [[0, 0, 3, 3]]], [[4, 4]] * 2)


def _assert_equal(overlaps: metrics.Overlaps, answer: Any) -> None:
    summary = metrics.coco_summary(overlaps)
    expected = np.where(answer.numbers == -1, np.nan, answer.numbers)

    np.testing.assert_allclose([*summary.numbers().values()], expected, rtol=0, atol=TOLERANCE)
    precision = np.where(answer.precision == -1, np.nan, answer.precision).mean(axis=1)
    np.testing.assert_allclose(summary.per_feature.ap, precision[:, :, 0, 2].mean(axis=0), rtol=0, atol=TOLERANCE)
    assert summary.rule == "coco-2017 masks, 101-point"


@pytest.mark.parametrize("seed", range(60))
def test_generated_masks_score_as_in_pycocotools(seed: int, make_masks: Any, pycocotools_on: Any) -> None:
    scene = make_masks(seed)

    _assert_equal(scene.overlaps(), pycocotools_on(scene))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _overlaps_of_files(truth: dict[str, Any], results: list[dict[str, Any]]) -> metrics.Overlaps:
    pictures = {each["id"]: each for each in truth["images"]}
    rows = {number: row for row, number in enumerate(sorted(pictures))}
    codes = {number: code for code, number in enumerate(sorted(each["id"] for each in truth["categories"]))}

    def masks(entries: list[dict[str, Any]], **columns: Any) -> Masks:
        row, feature = [rows[each["image_id"]] for each in entries], [codes[each["category_id"]] for each in entries]
        size = [(pictures[each["image_id"]]["height"], pictures[each["image_id"]]["width"]) for each in entries]
        return Masks.from_coco(row, feature, [each["segmentation"] for each in entries], size, **columns)

    known = truth["annotations"]
    crowd = [bool(each["iscrowd"]) for each in known]
    # pycocotools takes the area of the box where results have one.
    area = [each["bbox"][2] * each["bbox"][3] for each in results] if "bbox" in results[0] else None
    return metrics.find_overlaps(
        masks(known, area=[each["area"] for each in known], crowd=crowd),
        masks(results, confidence=[each["score"] for each in results], area=area),
        rows=len(rows),
        features=len(codes),
    )


def test_masks_of_val2014_score_as_published(shared_data: Path, pycocotools_on_files: Callable[..., Any]) -> None:
    folder = shared_data / "coco_val2014_100"
    truth = _read(folder / "instances_val2014_100.json")
    results = _read(folder / "instances_val2014_fakesegm100_results.json")
    overlaps = _overlaps_of_files(truth, results)
    summary = metrics.coco_summary(overlaps)

    assert (round(summary.ap, 4), round(summary.ap50, 3), round(summary.ap75, 3)) == (0.3195, 0.562, 0.299)
    _assert_equal(overlaps, pycocotools_on_files(truth, results, "segm"))


def test_masks_of_one_real_model_score_against_another_as_in_pycocotools(
    shared_data: Path, pycocotools_on_files: Callable[..., Any]
) -> None:
    folder = shared_data / "coco_val2017_yolact100"
    known, results = _read(folder / "gt_boxes_100.json"), _read(folder / "yolact_resnet50_results.json")
    sure = [each for each in _read(folder / "yolact_base_results.json") if each["score"] >= 0.15]
    annotations = [
        {
            "id": i + 1,
            "image_id": each["image_id"],
            "category_id": each["category_id"],
            "segmentation": each["segmentation"],
            "bbox": each["bbox"],
            "area": float(coco.area(each["segmentation"])),
            "iscrowd": int(each["score"] < 0.2),  # masks of which the model is not sure stand for crowds
        }
        for i, each in enumerate(sure)
    ]
    truth = known | {"annotations": annotations}
    overlaps = _overlaps_of_files(truth, results)

    assert metrics.coco_summary(overlaps).ap > 0.3
    _assert_equal(overlaps, pycocotools_on_files(truth, results, "segm"))
