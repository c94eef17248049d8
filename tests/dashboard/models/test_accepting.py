"""Predictions of an iteration become truth of a project."""

from __future__ import annotations

import pytest

from dashboard.models import accepting
from trainer.predictions.accepting import Accepted


def _dialog() -> None:
    import streamlit as st

    from dashboard import model_loading
    from dashboard.models import accepting

    accepting.draw(model_loading.iterations(st.query_params["model"])[0])


@pytest.fixture
def accepted(workshop, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What the dialog had accepted; nothing is."""
    calls: list[dict[str, object]] = []

    def accept(run, **options):
        calls.append({"run": run.id, **options})
        return Accepted(
            workshop.data,
            is_new=True,
            rows=12,
            features={"0": "0", "1": "one"},
            accepted=7,
            kept=3,
            replaced=2,
            held_back=4,
            unsure=1,
        )

    monkeypatch.setattr(accepting, "accept_predictions", accept)
    return calls


def test_the_own_project_is_proposed(workshop, open_page) -> None:
    page = open_page(workshop.store, _dialog, model=workshop.finder.id)

    assert page.selectbox[0].value == "digits"
    assert page.radio[0].value == "existing"
    assert page.slider[0].value == 0.5


def test_what_the_dialog_holds_is_accepted_and_what_became_of_it_is_told(
    workshop, open_page, press, accepted, said
) -> None:
    page = open_page(workshop.store, _dialog, model=workshop.finder.id)
    page.slider[0].set_value(0.7).run()
    page.selectbox[1].set_value("test").run()
    page.radio[0].set_value("replace").run()
    press(page, "Accept predictions")
    (call,) = accepted

    assert call["run"] == workshop.finished[0].id
    assert (call["project"], call["split"], call["min_confidence"], call["keep"]) == ("digits", "test", 0.7, "replace")
    (told,) = (one.value for one in page.success)
    assert "7 predictions became truth: project **digits** has version **v1** now" in told
    assert "12 rows looked at, for 0, 1 as one" in told
    assert "3 kept, 2 replaced" in told
    assert "4 on rows that have truth of their feature, 1 not sure enough" in told


def test_nothing_new_is_told_as_such(workshop) -> None:
    done = Accepted(workshop.data, False, 12, {"0": "0"}, accepted=0, kept=3, replaced=0, held_back=4, unsure=1)

    assert accepting.say_accepted(done)[0] == "Nothing new was accepted: project **digits** stays at version **v1**."


def test_why_nothing_can_be_accepted_is_said(workshop, open_page, press) -> None:
    page = open_page(workshop.store, _dialog, model=workshop.finder.id)
    press(page, "Accept predictions")

    assert "whose predictions are boxes, for '9', which is a mask" in page.error[0].value


def test_features_of_another_shape_can_be_left_out(workshop, open_page, press, accepted) -> None:
    page = open_page(workshop.store, _dialog, model=workshop.finder.id)
    assert "9" in page.multiselect[0].options
    page.multiselect[0].set_value(["0", "1"]).run()
    press(page, "Accept predictions")

    assert accepted[0]["features"] == ["0", "1"]
