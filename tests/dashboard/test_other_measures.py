"""Runs of classes, spans and pixels stand on every page: what cannot be drawn of them is said, and nothing breaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import trainer
from dashboard.app import SCRIPT
from dashboard.packs import read_bundle
from trainer import Answer, Mask, Span
from trainer.records.ontology import Feature, Kind, Ontology

SECONDS = 300
TRAITS = Ontology((Feature("traits", Kind.CHECKLIST, (Feature("round", Kind.OPTION), Feature("flat", Kind.OPTION))),))
SQUARE = np.zeros((20, 30), dtype=bool)
SQUARE[4:12, 5:15] = True


@pytest.fixture(scope="module")
def folder(make_store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two runs of each kind."""
    folder = tmp_path_factory.mktemp("other") / "mlruns"
    store = make_store(folder)
    for name, right in (("first", 4), ("second", 7)):
        with trainer.start_run("classes", name, store=store) as run:
            for row in range(8):
                said = [Answer("weather", "dry" if row < right else "wet", 0.9)]
                run.log_row(f"{row}", size=(30, 20), truth=[Answer("weather", "dry")], predictions=said)
        with trainer.start_run("spans", name, store=store) as run:
            for row in range(8):
                said = [Span("person", 0, 3 if row < right else 2, 0.9)]
                run.log_row(f"{row}", text="Ada met Oslo", truth=[Span("person", 0, 3)], predictions=said)
        with trainer.start_run("ticks", name, features=TRAITS, store=store) as run:
            for row in range(8):
                said = [Answer("traits", "round" if row < right else "flat", 0.9)]
                run.log_row(f"{row}", size=(30, 20), truth=[Answer("traits", "round")], predictions=said)
        with trainer.start_run("pixels", name, measure="pixels", store=store) as run:
            for row in range(8):
                said = [Mask("cell", SQUARE if row < right else ~SQUARE, 0.9)]
                run.log_row(f"{row}", size=(30, 20), truth=[Mask("cell", SQUARE)], predictions=said)
    store.close()
    return folder


@pytest.fixture
def page(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(folder))
    st.cache_data.clear()
    st.cache_resource.clear()
    yield AppTest.from_file(str(SCRIPT), default_timeout=SECONDS)
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.mark.parametrize(
    ("what", "card", "value"),
    [("classes", "Accuracy", "0.875"), ("spans", "F1", "0.875"), ("pixels", "Mean IoU", None)],
)
def test_every_view_draws(page: AppTest, folder: Path, what: str, card: str, value: str | None) -> None:
    store = trainer.open_store(folder)
    runs = {name: trainer.open_run(f"{what}/{name}", store=store) for name in ("first", "second")}
    page.query_params["baseline"], page.query_params["candidate"] = runs["first"].id, runs["second"].id
    for view in ("gallery", "metrics", "projector"):
        page.query_params["view"] = view
        page.run()

        assert not page.exception
        shown = {each.label: each.value for each in page.metric}
        assert card in shown
        assert value in (None, shown[card])
        if view == "metrics":
            assert any("measured" in each.value and what in each.value for each in page.caption)
    store.close()


@pytest.mark.parametrize(("what", "claims"), [("classes", 0), ("spans", 7), ("pixels", 0), ("ticks", 7)])
def test_a_pack_says_what_can_be_found_of_each_measure(page: AppTest, folder: Path, what: str, claims: int) -> None:
    from dashboard import loading

    store = trainer.open_store(folder)
    run = trainer.open_run(f"{what}/second", store=store)
    head, arrays = read_bundle(loading.pack(run.id))
    store.close()

    assert len(arrays["truth_feature"]) == len(arrays["prediction_feature"]) == 8
    assert arrays["pair_iou"].tolist() == [10_000] * claims  # a span that only overlaps a true one is none
    assert arrays["width"].min() >= 1
    assert head["rule"] == {"classes": "choice", "pixels": "nothing"}.get(what, "overlaps")


@pytest.mark.parametrize(("what", "sliders"), [("classes", 0), ("spans", 1), ("ticks", 1)])
def test_one_choice_a_row_has_no_threshold_to_choose(
    page: AppTest, folder: Path, monkeypatch: pytest.MonkeyPatch, what: str, sliders: int
) -> None:
    from dashboard import compare_page

    asked: list[bool] = []
    monkeypatch.setattr(compare_page, "thresholds", lambda **options: asked.append(options["overlaps"]))
    store = trainer.open_store(folder)
    runs = {name: trainer.open_run(f"{what}/{name}", store=store).id for name in ("first", "second")}
    store.close()
    page.query_params["baseline"], page.query_params["candidate"] = runs["first"], runs["second"]
    page.run()

    assert not page.exception
    assert asked == [False] * sliders
