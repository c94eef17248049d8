"""The list of a run's files with their sizes and hashes: what makes a run whole, and notices when it no longer is."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from trainer.records.errors import NotFoundError, RecordError, RunDamagedError, StoreError

MANIFEST = "manifest.json"
FORMAT = 2
"""Counts the incompatible changes of this file and of the files it lists. 2: annotations without a place, and text."""

_LONGEST_NAME = 400
_LONGEST_PART = 200
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RUN_ID = re.compile(r"[0-9a-f]{32}")
# Separators of other systems, and what a URL would read as something else.
_REFUSED_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\\:#?%]")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a run.

    Attributes:
        name: Its place below the run folder, with ``/`` between the parts.
        bytes: Its size.
        sha256: 64 hex digits over its bytes.
        rows: How many rows it holds, where that can be said.
        held_by: Id of the run that holds the bytes, where this run only refers to them.
    """

    name: str
    bytes: int
    sha256: str
    rows: int | None = None
    held_by: str | None = None

    def __post_init__(self) -> None:
        refuse_unsafe_name(self.name)
        if self.bytes < 0 or not _SHA256.fullmatch(self.sha256):
            raise RecordError(f"File {self.name!r} has no possible size or SHA-256: {self.bytes}, {self.sha256!r}.")
        if self.held_by is not None and not _RUN_ID.fullmatch(self.held_by):
            raise RecordError(f"File {self.name!r} is held by {self.held_by!r}, which is no run id.")


@dataclass(frozen=True)
class Manifest:
    """All files of a sealed run.

    Example:
        >>> manifest = Manifest(FORMAT, (FileEntry("logs/train.log", 3, "ab" * 32),))
        >>> manifest.entry("logs/train.log").bytes
        3
        >>> Manifest.from_bytes(manifest.to_bytes()) == manifest
        True

    Attributes:
        format: Which form the files have.
        files: In the order of their names.
    """

    format: int
    files: tuple[FileEntry, ...]

    def __post_init__(self) -> None:
        names = Counter(entry.name for entry in self.files)
        twice = [name for name, times in names.items() if times > 1]
        if twice:
            raise RecordError(f"{len(twice):,} files are listed twice; first: {twice[0]!r}.")
        object.__setattr__(self, "files", tuple(sorted(self.files, key=lambda entry: entry.name)))

    def has(self, name: str) -> bool:
        """Whether a file of that name belongs to the run."""
        return any(entry.name == name for entry in self.files)

    def entry(self, name: str) -> FileEntry:
        """The file of that name.

        Raises:
            NotFoundError: If there is none.
        """
        for entry in self.files:
            if entry.name == name:
                return entry
        raise NotFoundError(f"The run has no file {name!r}. It has: {_enumerate([file.name for file in self.files])}.")

    def to_bytes(self) -> bytes:
        """The manifest as it is stored; equal manifests give equal bytes."""
        files = [{key: value for key, value in asdict(entry).items() if value is not None} for entry in self.files]
        content = {"format": self.format, "files": files}
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Manifest:
        """Read what `to_bytes` wrote, trusting nothing in it.

        Raises:
            RunDamagedError: If it is no manifest, or names a file outside the run folder.
            StoreError: If a newer modelruns wrote it.
        """
        try:
            read = json.loads(content)
            _refuse_newer_format(read["format"])
            return cls(read["format"], tuple(_read_entry(entry) for entry in read["files"]))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise RunDamagedError(f"{MANIFEST} cannot be read: {error!r:.300}.") from error


def refuse_unsafe_name(name: str) -> None:
    """Check that a file's name stays below the folder it is joined to, on every system.

    Raises:
        RecordError: If it does not, or cannot be stored everywhere.
    """
    parts = name.split("/")
    if _REFUSED_CHARACTERS.search(name) or not name.isprintable():
        raise RecordError(
            f"File name {name!r} holds a character that not every store can keep (\\ : # ? % or control)."
        )
    if any(part in ("", ".", "..") or len(part) > _LONGEST_PART for part in parts) or len(name) > _LONGEST_NAME:
        raise RecordError(
            f"File name {name[:_LONGEST_NAME]!r} does not stay below the run folder, or is too long. "
            f"Names are relative, like 'logs/train.log', with at most {_LONGEST_NAME} characters."
        )


def _refuse_newer_format(written: int) -> None:
    if not isinstance(written, int):
        raise TypeError(f"format {written!r}")
    if written > FORMAT:
        raise StoreError(
            f"The run was written in format {written}; this modelruns reads formats up to {FORMAT}. Upgrade modelruns."
        )


def _read_entry(entry: Any) -> FileEntry:
    if not isinstance(entry, dict) or not isinstance(entry["bytes"], int) or not isinstance(entry["name"], str):
        raise TypeError(f"file entry {entry!r:.200}")
    return FileEntry(
        name=entry["name"],
        bytes=entry["bytes"],
        sha256=str(entry["sha256"]),
        rows=_whole_number_or_none(entry.get("rows")),
        held_by=entry.get("held_by") and str(entry["held_by"]),
    )


def _whole_number_or_none(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _enumerate(names: Sequence[str], *, most: int = 12) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "none"
