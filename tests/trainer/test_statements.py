"""Whatever can be said about a row is logged, and what cannot be right is refused at the line that logs it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

import trainer
from trainer import Annotations, Answer, Box, Feature, Kind, Mask, Ontology, Outline, Span, Store
from trainer.records.measure import subject_of
from trainer.runs.row_log import RowLog
from trainer.runs.statement_checks import refuse_misplaced

SQUARE = np.zeros((6, 8), dtype=bool)
SQUARE[1:4, 2:5] = True
OPTIONS = (Feature("sunny", Kind.OPTION), Feature("rainy", Kind.OPTION))
EVERYTHING = Ontology(
    (
        Feature("cell", Kind.MASK),
        Feature("weather", Kind.RADIO, OPTIONS),
        Feature("has", Kind.CHECKLIST, OPTIONS),
        Feature("person", Kind.SPAN),
    )
)


def _add(log: RowLog, key: str, **row: Any) -> None:
    """Log a row as `Recording.log_row` does, without a run."""
    left_out = dict.fromkeys(("image", "size", "text", "split", "truth", "embedding"))
    log.add(key, **{**left_out, "metadata": {}, "predictions": (), **row})


def test_a_mask_is_kept_as_run_lengths_with_its_box_and_area(store: Store) -> None:
    rle = coco_mask.encode(np.asfortranarray(SQUARE, dtype=np.uint8))
    said = [
        SQUARE,
        SQUARE.astype(int),
        rle,
        rle["counts"].decode(),
        {"size": [6, 8], "counts": [13, 3, 3, 3, 3, 3, 20]},
    ]
    with trainer.start_run("cells", "first", store=store) as run:
        run.log_row("a", size=(8, 6), predictions=[Mask("cell", each, 0.9) for each in said])

    predictions = run.result.predictions
    assert run.result.snapshot.ontology.features[0].kind is Kind.MASK
    assert predictions.box.tolist() == [[2, 1, 3, 3]] * len(said)
    assert predictions.area.tolist() == [9] * len(said)
    assert len(set(predictions.table["rle"].to_pylist())) == 1


def test_an_outline_has_the_box_around_its_corners(store: Store) -> None:
    with trainer.start_run("cells", "first", store=store) as run:
        run.log_row("a", size=(8, 6), truth=[Outline("cell", [[1, 1, 5, 1, 5, 4, 1, 4]])])

    assert run.result.snapshot.truth.box.tolist() == [[1, 1, 4, 3]]
    assert run.result.snapshot.truth.area.tolist() == [12]


def test_the_kinds_of_features_follow_from_what_is_said(store: Store) -> None:
    with trainer.start_run("mixed", "first", store=store) as run:
        run.log_row("a", size=(8, 6), truth=[Box("car", 1, 1, 2, 2), Answer("weather", "sunny"), Answer("has", "sky")])
        run.log_row("b", size=(8, 6), truth=[Outline("car", [[1, 1, 5, 1, 5, 4]]), Answer("weather", "rainy")])
        run.log_row("c", size=(8, 6), truth=[Answer("has", "sky"), Answer("has", "tree")])

    ontology = run.result.snapshot.ontology
    assert [(each.name, each.kind.value) for each in ontology.features] == [
        ("car", "polygon"),
        ("has", "checklist"),
        ("weather", "radio"),
    ]
    assert ontology.paths == ("car", "has", "has/sky", "has/tree", "weather", "weather/rainy", "weather/sunny")
    assert str(run.result.subject) == "boxes"


def test_scores_are_one_answer_for_each_option(store: Store) -> None:
    with trainer.start_run("days", "first", features=EVERYTHING, measure="classes", store=store) as run:
        run.log_row(
            "a",
            size=(8, 6),
            truth=[Answer("weather", "sunny")],
            predictions=[Answer("weather", scores={"sunny": 0.75, "rainy": 0.25})],
        )

    predictions = run.result.predictions
    paths = run.result.snapshot.ontology.paths
    assert [paths[code] for code in predictions.feature] == ["weather/sunny", "weather/rainy"]
    assert predictions.confidence.tolist() == [0.75, 0.25]
    assert not predictions.placed.any()
    assert run.result.summary["numbers"]["accuracy"] == 1


def test_logging_walks_the_ontology_once_however_many_rows_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    walks: list[Ontology] = []
    walk = Ontology.walk
    monkeypatch.setattr(Ontology, "walk", lambda ontology: (walks.append(ontology), walk(ontology))[1])
    ontology = Ontology((Feature("weather", Kind.RADIO, OPTIONS),))
    log = RowLog(None, ontology)
    for number in range(20):
        _add(
            log, str(number), size=(8, 6), truth=[Answer("weather", "sunny")], predictions=[Answer("weather", "rainy")]
        )

    assert walks == [ontology]


def test_a_text_row_keeps_its_text_and_spans(store: Store) -> None:
    with trainer.start_run("names", "first", store=store) as run:
        run.log_row("a", text="Ada saw Bob", truth=[Span("person", 0, 3)], predictions=[Span("person", 8, 11, 0.5)])

    assert run.result.snapshot.rows.texts == ("Ada saw Bob",)
    assert (run.result.predictions.start.tolist(), run.result.predictions.end.tolist()) == ([8], [11])
    assert str(run.result.subject) == "spans"


def test_statements_fit_the_rows_and_features_of_a_project(store: Store) -> None:
    with trainer.start_run("days", "first", features=EVERYTHING, store=store) as run:
        run.log_row("a", size=(8, 6), truth=[Mask("cell", SQUARE), Answer("weather", "sunny")])
    data = trainer.open_version("logged-days", store=store)
    with trainer.start_run("days", "second", project=data, measure="masks", store=store) as run:
        run.log_row("a", predictions=[Mask("cell", SQUARE, 0.9), Answer("weather", "rainy")])

    assert run.result.snapshot.digest == data.snapshot.digest
    assert run.result.summary["coco"]["ap"] == pytest.approx(1)
    assert run.result.evaluation(subject_of("classes", data.snapshot.ontology)).held()[0].size


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"predictions": [Mask("cell", SQUARE.T)]}, "6 x 8 pixels, its picture 8 x 6"),
        ({"predictions": [Mask("cell", "54")]}, "do not fill its picture of 8 x 6"),
        ({"predictions": [Mask("cell", {"size": [6, 8], "counts": [1, 2]})]}, "no run lengths|do not fill"),
        ({"predictions": [Mask("cell", SQUARE * 0.5)]}, "true and false for each pixel"),
        ({"predictions": [Outline("cell", [[1, 1, 2, 2]])]}, "a ring of 4 numbers"),
        ({"predictions": [Outline("cell", [])]}, "a ring of 0 numbers"),
        ({"predictions": [Answer("weather", "foggy")]}, "no option 'foggy'. It has: sunny, rainy"),
        ({"predictions": [Answer("weather", scores={"foggy": 1.0})]}, "no option 'foggy'"),
        ({"predictions": [Answer("weather")]}, "either an option or scores"),
        ({"truth": [Answer("weather", scores={"sunny": 1.0})]}, "A true answer names its option"),
        ({"truth": [Answer("weather", "sunny"), Answer("weather", "rainy")]}, "several true answers to 'weather'"),
        ({"predictions": [Answer("weather", "sunny", 1.5)]}, "confidence 1.5 of 'weather'"),
        ({"predictions": [Answer("weather", scores={"sunny": -0.5})]}, "confidence -0.5 of 'weather'"),
        ({"predictions": [Answer("weather", "sunny", "high")]}, "confidence high of 'weather' is not from 0 to 1"),
        ({"truth": [Answer("has", "sunny"), Answer("has", "sunny")]}, "'sunny' answers 'has' twice"),
        (
            {"predictions": [Answer("weather", "rainy", 0.2), Answer("weather", scores={"rainy": 1.0})]},
            "'weather' twice",
        ),
        ({"predictions": [Answer("weather/sunny", "sunny")]}, "logged as Answer"),
        (
            {"predictions": [Answer("cell", "sunny")]},
            "'cell' is of kind mask, so that an Answer does not fit; log a Box",
        ),
        ({"predictions": [Box("weather", 1, 1, 2, 2)]}, "kind radio, so that a Box does not fit; log an Answer"),
        ({"predictions": [Span("person", 0, 3)]}, "has no text"),
        ({"predictions": [("cell", 1, 1, 2, 2)]}, "says nothing about a row"),
        ({"predictions": [Box("cat", 1, 1, 2, 2)]}, "no feature 'cat'"),
    ],
)
def test_what_cannot_be_right_is_refused_where_it_is_logged(said: dict[str, Any], words: str) -> None:
    with pytest.raises(trainer.ModelrunsError, match=words):
        _add(RowLog(None, EVERYTHING), "a", size=(8, 6), **said)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"text": "Ada", "predictions": [Span("person", 1, 4)]}, "from 1 to 4 in a text of 3 characters"),
        ({"text": "Ada", "truth": [Span("person", 0.5, 2)]}, "from 0.5 to 2 in a text"),  # type: ignore[arg-type]
        ({"text": "Ada", "size": (8, 6)}, "a text or a picture, not both"),
        ({"text": "Ada", "truth": [Box("cell", 0, 0, 2, 2)]}, "'a' is a text, so that a Box of 'cell' has no place"),
        ({"text": "Ada", "truth": [Outline("cell", [[1, 1, 5, 1, 5, 4]])]}, "an Outline of 'cell' has no place on it"),
        ({"text": "Ada", "predictions": [Mask("cell", SQUARE)]}, "a Mask of 'cell' has no place on it. Log a Span"),
        (
            {"text": "Ada", "predictions": [Span("person", 0, 3, 0.9), Span("person", 0, 3, 0.8)]},
            "'a': the span of 'person' from 0 to 3 is said twice; log each span once a row",
        ),
        ({}, "needs image=..., or size="),
    ],
)
def test_texts_and_places_in_them_are_checked(row: dict[str, Any], words: str) -> None:
    with pytest.raises(trainer.RecordError, match=words):
        _add(RowLog(None, EVERYTHING), "a", **row)


def test_spans_that_only_overlap_or_are_of_another_row_are_not_the_same() -> None:
    log = RowLog(None, EVERYTHING)
    for key in ("a", "b"):
        _add(
            log, key, text="Ada", truth=[Span("person", 0, 3), Span("person", 0, 2)], predictions=[Span("person", 0, 3)]
        )

    assert len(log) == 2


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"row": [0], "feature": [0], "box": [[0, 0, 2, 2]]}, "1 of 1 predictions are shapes on rows that are texts"),
        ({"row": [0], "feature": [7], "start": [0], "end": [4]}, "spans that reach beyond the text of their row"),
        ({"row": [1], "feature": [7], "start": [0], "end": [2]}, "beyond the text of their row; first: on row 'b'"),
        ({"row": [0, 0], "feature": [7, 7], "start": [0, 0], "end": [3, 3]}, "said twice of a row; log each once"),
        ({"row": [0, 1, 1], "feature": [2, 2, 2]}, "said twice of a row; log each once; first: on row 'b'"),
    ],
)
def test_columns_of_predictions_are_checked_as_statements_are(columns: dict[str, Any], words: str) -> None:
    log = RowLog(None, EVERYTHING)
    _add(log, "a", text="Ada")
    _add(log, "b", size=(8, 6))

    with pytest.raises(trainer.RecordError, match=words):
        refuse_misplaced(Annotations.from_columns(**columns), log.make_snapshot().rows)


def test_a_mask_without_any_pixel_says_that_nothing_is_there() -> None:
    """As label maps taken apart by feature have them: no truth to miss, no false alarm, and yet a feature."""
    log, nothing = RowLog(None), np.zeros((6, 8), dtype=bool)
    _add(
        log, "a", size=(8, 6), truth=[Mask("cell", SQUARE), Mask("dirt", nothing)], predictions=[Mask("cell", nothing)]
    )
    snapshot = log.make_snapshot()

    assert snapshot.ontology.paths == ("cell", "dirt")
    assert snapshot.truth.feature.tolist() == [0]
    assert len(log.predictions(snapshot)) == 0


def test_a_feature_is_a_shape_a_question_or_a_span_and_never_two() -> None:
    log = RowLog(None)
    _add(log, "a", size=(8, 6), truth=[Box("sky", 1, 1, 2, 2)])

    with pytest.raises(trainer.RecordError, match="'sky' is a question here and a shape elsewhere"):
        _add(log, "b", size=(8, 6), truth=[Answer("sky", "blue")])


def test_a_measure_that_there_is_not_is_refused_before_the_run_begins(store: Store) -> None:
    with pytest.raises(trainer.RecordError, match="'cubes' is nothing to measure; there are boxes, masks, classes"):
        trainer.start_run("days", "first", measure="cubes", store=store)
    with pytest.raises(trainer.RecordError, match=r"no radio or checklist\. What it has is measured by boxes"):
        trainer.start_run("days", "first", measure="classes", features=Ontology.flat({"car": "box"}), store=store)
    with pytest.raises(trainer.NotFoundError, match="There are: weather, has"):
        trainer.start_run("days", "first", measure="classes:mood", features=EVERYTHING, store=store)

    assert store.experiments() == []
