"""The database of an embedded store, asked directly where MLflow has no way to ask."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from trainer.store.client import translated_errors
from trainer.store.location import Location

_SECONDS_TO_WAIT = 20  # for another writer; MLflow waits as long


@contextmanager
def open_database(location: Location) -> Iterator[sqlite3.Connection]:
    """A connection of its own to the database of an embedded store.

    Raises:
        StoreError: If it cannot be read or written.
    """
    with (
        translated_errors(str(location)),
        closing(sqlite3.connect(f"{location.file.as_uri()}?mode=rw", uri=True, timeout=_SECONDS_TO_WAIT)) as database,
    ):
        yield database
