"""COCO's numbers are those of pycocotools, on generated scenes and on real data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import metrics

Scene = Any
Answer = Any
TOLERANCE = 1e-12


def _defined(values: np.ndarray) -> np.ndarray:
    return np.where(values == -1, np.nan, values)


def _assert_equal_summaries(overlaps: metrics.Overlaps, answer: Answer) -> None:
    summary = metrics.coco_summary(overlaps)
    precision, recall = _defined(answer.precision).mean(axis=1), _defined(answer.recall)
    expected = {
        "ap": precision[:, :, 0, 2].mean(axis=0),
        "ap50": precision[0, :, 0, 2],
        "ap75": precision[5, :, 0, 2],
        "ap_small": precision[:, :, 1, 2].mean(axis=0),
        "ap_medium": precision[:, :, 2, 2].mean(axis=0),
        "ap_large": precision[:, :, 3, 2].mean(axis=0),
        "ar100": recall[:, :, 0, 2].mean(axis=0),
    }

    np.testing.assert_allclose([*summary.numbers().values()], _defined(answer.numbers), rtol=0, atol=TOLERANCE)
    for name, values in expected.items():
        np.testing.assert_allclose(summary.per_feature.columns()[name], values, rtol=0, atol=TOLERANCE, err_msg=name)
    for t, iou in enumerate(summary.settings.ious):
        one = metrics.average_precision(overlaps, min_iou=iou)
        np.testing.assert_allclose(one.per_feature, precision[t, :, 0, 2], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("seed", range(60))
def test_generated_scenes_score_as_in_pycocotools(seed: int, make_scene: Any, pycocotools_on: Any) -> None:
    scene = make_scene(seed)

    _assert_equal_summaries(scene.overlaps(), pycocotools_on(scene))


@pytest.mark.parametrize("seed", range(20))
def test_truths_that_say_to_be_ignored_are_treated_as_pycocotools_would(
    seed: int, make_scene: Any, pycocotools_on: Any
) -> None:
    scene = make_scene(seed, ignored=0.3)

    _assert_equal_summaries(scene.overlaps(), pycocotools_on(scene))


@pytest.mark.parametrize("seed", [1, 2, 4, 5])
def test_only_the_hundred_surest_of_a_row_and_feature_are_looked_at(
    seed: int, make_scene: Any, pycocotools_on: Any
) -> None:
    scene = make_scene(seed, rows=2, features=3, per_row=400)
    most = np.bincount(scene.predictions.row * 3 + scene.predictions.feature).max()

    assert most > 100
    _assert_equal_summaries(scene.overlaps(), pycocotools_on(scene))


def test_a_scene_of_crowds_only_is_undefined_throughout(make_scene: Any, pycocotools_on: Any) -> None:
    scene = make_scene(3, crowd=1.0)
    summary = metrics.coco_summary(scene.overlaps())

    assert np.isnan([*summary.numbers().values()]).all()
    assert (pycocotools_on(scene).numbers == -1).all()


def test_nothing_predicted_is_zero_where_there_is_truth() -> None:
    truth = metrics.Boxes.from_sizes([0], [0], [[0, 0, 10, 10]])
    nothing = metrics.Boxes.from_sizes([], [], [], confidence=[])
    summary = metrics.coco_summary(metrics.find_overlaps(truth, nothing, rows=1, features=2))

    assert summary.ap == summary.ap_small == summary.ar100 == 0
    assert np.isnan(summary.ap_large)
    assert np.isnan(summary.per_feature.ap).tolist() == [False, True]


def test_no_truth_and_no_prediction_is_undefined() -> None:
    nothing = metrics.Boxes.from_sizes([], [], [])
    summary = metrics.coco_summary(metrics.find_overlaps(nothing, nothing, rows=0, features=0))

    assert np.isnan([*summary.numbers().values()]).all()


def _overlaps_of_files(truth: dict[str, Any], results: list[dict[str, Any]]) -> metrics.Overlaps:
    """Rows by rising image id, features by rising category id, as pycocotools lines them up."""
    rows = {number: row for row, number in enumerate(sorted(picture["id"] for picture in truth["images"]))}
    codes = {number: code for code, number in enumerate(sorted(each["id"] for each in truth["categories"]))}

    def columns(entries: list[dict[str, Any]]) -> tuple[list[int], list[int], list[list[float]]]:
        row, feature = [rows[each["image_id"]] for each in entries], [codes[each["category_id"]] for each in entries]
        return row, feature, [each["bbox"] for each in entries]

    known = truth["annotations"]
    return metrics.find_overlaps(
        metrics.Boxes.from_sizes(
            *columns(known),
            area=[each["area"] for each in known],
            crowd=[bool(each["iscrowd"]) for each in known],
        ),
        metrics.Boxes.from_sizes(*columns(results), confidence=[each["score"] for each in results]),
        rows=len(rows),
        features=len(codes),
    )


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_val2014_scores_as_published(shared_data: Path, pycocotools_on_files: Callable[..., Answer]) -> None:
    folder = shared_data / "coco_val2014_100"
    truth = _read(folder / "instances_val2014_100.json")
    results = _read(folder / "instances_val2014_fakebbox100_results.json")
    overlaps = _overlaps_of_files(truth, results)
    published = [0.505, 0.697, 0.573, 0.586, 0.519, 0.501, 0.387, 0.594, 0.595, 0.640, 0.566, 0.564]
    numbers = [*metrics.coco_summary(overlaps).numbers().values()]

    assert [round(number, 3) for number in numbers] == published
    assert round(numbers[0], 4) == 0.5046
    _assert_equal_summaries(overlaps, pycocotools_on_files(truth, results))


@pytest.mark.parametrize(("model", "ap", "ap50"), [("base", 0.4001, 0.640), ("resnet50", 0.3603, 0.587)])
def test_two_real_models_score_as_in_pycocotools(
    shared_data: Path, pycocotools_on_files: Callable[..., Answer], model: str, ap: float, ap50: float
) -> None:
    folder = shared_data / "coco_val2017_yolact100"
    truth, results = _read(folder / "gt_boxes_100.json"), _read(folder / f"yolact_{model}_results.json")
    overlaps = _overlaps_of_files(truth, results)
    summary = metrics.coco_summary(overlaps)

    assert (round(summary.ap, 4), round(summary.ap50, 3)) == (ap, ap50)
    _assert_equal_summaries(overlaps, pycocotools_on_files(truth, results))
