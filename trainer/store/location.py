"""Where a store is: a folder of this machine, or an MLflow server."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from trainer.records.errors import StoreError

DEFAULT_FOLDER = "mlruns"
DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(//.*)?")
# SQLAlchemy and MLflow read these in a database's address as something else than a part of the path.
_REFUSED_CHARACTERS = re.compile(r"[%?#\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a store is.

    Attributes:
        uri: What MLflow calls it.
        database: The SQLite file of an embedded store; None for a server.
    """

    uri: str
    database: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder of an embedded store."""
        return self.file.parent

    @property
    def artifacts(self) -> Path:
        """Where an embedded store keeps the files of its runs."""
        return self.file.parent / ARTIFACTS

    @property
    def is_empty(self) -> bool:
        """Whether it is an embedded store into which nothing was ever written."""
        return self.database is not None and not self.database.exists()

    @property
    def is_read_only(self) -> bool:
        """Whether it is an embedded store whose runs may be read here, and neither changed nor joined by others.

        Asked of the system each time: a file system may be mounted anew. The folder counts as the database does, since
        SQLite keeps the latest changes in a file beside it.
        """
        if self.database is None or not self.database.exists():
            return False
        return not (os.access(self.database, os.W_OK) and os.access(self.folder, os.W_OK))

    def refuse_read_only(self) -> None:
        """Say that nothing can be written here, before work begins whose result could not be kept.

        Raises:
            StoreError: If the store may only be read.
        """
        if self.is_read_only:
            raise StoreError(
                f"{self} may only be read, since its database or folder is write-protected here: keep what is new in "
                f"another store, with --store FOLDER or MLFLOW_TRACKING_URI."
            )

    @property
    def file(self) -> Path:
        """The database of an embedded store."""
        if self.database is None:
            raise StoreError(f"{self} is a server and has no folder here.")
        return self.database

    def __str__(self) -> str:
        """For people: the folder, or the address without a password."""
        return str(self.database.parent) if self.database else without_password(self.uri)


def resolve(uri: str | Path | None = None) -> Location:
    """Find out where a store is.

    A folder, ``file:`` or ``sqlite:`` address means an embedded store, ``http:`` and ``https:`` a server.

    Args:
        uri: Folder or address; None means ``MLFLOW_TRACKING_URI``, and ``./mlruns`` where that is not set.

    Raises:
        StoreError: If it is neither, or MLflow cannot use the path.
    """
    if uri is None:
        uri = os.environ.get("MLFLOW_TRACKING_URI", "").strip() or DEFAULT_FOLDER
    if isinstance(uri, Path):
        return _embedded(uri / DATABASE)
    scheme = _SCHEME.fullmatch(uri)
    match scheme and scheme[1].lower():
        case None:
            return _embedded(Path(uri) / DATABASE)
        case "file":
            return _embedded(Path(unquote(urlsplit(uri).path)) / DATABASE)
        case "sqlite":
            return _embedded(Path(uri.removeprefix("sqlite:///")))
        case "http" | "https":
            return Location(uri.rstrip("/"))
    raise StoreError(
        f"A store cannot be opened at {without_password(uri)!r}. A store is a folder, or a server's address: for a "
        f"database of its own start `mlflow server` on it, and give http://HOST:PORT."
    )


def without_password(uri: str) -> str:
    """An address as it may be shown."""
    parts = urlsplit(uri)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _embedded(database: Path) -> Location:
    database = database.expanduser().absolute().parent.resolve() / database.name
    refused = _REFUSED_CHARACTERS.search(str(database))
    if refused:
        raise StoreError(
            f"A store cannot be kept in {str(database.parent)!r}: MLflow cannot open a path with {refused[0]!r}. "
            f"Choose another folder, for example with MLFLOW_TRACKING_URI=/home/me/mlruns."
        )
    return Location(f"sqlite:///{database.as_posix()}", database)
