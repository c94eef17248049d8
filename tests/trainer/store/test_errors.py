"""What MLflow and its database raise reaches people as an error that says what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from trainer.records.errors import NotFoundError, StoreError
from trainer.store import RunKind, Store, StoredRun, open_store

LogRun = Callable[..., StoredRun]

# All of it in a fresh process: bringing in MLflow, making a database, writing, reading.
SESSION = """
import sys, trainer.store
assert "mlflow" not in sys.modules
store = trainer.store.open_store(sys.argv[1])
run = store.create_run("digits", "first", kind=trainer.store.RunKind.MODEL_RUN)
run.log_params({"a": 1})
run.seal()
assert len(store.runs()) == 1
store.find("first").verify()
assert "torch" not in sys.modules
"""


def test_the_library_prints_nothing_and_needs_mlflow_only_when_used(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "default", "-c", SESSION, str(tmp_path / "mlruns")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns/mlflow.db").write_bytes(b"this is no database" * 100)

    with pytest.raises(StoreError, match=r"mlflow.db is not a database. Move it away"):
        open_store(tmp_path / "mlruns").runs()


def test_a_database_of_another_mlflow_says_how_to_upgrade(store: Store, log_run: LogRun) -> None:
    log_run(store, "first")
    store.close()
    with closing(sqlite3.connect(store.location.file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
    copy = store.location.folder.rename(store.location.folder.with_name("copy"))

    with pytest.raises(StoreError, match="made by another version of MLflow"):
        open_store(copy).runs()


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)

    with pytest.raises(StoreError, match=r"cannot be written|Permission denied"):
        open_store(tmp_path / "locked" / "mlruns").create_run("a", "b", kind=RunKind.MODEL_RUN)


def test_a_folder_in_the_place_of_a_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "mlruns").write_text("I am a file")

    with pytest.raises(StoreError, match="mlruns"):
        open_store(tmp_path / "mlruns").create_run("a", "b", kind=RunKind.MODEL_RUN)


def test_a_database_that_another_program_holds_is_said_so(
    store: Store, log_run: LogRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_run(store, "first")

    def fail(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(store.connection.client.subject, "create_run", fail)
    with pytest.raises(StoreError, match="another program has held the database for too long"):
        store.create_run("digits", "second", kind=RunKind.MODEL_RUN)


def test_an_id_that_nobody_has_is_not_found(store: Store) -> None:
    with pytest.raises(NotFoundError):
        store.find("ab" * 16)
