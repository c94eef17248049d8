"""Jobs whose training is a stand-in, in a line of their own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from trainer.jobs import Job, list_jobs
from trainer.jobs import looking as looking_module
from trainer.jobs import processes as processes_module
from trainer.jobs.looking import read_record
from trainer.jobs.request import TrainingRequest
from trainer.jobs.starting import start_job
from trainer.store import Store


@dataclass(frozen=True)
class Workplace:
    """A store, the stand-in's notes, and how to start jobs there.

    Attributes:
        store: A store with two sealed runs.
        notes: What the stand-ins wrote down.
        run: Id of a run that finished jobs claim to have made.
    """

    store: Store
    notes: Path
    run: str

    def start(self, model: str) -> Job:
        return start_job(TrainingRequest("digits", model=model, experiment="digits"), store=self.store)

    def kill(self, job: Job) -> None:
        """End a job's process as the system would, without a word."""
        self.wait_until(lambda: read_record(job.folder).owner)
        with suppress(ProcessLookupError):
            os.kill(int(read_record(job.folder).owner["pid"]), signal.SIGKILL)

    def wait_until(self, is_so: Callable[[], object], *, seconds: float = 120) -> None:
        """Wait for something that another process does, on a machine that may be busy with something else."""
        given_up = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < given_up, "it did not happen in time"
            time.sleep(0.02)

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []


@pytest.fixture
def workplace(two_runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    """Where jobs are started; those that still run at the end are ended."""
    monkeypatch.setattr(processes_module, "WORKER", "stand_in_worker")
    monkeypatch.setattr(looking_module, "clean_up_after", lambda job: None)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setenv("MODELRUNS_JOBS", str(tmp_path / "state"))
    monkeypatch.setenv("STAND_IN_NOTES", str(tmp_path / "notes"))
    monkeypatch.setenv("STAND_IN_RUN", two_runs.candidate.id)
    monkeypatch.setattr("trainer.jobs.places.JOBS", f"jobs-{tmp_path.name}")
    place = Workplace(two_runs.store, tmp_path / "notes", two_runs.candidate.id)
    yield place
    for job in list_jobs(store=place.store, active_only=True):
        place.kill(job)
