"""Annotations as columns, sorted by row, in a row as they came."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.records.annotations import Annotations
from trainer.records.errors import ColumnError

BOX = [1, 1, 2, 2]


def test_annotations_are_sorted_by_row_and_keep_their_order_within_one():
    annotations = Annotations.from_columns(
        row=[2, 0, 2, 0], feature=[0] * 4, box=[[i, 0, 1, 1] for i in range(4)], object=["a", "b", "c", "d"]
    )

    assert annotations.row.tolist() == [0, 0, 2, 2]
    assert annotations.table["object"].to_pylist() == ["b", "d", "a", "c"]
    assert annotations.box[:, 0].tolist() == [1, 3, 0, 2]


def test_a_missing_confidence_counts_as_one(truth):
    assert truth.confidence.tolist() == [1, 1, 1]


def test_an_area_that_is_not_stated_is_the_boxs_own(truth):
    assert truth.area.tolist() == [0.75, 12, 41.5]


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_an_unknown_area_is_null(unknown):
    annotations = Annotations.from_columns(row=[0], feature=[0], box=[BOX], area=[unknown])

    assert annotations.table["area"].to_pylist() == [None]


def test_offsets_tell_where_each_row_begins():
    annotations = Annotations.from_columns(row=[3, 1, 1], feature=[0] * 3, box=[BOX] * 3)

    assert annotations.offsets(5).tolist() == [0, 0, 2, 2, 3, 3]


@pytest.mark.parametrize("kept", [[], [0], [1], [0, 1], [5], [0, 5]])
def test_annotations_of_chosen_rows_are_renumbered(truth, kept):
    chosen = truth.on_rows(np.asarray(kept, dtype=np.int32))

    expected = [kept.index(row) for row in truth.row.tolist() if row in kept]
    assert chosen.row.tolist() == expected


def test_no_annotations_are_annotations_too():
    assert len(Annotations.empty()) == 0
    assert Annotations.empty().box.shape == (0, 4)
    assert Annotations.from_columns(row=[], feature=[], box=[]).table.equals(Annotations.empty().table)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"feature": [0]}, "Column 'feature' has 1 values for 2 annotations"),
        ({"box": [BOX]}, "Column 'left' has 1 values for 2 annotations"),
        ({"box": [[1, 1, 2], [1, 1, 2]]}, r"Boxes have the shape \(2, 3\), not \(n, 4\)"),
        ({"box": [BOX, [1, 1, -2, 2]]}, "1 of 2 boxes have a negative or unknown length; first: row 1"),
        ({"box": [BOX, [1, float("nan"), 2, 2]]}, "1 of 2 boxes have a negative or unknown length"),
        ({"box": [BOX, [1, 1, float("inf"), 2]]}, "1 of 2 boxes have a negative or unknown length"),
        ({"confidence": [0.5, 1.5]}, r"1 of 2 confidences lie outside \[0, 1\]; first: row 1 with 1.5"),
        ({"confidence": [0.5, float("nan")]}, r"1 of 2 confidences lie outside \[0, 1\]"),
        ({"feature": [0, 40_000]}, "1 of 2 feature codes lie outside 0 to 32,767; first: 40000"),
        ({"feature": np.asarray([-1, 70_000])}, "2 of 2 feature codes lie outside 0 to 32,767; first: -1"),
        ({"object": ["a"]}, "Column 'object' has 1 values for 2 annotations"),
    ],
)
def test_wrong_columns_are_refused(change, message):
    with pytest.raises(ColumnError, match=message):
        Annotations.from_columns(**({"row": [0, 1], "feature": [0, 0], "box": [BOX, BOX]} | change))


def test_a_table_out_of_row_order_is_refused(truth):
    with pytest.raises(ColumnError, match="kept sorted by row"):
        Annotations(truth.table.take([2, 0]))
