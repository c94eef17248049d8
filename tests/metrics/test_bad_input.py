"""Whatever a column holds, it is either read as it was meant or refused in words."""

# What is given here is wrong on purpose, in type as well.
# mypy: disable-error-code="arg-type, list-item"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from metrics import (
    Boxes,
    Checklists,
    Choices,
    ColumnError,
    Keypoints,
    Masks,
    MetricsError,
    Rankings,
    Ratings,
    ThresholdError,
    average_precision,
    choice_summary,
    class_curves,
    coco_summary,
    count_at_thresholds,
    count_pixels,
    draw_rows,
    false_discoveries,
    feature_values,
    find_failures,
    find_overlaps,
    mcnemar,
    ratio,
    reliability,
    roc_auc,
    row_mean,
    thresholds_for_f,
    thresholds_for_recall,
    top_accuracy,
)

NAN = float("nan")
THREE = {"row": [0, 0, 1], "feature": [0, 1, 0], "box": [[0, 0, 4, 4], [1, 1, 5, 5], [2, 2, 3, 3]]}
SURE = Choices.from_scores([0, 1], [[0.75, 0.25], [0.5, 0.5]])


def three_boxes(**columns: Any) -> Boxes:
    return Boxes.from_sizes(**{**THREE, **columns})


@pytest.mark.parametrize("column", ["row", "feature", "confidence", "area", "crowd", "ignored"])
@pytest.mark.parametrize(
    "given",
    [
        (0, 1, 0),
        np.array([0, 1, 0], ">i4"),
        np.array([0, 1, 0], np.float16),
        np.array([0, 9, 1, 9, 0])[::2],
        np.array([0, 1, 0], dtype=object),
        pd.Series([0, 1, 0], index=[7, 8, 9]),
        pa.array([0, 1, 0]),
        pa.chunked_array([[0], [1, 0]]),
    ],
)
def test_columns_come_as_they_are(column: str, given: Any) -> None:
    values = getattr(three_boxes(**{column: given}), column)

    assert values.tolist() == [0, 1, 0]
    assert values.ndim == 1


@pytest.mark.parametrize("column", ["row", "feature", "confidence", "area", "crowd", "ignored"])
@pytest.mark.parametrize(
    "given",
    [
        ["a", "b", "c"],
        ["0", "1", "0"],
        ["False", "True", "False"],
        [0, None, 1],
        [0, NAN, 1],
        [0, -1, 1],
        [0, 2**70, -1],
        [0, 1j, 0],
        [[0], [1], [0]],
        [[0], [1, 2], 0],
        np.array(["2020", "2021", "2022"], "datetime64[Y]"),
        pd.Series([0, None, 1], dtype="Int64"),
        pd.Categorical(["a", "b", "a"]),
        pa.array([0, None, 1]),
        0,
        np.array(1),
        "010",
        {0: 1},
        [0, 1],
    ],
    ids=str,
)
def test_columns_that_cannot_be_meant_are_refused(column: str, given: Any) -> None:
    with pytest.raises(ColumnError):
        three_boxes(**{column: given})


def test_a_flag_says_which_is_neither_true_nor_false() -> None:
    with pytest.raises(
        ColumnError, match=r"2 of 3 boxes have a crowd that is neither .* first: number 0 with 2"
    ) as told:
        three_boxes(crowd=[2, 0, NAN])

    assert (told.value.bad, told.value.first) == (2, 0)


@pytest.mark.parametrize("make", [Boxes.from_sizes, Boxes.from_corners])
@pytest.mark.parametrize(
    "box", [np.zeros((4, 8)), np.zeros((8, 5)), np.zeros((8, 1, 4)), [["a"] * 4] * 8, [[0] * 4, [0]]]
)
def test_boxes_in_another_layout_are_not_rearranged(make: Callable[..., Boxes], box: Any) -> None:
    with pytest.raises(ColumnError, match="'box'"):
        make([0] * 8, [0] * 8, box)


def test_boxes_come_from_a_column_of_lists() -> None:
    series, arrow = pd.Series(THREE["box"]), pa.array(THREE["box"])

    assert three_boxes(box=series).box.tolist() == three_boxes(box=arrow).box.tolist() == THREE["box"]


def test_boxes_larger_than_numbers_are_refused() -> None:
    with pytest.raises(ColumnError, match="area"):
        Boxes.from_sizes([0], [0], [[0, 0, 1e308, 1e308]])


