"""What the dialog that makes a model holds. AppTest closes dialogs at every run, so it is drawn without one."""

from __future__ import annotations

import pytest

from trainer import Store
from trainer.micro_models.models import list_models
from trainer.records.design import Design, Task


def _draw() -> None:
    from dashboard.models import creating

    creating.draw()


@pytest.fixture
def asked(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with two projects, one of shapes and one of a question."""
    from trainer.projects import save_version
    from trainer.records.annotations import Annotations
    from trainer.records.ontology import Feature, Kind, Ontology
    from trainer.records.rows import Rows
    from trainer.records.snapshot import Snapshot

    rows = Rows.from_columns(
        keys=["a"], splits=["training"], uris=[""], sha256s=[None], widths=[8], heights=[8], metadata=[{}]
    )
    options = (Feature("sunny", Kind.OPTION), Feature("rainy", Kind.OPTION))
    ontologies = {
        "street": Ontology.flat({"car": "box", "road": "mask", "name": "text"}),
        "weather": Ontology((Feature("sky", Kind.RADIO, options),)),
    }
    for project, ontology in ontologies.items():
        save_version(project, Snapshot(ontology, rows, Annotations.empty()), store=store)
    return store


def _fill(page, label: str, value: object):
    kinds = (page.text_input, page.text_area, page.selectbox, page.multiselect, page.radio)
    field = next(field for kind in kinds for field in kind if field.label == label)
    return field.set_value(value).run()


def test_features_of_a_project_that_fit_the_task_become_a_model_in_the_chosen_order(asked, open_page, press) -> None:
    page = open_page(asked, _draw)
    _fill(page, "Title", "cars")
    _fill(page, "Project", "street")
    _fill(page, "Features, in order", ["road", "car"])
    press(page, "Create model")

    assert not page.error
    (model,) = list_models(store=asked)
    assert (model.title, model.design) == ("cars", Design(Task.DETECTION, ("road", "car")))
    assert page.query_params["model"] in (model.id, [model.id])


def test_only_features_that_fit_the_task_are_offered(asked, open_page, said) -> None:
    page = open_page(asked, _draw)
    _fill(page, "Project", "street")
    _fill(page, "Task", Task.SEMANTIC_SEGMENTATION)

    assert next(one for one in page.multiselect if one.label == "Features, in order").options == ["road"]
    assert r"Not for this task: car \(box\), name \(text\)." in said(page)


def test_the_options_of_a_question_are_what_a_classifier_answers(asked, open_page, press) -> None:
    page = open_page(asked, _draw)
    _fill(page, "Title", "sky")
    _fill(page, "Project", "weather")
    _fill(page, "Task", Task.CLASSIFICATION)
    press(page, "Create model")

    (model,) = list_models(store=asked)
    assert model.design == Design(Task.CLASSIFICATION, ("sunny", "rainy"))


def test_some_features_are_painted_and_the_others_found(asked, open_page, press, said) -> None:
    page = open_page(asked, _draw)
    _fill(page, "Title", "both")
    _fill(page, "Project", "street")
    _fill(page, "Task", Task.DETECTION_AND_SEGMENTATION)
    press(page, "Create model")

    assert "name those to paint" in said(page)

    _fill(page, "Painted features", ["road"])
    press(page, "Create model")

    (model,) = list_models(store=asked)
    assert model.design.painted == ("road",)


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(store, open_page, press, said) -> None:
    page = open_page(store, _draw)
    _fill(page, "Title", "a/b")
    _fill(page, "Features, in order", "cell\nplatelet")
    press(page, "Create model")

    assert "'a/b'" in said(page)
    assert next(field for field in page.text_input if field.label == "Title").value == "a/b"
    assert next(field for field in page.text_area if field.label == "Features, in order").value == "cell\nplatelet"
    assert list_models(store=store) == []


def test_a_title_that_another_design_has_is_refused(store, open_page, press, said) -> None:
    from trainer.micro_models.models import create_model

    create_model("cells", Design(Task.DETECTION, ("cell",)), store=store)
    page = open_page(store, _draw)
    _fill(page, "Title", "cells")
    _fill(page, "Features, in order", "nucleus")
    press(page, "Create model")

    assert "exists with another design" in said(page)


def test_backbones_are_offered_by_family_and_only_where_they_serve(store, open_page) -> None:
    page = open_page(store, _draw)
    backbones = next(box for box in page.selectbox if box.label == "Backbone").options

    assert backbones[0] == "tiny ResNet · tiny_resnet"
    assert not [name for name in backbones if name.startswith("VGG")]

    _fill(page, "Task", Task.CLASSIFICATION)
    backbones = next(box for box in page.selectbox if box.label == "Backbone").options

    assert "VGG · vgg11" in backbones
