"""What a training learns from is chosen by rule, and too little is refused with what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.learning.selection import choose_features, choose_training_rows
from trainer.records.annotations import Annotations
from trainer.records.errors import TrainingError
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot


def _rows(count: int, split: str = "training") -> Rows:
    keys = [f"{number:02d}.png" for number in range(count)]
    return Rows.from_columns(keys=keys, widths=[64] * count, heights=[64] * count, splits=[split] * count)


def _snapshot(counts: dict[str, int], ontology: Ontology | None = None) -> Snapshot:
    """Ten rows, the first of which holds the given number of annotations of each feature."""
    ontology = ontology or Ontology.flat(dict.fromkeys(counts, "box"))
    codes = [ontology.code(path) for path, count in counts.items() for _ in range(count)]
    truth = Annotations.from_columns(row=[0] * len(codes), feature=codes, box=[[1, 1, 8, 8]] * len(codes))
    return Snapshot(ontology, _rows(10), truth)


ROWS = np.arange(10)


def test_more_rows_only_ever_add_rows() -> None:
    rows = _rows(50)
    few, more = (set(choose_training_rows(rows, most=most).tolist()) for most in (10, 20))

    assert len(few) == 10
    assert few < more
    assert few != set(range(10))


def test_all_training_rows_are_taken_in_order_when_no_number_is_given() -> None:
    assert choose_training_rows(_rows(5)).tolist() == [0, 1, 2, 3, 4]


def test_without_training_rows_the_parts_there_are_are_named() -> None:
    with pytest.raises(TrainingError, match=r"No row is for training; there are: 5 validation.*--split"):
        choose_training_rows(_rows(5, "validation"))


def test_every_annotated_shape_is_learned_in_ontology_order() -> None:
    assert choose_features(_snapshot({"cat": 5, "dog": 6, "cow": 0}), ROWS, wanted=None, least=5) == ("cat", "dog")


def test_wanted_features_keep_their_order() -> None:
    assert choose_features(_snapshot({"cat": 5, "dog": 6}), ROWS, wanted=["dog", "cat"], least=5) == ("dog", "cat")


def test_polygons_and_masks_are_learned_as_boxes_and_spans_are_not() -> None:
    kinds = Ontology((Feature("road", Kind.MASK), Feature("car", Kind.POLYGON), Feature("name", Kind.SPAN)))
    snapshot = _snapshot({"road": 5, "car": 5, "name": 9}, kinds)

    assert choose_features(snapshot, ROWS, wanted=None, least=5) == ("road", "car")


def test_every_feature_with_too_few_annotations_is_listed() -> None:
    with pytest.raises(TrainingError, match=r"The 10 training rows .*: dog \(4\), cow \(1\)\. Each feature needs 5"):
        choose_features(_snapshot({"cat": 5, "dog": 4, "cow": 1}), ROWS, wanted=None, least=5)


def test_annotations_on_other_rows_do_not_count() -> None:
    with pytest.raises(TrainingError, match="no box, polygon or mask at all"):
        choose_features(_snapshot({"cat": 9}), ROWS[1:], wanted=None, least=5)


def test_crowds_and_ignored_truth_do_not_count() -> None:
    truth = Annotations.from_columns(
        row=[0] * 6,
        feature=[0] * 6,
        box=[[1, 1, 8, 8]] * 6,
        crowd=[True] + [False] * 5,
        ignored=[False, True] + [False] * 4,
    )
    snapshot = Snapshot(Ontology.flat({"cat": "box"}), _rows(10), truth)

    with pytest.raises(TrainingError, match=r"cat \(4\)"):
        choose_features(snapshot, ROWS, wanted=None, least=5)


@pytest.mark.parametrize("wanted", [["cat", "bird"], ["cat", "cat"]])
def test_foreign_and_repeated_features_are_refused(wanted: list[str]) -> None:
    with pytest.raises(TrainingError, match="the ontology's boxes, polygons and masks are: cat, dog"):
        choose_features(_snapshot({"cat": 5, "dog": 6}), ROWS, wanted=wanted, least=5)
