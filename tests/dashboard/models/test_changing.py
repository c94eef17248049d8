"""What changes a store: attachments, and deleting for ever. Each test has a store of its own."""

from __future__ import annotations

import pytest

from trainer import Store
from trainer.micro_models.attachments import attach, list_attachments
from trainer.micro_models.models import create_model, list_models
from trainer.records.design import Design, Task


@pytest.fixture
def model(store: Store):
    """A model that was never trained, in a store with a project that has its features."""
    from trainer.projects import save_version
    from trainer.records.annotations import Annotations
    from trainer.records.ontology import Ontology
    from trainer.records.rows import Rows
    from trainer.records.snapshot import Snapshot

    rows = Rows.from_columns(
        keys=["a"], splits=["training"], uris=[""], sha256s=[None], widths=[8], heights=[8], metadata=[{}]
    )
    ontology = Ontology.flat({"car": "box", "lorry": "box", "road": "mask"})
    save_version("street", Snapshot(ontology, rows, Annotations.empty()), store=store)
    return create_model("finder", Design(Task.DETECTION, ("car", "truck")), store=store)


def _attach_new() -> None:
    import streamlit as st

    from dashboard import model_loading
    from dashboard.models import attaching

    attaching.draw_new(model_loading.model(st.query_params["model"]), model_loading.projects())


def test_a_model_is_attached_by_equal_names_and_what_else_is_chosen(store, model, open_page, press) -> None:
    page = open_page(store, _attach_new, model=model.id)
    link = {box.label: box for box in page.selectbox}

    assert link["Feature of the project for car"].value == "car"
    assert link["Feature of the project for truck"].value is None

    link["Feature of the project for truck"].set_value("lorry").run()
    press(page, "Attach")

    (attachment,) = list_attachments(model=model)
    assert dict(attachment.mapping) == {"car": "car", "truck": "lorry"}
    assert attachment.policy == "latest"


def test_attachments_are_shown_and_taken_off(store, model, open_page, press, said) -> None:
    attach(model, "street")
    page = open_page(store, model=model.id, tab="Attachments")

    assert "Uses the latest iteration: none has finished yet." in said(page)
    assert list(page.dataframe[0].value["Feature of the project"].dropna()) == ["car"]

    press(page, "Detach")

    assert list_attachments(model=model) == []


def test_it_is_said_what_goes_with_a_model(store, model, open_page, said) -> None:
    attach(model, "street")
    page = open_page(store, model=model.id, tab="Danger zone")

    assert "no iteration: it was never trained" in said(page)
    assert "its 1 attachment to street." in said(page)


def test_a_wrong_title_deletes_nothing(store, model, open_page, press) -> None:
    page = open_page(store, model=model.id, tab="Danger zone")
    page.text_input[0].set_value("Finder")
    press(page, ":red[Delete model]")

    assert "Nothing was deleted" in page.error[0].value
    assert [one.title for one in list_models(store=store)] == ["finder"]


def test_the_typed_title_deletes_for_ever_and_leads_to_the_list(store, model, open_page, press) -> None:
    page = open_page(store, model=model.id, tab="Danger zone")
    page.text_input[0].set_value("finder")
    press(page, ":red[Delete model]")

    assert not page.exception
    assert list_models(store=store) == []
    assert [toast.value for toast in page.toast] == ["Model **finder** was deleted."]
    assert "model" not in page.query_params
