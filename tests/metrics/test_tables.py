"""Boxes are checked once on arrival, and say what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest

from metrics import Boxes, ColumnError, MetricsError


def test_left_out_columns_have_plain_values() -> None:
    boxes = Boxes.from_sizes([0, 1], [3, 3], [[1, 2, 3, 4], [5, 6, 7, 8]])

    assert len(boxes) == 2
    assert boxes.confidence is None
    assert boxes.area.tolist() == [12, 56]
    assert not boxes.crowd.any()
    assert not boxes.ignored.any()


def test_columns_have_the_stated_types() -> None:
    boxes = Boxes.from_sizes(
        np.array([0], np.int64), np.array([1], np.int16), [[1, 2, 3, 4]], confidence=np.array([0.5], np.float32)
    )

    assert boxes.row.dtype == boxes.feature.dtype == np.int32
    assert boxes.confidence is not None
    assert boxes.box.dtype == boxes.area.dtype == boxes.confidence.dtype == np.float64


def test_corners_become_sizes() -> None:
    boxes = Boxes.from_corners([0], [0], [[40, 12, 61, 60]], confidence=[0.5], area=[9], crowd=[True], ignored=[True])

    assert boxes.box.tolist() == [[40, 12, 21, 48]]
    assert boxes.confidence is not None
    assert (boxes.confidence[0], boxes.area[0], boxes.crowd[0], boxes.ignored[0]) == (0.5, 9, True, True)


def test_no_boxes_are_a_table_too() -> None:
    assert len(Boxes.from_sizes([], [], [])) == len(Boxes.from_corners([], [], [], confidence=[])) == 0


def test_a_box_without_size_is_a_box() -> None:
    assert Boxes.from_sizes([0], [0], [[5, 5, 0, 0]]).area.tolist() == [0]


def test_boxes_that_end_before_they_start_are_refused_with_their_number_and_place() -> None:
    corners = [[0, 0, 5, 5], [40, 12, 31, 60], [40, 12, 41, 6]]

    with pytest.raises(ColumnError, match=r"2 of 3 boxes end before they start; first: number 1 \(row 7\)") as caught:
        Boxes.from_corners([0, 7, 8], [0, 0, 0], corners)
    assert "Boxes.from_sizes(...)" in str(caught.value)
    assert (caught.value.bad, caught.value.first) == (2, 1)


@pytest.mark.parametrize("box", [[0, 0, -1, 5], [0, 0, np.nan, 5], [np.inf, 0, 1, 5]])
def test_impossible_lengths_are_refused(box: list[float]) -> None:
    with pytest.raises(ColumnError, match=r"1 of 2 boxes have a negative or unknown length; .* number 1 \(row 4\)"):
        Boxes.from_sizes([3, 4], [0, 0], [[0, 0, 1, 1], box])


@pytest.mark.parametrize("area", [-1.0, np.nan])
def test_impossible_areas_are_refused(area: float) -> None:
    with pytest.raises(ColumnError, match="negative or unknown area"):
        Boxes.from_sizes([3], [0], [[0, 0, 1, 1]], area=[area])


@pytest.mark.parametrize("confidence", [-0.1, 1.5, np.nan])
def test_confidences_outside_their_range_are_refused(confidence: float) -> None:
    with pytest.raises(ColumnError, match=r"1 of 2 confidences lie outside \[0, 1\]; first: number 1 of the boxes"):
        Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 1, 1]] * 2, confidence=[0.5, confidence])


@pytest.mark.parametrize(("row", "feature", "name"), [([-1], [0], "row"), ([0], [-2], "feature")])
def test_negative_numbers_are_refused(row: list[int], feature: list[int], name: str) -> None:
    with pytest.raises(ColumnError, match=f"1 of 1 boxes have a {name} that is no whole number from 0; .* 0 with -"):
        Boxes.from_sizes(row, feature, [[0, 0, 1, 1]])


@pytest.mark.parametrize("column", ["confidence", "area", "crowd", "ignored"])
def test_columns_of_another_length_are_refused(column: str) -> None:
    with pytest.raises(ColumnError, match=f"Column '{column}' has 3 values, but there are 2 in column 'row'"):
        Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 1, 1]] * 2, **{column: [0, 0, 0]})


def test_every_error_is_a_value_error() -> None:
    assert issubclass(ColumnError, MetricsError)
    assert issubclass(MetricsError, ValueError)
