"""The process of a job: waits for its turn, trains, and says how it ended. Run as ``python -m trainer.jobs.worker``."""

from __future__ import annotations

import math
import os
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.jobs.alive import keep
from trainer.jobs.folder import JobFolder
from trainer.jobs.looking import read_record
from trainer.jobs.processes import this_process
from trainer.jobs.request import TrainingRequest
from trainer.jobs.state import JobProgress, JobStatus, now
from trainer.jobs.stopping import StopWatch
from trainer.jobs.turns import Line, count_at_once, line_for
from trainer.records.errors import JobError, ModelrunsError

if TYPE_CHECKING:
    from trainer.learning.progress import Progress

_SECONDS_BETWEEN_LOOKS = 0.3
_SECONDS_BETWEEN_WORDS = 0.3
_STOPS_BY_ITSELF = ("training", "validating")


def main(arguments: Sequence[str]) -> int:
    """Do the job of a folder, whose lock this process inherited; returns the exit code."""
    folder, held = arguments
    keep(int(held))
    job = JobFolder(Path(folder))
    stop = StopWatch(job)
    _change(job, owner=this_process())
    try:
        _work(job, stop)
    except BaseException as error:
        if stop.asked():  # whatever it made of that
            _change(job, status=JobStatus.KILLED, error="It was asked to stop.", ended=now())
            return 0
        print(traceback.format_exc(), file=sys.stderr, flush=True)  # noqa: T201 # into the job's log
        _change(job, status=JobStatus.FAILED, error=_sentence(error), traceback=traceback.format_exc(), ended=now())
        return 1
    return 0


def _work(job: JobFolder, stop: StopWatch) -> None:
    paper = job.read(job.request)
    if paper is None:
        raise JobError(f"{job.request} cannot be read, so nobody knows what to train. Start the training anew.")
    request = TrainingRequest.from_json(paper.get("request", {}))
    line = line_for(request.settings.device)
    try:
        _wait_for_turn(job, line, stop)
        _change(job, status=JobStatus.RUNNING, started=now())
        from trainer.jobs.doing import train_as_asked

        report = ProgressFile(job, stop, batch=request.settings.batch)
        run = train_as_asked(job, request, report=report, should_stop=stop.asked)
        _change(job, status=JobStatus.FINISHED, run=run.id, ended=now())
        with suppress(OSError):
            job.checkpoint.unlink(missing_ok=True)
    finally:
        line.leave(job)


def _wait_for_turn(job: JobFolder, line: Line, stop: StopWatch) -> None:
    most = count_at_once()
    while (line.ahead(job) or 0) >= most:
        stop.sleep(_SECONDS_BETWEEN_LOOKS)
        if stop.asked():
            break
    if stop.asked():
        raise KeyboardInterrupt


class ProgressFile:
    """A report of a training's progress that keeps the last word in a file."""

    def __init__(self, job: JobFolder, stop: StopWatch, *, batch: int) -> None:
        self._job = job
        self._stop = stop
        self._batch = batch
        self._stage = ""
        self._loss: float | None = None
        self._score: float | None = None
        self._began = (0.0, 0)
        self._written = 0.0

    def __call__(self, progress: Progress) -> None:
        """Keep it, a few times a second at most; a training that may stop between its steps stops there by itself."""
        if self._stop.asked() and progress.stage not in _STOPS_BY_ITSELF:
            raise KeyboardInterrupt
        self._loss = _number_or(self._loss, progress.loss)
        self._score = _number_or(self._score, progress.score)
        moment = time.monotonic()
        if progress.stage != self._stage:
            self._stage, self._began, self._written = progress.stage, (moment, progress.step), 0.0
        if progress.step >= progress.steps or moment - self._written >= _SECONDS_BETWEEN_WORDS:
            self._written = moment
            with suppress(JobError):  # a training is worth more than the word of how far it is
                self._job.write(self._job.progress, self._describe(progress, moment).to_json())

    def _describe(self, progress: Progress, moment: float) -> JobProgress:
        seconds, steps = moment - self._began[0], progress.step - self._began[1]
        images = self._batch if progress.stage == "training" else 1
        pace = steps * images / seconds if seconds > 0 and steps else None
        return JobProgress(**asdict(replace(progress, loss=self._loss, score=self._score)), images_per_second=pace)


def _number_or(before: float | None, now: float | None) -> float | None:
    return before if now is None or math.isnan(now) else now


def _change(job: JobFolder, **values: object) -> None:
    """Write the status file anew with some values changed; without room for it, the log still has them."""
    record = replace(read_record(job), **values)  # type: ignore[arg-type]
    try:
        job.write(job.status, record.to_json())
    except JobError as error:
        print(error, record, sep="\n", file=sys.stderr, flush=True)  # noqa: T201 # into the job's log


def _sentence(error: BaseException) -> str:
    if isinstance(error, ModelrunsError):
        return str(error)
    return "".join(traceback.format_exception_only(error)).strip()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # all is written; threads of libraries must not keep the lock of a job that has ended
