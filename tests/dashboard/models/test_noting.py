"""What people say of an iteration is shown and changed."""

from __future__ import annotations

import pytest

from trainer.runs.run_notes import edit_run, notes_of


@pytest.fixture
def noted(workshop):
    """The newest finished iteration, of which something is said while a test runs."""
    entry = workshop.finished[-1]
    edit_run(entry.id, notes="after the *new*\nmicroscope", store=workshop.store)
    yield entry
    edit_run(entry.id, notes="", store=workshop.store)


def test_notes_are_shown_as_they_were_typed_and_listed(workshop, open_page, said, noted) -> None:
    page = open_page(workshop.store, model=workshop.finder.id)

    assert not page.exception
    assert "after the \\*new\\*  \nmicroscope" in said(page)
    assert "after the *new*\nmicroscope" in list(page.dataframe[0].value["Notes"])


def test_an_iteration_of_which_nothing_is_said_has_no_column_of_notes(workshop, open_page) -> None:
    page = open_page(workshop.store, model=workshop.finder.id)

    assert "Notes" not in page.dataframe[0].value.columns
    assert "Notes" in [button.label for button in page.button]


def test_what_is_typed_is_kept(workshop, open_page, press, noted) -> None:
    def draw() -> None:
        import streamlit as st

        from dashboard import loading
        from dashboard.models import noting

        (entry,) = loading.store().runs(id_start=st.query_params["run"])
        noting.draw_form(entry)

    page = open_page(workshop.store, draw, run=noted.id)
    assert page.text_area[0].value == "after the *new*\nmicroscope"
    page.text_area[0].set_value(" better light ")
    press(page, "Save")

    assert not page.exception
    assert notes_of(workshop.store.find(noted.id)) == "better light"
