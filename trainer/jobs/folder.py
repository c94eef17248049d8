"""The folder of a job: its files, each written whole or not at all."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.records.errors import JobError

_RESERVE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class JobFolder:
    """Where the files of one job are.

    Attributes:
        path: The folder; its name is the job's id.
    """

    path: Path

    @property
    def id(self) -> str:
        """The job's id."""
        return self.path.name

    @property
    def request(self) -> Path:
        """What is to be trained."""
        return self.path / "request.json"

    @property
    def status(self) -> Path:
        """How far the job has come, in a word, and who works on it."""
        return self.path / "status.json"

    @property
    def progress(self) -> Path:
        """How far the training is, in numbers."""
        return self.path / "progress.json"

    @property
    def log(self) -> Path:
        """What the process wrote on its standard output and error."""
        return self.path / "output.log"

    @property
    def checkpoint(self) -> Path:
        """What a training that was interrupted goes on from."""
        return self.path / "checkpoint.pt"

    @property
    def cancel(self) -> Path:
        """Is there when somebody asked the job to stop."""
        return self.path / "cancel.json"

    @property
    def alive(self) -> Path:
        """Locked by the job's process as long as it lives."""
        return self.path / "alive.lock"

    @property
    def reserve(self) -> Path:
        """Room on the disk for the last word of a job that fills the disk."""
        return self.path / "reserve"

    def make(self) -> None:
        """Make the folder, with the room for its last word.

        Raises:
            JobError: If it cannot be written.
        """
        try:
            self.path.mkdir(parents=True)
            self.keep_reserve()
        except OSError as error:
            raise _unwritten(self.path, error) from error

    def keep_reserve(self) -> None:
        """Take the room for the last word, unless it is taken."""
        if not self.reserve.exists():
            self.reserve.write_bytes(os.urandom(_RESERVE_BYTES))  # zeros would take no room on some disks

    def write(self, path: Path, value: Mapping[str, Any]) -> None:
        """Write one of the files as JSON; readers see the old one or the new one, never a part.

        Raises:
            JobError: If it cannot be written, even with the room that was kept for this.
        """
        try:
            _replace(path, value)
        except OSError:
            self.reserve.unlink(missing_ok=True)
            try:
                _replace(path, value)
            except OSError as error:
                raise _unwritten(path, error) from error

    @staticmethod
    def read(path: Path) -> dict[str, Any] | None:
        """One of the files; None where there is none, or it holds something else than it should."""
        try:
            value = json.loads(path.read_bytes())
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None


def _replace(path: Path, value: Mapping[str, Any]) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        part.write_text(json.dumps(value, indent=1), encoding="utf-8")
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


def _unwritten(path: Path, error: OSError) -> JobError:
    return JobError(f"{path} cannot be written: {error.strerror or error}. Make room, or see to the folder's rights.")
