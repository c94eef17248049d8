"""MLflow's client: brought in when first needed, quiet, and with errors that say what to do."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from trainer.records.errors import NotFoundError, StoreError
from trainer.store.location import Location
from trainer.store.lock import locked

LOCK = ".lock"

# What MLflow reads from the environment, where the user has not decided otherwise. A server that does not answer shall
# not hold up anyone for minutes, nothing is sent to anyone, nothing is printed, and no stored file may run code.
_SETTINGS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
}
# The last one writes the whole traceback of every database error before it raises it.
_LOGGERS = ("mlflow", "alembic", "mlflow.store.db.utils")

_opening = threading.Lock()


class Guarded:
    """An object of MLflow's, with errors of ours.

    Attributes:
        subject: The object itself.
        place: Which store it belongs to, for messages.
    """

    def __init__(self, subject: Any, place: str) -> None:
        self.subject = subject
        self.place = place

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self.subject, name)

        def guarded(*values: Any, **options: Any) -> Any:
            with translated_errors(self.place):
                return call(*values, **options)

        return guarded


def connect(location: Location) -> Guarded:
    """The client of a store, one a process; an embedded store is made where there is none.

    Raises:
        StoreError: If it cannot be opened.
    """
    with _opening:  # importing MLflow from two threads at once would also race for the warning filters
        with translated_errors(str(location)):
            _bring_in_mlflow()
        if location.is_empty:
            disconnect(location)  # somebody removed the folder; open connections would write into what is gone
        if location.is_empty or location not in _clients():
            _clients()[location] = _open(location)
        return _clients()[location]


def forget_run(client: Guarded, run_id: str) -> None:
    """Take a run out of an embedded store's database, as `mlflow gc` does; MLflow's client has no call for it."""
    Guarded(client.subject._tracking_client.store, client.place)._hard_delete_run(run_id)


def disconnect(location: Location) -> None:
    """Close a store's database connections; they open again when needed."""
    client = _clients().get(location)
    if client is not None:
        _engine_call(client, "dispose")


@contextmanager
def translated_errors(place: str) -> Iterator[None]:
    """Turn what MLflow, its database and its connections raise into errors that say what to do."""
    try:
        yield
    except ImportError as error:
        raise StoreError(f"{place} needs the package {error.name!r}, which is not installed.") from error
    except (OSError, sqlite3.Error) as error:  # a failed request is an OSError too
        raise StoreError(_explain(place, error)) from error
    except Exception as error:
        # Named by package, so that no name of MLflow's or SQLAlchemy's has to be imported to be caught.
        if type(error).__module__.partition(".")[0] not in {"mlflow", "sqlalchemy", "alembic", "urllib3"}:
            raise
        if getattr(error, "error_code", "") == "RESOURCE_DOES_NOT_EXIST":
            raise NotFoundError(f"{place}: {error}") from error
        raise StoreError(_explain(place, error)) from error


@cache
def _clients() -> dict[Location, Guarded]:
    return {}


@cache
def _bring_in_mlflow() -> None:
    os.environ |= {**_SETTINGS, **os.environ}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of MLflow about what it uses of others; nothing that our users could change
        import mlflow.store.tracking.sqlalchemy_store
        import mlflow.tracking  # noqa: F401
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget_inherited_connections)


def _forget_inherited_connections() -> None:
    """A forked process must not use its parent's connections to SQLite, nor close them."""
    for client in _clients().values():
        _engine_call(client, "dispose", close=False)


def _engine_call(client: Guarded, name: str, **options: Any) -> None:
    engine = getattr(client.subject._tracking_client.store, "engine", None)
    if engine is not None:
        getattr(engine, name)(**options)


def _open(location: Location) -> Guarded:
    if location.database is None:
        return _new_client(location.uri, str(location))
    with translated_errors(str(location)):
        location.folder.mkdir(parents=True, exist_ok=True)
    with locked(location.folder / LOCK):
        if location.is_empty:
            _create_database(location.database)
        _write_ahead(location.database)
        return _new_client(location.uri, str(location))


def _create_database(database: Path) -> None:
    """Make a database beside its place and move it there whole: a half-made one could not be opened or mended."""
    fresh = database.with_name(f".{database.name}.new")
    for leftover in database.parent.glob(f"{fresh.name}*"):
        leftover.unlink()
    _write_ahead(fresh)
    _engine_call(_new_client(f"sqlite:///{fresh.as_posix()}", str(database.parent)), "dispose")
    with translated_errors(str(database.parent)):
        with closing(sqlite3.connect(fresh)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # all of it into the one file that is moved
        fresh.replace(database)


def _write_ahead(database: Path) -> None:
    """Let readers go on while somebody writes; the database remembers it."""
    with (
        translated_errors(str(database.parent)),
        suppress(sqlite3.OperationalError),  # somebody else has it open in another mode; it works in that one too
        closing(sqlite3.connect(database)) as connection,
    ):
        connection.execute("PRAGMA journal_mode=WAL")


def _new_client(uri: str, place: str) -> Guarded:
    from mlflow.tracking import MlflowClient

    with translated_errors(place), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Guarded(MlflowClient(uri, registry_uri=uri), place)


def _explain(place: str, error: Exception) -> str:
    said = str(error)
    first_line = next((line for line in said.splitlines() if line.strip()), type(error).__name__)
    for sign, way_out in _WAYS_OUT.items():
        if sign in said:
            return f"{place}: {way_out} ({first_line:.300})"
    return f"{place}: {first_line:.600}"


# A piece of the message, and what to tell the person who meets it.
_WAYS_OUT = {
    "out-of-date database schema": "the store was made by another version of MLflow. Make a copy of it, then run "
    "`mlflow db upgrade sqlite:///FOLDER/mlflow.db`, or install the version that made it.",
    "database is locked": "another program has held the database for too long. End it, and try again.",
    "readonly database": "the store cannot be written. Check who owns its folder.",
    "unable to open database file": "the database cannot be opened. Check that its folder exists, and whether you may "
    "read and write it.",
    "file is not a database": "mlflow.db is not a database. Move it away, or restore it from a copy.",
    "malformed": "the database is damaged. Restore it from a copy; the files of the runs are beside it.",
    "disk I/O error": "the database cannot be read or written: the disk is full, or broken. Make room, and try again.",
    "disk is full": "the disk is full. Make room, and try again.",
    "No space left": "the disk is full. Make room, and try again.",
    "Invalid Host header": "the server refuses this address. Add it to MLFLOW_SERVER_ALLOWED_HOSTS where it starts.",
    "error code 401": "the server wants to know who you are. Set MLFLOW_TRACKING_USERNAME and "
    "MLFLOW_TRACKING_PASSWORD.",
    "error code 403": "the server does not let you do this. Ask its owner for permission.",
    "Read timed out": "the server took too long to answer. Allow it more seconds with MLFLOW_HTTP_REQUEST_TIMEOUT=120.",
    "Max retries exceeded": "the server does not answer. Check the address in MLFLOW_TRACKING_URI, and that the server "
    "runs.",
}
