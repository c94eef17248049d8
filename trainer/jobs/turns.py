"""Whose turn it is: jobs of a machine that want the same device run one after another, in the order they were started.

There is no process that keeps the line. Every job has a ticket, a small file with a number; it runs when fewer live
jobs than may run at once have a smaller number. The ticket of a dead job is thrown away by whoever meets it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trainer.jobs.alive import is_held
from trainer.jobs.folder import JobFolder
from trainer.jobs.places import state_folder
from trainer.records.errors import JobError
from trainer.store.lock import locked

AT_ONCE = "MODELRUNS_JOBS_AT_ONCE"
_GPUS = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class Line:
    """The jobs that wait for one device, or use it.

    Attributes:
        folder: Where their tickets are.
    """

    folder: Path

    def join(self, job: JobFolder) -> None:
        """Take a place at the end; a place taken before is given up.

        Raises:
            JobError: If the ticket cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / "lock"):
                self.leave(job)
                last = max((number for number, _ in self._tickets()), default=0)
                self._hand_out(last + 1, job)
        except OSError as error:
            raise JobError(
                f"{self.folder}, where jobs stand in line, cannot be written: {error.strerror or error}. "
                f"Set MODELRUNS_JOBS to a folder that can."
            ) from error

    def _hand_out(self, number: int, job: JobFolder) -> None:
        """Others may look at any moment, and throw away a ticket that names no job."""
        unfinished = self.folder / f".{job.id}"
        unfinished.write_text(str(job.path), encoding="utf-8")
        unfinished.replace(self._path(number, job.id))

    def leave(self, job: JobFolder) -> None:
        """Give up the place."""
        for number, waiting in self._tickets():
            if waiting == job.id:
                with suppress(OSError):
                    self._path(number, waiting).unlink()

    def ahead(self, job: JobFolder) -> int | None:
        """How many live jobs come before this one, running ones included; None if it has no place."""
        return self.order().get(job.id)

    def order(self) -> dict[str, int]:
        """For each job in line how many live ones come before it."""
        found: dict[str, int] = {}
        for number, waiting in self._tickets():
            if self._is_alive(number, waiting):
                found[waiting] = len(found)
        return found

    def _is_alive(self, number: int, waiting: str) -> bool:
        ticket = self._path(number, waiting)
        try:
            alive = is_held(JobFolder(Path(ticket.read_text(encoding="utf-8"))).alive)
            if not alive:
                ticket.unlink()
        except OSError:
            return False
        return alive

    def _tickets(self) -> list[tuple[int, str]]:
        """Number and job of each ticket, in order."""
        return sorted(_read_names(self.folder))

    def _path(self, number: int, job: str) -> Path:
        return self.folder / f"{number:010d}-{job}"


def line_for(device: str) -> Line:
    """The line of the device that a training asks for; jobs that see different GPUs do not wait for each other.

    Args:
        device: ``cpu``, ``cuda``, or ``auto``.
    """
    wants_gpu = device == "cuda" or (device == "auto" and Path("/dev/nvidia0").exists())
    name = f"cuda-{os.environ.get(_GPUS, 'all')}" if wants_gpu and os.environ.get(_GPUS) != "" else "cpu"
    return Line(state_folder() / "line" / "".join(letter if letter.isalnum() else "-" for letter in name))


def all_lines() -> list[Line]:
    """Every line of this machine that a job ever stood in."""
    with suppress(FileNotFoundError):
        return [Line(path) for path in sorted((state_folder() / "line").iterdir()) if path.is_dir()]
    return []


def count_at_once() -> int:
    """How many jobs may use a device at once: ``MODELRUNS_JOBS_AT_ONCE``, or 1.

    Raises:
        JobError: If that is no whole number from 1.
    """
    text = os.environ.get(AT_ONCE, "").strip() or "1"
    if not (text.isascii() and text.isdigit() and int(text)):
        raise JobError(f"{AT_ONCE} is {text!r}; it is a whole number from 1.")
    return int(text)


def _read_names(folder: Path) -> Iterator[tuple[int, str]]:
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            number, _, job = path.name.partition("-")
            if number.isdigit() and job:
                yield int(number), job
