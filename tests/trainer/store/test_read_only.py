"""A store that may only be read: its latest changes are seen, and nothing is left beside it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from trainer.records.errors import StoreError
from trainer.store import RunKind, Store, StoredRun, open_store
from trainer.store import database as database_module
from trainer.store.database import open_database
from trainer.store.location import Location

LogRun = Callable[..., StoredRun]
Protect = Callable[[Path], None]

READING = """
import json, sys, trainer.store
from trainer.records.errors import StoreError

store = trainer.store.open_store(sys.argv[1])
told = {"runs": sorted(run.name for run in store.runs()), "file": store.find("first").path("README.md").read_text()}
try:
    store.create_run("digits", "third", kind=trainer.store.RunKind.MODEL_RUN)
except StoreError as error:
    told["refusal"] = str(error)
print(json.dumps(told))
"""


@pytest.fixture
def shared(store: Store, log_run: LogRun, tmp_path: Path) -> Path:
    """A copy of a store with two runs, the second of which stands in the changes beside the database alone."""
    log_run(store, "first")
    with closing(sqlite3.connect(store.location.file)) as held:
        held.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        held.execute("PRAGMA wal_autocheckpoint(0)")
        held.execute("SELECT * FROM runs").fetchall()  # the last one to close would put the changes into the database
        log_run(store, "second")
        store.close()
        return shutil.copytree(store.location.folder, tmp_path / "shared")


@pytest.fixture
def read(shared: Path, obedient: list[str], protect: Protect) -> Callable[[], dict[str, Any]]:
    """Protect the copy, and say what a process that heeds it reads there."""

    def ask() -> dict[str, Any]:
        protect(shared)
        before = {path.name: path.stat().st_size for path in shared.iterdir()}
        command = [*obedient, "-c", READING, str(shared)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert {path.name: path.stat().st_size for path in shared.iterdir()} == before
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    return ask


def test_changes_that_nobody_put_into_the_database_yet_are_read(
    read: Callable[[], dict[str, Any]], shared: Path
) -> None:
    assert (shared / "mlflow.db-wal").stat().st_size
    assert (shared / "mlflow.db-shm").exists()
    told = read()

    assert told["runs"] == ["first", "second"]
    assert told["file"] == "# A run\n"
    assert told["refusal"].startswith(f"{shared} may only be read")


def test_changes_without_their_index_are_read_from_a_copy(read: Callable[[], dict[str, Any]], shared: Path) -> None:
    (shared / "mlflow.db-shm").unlink()

    assert read()["runs"] == ["first", "second"]


def test_a_database_that_everybody_closed_is_read_as_it_is(read: Callable[[], dict[str, Any]], shared: Path) -> None:
    with closing(sqlite3.connect(shared / "mlflow.db")) as last:
        last.execute("SELECT * FROM runs").fetchall()
    assert not (shared / "mlflow.db-wal").exists()

    assert read()["runs"] == ["first", "second"]


def test_a_database_without_write_ahead_logging_is_read(read: Callable[[], dict[str, Any]], shared: Path) -> None:
    with closing(sqlite3.connect(shared / "mlflow.db")) as database:
        database.execute("PRAGMA journal_mode=DELETE")

    assert read()["runs"] == ["first", "second"]


def test_a_database_of_an_unknown_form_is_read_by_mlflow_from_a_copy(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.store.sqlite_catalogue.KNOWN_FORMS", frozenset())
    monkeypatch.setattr(Location, "is_read_only", property(lambda self: self.folder == shared))
    before = sorted(path.name for path in shared.iterdir())
    store = open_store(shared)

    assert sorted(run.name for run in store.runs()) == ["first", "second"]
    assert store.find("first").path("README.md").is_relative_to(shared)
    with pytest.raises(StoreError, match="may only be read"):
        store.create_run("digits", "third", kind=RunKind.MODEL_RUN)
    assert sorted(path.name for path in shared.iterdir()) == before


def test_a_store_that_changes_while_it_is_read_without_locks_is_not_believed(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(shared / "mlflow.db")) as last:
        last.execute("SELECT * FROM runs").fetchall()
    monkeypatch.setattr(Location, "is_read_only", True)
    location = open_store(shared).location

    with open_database(location) as database:
        assert database.execute("SELECT COUNT(*) FROM runs").fetchone() == (2,)
    with pytest.raises(StoreError, match="was written by somebody else while it was read"), open_database(location):
        (shared / "mlflow.db").touch()


def test_a_database_that_its_last_writer_closes_at_this_moment_is_read(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(shared / "mlflow.db")) as last:
        last.execute("SELECT * FROM runs").fetchall()
    there = iter([True, False])
    connected = database_module._connected

    @contextmanager
    def connect(file: Path, access: str) -> Iterator[sqlite3.Connection]:
        """Reading with the two files fails at the first question, where the folder may not be written."""
        with connected(file, access) as database:
            if access == "mode=ro":
                database.set_progress_handler(lambda: 1, 1)
            yield database

    monkeypatch.setattr(database_module, "_has_both", lambda file: next(there))
    monkeypatch.setattr(database_module, "_connected", connect)
    monkeypatch.setattr(Location, "is_read_only", True)

    with open_database(open_store(shared).location) as database:
        assert database.execute("SELECT COUNT(*) FROM runs").fetchone() == (2,)
