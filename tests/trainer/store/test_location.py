"""Where a store is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.records.errors import StoreError
from trainer.store import open_store
from trainer.store.location import resolve


def test_without_any_setting_the_store_is_the_folder_mlruns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    location = resolve()

    assert location.database == tmp_path / "mlruns" / "mlflow.db"
    assert location.uri == f"sqlite:///{tmp_path}/mlruns/mlflow.db"
    assert location.artifacts == tmp_path / "mlruns" / "artifacts"


def test_mlflows_own_setting_moves_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://runs.example.org/")

    assert resolve().uri == "https://runs.example.org"
    assert open_store().base_url() == "https://runs.example.org"


@pytest.mark.parametrize("way", ["{0}", "file://{0}", "sqlite:///{0}/mlflow.db"])
def test_a_folder_can_be_named_in_every_usual_way(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "my rüns"

    assert resolve(way.format(folder)) == resolve(folder)


def test_a_relative_folder_is_settled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    location = resolve("runs")
    monkeypatch.chdir("/")

    assert location.folder == tmp_path / "runs"


@pytest.mark.parametrize("bad", ["100%", "what?", "a#b"])
def test_a_path_that_mlflow_cannot_open_is_refused_with_a_way_out(tmp_path: Path, bad: str) -> None:
    with pytest.raises(StoreError, match="Choose another folder"):
        resolve(tmp_path / bad)


@pytest.mark.parametrize("uri", ["postgresql://me:secret@host/runs", "databricks", "s3://bucket/runs", "ftp://host"])
def test_what_is_neither_folder_nor_server_is_refused_without_showing_a_password(uri: str) -> None:
    if uri == "databricks":
        assert resolve(uri).folder.name == "databricks"
        return
    with pytest.raises(StoreError, match="A store is a folder, or a server's address") as refused:
        resolve(uri)

    assert "secret" not in str(refused.value)


def test_opening_a_store_makes_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path / "mlruns")

    assert store.runs() == []
    assert store.experiments() == []
    assert not (tmp_path / "mlruns").exists()
