"""The list of an experiment's runs tells the model of each, and has no column that says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import trainer
from trainer import Box, Store
from trainer.store import RunKind

if TYPE_CHECKING:
    import pandas as pd

pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning")  # Streamlit's way with moments, pandas 3.1


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


def _table_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    return _page_of(store, monkeypatch).dataframe[0].value


def _page_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    def page() -> None:
        from dashboard.views import experiments

        experiments.render(lambda baseline, candidate: None)

    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    shown = AppTest.from_function(page, default_timeout=300).run()
    assert not shown.exception
    return shown


def _log(store: Store, name: str, tags: dict[str, str]) -> None:
    with trainer.start_run("street", name, features=["car"], tags=tags, store=store) as run:
        run.log_row("a", size=(20, 20), truth=[Box("car", 0, 0, 9, 9)])


def test_runs_without_a_model_have_no_column_for_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _log(store, "first", {})

    assert {"Model", "MLflow"} & set(_table_of(store, monkeypatch)) == set()


def test_an_iteration_tells_the_title_of_its_model(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    design = trainer.Design(trainer.Task.DETECTION, ("car",))
    _log(store, "first", trainer.create_model("car finder", design, store=store).iteration_tags())
    _log(store, "second", {"model": "of another program"})
    table = _table_of(store, monkeypatch)

    assert dict(zip(table["Run"], table["Model"], strict=True)) == {
        "first": "car finder",
        "second": "of another program",
    }


def test_a_run_that_nobody_writes_any_more_is_told_as_dead(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _log(store, "first", {})
    left = store.create_run("street", "lost", kind=RunKind.MODEL_RUN)
    left._pulse.stop()
    store.connection.client.set_tag(left.run_id, "trainer.host", "elsewhere")
    store.connection.client.set_tag(left.run_id, "trainer.heartbeat", "2020-11-21T14:02:11+00:00")
    table = _table_of(store, monkeypatch)

    assert dict(zip(table["Run"], table["Status"], strict=True)) == {"first": "finished", "lost": "dead"}


def test_a_failed_run_says_why_it_failed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _log(store, "first", {})
    with (
        pytest.raises(RuntimeError),
        trainer.start_run("street", "broken", features=["car"], store=store),
    ):
        raise RuntimeError("worker *3* ran out of memory")
    page = _page_of(store, monkeypatch)

    assert "RuntimeError: worker *3* ran out of memory" in [each.value for each in page.text]
    assert "Traceback" in page.code[0].value
