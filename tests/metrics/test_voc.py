"""Average precision by VOC's rules: what they say, and that they say what the development kit does."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import metrics

Scene = Any
TOLERANCE = 1e-12


def _voc_as_defined(scene: Scene, feature: int, min_iou: float) -> tuple[list[Fraction], list[Fraction], int]:
    """Recall and precision after each prediction, as the development kit loops: file by file, truth by truth."""
    truth, predictions = scene.truth, scene.predictions
    mine = [p for p in range(len(predictions)) if predictions.feature[p] == feature]
    taken, known = set(), [t for t in range(len(truth)) if truth.feature[t] == feature]
    difficult = truth.ignored | truth.crowd
    npos = sum(not difficult[t] for t in known)
    tp = fp = 0
    recall, precision = [], []
    for p in sorted(mine, key=lambda p: -predictions.confidence[p]):
        best, nearest = -np.inf, -1
        for t in known:
            if truth.row[t] == predictions.row[p]:
                overlap = _overlap(predictions.box[p], truth.box[t], crowd=bool(truth.crowd[t]))
                if overlap > best:
                    best, nearest = overlap, t
        if best >= min_iou and difficult[nearest]:
            continue
        if best >= min_iou and nearest not in taken:
            taken.add(nearest)
            tp += 1
        else:
            fp += 1
        recall.append(Fraction(tp, npos) if npos else Fraction(0))
        precision.append(Fraction(tp, tp + fp))
    return recall, precision, npos


def _overlap(one: np.ndarray, truth: np.ndarray, *, crowd: bool) -> float:
    width = min(one[0] + one[2], truth[0] + truth[2]) - max(one[0], truth[0])
    height = min(one[1] + one[3], truth[1] + truth[3]) - max(one[1], truth[1])
    if width <= 0 or height <= 0:
        return -np.inf
    shared = width * height
    return float(shared / (one[2] * one[3] if crowd else one[2] * one[3] + truth[2] * truth[3] - shared))


def _all_points(recall: list[Fraction], precision: list[Fraction]) -> float:
    mrec, mpre = [Fraction(0), *recall, Fraction(1)], [Fraction(0), *precision, Fraction(0)]
    for i in range(len(mpre) - 2, -1, -1):
        mpre[i] = max(mpre[i], mpre[i + 1])
    return float(sum((mrec[i] - mrec[i - 1]) * mpre[i] for i in range(1, len(mrec))))


def _eleven_points(recall: list[Fraction], precision: list[Fraction]) -> float:
    levels = [Fraction(k, 10) for k in range(11)]
    best = [max((p for r, p in zip(recall, precision, strict=True) if r >= level), default=0) for level in levels]
    return float(sum(best) / Fraction(11))


def _assert_as_defined(scene: Scene, *, min_iou: float = 0.5) -> None:
    overlaps = scene.overlaps()
    for year, area in ((2007, _eleven_points), (2010, _all_points)):
        result = metrics.voc_average_precision(overlaps, year=year, min_iou=min_iou)  # type: ignore[arg-type]
        for feature, curve in enumerate(result.curves):
            recall, precision, npos = _voc_as_defined(scene, feature, min_iou)
            expected = area(recall, precision) if npos else np.nan

            assert result.truths[feature] == curve.truths == npos
            np.testing.assert_allclose(result.per_feature[feature], expected, rtol=0, atol=TOLERANCE)
            np.testing.assert_allclose(curve.precision, [float(each) for each in precision], rtol=0, atol=TOLERANCE)
            if npos:
                np.testing.assert_allclose(curve.recall, [float(each) for each in recall], rtol=0, atol=TOLERANCE)
                assert result.max_recall[feature] == pytest.approx(float(recall[-1]) if recall else 0.0)


@pytest.mark.parametrize("seed", range(40))
def test_generated_scenes_score_as_the_development_kit_is_written(seed: int, make_scene: Any) -> None:
    scene = make_scene(seed, ignored=0.2)

    _assert_as_defined(scene)
    _assert_as_defined(scene, min_iou=[0.05, 0.25, 0.75, 1.0][seed % 4])


@pytest.mark.parametrize("model", ["base", "resnet50"])
def test_real_models_score_as_the_development_kit_is_written(shared_data: Path, model: str) -> None:
    folder = shared_data / "coco_val2017_yolact100"
    truth = json.loads((folder / "gt_boxes_100.json").read_text(encoding="utf-8"))
    results = json.loads((folder / f"yolact_{model}_results.json").read_text(encoding="utf-8"))
    _assert_as_defined(_scene_of_files(truth, results))


def _scene_of_files(truth: dict[str, Any], results: list[dict[str, Any]]) -> Scene:
    rows = {number: row for row, number in enumerate(sorted(picture["id"] for picture in truth["images"]))}
    codes = {number: code for code, number in enumerate(sorted(each["id"] for each in truth["categories"]))}

    def boxes(entries: list[dict[str, Any]], **columns: Any) -> metrics.Boxes:
        row, feature = [rows[each["image_id"]] for each in entries], [codes[each["category_id"]] for each in entries]
        return metrics.Boxes.from_sizes(row, feature, [each["bbox"] for each in entries], **columns)

    return _Scene(
        boxes(truth["annotations"], crowd=[bool(each["iscrowd"]) for each in truth["annotations"]]),
        boxes(results, confidence=[each["score"] for each in results]),
        len(rows),
        len(codes),
    )


class _Scene:
    def __init__(self, truth: metrics.Boxes, predictions: metrics.Boxes, rows: int, features: int) -> None:
        self.truth, self.predictions, self.rows, self.features = truth, predictions, rows, features

    def overlaps(self) -> metrics.Overlaps:
        return metrics.find_overlaps(self.truth, self.predictions, rows=self.rows, features=self.features)


def _boxes(box: list[list[int]], confidence: list[float] | None = None, **flags: Any) -> metrics.Boxes:
    return metrics.Boxes.from_sizes([0] * len(box), [0] * len(box), box, confidence=confidence, **flags)


def _outcomes(truth: metrics.Boxes, predictions: metrics.Boxes, **settings: Any) -> tuple[list[int], list[int]]:
    overlaps = metrics.find_overlaps(truth, predictions, rows=1, features=1)
    curve = metrics.voc_average_precision(overlaps, **settings).curves[0]
    return curve.tp.tolist(), curve.fp.tolist()


def test_a_prediction_does_not_turn_to_another_truth_where_its_own_is_taken() -> None:
    truth = _boxes([[0, 0, 10, 10], [0, 0, 10, 6]])
    predictions = _boxes([[0, 0, 10, 10], [0, 0, 10, 9]], [0.9, 0.8])

    assert _outcomes(truth, predictions) == ([1, 1], [0, 1])
    assert metrics.match(metrics.find_overlaps(truth, predictions, rows=1, features=1)).tp.all()  # COCO's does


def test_of_equal_overlaps_the_first_truth_is_looked_at() -> None:
    truth = _boxes([[0, 0, 10, 10], [0, 0, 10, 10]], ignored=[False, True])
    difficult_first = _boxes([[0, 0, 10, 10], [0, 0, 10, 10]], ignored=[True, False])
    prediction = _boxes([[0, 0, 10, 10]], [0.9])

    assert _outcomes(truth, prediction) == ([1], [0])
    assert _outcomes(difficult_first, prediction) == ([], [])


def test_difficult_truths_and_crowds_neither_count_when_found_nor_when_missed() -> None:
    predictions = _boxes([[0, 0, 10, 10], [0, 0, 10, 10]], [0.9, 0.8])
    for truth in (_boxes([[0, 0, 10, 10]], ignored=[True]), _boxes([[0, 0, 10, 10]], crowd=[True])):
        overlaps = metrics.find_overlaps(truth, predictions, rows=1, features=1)
        result = metrics.voc_average_precision(overlaps)

        assert len(result.curves[0]) == 0
        assert np.isnan(result.per_feature).all()
        assert np.isnan([result.mean, *result.max_recall]).all()
        assert result.truths.tolist() == [0]


def test_three_of_ten_truths_reach_a_recall_of_three_tenths() -> None:
    truth = _boxes([[20 * i, 0, 10, 10] for i in range(10)])
    predictions = _boxes([[20 * i, 0, 10, 10] for i in range(3)])
    overlaps = metrics.find_overlaps(truth, predictions, rows=1, features=1)

    assert metrics.voc_average_precision(overlaps, year=2007).mean == pytest.approx(4 / 11)
    assert metrics.voc_average_precision(overlaps).mean == pytest.approx(0.3)


def test_pixels_of_both_edges_belong_to_a_box_in_vocs_files() -> None:
    truth = metrics.Boxes.from_corners([0], [0], [[1, 1, 10, 10]], inclusive=True)
    prediction = metrics.Boxes.from_corners([0], [0], [[1, 1, 10, 5]], inclusive=True)

    assert _outcomes(truth, prediction) == ([1], [0])  # 50 of 100 pixels; 36 of 81 without the edges


def test_equally_confident_predictions_of_several_rows_count_in_the_order_of_the_table() -> None:
    truth = metrics.Boxes.from_sizes([0, 1], [0, 0], [[0, 0, 10, 10]] * 2)
    found, wrong = [0, 0, 10, 10], [50, 50, 10, 10]
    first = metrics.Boxes.from_sizes([1, 0, 0], [0, 0, 0], [found, wrong, found], confidence=[0.5] * 3)
    curve = metrics.voc_average_precision(metrics.find_overlaps(truth, first, rows=2, features=1)).curves[0]

    assert curve.tp.tolist() == [1, 1, 2]


def test_no_prediction_is_zero_and_no_truth_undefined() -> None:
    truth = metrics.Boxes.from_sizes([0], [0], [[0, 0, 10, 10]])
    nothing = metrics.Boxes.from_sizes([], [], [])
    for year in (2007, 2010):
        result = metrics.voc_average_precision(
            metrics.find_overlaps(truth, nothing, rows=1, features=2),
            year=year,
        )
        empty = metrics.voc_average_precision(metrics.find_overlaps(nothing, nothing, rows=0, features=0))

        assert result.mean == result.max_recall[0] == 0
        assert np.isnan(result.per_feature).tolist() == [False, True]
        assert np.isnan(empty.mean)
        assert len(empty.curves) == 0


@pytest.mark.parametrize("seed", range(10))
def test_chosen_rows_score_as_if_measured_alone(seed: int, make_scene: Any) -> None:
    scene = make_scene(seed, ignored=0.2)
    keep = np.random.default_rng(seed).random(scene.rows) < 0.6
    for year in (2007, 2010):
        chosen = metrics.voc_average_precision(scene.overlaps().on_rows(keep), year=year)
        alone = metrics.voc_average_precision(scene.on_rows(keep).overlaps(), year=year)

        np.testing.assert_array_equal(chosen.per_feature, alone.per_feature)
        np.testing.assert_array_equal(chosen.max_recall, alone.max_recall)
        np.testing.assert_array_equal(chosen.truths, alone.truths)


@pytest.mark.parametrize("seed", range(5))
def test_predicting_the_truth_itself_is_perfect(seed: int, make_scene: Any) -> None:
    truth = make_scene(seed, crowd=0.0).truth
    _, first = np.unique(np.column_stack([truth.row, truth.feature, truth.box]), axis=0, return_index=True)
    boxes = metrics.Boxes.from_sizes(truth.row[first], truth.feature[first], truth.box[first])
    overlaps = metrics.find_overlaps(boxes, boxes, rows=6, features=4)

    assert metrics.voc_average_precision(overlaps, year=2007).mean == pytest.approx(1)
    assert metrics.voc_average_precision(overlaps, min_iou=1).mean == pytest.approx(1)


def test_numbering_rows_anew_changes_nothing(make_scene: Any) -> None:
    scene = make_scene(7)
    number = np.random.default_rng(0).permutation(scene.rows)
    before = metrics.voc_average_precision(scene.overlaps())
    moved = [
        metrics.Boxes.from_sizes(
            number[each.row], each.feature, each.box, confidence=each.confidence, crowd=each.crowd, area=each.area
        )
        for each in (scene.truth, scene.predictions)
    ]
    after = metrics.voc_average_precision(metrics.find_overlaps(*moved, rows=scene.rows, features=scene.features))

    np.testing.assert_array_equal(after.per_feature, before.per_feature)


def test_masks_have_the_same_rules(make_masks: Any) -> None:
    result = metrics.voc_average_precision(make_masks(1).overlaps(), year=2007)

    assert result.rule == "voc-2007 masks, 11-point"
    assert (result.year, result.min_iou) == (2007, 0.5)


def test_a_year_or_overlap_without_an_answer_is_refused(make_scene: Any) -> None:
    overlaps = make_scene(0).overlaps()

    with pytest.raises(metrics.ThresholdError, match="no rule of 2008"):
        metrics.voc_average_precision(overlaps, year=2008)  # type: ignore[arg-type]
    with pytest.raises(metrics.ThresholdError, match=r"min_iou is 0\.01"):
        metrics.voc_average_precision(overlaps, min_iou=0.01)
