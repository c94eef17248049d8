"""Where a run's files are, on this machine; `remote` is the same for a server."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import unquote, urlsplit

from trainer.records.errors import NotFoundError, RunDamagedError, StoreError
from trainer.records.manifest import MANIFEST, FileEntry

PART = ".part-"
RUN_FILES = "artifacts"  # MLflow's own word for the last part of the address
LARGEST_MANIFEST = 64 * 1024**2

_CHUNK = 1024**2
_SAFE_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Place(Protocol):
    """Where the files of one run are."""

    def put(self, source: Path, name: str) -> tuple[int, str]:
        """Store a file under its final name at once or not at all; returns its bytes and SHA-256 as stored."""

    def find(self, entry: FileEntry) -> Path | None:
        """The file, if it is on this machine already."""

    def fetch(self, entry: FileEntry) -> Path:
        """The file on this machine."""

    def fetch_manifest(self, sha256: str) -> bytes:
        """The manifest's bytes, which have that hash."""

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """Bytes of each of these files that is there."""

    def remove(self) -> None:
        """Remove all files; where there are none that is no error."""


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """A folder of this machine.

    Attributes:
        folder: The run's own.
    """

    folder: Path

    def put(self, source: Path, name: str) -> tuple[int, str]:
        """Copy a file in, hashing what is written."""
        target = self.folder / name
        part = target.with_name(f"{PART}{uuid.uuid4().hex}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as read, part.open("wb") as written:
                stored = copy_hashed(read, written)
                os.fsync(written.fileno())
            part.replace(target)
        except OSError as error:
            raise StoreError(f"{name!r} cannot be stored in {self.folder}: {error.strerror or error}.") from error
        finally:
            part.unlink(missing_ok=True)
        return stored

    def link(self, source: Path, name: str) -> None:
        """Give the file a second name here; without that, a reader goes to the run that holds it."""
        target = self.folder / name
        part = target.with_name(f"{PART}{uuid.uuid4().hex}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, part)
            part.replace(target)
        except OSError:  # some file systems have one name a file
            part.unlink(missing_ok=True)

    def find(self, entry: FileEntry) -> Path | None:
        """The file itself, in place."""
        return self.fetch(entry) if self._path(entry.name).is_file() else None

    def fetch(self, entry: FileEntry) -> Path:
        """The file itself, in place."""
        path = self._path(entry.name)
        if not path.is_file():
            raise RunDamagedError(f"{entry.name!r} is missing from {self.folder}.")
        if path.stat().st_size != entry.bytes:
            raise RunDamagedError(f"{path} has {path.stat().st_size:,} bytes; the manifest says {entry.bytes:,}.")
        return path

    def fetch_manifest(self, sha256: str) -> bytes:
        """Read and check it."""
        path = self._path(MANIFEST)
        if not path.is_file() or path.stat().st_size > LARGEST_MANIFEST:
            raise RunDamagedError(f"{path} is missing, or too large to be a manifest.")
        return check_hash(path.read_bytes(), sha256)

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """Bytes of each of these files that is there."""
        paths = {name: self._path(name) for name in names}
        return {name: path.stat().st_size for name, path in paths.items() if path.is_file()}

    def remove(self) -> None:
        """Remove the run's folder with everything in it."""
        remove_folder(self.folder.parent)

    def _path(self, name: str) -> Path:
        path = self.folder / name
        if path.resolve() != self.folder.resolve() / name:
            raise RunDamagedError(f"{path} is a link to another place. Files of a run are plain files.")
        return path


def find_local_folder(artifacts: Path, artifact_uri: str, run_id: str) -> Path:
    """The folder of a run in an embedded store, wherever the store is now.

    MLflow keeps absolute addresses. Only their last parts are taken, so that a store that was moved, or is mounted
    elsewhere, is read all the same, and no address leads outside of it.

    Raises:
        NotFoundError: If the run was not stored by modelruns.
    """
    path = unquote(urlsplit(artifact_uri).path) if artifact_uri.startswith("file:") else artifact_uri
    experiment, run, last = ["", "", "", *path.replace("\\", "/").rstrip("/").split("/")][-3:]
    if run != run_id or last != RUN_FILES or not _SAFE_FOLDER.fullmatch(experiment):
        raise NotFoundError(f"Run {run_id} keeps its files at {artifact_uri!r}; it was not stored by modelruns.")
    return artifacts / experiment / run_id / last


def copy_hashed(read: IO[bytes], written: IO[bytes]) -> tuple[int, str]:
    """Copy a stream; returns its bytes and SHA-256."""
    digest, total = hashlib.sha256(), 0
    while chunk := read.read(_CHUNK):
        digest.update(chunk)
        written.write(chunk)
        total += len(chunk)
    return total, digest.hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 of a file, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_hash(content: bytes, sha256: str) -> bytes:
    """The manifest's bytes, if they are those that were sealed.

    Raises:
        RunDamagedError: If they are not.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise RunDamagedError(f"{MANIFEST} is not the one that was sealed.")
    return content


def remove_folder(folder: Path) -> None:
    """Remove a run's folder with everything in it.

    Raises:
        StoreError: If that fails.
    """
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{folder} cannot be removed: {error.strerror or error}.") from error