@pytest.mark.parametrize("size", [2.0, 2.5, None, -1, True, "2"])
@pytest.mark.parametrize("name", ["rows", "features"])
def test_numbers_of_rows_and_features_are_whole(name: str, size: Any) -> None:
    with pytest.raises(ColumnError, match=f"{name} is"):
        find_overlaps(three_boxes(), three_boxes(), **{"rows": 2, "features": 2, name: size})


@pytest.mark.parametrize("outline", [[1, 1, NAN, 1, 5, 5], [1, 1, 1e12, 1, 5, 5], [1, 1, np.inf, 1, 5, 5], ["1"] * 6])
def test_outlines_that_would_end_the_process_are_refused(outline: list[Any]) -> None:
    with pytest.raises(ColumnError, match=r"1 of 1 objects have an outline .* first: number 0"):
        Masks.from_polygons([0], [0], [[outline]], [[50, 60]])


@pytest.mark.parametrize(
    "outlines", [[1, 1, 5, 1, 5, 5], None, "", [[]], [[[1, 1], [5, 1], [5, 5]]], [[1, 1, 5, 1, 5, 5, 2]]]
)
def test_what_is_no_list_of_outlines_is_refused(outlines: Any) -> None:
    with pytest.raises(ColumnError, match="1 of 1 objects"):
        Masks.from_polygons([0], [0], [outlines], [[50, 60]])


@pytest.mark.parametrize("size", [[50, 60], [[50.5, 60]], [[-1, 60]], [[50, 60, 3]], [], [["a", "b"]], None])
def test_sizes_of_pictures_are_checked(size: Any) -> None:
    with pytest.raises(ColumnError, match="height and width"):
        Masks.from_polygons([0], [0], [[[1, 1, 5, 1, 5, 5]]], size)


@pytest.mark.parametrize(
    "given", [np.full((2, 2), 0.3), np.full((2, 2), NAN), np.ones((2, 2, 3)), np.ones(2), None, [["a"]]]
)
def test_bitmaps_hold_pixels_that_are_inside_or_not(given: Any) -> None:
    with pytest.raises(ColumnError, match="Bitmap 1"):
        Masks.from_bitmaps([0, 0], [0, 0], [np.ones((2, 2)), given])


@pytest.mark.parametrize(
    "rle", [None, "{}", [[1, 1, 5, 1, 5, 5]], {"counts": [4]}, {"size": [2, 2]}, {"size": [4], "counts": [4]}]
)
def test_what_holds_no_run_lengths_is_refused(rle: Any) -> None:
    with pytest.raises(ColumnError, match="1 of 1 masks are no run lengths"):
        Masks.from_rle([0], [0], [rle])


def test_run_lengths_beyond_any_picture_are_refused() -> None:
    with pytest.raises(ColumnError, match="cannot be read"):
        Masks.from_rle([0], [0], [{"size": [100_000, 100_000], "counts": [0, 10**10]}])
    with pytest.raises(ColumnError, match="as a list"):
        Masks.from_rle([0], [0], {"size": [1, 1], "counts": [1]})


