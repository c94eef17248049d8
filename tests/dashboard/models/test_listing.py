"""The list of models, and the head of a model's page."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer import open_store


def _titles(page) -> list[str]:
    return list(page.dataframe[0].value["Title"])


def test_a_line_a_model_with_its_task_trainings_and_newest_score(workshop, open_page) -> None:
    page = open_page(workshop.store)
    lines = page.dataframe[0].value.set_index("Title")

    assert not page.exception
    assert list(lines.index) == ["painter", "finder"]
    assert lines.loc["finder", "Task"] == "Detection"
    assert lines.loc["finder", "Iterations"] == 3
    assert lines.loc["finder", "Newest score"] == "mAP 1.000"
    assert lines.loc["painter", "Newest score"] == ""
    assert lines.loc["painter", "Iterations"] == 0


def test_the_address_orders_and_searches(workshop, open_page) -> None:
    assert _titles(open_page(workshop.store, order="Title, A to Z")) == ["finder", "painter"]
    assert _titles(open_page(workshop.store, search="ROAD")) == ["painter"]


def test_a_search_that_finds_nothing_says_so(workshop, open_page) -> None:
    page = open_page(workshop.store, search="zebra")

    assert "No model has 'zebra'" in page.info[0].value


def test_an_unknown_model_shows_the_list_and_says_why(workshop, open_page) -> None:
    page = open_page(workshop.store, model="0" * 32)

    assert "The list of models is shown instead" in page.warning[0].value
    assert _titles(page) == ["painter", "finder"]


def test_an_empty_store_says_how_to_begin(empty_store: Path, open_page) -> None:
    page = open_page(open_store(empty_store))

    assert [title.value for title in page.subheader] == ["No model yet"]
    assert "modelruns import" in page.code[0].value


def test_a_models_page_says_what_it_is(workshop, open_page) -> None:
    page = open_page(workshop.store, model=workshop.finder.id)

    assert page.header[0].value == "finder"
    assert "Finds \\*digits\\*\\." in [text.value for text in page.markdown]
    assert page.caption[0].value.endswith("3 features in order\\: 0, 1, 2")


@pytest.mark.parametrize("tab", ["Iterations", "Try", "Train", "Jobs", "Attachments", "Danger zone"])
def test_the_address_opens_every_tab_of_every_model(workshop, open_page, tab: str) -> None:
    for model in (workshop.finder, workshop.painter):
        page = open_page(workshop.store, model=model.id, tab=tab)

        assert not page.exception
        assert page.session_state["open_tab"] == tab
