"""Rows in key order, whatever order they came in."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from trainer.records.errors import ColumnError, NotFoundError
from trainer.records.rows import Rows


def test_rows_are_sorted_by_key_with_all_their_columns(rows):
    assert rows.keys == ("a", "b", "c")
    assert rows.widths.tolist() == [20, 40, 30]
    assert rows.heights.tolist() == [10, 30, 15]
    assert rows.uris == (None, "/pictures/b.jpg", "/pictures/c.jpg")
    assert rows.splits.tolist() == ["test", "training", "unassigned"]
    assert rows.metadata(1) == {"weather": "rain", "n": 1}


def test_any_order_of_arrival_makes_the_same_table():
    given = {"keys": ["x", "y", "z"], "widths": [1, 2, 3], "heights": [4, 5, 6]}
    tables = [
        Rows.from_columns(**{name: [column[i] for i in order] for name, column in given.items()}).table
        for order in itertools.permutations(range(3))
    ]

    assert all(table.equals(tables[0]) for table in tables)


def test_a_row_is_found_by_its_key(rows):
    assert [rows.position(key) for key in "abc"] == [0, 1, 2]
    with pytest.raises(NotFoundError, match="There is no row 'd' among 3 rows"):
        rows.position("d")


def test_splits_are_counted_and_looked_up(rows):
    assert rows.split_sizes() == {"training": 1, "test": 1, "unassigned": 1}
    assert rows.in_split("test").tolist() == [0]
    assert rows.in_split("validation").tolist() == []


def test_rows_take_other_splits_and_stay_otherwise_as_they_are(rows):
    changed = rows.with_splits(["validation", "validation", "test"])

    assert changed.split_sizes() == {"validation": 2, "test": 1}
    assert changed.table.drop_columns("split").equals(rows.table.drop_columns("split"))


def test_taken_rows_are_rows_again(rows):
    assert rows.take(np.asarray([0, 2])).keys == ("a", "c")


def test_no_rows_are_rows_too():
    assert len(Rows.from_columns(keys=[], widths=[], heights=[])) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keys": ["a", "a"]}, "Key 'a' stands on two rows"),
        ({"widths": [1]}, "Column 'width' has 1 values for 2 keys"),
        ({"heights": [3, 0]}, "1 of 2 rows have no area; first: 'b', 2 x 0 pixels"),
        ({"widths": [-1, 0]}, "2 of 2 rows have no area; first: 'a', -1 x 3 pixels"),
        ({"uris": ["/a.jpg"]}, "Column 'uri' has 1 values for 2 keys"),
    ],
)
def test_wrong_columns_are_refused(change, message):
    with pytest.raises(ColumnError, match=message):
        Rows.from_columns(**({"keys": ["a", "b"], "widths": [1, 2], "heights": [3, 4]} | change))


def test_a_table_out_of_key_order_is_refused(rows):
    with pytest.raises(ColumnError, match=r"row 1 \('b'\) comes after 'c'"):
        Rows(rows.table.take([2, 1]))


def test_a_table_with_other_columns_is_refused(rows):
    with pytest.raises(ColumnError, match="Rows need the columns"):
        Rows(rows.table.drop_columns("uri"))


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="There is no split 'fold 3'"):
        Rows.from_columns(keys=["a"], widths=[1], heights=[1], splits=["fold 3"])
