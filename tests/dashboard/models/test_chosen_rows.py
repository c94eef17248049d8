"""Training on chosen rows: their keys are given, checked and counted before a job begins."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard import model_loading
from dashboard.loading import chosen_keys
from dashboard.models import row_fields, teaching_fields, training
from dashboard.models.teaching_fields import Lesson, Teaching
from dashboard.selection import Selection


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What trainings the form has started; none begins."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(training, "start_training", lambda data, **options: calls.append(options))
    return calls


@pytest.fixture
def form(workshop, open_page):
    """The form of the model `finder` that asks for the keys of rows."""
    page = open_page(workshop.store, model=workshop.finder.id, tab="Train")
    next(one for one in page.number_input if one.label == "Min annotations").set_value(1)
    return page.segmented_control[0].set_value("Chosen rows").run()


def _keys(page):
    return next(one for one in page.text_area if one.label == "Keys of the rows")


def _start(page):
    return next(one for one in page.button if one.label == "Start training")


def test_all_training_rows_are_meant_where_none_are_chosen(workshop, open_page, started) -> None:
    page = open_page(workshop.store, model=workshop.finder.id, tab="Train")
    next(one for one in page.number_input if one.label == "Min annotations").set_value(1).run()
    _start(page).click().run()

    assert [options["rows"] for options in started] == [None]


def test_the_rows_that_are_named_are_trained_on(workshop, form, started, said) -> None:
    rows = workshop.data.snapshot.rows
    keys = [*rows.keys[:16], rows.keys[0]]
    _keys(form).set_value("\n".join(keys)).run()

    held_out = sum(split != "training" for split in rows.splits[:16])
    assert not form.exception
    assert f"16 rows chosen. {held_out} of them" in said(form)
    _start(form).click().run()
    assert [options["rows"] for options in started] == [tuple(rows.keys[:16])]


def test_annotations_are_counted_on_the_chosen_rows_alone(workshop, form) -> None:
    snapshot = workshop.data.snapshot
    _keys(form).set_value("\n".join(snapshot.rows.keys[:5])).run()
    counts = [int(((snapshot.truth.row < 5) & (snapshot.truth.feature == code)).sum()) for code in range(3)]

    assert list(form.dataframe[0].value["Annotations"]) == counts


def test_without_a_key_and_with_a_wrong_one_nothing_starts(workshop, form, said) -> None:
    assert "Give the keys of the rows to train on" in said(form)
    assert _start(form).disabled
    _keys(form).set_value(f"{workshop.data.snapshot.rows.keys[0]}\nnowhere.jpg").run()

    assert "1 of 2 chosen rows do not exist\\: nowhere\\.jpg" in said(form)
    assert _start(form).disabled


def test_rows_of_several_projects_are_called_by_project_and_key(workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def count(project: str, task: object, number: object, *, keys: tuple[str, ...]) -> dict[str, int]:
        asked.append((project, keys))
        return {"0": 2}

    monkeypatch.setattr(model_loading, "annotation_counts", count)
    first, second = workshop.data.snapshot.rows.keys[:2]
    lessons = [Lesson(name, None, workshop.data, {"0": ["0"]}) for name in ("left", "right")]
    taught = teaching_fields.gather(workshop.finder, lessons, (f"left/{first}", f"right/{second}", first))

    assert asked == [("left", (first,)), ("right", (second,))]
    assert (taught.training_rows, taught.unknown, taught.counts["0"]) == (2, (first,), 4)
    assert "Of several projects a row is called project/key" in taught.problems(least=1)[0]


def test_no_row_to_train_on_is_a_problem_of_its_own() -> None:
    assert Teaching({"a": {}}, {}, 0, rows=()).problems(least=1) == [
        "Give the keys of the rows to train on, or take all training rows."
    ]


def test_a_file_that_is_no_text_is_told(open_page, workshop, said) -> None:
    def draw() -> None:
        from types import SimpleNamespace

        from dashboard.models import row_fields

        row_fields._text_of(SimpleNamespace(name="a.jpg", getvalue=lambda: b"\xff\xd8"))

    assert "is no text in UTF-8" in said(open_page(workshop.store, draw))
    assert row_fields.keys_in("\ufeffa".encode().decode("utf-8-sig")) == ("a",)


def test_the_rows_inside_the_lasso_of_a_comparison_are_taken(form, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_fields, "last_selection", lambda: Selection(lasso="somewhere"))
    monkeypatch.setattr(row_fields.loading, "chosen_keys", lambda selection: ["b.jpg", "a.jpg"])
    button = next(one for one in form.run().button if "inside the lasso" in one.label)
    button.click().run()

    assert button.label == "Take the 2 rows inside the lasso on the Compare page"
    assert _keys(form).value == "b.jpg\na.jpg"


def test_the_rows_of_a_comparison_are_known_by_their_keys(two_runs, open_page, monkeypatch) -> None:
    open_page(two_runs.store)
    selection = Selection(baseline=two_runs.baseline.id, candidate=two_runs.candidate.id, split="test")
    rows = two_runs.candidate.snapshot.rows

    assert sorted(chosen_keys(selection)) == sorted(rows.keys[row] for row in rows.in_split("test").tolist())
    assert chosen_keys(Selection(baseline="0" * 32, candidate="1" * 32)) == []
