"""The digest of a snapshot is its version: it changes with any value and with nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from trainer.records.annotations import Annotations
from trainer.records.errors import ColumnError
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot


def with_value(table: pa.Table, column: str, line: int, value: object) -> pa.Table:
    position = table.schema.get_field_index(column)
    field = table.schema.field(column)
    values = table[column].to_pylist()
    values[line] = value
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    array = pa.array(values, kind)
    if pa.types.is_dictionary(field.type):
        names = ["training", "validation", "test", "unassigned"]
        array = pa.DictionaryArray.from_arrays(pa.array([names.index(v) for v in values], pa.int8()), pa.array(names))
    return table.set_column(position, field, array)


@pytest.mark.parametrize(
    ("column", "line", "value"),
    [
        ("key", 0, "aa"),
        ("split", 0, "training"),
        ("sha256", 0, "aa" * 32),
        ("sha256", 1, None),
        ("sha256", 1, ""),
        ("width", 1, 41),
        ("height", 2, 16),
        ("metadata", 1, '{"n":2,"weather":"rain"}'),
    ],
)
def test_a_change_of_any_row_changes_the_digest(snapshot, column, line, value):
    changed = replace(snapshot, rows=Rows(with_value(snapshot.rows.table, column, line, value)))

    assert changed.digest != snapshot.digest


@pytest.mark.parametrize(
    ("column", "line", "value"),
    [
        ("row", 0, 1),
        ("feature", 0, 3),
        ("confidence", 0, 1.0),
        ("left", 2, 9.000000001),
        ("top", 2, 9.0),
        ("width", 2, 9.0),
        ("height", 2, 9.0),
        ("area", 1, 12.0),
        ("area", 0, None),
        ("crowd", 0, False),
        ("ignored", 0, True),
        ("polygons", 1, [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]]),
        ("polygons", 1, [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 12, 11]]),
        ("polygons", 1, []),
        ("polygons", 1, None),
        ("polygons", 2, []),
        ("rle", 0, "me;4k"),
        ("rle", 1, ""),
        ("object", 0, "second"),
        ("object", 1, "firs"),
    ],
)
def test_a_change_of_any_truth_changes_the_digest(snapshot, column, line, value):
    changed = replace(snapshot, truth=Annotations(with_value(snapshot.truth.table, column, line, value)))

    assert changed.digest != snapshot.digest


@pytest.mark.parametrize(
    "features",
    [
        (Feature("car", Kind.BOX), Feature("road", Kind.MASK)),
        (Feature("road", Kind.MASK, outside_id=90), Feature("car", Kind.BOX)),
        (Feature("car", Kind.BOX), Feature("road", Kind.POLYGON, outside_id=90)),
        (Feature("car", Kind.BOX), Feature("Road", Kind.MASK, outside_id=90)),
        (Feature("car", Kind.BOX), Feature("road", Kind.MASK, outside_id=91)),
        (Feature("car", Kind.BOX, (Feature("road", Kind.MASK, outside_id=90),)),),
    ],
)
def test_a_change_of_the_ontology_changes_the_digest(rows, features):
    first = Snapshot(
        Ontology((Feature("car", Kind.BOX), Feature("road", Kind.MASK, outside_id=90))), rows, Annotations.empty()
    )

    assert replace(first, ontology=Ontology(features)).digest != first.digest


def test_text_moved_from_one_cell_to_the_next_changes_the_digest(ontology):
    def digest(*keys: str) -> str:
        rows = Rows.from_columns(keys=keys, widths=[1, 1], heights=[1, 1])
        return Snapshot(ontology, rows, Annotations.empty()).digest

    assert digest("ab", "c") != digest("a", "bc")


def test_a_moved_folder_is_the_same_snapshot(snapshot):
    table = snapshot.rows.table
    for line in range(3):
        table = with_value(table, "uri", line, f"/elsewhere/{line}.jpg")

    assert replace(snapshot, rows=Rows(table)).digest == snapshot.digest


def test_the_order_in_which_rows_arrive_makes_no_difference(snapshot, ontology):
    def arrived(order: list[int]) -> Snapshot:
        given = {
            "keys": ["b", "a", "c"],
            "widths": [40, 20, 30],
            "heights": [30, 10, 15],
            "splits": ["training", "test", "unassigned"],
            "sha256s": ["bb" * 32, None, "cc" * 32],
            "metadata": [{"weather": "rain", "n": 1}, {}, {"ä": [1, {"b": None}]}],
        }
        rows = Rows.from_columns(**{name: [column[i] for i in order] for name, column in given.items()})
        return Snapshot(ontology, rows, snapshot.truth)

    assert arrived([0, 1, 2]).digest == arrived([2, 0, 1]).digest == snapshot.digest


def test_the_order_in_which_truths_of_different_rows_arrive_makes_no_difference(snapshot):
    def arrived(order: list[int]) -> str:
        rows, boxes = [0, 1, 2, 0], [[i, 0, 1, 1] for i in range(4)]
        truth = Annotations.from_columns(row=[rows[i] for i in order], feature=[0] * 4, box=[boxes[i] for i in order])
        return replace(snapshot, truth=truth).digest

    assert arrived([0, 1, 2, 3]) == arrived([2, 0, 1, 3])
    assert arrived([0, 1, 2, 3]) != arrived([3, 1, 2, 0])


def test_the_order_of_metadata_makes_no_difference(ontology):
    def digest(metadata: dict[str, int]) -> str:
        rows = Rows.from_columns(keys=["a"], widths=[1], heights=[1], metadata=[metadata])
        return Snapshot(ontology, rows, Annotations.empty()).digest

    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_how_arrow_cuts_a_table_makes_no_difference(snapshot):
    halves = [snapshot.truth.table.slice(0, 1), snapshot.truth.table.slice(1)]
    stretched = pa.concat_tables([snapshot.truth.table, snapshot.truth.table]).slice(3)

    assert replace(snapshot, truth=Annotations(pa.concat_tables(halves))).digest == snapshot.digest
    assert replace(snapshot, truth=Annotations(stretched)).digest == snapshot.digest


def test_a_digest_is_32_hex_digits_and_stays_the_same_for_ever(snapshot):
    """A release that changes this number makes every stored version look new."""
    assert snapshot.digest == "02b0640aa086ed7968482f07ba178bd5"


def test_a_part_of_a_snapshot_is_renumbered(snapshot):
    part = snapshot.on_rows(np.asarray([1, 2]))

    assert part.rows.keys == ("b", "c")
    assert part.truth.row.tolist() == [0, 0]
    assert part.truth.box.tolist() == [[1, 2, 3, 4], [9, 8, 7, 6]]


def test_all_rows_of_a_snapshot_are_the_snapshot(snapshot):
    assert snapshot.on_rows(np.arange(3)).digest == snapshot.digest


@pytest.mark.parametrize(
    ("row", "feature", "message"),
    [
        (3, 0, "1 of 1 truth annotations name a row that does not exist; first: number 3, where there are 3"),
        (0, 5, "1 of 1 truth annotations name a feature that does not exist; first: number 5, where there are 5"),
        (-1, 0, "1 of 1 truth annotations name a row that does not exist; first: number -1"),
    ],
)
def test_truth_of_rows_and_features_that_do_not_exist_is_refused(ontology, rows, row, feature, message):
    truth = Annotations.from_columns(row=[row], feature=[feature], box=[[1, 1, 1, 1]])

    with pytest.raises(ColumnError, match=message):
        Snapshot(ontology, rows, truth)