def test_keypoints_are_numbers() -> None:
    for points in ([["a"] * 51], [[1, 2], [3]], [[np.inf, 1, 2] * 17]):
        with pytest.raises(ColumnError):
            Keypoints.from_points([0], [0], points)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Choices.from_codes(["cat"], [0], classes=2),
        lambda: Choices.from_codes([None], [0], classes=2),
        lambda: Choices.from_codes([[0]], [0], classes=2),
        lambda: Choices.from_codes(np.eye(2, dtype=int), [0, 1], classes=2),
        lambda: Choices.from_codes(np.array(0), [0], classes=2),
        lambda: Choices.from_scores([0], [["a", "b"]]),
        lambda: Choices.from_scores([0, 1], [[0.5, 0.5], [1.0]]),
        lambda: Checklists.from_scores([[0.3, 0.7]], [[1, 0]]),
        lambda: Checklists.from_scores([["yes", "no"]], [[1, 0]]),
        lambda: Checklists.from_scores([[1, NAN]], [[1, 0]]),
        lambda: Checklists.from_scores([[1, 0]], [[1, 0]], known=[NAN]),
        lambda: reliability([0.5], ["True"]),
        lambda: reliability([0.5], [NAN]),
        lambda: reliability([0.5], [0.4]),
        lambda: reliability([[0.5]], [True]),
        lambda: count_at_thresholds([0.5], ["False"]),
        lambda: count_at_thresholds(["0.5"], [True]),
        lambda: draw_rows(np.ones(2, bool), count=1.5),
        lambda: draw_rows(np.ones(2, bool), seed=-1),
        lambda: Ratings.from_scores(["good", "bad"]),
        lambda: Ratings.from_scores([[1], [2]]),
        lambda: Ratings.from_scores(3),
        lambda: Rankings.from_scores([0], ["a"], [1], rows=1),
        lambda: Rankings.from_scores([0], [1], [[1]], rows=1),
        lambda: Rankings.from_places([0], [1], ["first"], rows=1),
        lambda: Rankings.from_scores([0], [1], [1], rows=1.0),
        lambda: row_mean("seconds", ["a"]),
        lambda: ratio("found", [["a"]], [[1]]),
        lambda: feature_values("price", ["a"]),
        lambda: mcnemar([-1], [2]),
        lambda: mcnemar([1.5], [2]),
        lambda: mcnemar([1, 2], [2]),
        lambda: false_discoveries([0.5, 2.0]),
        lambda: false_discoveries(["a"]),
        lambda: thresholds_for_f(class_curves(SURE)),
        lambda: thresholds_for_recall(count_at_thresholds([0.5], [True]), 0.5),
        lambda: count_pixels((np.zeros((4, 5), int), np.zeros((4, 5), int)), classes=2),
        lambda: count_pixels([(np.zeros((4, 5), int),) * 3], classes=2),
    ],
)
def test_tables_refuse_what_they_cannot_hold(make: Callable[[], object]) -> None:
    with pytest.raises(ColumnError):
        make()


def test_probabilities_of_half_precision_add_up() -> None:
    for classes in (3, 10, 1000):
        scores = np.random.default_rng(0).dirichlet(np.full(classes, 0.3), 500).astype(np.float16)

        assert len(Choices.from_scores(np.zeros(500, int), scores)) == 500


@pytest.mark.parametrize(
    "make",
    [
        lambda: choice_summary(SURE, rule="sklearn"),
        lambda: top_accuracy(SURE, k=1, rule="first"),
        lambda: roc_auc(SURE, average="mean"),
        lambda: reliability([0.5], [True], strategy="equal"),
        lambda: find_failures(find_overlaps(three_boxes(), three_boxes(), rows=2, features=2), rule="tide"),
    ],
)
def test_a_setting_that_does_not_exist_is_told_with_those_that_do(make: Callable[[], object]) -> None:
    with pytest.raises(MetricsError, match=r"There is no \w+ '\w+'; there are '"):
        make()


@pytest.mark.parametrize("most", [0, -1, 1.5, NAN])
def test_at_least_one_prediction_is_looked_at(most: float) -> None:
    overlaps = find_overlaps(three_boxes(), three_boxes(), rows=2, features=2)

    for measure in (average_precision, find_failures):
        with pytest.raises(ThresholdError, match="max_detections is"):
            measure(overlaps, max_detections=most)


@pytest.mark.parametrize("keep", [np.array([True]), np.array([1, 0]), [0], np.array(True), None])
def test_a_number_of_ones_own_refuses_flags_for_other_rows(keep: Any) -> None:
    with pytest.raises(ColumnError, match="Rows to keep are"):
        row_mean("seconds", [1.0, 2.0]).on_rows(keep)


@pytest.mark.parametrize("keep", [[True, False], pd.Series([True, False], index=[3, 4]), pa.array([True, False])])
def test_rows_are_kept_by_any_flags(keep: Any) -> None:
    overlaps = find_overlaps(three_boxes(), three_boxes(), rows=2, features=2)

    assert coco_summary(overlaps.on_rows(keep)).ap == coco_summary(overlaps.on_rows(np.array([True, False]))).ap
    assert draw_rows(keep, count=1).weights(0, 1).tolist() == [[1, 0]]


def test_ids_that_are_no_codes_come_with_the_way_to_make_them() -> None:
    with pytest.raises(
        ColumnError, match=r"1 of 3 boxes have a row .* 8589934592\. .* end at 2,147,483,647; ids .* np\.unique"
    ):
        three_boxes(row=[0, 2**33, 1])


def test_p_values_come_in_any_kind_of_list() -> None:
    assert false_discoveries([0.01, 0.5]).tolist() == false_discoveries(pd.Series([0.01, 0.5])).tolist() == [0.02, 0.5]
