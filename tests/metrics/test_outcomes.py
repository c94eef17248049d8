"""What was found, what was a false alarm and what was missed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from metrics import Boxes, Counts, average_precision, count_outcomes, find_overlaps, match


@pytest.fixture(scope="module")
def counted() -> Any:
    """Two rows: on the first one found, one false alarm and one missed; on the second a crowd that absorbs two."""
    truth = Boxes.from_sizes(
        [0, 0, 1], [0, 1, 1], [[0, 0, 10, 10], [50, 0, 10, 10], [0, 0, 100, 100]], crowd=[False, False, True]
    )
    predictions = Boxes.from_sizes(
        [0, 0, 1, 1],
        [0, 0, 1, 1],
        [[0, 0, 10, 8], [80, 0, 10, 10], [0, 0, 10, 10], [5, 5, 10, 10]],
        confidence=[0.9, 0.8, 0.7, 0.2],
    )
    return count_outcomes(match(find_overlaps(truth, predictions, rows=3, features=3)))


def test_counts_per_feature(counted: Any) -> None:
    counts = counted.per_feature

    assert (counts.tp.tolist(), counts.fp.tolist()) == ([1, 0, 0], [1, 0, 0])
    assert (counts.missed.tolist(), counts.absorbed.tolist()) == ([0, 1, 0], [0, 2, 0])


def test_counts_per_row(counted: Any) -> None:
    counts = counted.per_row

    assert (counts.tp.tolist(), counts.fp.tolist()) == ([1, 0, 0], [1, 0, 0])
    assert (counts.missed.tolist(), counts.absorbed.tolist()) == ([1, 0, 0], [0, 2, 0])
    assert counts.tp.dtype == counts.fp.dtype == counts.missed.dtype == np.int32


def test_counts_in_all(counted: Any) -> None:
    total = counted.total

    assert (total.tp, total.fp, total.missed, total.absorbed) == (1, 1, 1, 2)
    assert (total.truths, total.predictions) == (2, 4)
    assert (total.precision, total.recall, total.f1, total.mean_iou) == (0.5, 0.5, 0.5, 0.8)


def test_ratios_without_support_are_undefined(counted: Any) -> None:
    counts = counted.per_feature

    np.testing.assert_array_equal(counts.precision, [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(counts.recall, [1.0, 0.0, np.nan])
    np.testing.assert_array_equal(counts.f1, [2 / 3, 0.0, np.nan])
    np.testing.assert_array_equal(counts.mean_iou, [0.8, np.nan, np.nan])


def test_columns_are_ready_for_a_table(counted: Any) -> None:
    columns = counted.per_feature.columns()

    assert [*columns] == [
        "truths", "predictions", "tp", "fp", "missed", "absorbed", "precision", "recall", "f1", "mean_iou",
    ]  # fmt: skip
    assert {len(column) for column in columns.values()} == {3}


def test_results_say_how_they_were_made(counted: Any) -> None:
    assert (counted.min_iou, counted.min_confidence) == (0.5, 0.0)
    assert counted.rule.startswith("greedy")


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("min_confidence", [0.0, 0.6])
def test_counts_reconcile(seed: int, min_confidence: float, make_scene: Any) -> None:
    scene = make_scene(seed, ignored=0.15)
    matches = match(scene.overlaps(), min_confidence=min_confidence)
    outcomes = count_outcomes(matches)
    total = outcomes.total

    assert total.tp + total.missed == np.count_nonzero(~(scene.truth.crowd | scene.truth.ignored))
    assert total.tp + total.fp + total.absorbed == np.count_nonzero(scene.predictions.confidence >= min_confidence)
    for counts in (outcomes.per_feature, outcomes.per_row):
        assert [np.sum(column) for column in counts[:4]] == list(total[:4])
        assert np.sum(counts.iou_sum) == pytest.approx(total.iou_sum)
    _assert_equal_counts(outcomes.per_row, matches, scene, scene.rows)


def _assert_equal_counts(counts: Counts, matches: Any, scene: Any, rows: int) -> None:
    for found, flags, boxes in (
        (counts.tp, matches.tp, scene.predictions),
        (counts.fp, matches.fp, scene.predictions),
        (counts.absorbed, matches.absorbed, scene.predictions),
        (counts.missed, matches.missed, scene.truth),
    ):
        assert found.tolist() == np.bincount(boxes.row[flags], minlength=rows).tolist()


def test_average_precision_can_leave_out_the_unsure(make_scene: Any) -> None:
    truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 0, 10, 10]])
    predictions = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 0, 10, 10]], confidence=[0.9, 0.3])
    overlaps = find_overlaps(truth, predictions, rows=1, features=1)

    assert average_precision(overlaps).mean == pytest.approx(1.0)
    assert average_precision(overlaps, min_confidence=0.5).mean == pytest.approx(51 / 101)
    assert average_precision(overlaps, max_detections=1).mean == pytest.approx(51 / 101)


def test_average_precision_says_how_it_was_made(make_scene: Any) -> None:
    result = average_precision(make_scene(0).overlaps(), min_iou=0.3)

    assert (result.min_iou, result.min_confidence, result.max_detections) == (0.3, 0.0, 100)
    assert result.rule == "coco-2017 boxes, 101-point"
    assert len(result.per_feature) == len(result.truths) == 4
