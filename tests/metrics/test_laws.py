"""What must hold for any scene."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from metrics import (
    Boxes,
    CocoSummary,
    Overlaps,
    average_precision,
    coco_summary,
    count_outcomes,
    match,
    precision_recall_curves,
)

SEEDS = range(12)


def _assert_equal_summaries(one: CocoSummary, other: CocoSummary, features: np.ndarray | None = None) -> None:
    features = np.arange(len(one.per_feature.ap)) if features is None else features

    np.testing.assert_allclose([*one.numbers().values()], [*other.numbers().values()], rtol=0, atol=1e-12)
    for name, column in one.per_feature.columns().items():
        np.testing.assert_array_equal(column, other.per_feature.columns()[name][features])


def _with(boxes: Boxes, **columns: np.ndarray) -> Boxes:
    return replace(boxes, **columns)


def _untied(scene: Any, seed: int) -> Any:
    """The scene with a confidence of its own for each prediction: ties are settled by the order of rows."""
    confidence = np.random.default_rng(seed).permutation(len(scene.predictions)) / len(scene.predictions)
    return replace(scene, predictions=_with(scene.predictions, confidence=confidence))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_does_not_matter(seed: int, make_scene: Any) -> None:
    scene = _untied(make_scene(seed), seed)
    number = np.random.default_rng(seed).permutation(scene.rows).astype(np.int32)
    moved = replace(
        scene,
        truth=_with(scene.truth, row=number[scene.truth.row]),
        predictions=_with(scene.predictions, row=number[scene.predictions.row]),
    )
    before, after = scene.overlaps(), moved.overlaps()

    assert (match(before).truth_of == match(after).truth_of).all()
    assert (count_outcomes(match(before)).per_row.fp == count_outcomes(match(after)).per_row.fp[number]).all()
    _assert_equal_summaries(coco_summary(before), coco_summary(after))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_numbering_of_features_does_not_matter(seed: int, make_scene: Any) -> None:
    scene = make_scene(seed)
    code = np.random.default_rng(seed).permutation(scene.features).astype(np.int32)
    moved = replace(
        scene,
        truth=_with(scene.truth, feature=code[scene.truth.feature]),
        predictions=_with(scene.predictions, feature=code[scene.predictions.feature]),
    )
    before, after = scene.overlaps(), moved.overlaps()

    assert (match(before).truth_of == match(after).truth_of).all()
    _assert_equal_summaries(coco_summary(before), coco_summary(after), code)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_unit_of_length_matters_only_to_sizes(seed: int, make_scene: Any) -> None:
    scene = make_scene(seed)
    doubled = replace(
        scene,
        truth=_with(scene.truth, box=scene.truth.box * 2, area=scene.truth.area * 4),
        predictions=_with(scene.predictions, box=scene.predictions.box * 2),
    )
    before, after = coco_summary(scene.overlaps()), coco_summary(doubled.overlaps())

    assert (match(scene.overlaps()).truth_of == match(doubled.overlaps()).truth_of).all()
    for name in ("ap", "ap50", "ap75", "ar1", "ar10", "ar100"):
        np.testing.assert_equal(before.numbers()[name], after.numbers()[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_an_empty_row_changes_nothing(seed: int, make_scene: Any) -> None:
    scene = make_scene(seed)
    longer = replace(scene, rows=scene.rows + 1)

    _assert_equal_summaries(coco_summary(scene.overlaps()), coco_summary(longer.overlaps()))
    assert count_outcomes(match(longer.overlaps())).per_row.predictions[-1] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_predicting_the_truth_scores_one(seed: int, make_scene: Any) -> None:
    scene = make_scene(seed, per_row=5)
    perfect = replace(scene, predictions=_with(scene.truth, confidence=None, area=scene.truth.box[:, 2:].prod(axis=1)))
    summary = coco_summary(perfect.overlaps())
    total = count_outcomes(match(perfect.overlaps(), min_iou=1.0)).total

    assert (summary.ap, summary.ap50, summary.ar100) == pytest.approx((1, 1, 1))
    assert (total.precision, total.recall, total.f1, total.mean_iou) == pytest.approx((1, 1, 1, 1))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.7, 1.0])
def test_measuring_some_rows_equals_measuring_them_alone(seed: int, kept: float, make_scene: Any) -> None:
    scene = make_scene(seed, ignored=0.1)
    keep = np.random.default_rng(seed).random(scene.rows) < kept
    among, alone = scene.overlaps().on_rows(keep), scene.on_rows(keep).overlaps()

    assert among.rows == alone.rows
    _assert_equal_results(among, alone, keep)
    _assert_equal_matches(scene, among, alone, keep)


def _assert_equal_results(among: Overlaps, alone: Overlaps, keep: np.ndarray) -> None:
    _assert_equal_summaries(coco_summary(among), coco_summary(alone))
    for name in ("per_feature", "mean", "truths"):
        np.testing.assert_equal(
            *(getattr(average_precision(overlaps, min_iou=0.3), name) for overlaps in (among, alone))
        )
    here, there = (count_outcomes(match(overlaps, min_confidence=0.4)) for overlaps in (among, alone))
    for name, column in here.per_feature.columns().items():
        np.testing.assert_array_equal(column, there.per_feature.columns()[name])
        np.testing.assert_array_equal(here.per_row.columns()[name][keep], there.per_row.columns()[name])
        np.testing.assert_array_equal(here.total.columns()[name], there.total.columns()[name])
    curve, same = (precision_recall_curves(overlaps).overall for overlaps in (among, alone))
    np.testing.assert_array_equal(curve.precision, same.precision)
    np.testing.assert_array_equal(curve.confidence, same.confidence)


def _assert_equal_matches(scene: Any, among: Overlaps, alone: Overlaps, keep: np.ndarray) -> None:
    here, there = (match(overlaps, min_confidence=0.4) for overlaps in (among, alone))
    kept_predictions, kept_truths = keep[scene.predictions.row], keep[scene.truth.row]

    for name in ("tp", "fp", "absorbed", "taking_part", "iou"):
        np.testing.assert_array_equal(getattr(here, name)[kept_predictions], getattr(there, name))
    assert not here.taking_part[~kept_predictions].any()
    assert (here.truth_of[~kept_predictions] == -1).all()
    assert (here.missed[kept_truths] == there.missed).all()
    assert not here.missed[~kept_truths].any()


@pytest.mark.parametrize("seed", SEEDS)
def test_raising_the_confidence_only_takes_claims_away(seed: int, make_scene: Any) -> None:
    overlaps = make_scene(seed).overlaps()
    every, sure = match(overlaps), match(overlaps, min_confidence=0.6)

    assert (sure.truth_of[sure.taking_part] == every.truth_of[sure.taking_part]).all()
    assert (sure.truth_of[~sure.taking_part] == -1).all()
