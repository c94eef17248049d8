"""The pages as Streamlit runs them, without a browser: what stands on them in every state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.app import SCRIPT

SECONDS = 300


@pytest.fixture
def fresh_caches() -> Iterator[None]:
    """Another store must not show what was read from the last one."""
    _clear()
    yield
    _clear()


def _clear() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def page(two_runs, fresh_caches: None, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The dashboard on two runs."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(two_runs.store.location))
    return AppTest.from_file(str(SCRIPT), default_timeout=SECONDS)


def _headline(page: AppTest) -> dict[str, str]:
    return {card.label: card.value for card in page.metric}


def test_without_an_address_the_newest_runs_are_compared(page: AppTest, two_runs) -> None:
    page.run()

    assert not page.exception
    assert page.query_params["candidate"] in ([two_runs.candidate.id], two_runs.candidate.id)
    assert _headline(page)["mAP"] == f"{two_runs.candidate.summary['coco']['ap']:.3f}"


def test_the_address_sets_the_thresholds(page: AppTest) -> None:
    page.run()
    usual = _headline(page)
    page.query_params["confidence"] = "0.95"
    page.run()

    assert _headline(page)["Recall"] < usual["Recall"]
    assert _headline(page)["mAP"] == usual["mAP"]


@pytest.mark.parametrize("view", ["gallery", "metrics", "projector"])
def test_every_view_draws(page: AppTest, view: str) -> None:
    page.query_params["view"] = view
    page.run()

    assert not page.exception


def test_another_split_measures_other_rows(page: AppTest) -> None:
    page.run()
    box = next(box for box in page.selectbox if box.label == "Rows")
    box.select("all").run()

    assert not page.exception
    assert page.query_params["split"] in (["all"], "all")


def test_swapped_runs_turn_the_gain_around(page: AppTest, two_runs) -> None:
    page.query_params["baseline"] = two_runs.candidate.id
    page.query_params["candidate"] = two_runs.baseline.id
    page.run()
    cards = {card.label: card for card in page.metric}

    assert cards["mAP"].delta.startswith("-")


def test_an_empty_store_says_how_to_begin(
    fresh_caches: None, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(empty_store))
    page = AppTest.from_file(str(SCRIPT), default_timeout=SECONDS).run()

    assert not page.exception
    assert [title.value for title in page.subheader] == ["No model run yet"]
    assert "modelruns demo" in page.code[0].value
