"""The database of an embedded store, asked directly where MLflow has no way to ask."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from trainer.records.errors import StoreError
from trainer.store.client import translated_errors
from trainer.store.location import Location

_SECONDS_TO_WAIT = 20  # for another writer; MLflow waits as long
_FORM_OF_WRITING = 18  # this byte of an SQLite file says by which way of writing it was written last
_WRITE_AHEAD = 2

Stamp = tuple[int, int]


@contextmanager
def open_database(location: Location) -> Iterator[sqlite3.Connection]:
    """A connection of its own to the database of an embedded store; one that only reads, where that may only be read.

    Raises:
        StoreError: If it cannot be read or written, or a store that may only be read changed while it was read.
    """
    with translated_errors(str(location)):
        file = location.file
        with _open_protected(file) if location.is_read_only else _connected(file, "mode=rw") as database:
            yield database


def copy_database(location: Location) -> Location:
    """A copy of a store's database for programs that can only open what they may write to, such as MLflow's client.

    It lasts as long as this process, and is made again where the store changed.
    """
    with translated_errors(str(location)):
        copied = _copy_content(location, _stamp(location.file), _stamp(_beside(location.file, "-wal"))).file
        return Location(f"sqlite:///{copied.as_posix()}", copied)


@contextmanager
def _connected(file: Path, access: str) -> Iterator[sqlite3.Connection]:
    address = f"{file.as_uri()}?{access}"
    with closing(sqlite3.connect(address, uri=True, timeout=_SECONDS_TO_WAIT)) as database:
        yield database


@contextmanager
def _open_protected(file: Path) -> Iterator[sqlite3.Connection]:
    """Read a database that may not be written, without making the files that SQLite likes to have beside it.

    With write-ahead logging, which our stores have, SQLite reads through two files beside the database: the latest
    changes (`-wal`) and their index (`-shm`). The last writer to close removes them; to make them takes writing.
    """
    changes = _beside(file, "-wal")
    if not _is_written_ahead(file) or _has_both(file):
        # Somebody may be writing: SQLite reads what is there, and heeds the others' locks.
        with _connected(file, "mode=ro") as database:
            if not _were_taken_away(file, database):
                yield database
                return
    if _stamp(changes)[1]:
        # Changes without an index, as in an archive of half the files: only a copy can be read with them.
        with _connected(_copy_files(file, _stamp(file), _stamp(changes)).file, "mode=rw") as database:
            yield database
    else:
        # Nobody has it open, so all is in the one file. `immutable` reads it as it is, without locks, and is wrong
        # once somebody writes; so that is looked for.
        with _unchanged(file), _connected(file, "immutable=1") as database:
            yield database


def _has_both(file: Path) -> bool:
    return _beside(file, "-wal").exists() and _beside(file, "-shm").exists()


def _were_taken_away(file: Path, database: sqlite3.Connection) -> bool:
    """Whether the last writer closed the database just now, and took its two files away before they were opened."""
    try:
        database.execute("PRAGMA schema_version").fetchone()  # from here on they are open
    except sqlite3.OperationalError:
        if not _is_written_ahead(file) or _has_both(file):
            raise
        return True
    return False


@contextmanager
def _unchanged(file: Path) -> Iterator[None]:
    before = _stamp(file)
    try:
        yield
    except sqlite3.DatabaseError:  # what is written meanwhile may look like damage
        if _stamp(file) == before:
            raise
    if _stamp(file) != before:
        raise StoreError(f"{file.parent} was written by somebody else while it was read. Try again.")


@dataclass(eq=False)
class _Copy:
    """A copy of a database in a folder of its own, which goes when nobody has the copy any more."""

    file: Path

    @classmethod
    def begin(cls, name: str) -> Self:
        folder = tempfile.mkdtemp(prefix="modelruns-")
        copy = cls(Path(folder) / name)
        weakref.finalize(copy, shutil.rmtree, folder, ignore_errors=True)
        return copy


@lru_cache(maxsize=1)
def _copy_files(file: Path, database: Stamp, changes: Stamp) -> _Copy:
    """The database and its changes, as they were at those moments; SQLite puts them together when it opens them."""
    copy = _Copy.begin(file.name)
    for ending in ("", "-wal"):
        shutil.copyfile(_beside(file, ending), _beside(copy.file, ending))
    return copy


@lru_cache(maxsize=1)
def _copy_content(location: Location, database: Stamp, changes: Stamp) -> _Copy:
    """All that a store's database held at those moments, in one file."""
    copy = _Copy.begin(location.file.name)
    with open_database(location) as source, closing(sqlite3.connect(copy.file)) as target:
        source.backup(target)
    return copy


def _is_written_ahead(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(_FORM_OF_WRITING + 1)[_FORM_OF_WRITING:] == bytes([_WRITE_AHEAD])


def _stamp(file: Path) -> Stamp:
    """When a file was changed last, in nanoseconds, and its bytes; zeros where there is none."""
    try:
        facts = file.stat()
    except FileNotFoundError:
        return 0, 0
    return facts.st_mtime_ns, facts.st_size


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)
