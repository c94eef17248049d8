"""Which boxes overlap, and how much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools import mask

from metrics import Boxes, ColumnError, ThresholdError, find_overlaps


def _table(scene: Any, min_overlap: float) -> dict[tuple[int, int], float]:
    overlaps = find_overlaps(
        scene.truth, scene.predictions, rows=scene.rows, features=scene.features, min_overlap=min_overlap
    )
    pairs = overlaps.table_pairs()
    return {(int(p), int(t)): float(iou) for p, t, iou in zip(*pairs, strict=True)}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("min_overlap", [0.05, 0.4])
def test_pairs_are_those_of_pycocotools_to_the_last_bit(seed: int, min_overlap: float, make_scene: Any) -> None:
    scene = make_scene(seed)
    truth, predictions = scene.truth, scene.predictions
    every = mask.iou(predictions.box, truth.box, truth.crowd.astype(np.uint8))
    same = (predictions.row[:, None] == truth.row) & (predictions.feature[:, None] == truth.feature)
    expected = {(int(p), int(t)): every[p, t] for p, t in np.argwhere(same & (every >= min_overlap))}

    assert _table(scene, min_overlap) == expected


def test_odd_fractions_overlap_as_in_pycocotools_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    truth, predictions = rng.random((50, 4)) * [100, 100, 60, 60], rng.random((80, 4)) * [100, 100, 60, 60]
    crowd = rng.random(50) < 0.3
    one = [0] * 80
    pairs = find_overlaps(
        Boxes.from_sizes(one[:50], one[:50], truth, crowd=crowd),
        Boxes.from_sizes(one, one, predictions),
        rows=1,
        features=1,
    ).table_pairs()

    assert len(pairs.iou) > 500
    assert (pairs.iou == mask.iou(predictions, truth, crowd.astype(np.uint8))[pairs.prediction, pairs.truth]).all()


def test_the_overlap_with_a_crowd_is_measured_against_the_prediction() -> None:
    truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 100, 100]] * 2, crowd=[False, True])
    prediction = Boxes.from_sizes([0], [0], [[90, 0, 20, 50]])
    pairs = find_overlaps(truth, prediction, rows=1, features=1, min_overlap=0.01).table_pairs()

    assert pairs.iou.tolist() == [500 / 10500, 0.5]


def test_boxes_of_other_rows_or_features_never_pair() -> None:
    truth = Boxes.from_sizes([0, 1], [0, 1], [[0, 0, 10, 10]] * 2)
    predictions = Boxes.from_sizes([0, 1], [1, 0], [[0, 0, 10, 10]] * 2)

    assert len(find_overlaps(truth, predictions, rows=2, features=2).table_pairs().iou) == 0


def test_boxes_without_size_never_pair() -> None:
    points = Boxes.from_sizes([0], [0], [[5, 5, 0, 0]])

    assert len(find_overlaps(points, points, rows=1, features=1).table_pairs().iou) == 0


def test_touching_boxes_do_not_overlap() -> None:
    truth = Boxes.from_sizes([0], [0], [[0, 0, 10, 10]])
    beside = Boxes.from_sizes([0], [0], [[10, 0, 10, 10]])

    assert len(find_overlaps(truth, beside, rows=1, features=1, min_overlap=1e-9).table_pairs().iou) == 0


def test_tables_need_not_be_sorted() -> None:
    truth = Boxes.from_sizes([2, 0, 1], [0, 0, 0], [[20, 0, 10, 10], [0, 0, 10, 10], [10, 0, 10, 10]])
    predictions = Boxes.from_sizes([1, 2, 0], [0, 0, 0], [[10, 0, 10, 10], [20, 0, 10, 10], [0, 0, 10, 10]])
    pairs = find_overlaps(truth, predictions, rows=3, features=1).table_pairs()

    assert sorted(zip(pairs.prediction.tolist(), pairs.truth.tolist(), strict=True)) == [(0, 2), (1, 0), (2, 1)]


def test_the_callers_columns_stay_as_they_were(make_scene: Any) -> None:
    scene = make_scene(1)
    columns = [column for boxes in (scene.truth, scene.predictions) for column in vars(boxes).values()]
    before = [None if column is None else column.copy() for column in columns]
    scene.overlaps()

    for column, copy in zip(columns, before, strict=True):
        np.testing.assert_array_equal(column, copy)


@pytest.mark.parametrize(("rows", "features", "name"), [(1, 5, "row 1, where there are 1"), (2, 3, "feature 4")])
def test_boxes_on_rows_or_of_features_that_do_not_exist_are_refused(rows: int, features: int, name: str) -> None:
    boxes = Boxes.from_sizes([0, 1], [0, 4], [[0, 0, 1, 1]] * 2)

    with pytest.raises(ColumnError, match=f"1 of 2 true boxes name a .* first: number 1 with {name}"):
        find_overlaps(boxes, Boxes.from_sizes([], [], []), rows=rows, features=features)


@pytest.mark.parametrize("min_overlap", [0.0, -0.1, 1.1, float("nan")])
def test_the_smallest_overlap_must_be_a_true_overlap(min_overlap: float) -> None:
    nothing = Boxes.from_sizes([], [], [])

    with pytest.raises(ThresholdError, match=f"min_overlap is {min_overlap}"):
        find_overlaps(nothing, nothing, rows=0, features=0, min_overlap=min_overlap)


def test_rows_to_keep_are_flags_for_every_row(make_scene: Any) -> None:
    overlaps = make_scene(0).overlaps()

    with pytest.raises(
        ColumnError, match=r"Rows to keep are int64\[2\], but one flag \(bool\) is needed for each of 6"
    ):
        overlaps.on_rows(np.array([0, 3]))
    with pytest.raises(ColumnError, match=r"bool\[7\]"):
        overlaps.on_rows(np.ones(7, bool))


def test_rows_left_out_stay_out(make_scene: Any) -> None:
    overlaps = make_scene(0).overlaps()
    first = overlaps.on_rows(np.arange(6) < 4)
    both = first.on_rows(np.arange(6) >= 2)

    assert (overlaps.rows, first.rows, both.rows) == (6, 4, 2)
    assert both.keep.tolist() == [False, False, True, True, False, False]
    assert set(both.predictions.row) <= {2, 3}
