"""A snapshot that uses every column."""

from __future__ import annotations

import pytest

from trainer.records.annotations import Annotations
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot


@pytest.fixture
def rows() -> Rows:
    return Rows.from_columns(
        keys=["b", "a", "c"],
        widths=[40, 20, 30],
        heights=[30, 10, 15],
        splits=["training", "test", "unassigned"],
        uris=["/pictures/b.jpg", None, "/pictures/c.jpg"],
        sha256s=["bb" * 32, None, "cc" * 32],
        metadata=[{"weather": "rain", "n": 1}, {}, {"ä": [1, {"b": None}]}],
    )


@pytest.fixture
def ontology() -> Ontology:
    colour = Feature("colour", Kind.RADIO, (Feature("red", Kind.OPTION), Feature("blue", Kind.OPTION)))
    return Ontology((Feature("car", Kind.BOX, (colour,)), Feature("road", Kind.MASK, outside_id=90)))


@pytest.fixture
def truth() -> Annotations:
    return Annotations.from_columns(
        row=[1, 0, 1],
        feature=[0, 4, 0],
        box=[[1, 2, 3, 4], [0.5, 0.5, 1, 1], [9, 8, 7, 6]],
        area=[None, 0.75, 41.5],
        crowd=[False, True, False],
        ignored=[False, False, True],
        polygons=[[[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]], None, None],
        rle=[None, "me;4j", None],
        object=["first", None, "third"],
    )


@pytest.fixture
def snapshot(ontology, rows, truth) -> Snapshot:
    return Snapshot(ontology, rows, truth)
