"""A training in a process of its own: what is known of it, waiting for it, stopping it, going on with it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from trainer.jobs.alive import try_hold
from trainer.jobs.folder import JobFolder
from trainer.jobs.looking import look, read_record
from trainer.jobs.processes import is_process, start_worker
from trainer.jobs.request import TrainingRequest
from trainer.jobs.state import JobProgress, JobRecord, JobState, JobStatus
from trainer.jobs.stopping import GRACE, ask_to_stop
from trainer.jobs.turns import line_for
from trainer.records.errors import JobError, JobFailedError, JobTimeoutError
from trainer.store import Store

if TYPE_CHECKING:
    from trainer.runs.model_runs import ModelRun

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
_PATIENCE = 5.0


@dataclass(frozen=True)
class Job:
    """A training in a process of its own. It goes on when whoever started it ends.

    Every attribute looks anew, and none of them waits; `look` gives all of them as they were at one moment.

    Attributes:
        folder: Where its files are.
        store: Where its run will be.
    """

    folder: JobFolder
    store: Store = field(repr=False)

    @property
    def id(self) -> str:
        """12 hex digits."""
        return self.folder.id

    @property
    def title(self) -> str:
        """For people: the experiment and the run's or model's name."""
        return self.look().title

    @property
    def model(self) -> str:
        """The micro-model it trains."""
        return self.look().model

    @property
    def experiment(self) -> str:
        """The experiment its run is put into."""
        return self.look().experiment

    @property
    def created(self) -> datetime:
        """When it was started by a person or program."""
        return self.look().created

    @property
    def status(self) -> JobStatus:
        """``scheduled``, ``running``, ``finished``, ``failed`` or ``killed``; the last three are final."""
        return self.look().status

    @property
    def progress(self) -> JobProgress | None:
        """How far the training is; None before it began."""
        return self.look().progress

    @property
    def run(self) -> str | None:
        """Id of the sealed model run; None unless it finished."""
        return self.look().run

    @property
    def error(self) -> str | None:
        """Why it failed or was killed, in a sentence, with the traceback where there is one; None otherwise."""
        state = self.look()
        return f"{state.error}\n{state.traceback}" if state.error and state.traceback else state.error

    @property
    def request(self) -> TrainingRequest:
        """What it is to train.

        Raises:
            JobError: If that cannot be read any more.
        """
        paper = self.folder.read(self.folder.request)
        if paper is None:
            raise JobError(f"{self.folder.request} cannot be read. Delete the job, and start the training anew.")
        return TrainingRequest.from_json(paper.get("request", {}))

    def look(self) -> JobState:
        """Everything that is known of it now.

        Raises:
            JobError: If it was deleted.
        """
        if not self.folder.path.is_dir():
            raise JobError(f"Job {self.id} was deleted.")
        state = look(self.folder)
        if state.status is not JobStatus.SCHEDULED:
            return state
        with suppress(JobError):
            return replace(state, ahead=line_for(self.request.settings.device).ahead(self.folder))
        return state

    def log(self, *, most: int = 20_000) -> str:
        """The end of what its process wrote on its standard output and error.

        Args:
            most: Bytes to read at most.
        """
        try:
            with self.folder.log.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - most))
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def wait(self, timeout: float | None = None) -> ModelRun:
        """Wait until it ends.

        Args:
            timeout: Seconds to wait at most; None means as long as it takes, 0 only looks.

        Returns:
            The sealed model run.

        Raises:
            JobFailedError: If it failed or was killed; carries status and traceback.
            JobTimeoutError: If it has not ended by then; carries the status. It is a `TimeoutError` as well.
            JobError: If it was deleted meanwhile.
        """
        begun, pause = time.monotonic(), _SHORTEST_PAUSE
        while not (state := self.look()).status.is_final:
            left = float("inf") if timeout is None else timeout - (time.monotonic() - begun)
            if left <= 0:
                raise JobTimeoutError(self.id, status=state.status, seconds=timeout or 0)
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        if state.status is not JobStatus.FINISHED or state.run is None:
            reason = state.error or "it does not say why."
            raise JobFailedError(self.id, status=state.status, reason=reason, traceback=state.traceback)
        from trainer.runs.model_runs import open_run

        return open_run(state.run, store=self.store)

    def cancel(self, *, grace: float = GRACE) -> None:
        """Ask it to stop, and return at once; its run is marked as killed, and its checkpoint is kept for `resume`.

        Args:
            grace: Seconds after which its process is ended, if it does not end itself.

        Raises:
            JobError: If it has ended, or cannot be asked.
        """
        state = self.look()
        if state.status.is_final:
            raise JobError(f"Job {state} has {_ended(state)} already; there is nothing to cancel.")
        ask_to_stop(self.folder, grace=grace)
        process = read_record(self.folder).owner
        if process is not None and is_process(process):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(int(process["pid"]), signal.SIGTERM)

    def resume(self) -> None:
        """Go on with a job that failed or was killed, from its last checkpoint, as another attempt of the same job.

        Raises:
            JobError: If it finished, or has not ended.
        """
        state = self.look()
        if state.status not in (JobStatus.FAILED, JobStatus.KILLED):
            raise JobError(f"Job {state} is {state.status}; only jobs that failed or were killed go on.")
        request = self.request
        held = self._hold()
        try:
            if read_record(self.folder).attempt != state.attempt:
                raise JobError(f"Job {state} was resumed by somebody else just now.")
            launch(self, request, JobRecord(JobStatus.SCHEDULED, attempt=state.attempt + 1), held=held)
        finally:
            os.close(held)

    def delete(self) -> None:
        """Delete the folder of a job that has ended; the run it made stays.

        Raises:
            JobError: If it has not ended, or the folder cannot be deleted.
        """
        state = self.look()
        if not state.status.is_final:
            raise JobError(f"Job {state} is {state.status}. Cancel it first.")
        held = self._hold()
        try:
            shutil.rmtree(self.folder.path)
        except OSError as error:
            raise JobError(f"{self.folder.path} cannot be deleted: {error.strerror or error}.") from error
        finally:
            os.close(held)

    def _hold(self) -> int:
        """The lock of a job that has ended; its process may need a moment to leave after its last word."""
        self.store.location.refuse_read_only()
        given_up = time.monotonic() + _PATIENCE
        while (held := try_hold(self.folder.alive)) is None:
            if time.monotonic() > given_up:
                raise JobError(f"Job {self.id} is held by another process. Try again.")
            time.sleep(_SHORTEST_PAUSE)
        return held

    def __str__(self) -> str:
        return str(self.look())


def launch(job: Job, request: TrainingRequest, record: JobRecord, *, held: int) -> None:
    """Start the process of a job whose lock is held, at the end of the line; marks it as failed if that cannot be."""
    folder = job.folder
    for old in (folder.cancel, folder.progress):
        old.unlink(missing_ok=True)
    with suppress(OSError):
        folder.keep_reserve()
    folder.write(folder.status, record.to_json())
    line = line_for(request.settings.device)
    try:
        line.join(folder)
        start_worker(folder, held=held, store=job.store.location.uri)
    except JobError as error:
        line.leave(folder)
        folder.write(folder.status, replace(record, status=JobStatus.FAILED, error=str(error)).to_json())
        raise


def _ended(state: JobState) -> str:
    return {JobStatus.FINISHED: "finished", JobStatus.FAILED: "failed"}.get(state.status, "been killed")
