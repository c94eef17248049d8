"""Failures and their costs are those of tidecv, kind by kind, where its rule is asked for."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import metrics
from metrics import Overlaps, average_precision, failure_costs, find_failures

FOLDER = Path(__file__).parent / "golden"
MAKER = runpy.run_path(str(FOLDER / "make_tide.py"))
GOLDEN = json.loads((FOLDER / "tide.json").read_text(encoding="utf-8"))
TOLERANCE = 1e-12


def _overlaps(scene: dict[str, Any], rows: int = MAKER["ROWS"], features: int = MAKER["FEATURES"]) -> Overlaps:
    truth, predictions = (metrics.Boxes.from_sizes(**scene[side]) for side in ("truth", "predictions"))
    return metrics.find_overlaps(truth, predictions, rows=rows, features=features)


def _assert_costs_as_golden(overlaps: Overlaps, thresholds: dict[str, float], golden: dict[str, Any]) -> None:
    costs = failure_costs(overlaps, **thresholds, rule="tidecv")
    numbers = [costs.ap, *costs.cost, costs.false_alarms, costs.misses]
    told = [golden["ap"], *golden["costs"], *golden["special"]]

    np.testing.assert_allclose(numbers, np.array(told, dtype=float) / 100, rtol=0, atol=TOLERANCE)


def _named(kinds: np.ndarray) -> str:
    return "".join("-" if kind < 0 else str(kind) for kind in kinds)


@pytest.mark.parametrize("golden", GOLDEN["scenes"], ids=lambda golden: golden["seed"])
def test_generated_scenes_fail_as_in_tidecv(golden: dict[str, Any]) -> None:
    scene = MAKER["make_scene"](golden["seed"])
    overlaps = _overlaps(scene)
    failures = find_failures(overlaps, **scene["thresholds"], max_detections=100, rule="tidecv")
    unseen = np.where(failures.missed_kind == 5, 5, -1)

    assert _named(failures.kind) == golden["kinds"]
    assert _named(unseen) == golden["missed"]
    assert failures.total.tolist() == golden["counts"]
    _assert_costs_as_golden(overlaps, scene["thresholds"], golden)


@pytest.fixture(scope="module", params=MAKER["MODELS"])
def model(request: pytest.FixtureRequest, shared_data: Path) -> tuple[str, Overlaps]:
    columns = MAKER["read_files"](shared_data / "coco_val2017_yolact100", request.param)
    return request.param, _overlaps(columns, columns["rows"], columns["features"])


def test_two_real_models_fail_as_in_tidecv(model: tuple[str, Overlaps]) -> None:
    name, overlaps = model
    told = [golden for golden in GOLDEN["models"] if golden["model"] == name]

    assert len(told) == 4
    for golden in told:
        thresholds = {key: golden[key] for key in ("min_iou", "min_background")}
        failures = find_failures(overlaps, **thresholds, rule="tidecv")
        assert failures.total.tolist() == golden["counts"]
        _assert_costs_as_golden(overlaps, thresholds, golden)


def test_on_real_models_both_rules_name_the_same_kinds(model: tuple[str, Overlaps]) -> None:
    """No overlaps are equal there and nothing is a crowd."""
    _, overlaps = model
    ours, theirs = (find_failures(overlaps, rule=rule) for rule in ("coco", "tidecv"))

    np.testing.assert_array_equal(ours.kind, theirs.kind)
    np.testing.assert_array_equal(ours.missed_kind, theirs.missed_kind)


def test_by_its_own_rule_tidecv_has_another_average_precision(model: tuple[str, Overlaps]) -> None:
    """Features that are predicted and never true count as 0 there, and not at all in COCO's mean. Some others differ
    by what is read at one recall level: COCO's 35 hundredths are a hair more than 7 / 20, and tidecv's are not."""
    _, overlaps = model
    ours, theirs = (failure_costs(overlaps, rule=rule) for rule in ("coco", "tidecv"))
    untrue = (np.diff(overlaps.predictions.starts) > 0) & (ours.truths == 0)
    true = ours.truths > 0

    assert ours.ap == average_precision(overlaps).mean
    np.testing.assert_allclose(ours.ap_per_feature[true], theirs.ap_per_feature[true], rtol=0, atol=1 / 101)
    assert untrue.any()
    assert not theirs.ap_per_feature[untrue].any()
    assert theirs.ap == pytest.approx(theirs.ap_per_feature[true | untrue].mean(), rel=0, abs=TOLERANCE)


def test_hotcoco_says_the_same_of_real_models_except_of_features_without_truths_left(
    model: tuple[str, Overlaps], shared_data: Path
) -> None:
    """Where striking out misses leaves a feature without truth, hotcoco counts it as 0, and we leave it out of the
    mean. Other thresholds cannot be compared: hotcoco 1.3.0 takes the nearest IoU that it evaluated."""
    hotcoco = pytest.importorskip("hotcoco", reason="hotcoco is not installed")
    name, overlaps = model
    folder = shared_data / "coco_val2017_yolact100"
    truth = hotcoco.COCO(str(folder / "gt_boxes_100.json"))
    evaluation = hotcoco.COCOeval(truth, truth.load_res(str(folder / f"yolact_{name}_results.json")), "bbox")
    evaluation.evaluate()
    told = evaluation.tide_errors(pos_thr=0.5, bg_thr=0.1)
    kinds = ("Cls", "Loc", "Both", "Dupe", "Bkg", "Miss")
    costs = failure_costs(overlaps)
    unseen = metrics.mended_precision(overlaps, ["unseen"]).per_feature
    cost_of_unseen = np.nan_to_num(unseen)[costs.truths > 0].mean() - costs.ap

    assert find_failures(overlaps).total.tolist() == [told["counts"][kind] for kind in kinds]
    numbers = [*costs.cost[:5], cost_of_unseen, costs.false_alarms]
    theirs = [told["delta_ap"][kind] for kind in (*kinds, "FP")]
    np.testing.assert_allclose(numbers, theirs, rtol=0, atol=TOLERANCE)
