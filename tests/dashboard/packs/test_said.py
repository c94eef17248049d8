"""A pack holds what was said of whole rows and of places in texts, as a browser reads it."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.packs import Pairs, read_bundle, run_pack
from dashboard.questions import Rule, asked_of
from trainer.records.annotations import Annotations
from trainer.records.measure import BOXES, Measure, Subject, subject_of
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows

NO_PAIRS: Pairs = (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
ONTOLOGY = Ontology(
    (
        Feature("sign", Kind.BOX),
        Feature("weather", Kind.RADIO, (Feature("dry", Kind.OPTION), Feature("wet", Kind.OPTION))),
        Feature("seen", Kind.CHECKLIST, (Feature("rust", Kind.OPTION),)),
    )
)


def _texts(*texts: str | None) -> Rows:
    sides = [8 if text is None else 0 for text in texts]
    return Rows.from_columns(keys=[f"{i}" for i in range(len(texts))], widths=sides, heights=sides, texts=texts)


def _arrays(rows: Rows, truth: Annotations, predictions: Annotations) -> dict[str, np.ndarray]:
    return read_bundle(run_pack(rows, truth, predictions, NO_PAIRS, features=ONTOLOGY.paths))[1]


def test_questions_come_with_the_codes_of_their_options() -> None:
    head = asked_of(ONTOLOGY, BOXES).to_head(ONTOLOGY.paths)

    assert head["questions"] == [
        {"name": "weather", "several": False, "options": [2, 3]},
        {"name": "seen", "several": True, "options": [5]},
    ]
    assert (head["rule"], head["measured"], head["question"]) == ("overlaps", [0], None)


@pytest.mark.parametrize(
    ("asked", "rule", "measured"),
    [
        ("classes:weather", Rule.CHOICE, (2, 3)),
        ("classes:seen", Rule.OVERLAPS, (5,)),
        ("boxes", Rule.OVERLAPS, (0,)),
        ("pixels", Rule.NOTHING, (0,)),
    ],
)
def test_what_is_measured_settles_the_rule(asked: str, rule: Rule, measured: tuple[int, ...]) -> None:
    found = asked_of(ONTOLOGY, subject_of(asked, ONTOLOGY))

    assert (found.rule, found.measured) == (rule, measured)


def test_only_the_features_that_count_are_measured() -> None:
    cars = Ontology.flat({"car": "box", "van": "box"})

    assert asked_of(cars, Subject(Measure.BOXES, only=("van",))).measured == (1,)


def test_of_equally_sure_answers_the_first_option_goes_first() -> None:
    rows = Rows.from_columns(keys=["a"], widths=[8], heights=[8])
    said = Annotations.from_columns(row=[0, 0, 0], feature=[3, 2, 5], confidence=[0.5, 0.5, 0.9])
    arrays = _arrays(rows, Annotations.empty(), said)

    assert arrays["prediction_feature"].tolist() == [5, 2, 3]
    assert arrays["prediction_confidence"].tolist() == [9000, 5000, 5000]
    assert not arrays["prediction_corners"].any()


def test_texts_come_whole_and_pictures_have_none() -> None:
    arrays = _arrays(_texts("Ada in Zürich", None, "😀"), Annotations.empty(), Annotations.empty())
    start, letters = arrays["text_start"], arrays["text_bytes"].tobytes()

    assert [letters[start[row] : start[row + 1]].decode() for row in range(3)] == ["Ada in Zürich", "", "😀"]
    assert "text_bytes" not in _arrays(_texts(None), Annotations.empty(), Annotations.empty())


def test_spans_are_counted_as_a_browser_counts() -> None:
    rows = _texts("Ada met Bo", "😀 Ada 😀😀")
    truth = Annotations.from_columns(row=[0, 1, 1], feature=[0, 0, 0], start=[8, 2, 6], end=[10, 5, 8])
    arrays = _arrays(rows, truth, Annotations.empty())

    assert arrays["truth_first"].tolist() == [8, 3, 7]
    assert arrays["truth_end"].tolist() == [10, 6, 11]
    assert "prediction_first" not in arrays


def test_what_is_no_span_has_no_place_in_a_text() -> None:
    said = Annotations.from_columns(row=[0, 0], feature=[0, 2], start=[0, None], end=[3, None], confidence=[0.5, 0.9])
    arrays = _arrays(_texts("Ada met Bo"), Annotations.empty(), said)

    assert arrays["prediction_first"].tolist() == [-1, 0]
