"""The browser matches as Python does, shape by shape."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard.packs import run_pack
from metrics import Boxes, Matches, Overlaps, find_overlaps, match
from trainer.formats import coco
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

GOLDEN = Path(__file__).parents[2] / "metrics" / "golden" / "matching.json"
THRESHOLDS = list(product([0.0, 0.29, 0.5, 0.57, 1.0], [0.05, 0.3, 0.5, 0.58, 1.0]))

# For each pair of thresholds: what every prediction claimed, what happened to it and to every truth, in pack order.
_MATCH_ALL = """async ([content, thresholds]) => {
  const { openPack } = await import("/modules/gallery/pack.js");
  const { createOutcomes } = await import("/modules/gallery/outcomes.js");
  const pack = openPack(Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)).buffer);
  const outcomes = createOutcomes(pack);
  return thresholds.map(([confidence, iou]) => {
    outcomes.setThresholds({ confidence, iou });
    for (let row = 0; row < pack.rows; row++) outcomes.matched(row);
    const { truthOf, predictionOf, predictionOutcome, truthOutcome, found, falseAlarms, missed } = outcomes.matches;
    const lists = { truthOf, predictionOf, predictionOutcome, truthOutcome, found, falseAlarms, missed };
    return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list]]));
  });
}"""
FOUND, FALSE_ALARM, MISSED = 1, 2, 3
COUNTS = {"tp": "found", "fp": "falseAlarms", "missed": "missed"}


def _boxes(shapes: Annotations) -> Boxes:
    return Boxes.from_sizes(
        shapes.row, shapes.feature, shapes.box, confidence=shapes.confidence, crowd=shapes.crowd, ignored=shapes.ignored
    )


def _random_shapes(generator: np.random.Generator, count: int, *, rows: int, **columns: Any) -> Annotations:
    """Boxes on a coarse grid, so that equal overlaps and equal confidences are common."""
    corner, size = generator.integers(0, 8, (count, 2)) * 5, generator.integers(1, 6, (count, 2)) * 5
    return Annotations.from_columns(
        row=generator.integers(0, rows, count),
        feature=generator.integers(0, 3, count),
        box=np.concatenate([corner, size], axis=1),
        **columns,
    )


def _placed(columns: dict[str, list[int]], **others: Any) -> Annotations:
    """Shared cases state overlaps, not boxes, so that any box will do."""
    assert columns["row"] == sorted(columns["row"])
    return Annotations.from_columns(
        row=columns["row"], feature=columns["feature"], box=[[0, 0, 10, 10]] * len(columns["row"]), **others
    )


def _order(predictions: Annotations) -> np.ndarray:
    """Position in the table of each prediction of the pack."""
    return np.lexsort((-predictions.confidence, predictions.row))


def _golden_pack(case: dict[str, Any], truth: Annotations, predictions: Annotations) -> bytes:
    rows = 1 + max([*case["truth"]["row"], *case["predictions"]["row"]], default=0)
    features = 1 + max([*case["truth"]["feature"], *case["predictions"]["feature"]], default=0)
    pairs = np.array(case["pairs"], dtype=np.float64).reshape(-1, 3)
    return run_pack(
        Rows.from_columns(keys=[f"{row:04d}" for row in range(rows)], widths=[10] * rows, heights=[10] * rows),
        truth,
        predictions,
        (pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64), pairs[:, 2]),
        features=[f"feature {code}" for code in range(features)],
    )


def _assert_expected(seen: dict[str, list[int]], expected: dict[str, Any], *, order: np.ndarray, name: str) -> None:
    place = np.append(np.argsort(order), -1)  # -1 stays -1
    counts = {count: sum(seen[list_name]) for count, list_name in COUNTS.items()}

    assert seen["truthOf"] == np.array(expected["truth_of"], dtype=int)[order].tolist(), name
    assert seen["predictionOf"] == place[np.array(expected["prediction_of"], dtype=int)].tolist(), name
    assert counts == {count: expected[count] for count in COUNTS}, name


def _pack(rows: int, truth: Annotations, predictions: Annotations, overlaps: Overlaps) -> bytes:
    keys = [f"row-{row:04d}" for row in range(rows)]
    pairs = overlaps.table_pairs()
    return run_pack(
        Rows.from_columns(keys=keys, widths=[80] * rows, heights=[80] * rows),
        truth,
        predictions,
        (pairs.prediction, pairs.truth, pairs.iou),
        features=["cat", "dog", "cow"],
    )


def _assert_same(
    seen: dict[str, list[int]], matches: Matches, *, order: np.ndarray, rows: tuple[np.ndarray, ...]
) -> None:
    place = np.argsort(order)  # position in the pack of each prediction of the table
    prediction_of = matches.prediction_of
    in_pack = np.where(prediction_of >= 0, place[prediction_of], -1) if len(place) else prediction_of
    truth_row, prediction_row = rows
    count = len(seen["found"])

    np.testing.assert_array_equal(seen["truthOf"], matches.truth_of[order])
    np.testing.assert_array_equal(seen["predictionOf"], in_pack)
    np.testing.assert_array_equal(np.array(seen["predictionOutcome"]) == FOUND, matches.tp[order])
    np.testing.assert_array_equal(np.array(seen["predictionOutcome"]) == FALSE_ALARM, matches.fp[order])
    np.testing.assert_array_equal(np.array(seen["truthOutcome"]) == MISSED, matches.missed)
    np.testing.assert_array_equal(seen["found"], np.bincount(prediction_row[matches.tp], minlength=count))
    np.testing.assert_array_equal(seen["falseAlarms"], np.bincount(prediction_row[matches.fp], minlength=count))
    np.testing.assert_array_equal(seen["missed"], np.bincount(truth_row[matches.missed], minlength=count))


@pytest.mark.parametrize("seed", range(3))
def test_generated_boxes_with_many_ties_match_as_in_python(run_js: Callable[..., Any], seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth = _random_shapes(
        generator, 300, rows=12, crowd=generator.random(300) < 0.1, ignored=generator.random(300) < 0.1
    )
    confidence = generator.integers(0, 101, 500) / 100
    predictions = _random_shapes(generator, 500, rows=12, confidence=confidence)
    overlaps = find_overlaps(_boxes(truth), _boxes(predictions), rows=12, features=3)
    order = _order(predictions)
    content = base64.b64encode(_pack(12, truth, predictions, overlaps)).decode()

    for (least, iou), seen in zip(THRESHOLDS, run_js(_MATCH_ALL, [content, THRESHOLDS]), strict=True):
        matches = match(overlaps, min_iou=iou, min_confidence=least)
        _assert_same(seen, matches, order=order, rows=(truth.row, predictions.row))


def test_a_real_run_matches_as_in_python(run_js: Callable[..., Any], shared_data: Path) -> None:
    folder = shared_data / "coco_val2017_yolact100"
    read = coco.read_truth(folder / "gt_boxes_100.json")
    snapshot = Snapshot(read.ontology, read.rows, read.truth)
    predictions = coco.read_predictions(folder / "yolact_base_results.json", snapshot)
    rows, features = len(read.rows), len(read.ontology.paths)
    overlaps = find_overlaps(_boxes(read.truth), _boxes(predictions), rows=rows, features=features)
    pairs = overlaps.table_pairs()
    found = (pairs.prediction, pairs.truth, pairs.iou)
    content = run_pack(read.rows, read.truth, predictions, found, features=read.ontology.paths)
    seen = run_js(_MATCH_ALL, [base64.b64encode(content).decode(), THRESHOLDS])

    for (least, iou), each in zip(THRESHOLDS, seen, strict=True):
        matches = match(overlaps, min_iou=iou, min_confidence=least)
        _assert_same(each, matches, order=_order(predictions), rows=(read.truth.row, predictions.row))


def test_the_shared_cases_match_as_written_down(run_js: Callable[..., Any]) -> None:
    cases = json.loads(GOLDEN.read_text(encoding="utf-8"))["cases"]

    assert len(cases) > 10
    for case in cases:
        truth = _placed(case["truth"], crowd=case["truth"]["crowd"], ignored=case["truth"]["ignored"])
        predictions = _placed(case["predictions"], confidence=case["predictions"]["confidence"])
        content = base64.b64encode(_golden_pack(case, truth, predictions)).decode()
        (seen,) = run_js(_MATCH_ALL, [content, [[case["min_confidence"], case["min_iou"]]]])
        _assert_expected(seen, case["expected"], order=_order(predictions), name=case["name"])


def test_nothing_at_all_matches_nothing(run_js: Callable[..., Any]) -> None:
    nothing = Annotations.empty()
    overlaps = find_overlaps(_boxes(nothing), _boxes(nothing), rows=2, features=3)
    content = base64.b64encode(_pack(2, nothing, nothing, overlaps)).decode()
    (seen,) = run_js(_MATCH_ALL, [content, [[0.5, 0.5]]])

    assert seen["found"] == seen["falseAlarms"] == seen["missed"] == [0, 0]
