"""A model's iterations: table, curves, weights, deletion."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def page(workshop, open_page):
    return open_page(workshop.store, model=workshop.finder.id)


def _charts(page) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def test_a_line_an_iteration_the_newest_on_top(page, workshop) -> None:
    table = page.dataframe[0].value

    assert list(table["Name"]) == ["finder-4", "finder-3", "finder-2", "finder-1"]
    assert list(table["Status"]) == ["failed", "finished", "finished", "finished"]
    assert list(table["Epochs"])[1:] == [5, 5, 5]
    assert list(table["Rows"])[1:] == [12, 12, 12]
    assert table["Last loss"][3] == pytest.approx(1.0)


def test_loss_and_score_of_the_finished_iterations_are_laid_over_each_other(page) -> None:
    losses, scores = _charts(page)

    assert [line["name"] for line in losses["data"]] == ["finder-1", "finder-2", "finder-3"]
    assert [line["name"] for line in scores["data"]] == ["finder-1", "finder-2", "finder-3"]


def test_the_loss_can_be_drawn_on_a_logarithmic_axis(page) -> None:
    page.toggle[0].set_value(True).run()

    assert _charts(page)[0]["layout"]["yaxis"]["type"] == "log"


def test_weights_and_rows_of_the_newest_are_at_hand(page, said, workshop) -> None:
    assert [one.label for one in page.get("download_button")] == ["Weights .pt (0.0 kB)"]
    assert "5 epochs, 4 pictures a step · 1 min 20 s on cpu with 1 thread" in said(page)
    assert list(page.dataframe[1].value["Row"]) == list(workshop.data.snapshot.rows.keys[:12])


def test_a_failed_iteration_says_why(page, workshop, said) -> None:
    failed = next(run for run in workshop.finder.iterations() if run.status == "failed")
    page.selectbox[0].set_value(failed.id).run()

    assert "Its training failed, so it holds no weights" in said(page)
    assert "the loss is no number" in page.error[0].value


def test_a_model_without_iterations_says_what_will_be_here(workshop, open_page, said) -> None:
    page = open_page(workshop.store, model=workshop.painter.id)

    assert "This model was not trained yet" in said(page)
    assert not page.dataframe


def _offer() -> None:
    import streamlit as st

    from dashboard import model_loading
    from dashboard.models import iterations

    entries = model_loading.iterations(st.query_params["model"])
    chosen = [entries[int(place)] for place in st.query_params["ticked"].split(",")]
    iterations.offer_comparison(
        chosen, lambda baseline, candidate: st.session_state.update(compared=(baseline, candidate))
    )


def test_two_ticked_iterations_lead_to_their_comparison_the_older_as_the_baseline(workshop, open_page, press) -> None:
    page = open_page(workshop.store, _offer, model=workshop.finder.id, ticked="0,2")
    press(page, "Compare finder-3 against finder-1")
    first, _, third = workshop.finished

    assert page.session_state["compared"] == (first.id, third.id)


def test_an_unfinished_iteration_is_not_compared(workshop, open_page) -> None:
    page = open_page(workshop.store, _offer, model=workshop.finder.id, ticked="0,3")

    assert not page.button
    assert "tick two finished ones" in page.caption[0].value
