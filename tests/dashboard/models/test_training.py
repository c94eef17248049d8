"""The form that starts a training."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from dashboard.models import setting_fields, training
from dashboard.models.teaching_fields import Teaching
from trainer.learning.settings import NOT_OF_TRAINING, TrainingSettings
from trainer.micro_models.models import create_model
from trainer.micro_models.saved_configs import open_config
from trainer.records.design import Design, Task
from trainer.records.errors import JobError, TrainingError


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    """What trainings the form has started; none begins."""
    calls: list[tuple[Any, dict[str, Any]]] = []
    monkeypatch.setattr(training, "start_training", lambda data, **options: calls.append((data, options)))
    return calls


def _form(workshop, open_page, model=None):
    page = open_page(workshop.store, model=(model or workshop.finder).id, tab="Train")
    return _field(page, "Min annotations").set_value(1).run()  # two dozen scenes hold few of each digit


def _field(page, label: str):
    kinds = (page.number_input, page.selectbox, page.text_input, page.multiselect)
    return next(field for kind in kinds for field in kind if field.label == label)


def _start(page):
    return next(one for one in page.button if one.label == "Start training")


def test_the_project_that_has_all_features_is_proposed_and_equal_names_teach(workshop, open_page) -> None:
    page = _form(workshop, open_page)

    assert _field(page, "Projects").value == ["digits"]
    for name in workshop.finder.design.features:
        assert _field(page, f"Features of digits that teach {name}").value == [name]
    assert not _start(page).disabled


def test_each_feature_is_counted_on_the_training_rows(workshop, open_page) -> None:
    snapshot = workshop.data.snapshot
    training_rows = set(snapshot.rows.in_split("training").tolist())
    counts = [
        sum(row in training_rows and feature == code for row, feature in zip(*_columns(snapshot), strict=True))
        for code in range(3)
    ]
    table = _form(workshop, open_page).dataframe[0].value

    assert list(table["Annotations"]) == counts


def _columns(snapshot):
    return snapshot.truth.row.tolist(), snapshot.truth.feature.tolist()


def test_a_feature_that_nothing_teaches_holds_the_start_back(workshop, open_page, said) -> None:
    page = _form(workshop, open_page)
    name = workshop.finder.design.features[0]
    _field(page, f"Features of digits that teach {name}").set_value([]).run()

    assert f"too few\\: {name} \\(0\\)" in said(page)
    assert _start(page).disabled
    assert list(page.dataframe[0].value["Enough?"]) == ["needs 1", "", ""]


def test_a_model_that_no_project_fits_asks_for_one(workshop, open_page, said) -> None:
    page = _form(workshop, open_page, workshop.painter)

    assert "Choose a project to learn from" in said(page)
    assert _start(page).disabled


def test_what_the_form_holds_is_what_is_trained(workshop, open_page, started) -> None:
    page = _form(workshop, open_page)
    _field(page, "Epochs").set_value(7).run()
    _field(page, "Image size").set_value(224).run()
    _field(page, "Seed").set_value(3).run()
    _field(page, "Start from").set_value(workshop.finished[-1].id).run()
    first, second, _ = workshop.finder.design.features
    _field(page, f"Features of digits that teach {first}").set_value([first, second]).run()
    _start(page).click().run()
    ((data, options),) = started

    assert data["digits"][first] == [first]
    assert data["digits"][second] == [first, second]
    assert options["model"] == workshop.finder.id
    assert options["settings"] == TrainingSettings(epochs=7, image_size=224, seed=3, min_annotations=1)
    assert options["start_from"] == workshop.finished[-1].id
    assert options["experiment"] == "finder"
    assert page.query_params["tab"] in ("Jobs", ["Jobs"])


def test_another_version_of_the_data_is_trained_on(workshop, open_page, started) -> None:
    page = _form(workshop, open_page)
    assert _field(page, "Data version of digits").options == ["The newest (v1)", "v1"]
    _field(page, "Data version of digits").set_value("v1").run()
    _start(page).click().run()

    assert list(started[0][0]) == ["digits@v1"]


def test_settings_are_saved_taken_into_the_form_and_forgotten(store, open_page, press, said) -> None:
    model = create_model("finder", Design(Task.DETECTION, ("cell",)), store=store)
    page = open_page(store, model=model.id, tab="Train")
    assert "No settings were saved yet" in said(page)
    _field(page, "Epochs").set_value(7).run()
    _field(page, "Image size").set_value(224).run()
    _field(page, "Save the form's settings under").set_value("quick")
    press(page, "Save")
    assert open_config("quick", store=store) == TrainingSettings(epochs=7, image_size=224).to_config()

    _field(page, "Epochs").set_value(9).run()
    press(page, "Use these")
    assert not page.exception
    assert _field(page, "Epochs").value == 7
    assert _field(page, "Image size").value == 224

    _field(page, "Epochs").set_value(9).run()
    press(page, "Save")
    assert "exists with other settings" in page.error[0].value
    press(page, "Forget these")
    assert "No settings were saved yet" in said(page)


def test_why_no_process_started_is_said(workshop, open_page, said, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: object, **options: object) -> None:
        raise JobError("The disk is full.")

    monkeypatch.setattr(training, "start_training", refuse)
    page = _form(workshop, open_page)
    _start(page).click().run()

    assert "The disk is full" in said(page)
    assert page.query_params["tab"] in ("Train", ["Train"])


def test_only_weights_that_the_backbone_has_and_finished_iterations_can_be_begun_from(workshop, open_page) -> None:
    page = _form(workshop, open_page)

    assert _field(page, "Start from").options == [
        "Random weights",
        "Iteration finder-3",
        "Iteration finder-2",
        "Iteration finder-1",
    ]


def test_every_setting_has_a_field(workshop, open_page) -> None:
    page = _form(workshop, open_page)
    drawn = {
        field.label for kind in (page.number_input, page.selectbox, page.text_input, page.toggle) for field in kind
    }
    asked = {entry.name for entry in dataclasses.fields(TrainingSettings)} - {*NOT_OF_TRAINING, "pretrained"}

    assert {setting_fields.title_of(name) for name in asked} <= drawn


def test_typed_numbers_become_settings() -> None:
    assert setting_fields.read_settings({"image_size": " 96 "}) == TrainingSettings(image_size=96)
    with pytest.raises(TrainingError, match="whole number of pixels"):
        setting_fields.read_settings({"image_size": "large"})
    with pytest.raises(TrainingError, match="multiple of 32"):
        setting_fields.read_settings({"image_size": "100"})


def test_projects_without_training_rows_teach_nothing() -> None:
    problems = Teaching({"cells": {}}, {"cell": 0}, training_rows=0).problems(least=5)

    assert problems == ["No chosen project has training rows. Split its rows first."]


def test_a_device_that_is_not_there_holds_the_start_back(
    workshop, open_page, said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "device_problem", lambda device, mixed: "No CUDA here." if device == "cuda" else "")
    page = _form(workshop, open_page)
    assert not _start(page).disabled
    _field(page, "Device").set_value("cuda").run()

    assert "No CUDA here" in said(page)
    assert _start(page).disabled
