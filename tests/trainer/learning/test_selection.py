"""What a training learns from is chosen by rule, and too little is refused with what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.learning.selection import choose_features, choose_training_rows, choose_validation_rows, refuse_scarce
from trainer.records.annotations import Annotations
from trainer.records.design import Design, Task
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
    with pytest.raises(TrainingError, match="no boxes, polygons or masks at all"):
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


WEATHER = Ontology((Feature("weather", Kind.RADIO, (Feature("sunny", Kind.OPTION), Feature("rain", Kind.OPTION))),))


def test_answers_are_counted_for_classification() -> None:
    truth = Annotations.from_columns(row=[0, 1, 2], feature=[1, 1, 2])
    snapshot = Snapshot(WEATHER, _rows(10), truth)

    assert choose_features(snapshot, ROWS, task=Task.CLASSIFICATION) == ("weather/sunny", "weather/rain")
    with pytest.raises(TrainingError, match=r"weather/sunny \(2\), weather/rain \(1\)\. Each feature needs 5 answers"):
        choose_features(snapshot, ROWS, task=Task.CLASSIFICATION, least=5)


def test_only_outlined_shapes_count_for_segmentation() -> None:
    ring = [[1.0, 1.0, 9.0, 1.0, 9.0, 9.0]]
    truth = Annotations.from_columns(
        row=[0, 1, 2], feature=[0, 0, 0], box=[[1, 1, 8, 8]] * 3, polygons=[ring, None, ring]
    )
    snapshot = Snapshot(Ontology.flat({"cell": "polygon"}), _rows(10), truth)
    painter = Design(Task.SEMANTIC_SEGMENTATION, ("cell",))

    refuse_scarce(snapshot, ROWS, painter, least=2)
    refuse_scarce(snapshot, ROWS, Design(Task.DETECTION, ("cell",)), least=3)
    with pytest.raises(TrainingError, match=r"cell \(2\)\. Each feature needs 3 polygons or masks"):
        refuse_scarce(snapshot, ROWS, painter, least=3)


def test_painted_features_of_a_model_that_also_finds_need_outlines() -> None:
    both = Design(Task.DETECTION_AND_SEGMENTATION, ("cat", "grass"), painted=("grass",))

    with pytest.raises(TrainingError, match=r"learn from: grass \(0\)"):
        refuse_scarce(_snapshot({"cat": 5, "grass": 5}), ROWS, both, least=5)


def test_a_feature_that_is_no_option_cannot_be_an_answer() -> None:
    with pytest.raises(TrainingError, match="model for classification cannot learn the features 'cat'"):
        refuse_scarce(_snapshot({"cat": 5}), ROWS, Design(Task.CLASSIFICATION, ("cat",)), least=1)


def test_texts_are_not_trained_on() -> None:
    rows = Rows.from_columns(
        keys=["a", "b"], widths=[64, 0], heights=[64, 0], splits=["training"] * 2, texts=[None, "hello"]
    )

    assert choose_training_rows(rows).tolist() == [0]


def test_validation_rows_are_those_with_a_picture_that_are_not_trained_on() -> None:
    rows = Rows.from_columns(
        keys=["a", "b", "c", "d"],
        widths=[64] * 4,
        heights=[64] * 4,
        splits=["validation", "training", "validation", "validation"],
        uris=["a.png", "b.png", None, "d.png"],
    )

    assert choose_validation_rows(rows, without=np.array([1, 3])).tolist() == [0]
