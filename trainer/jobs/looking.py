"""Looking at a job: quick, never waiting, and noticing a process that died without a word."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from trainer.jobs.alive import held_if_dead
from trainer.jobs.folder import JobFolder
from trainer.jobs.processes import clean_up_after, has_restarted_since, is_process
from trainer.jobs.state import JobProgress, JobRecord, JobState, JobStatus, now, read_time
from trainer.jobs.stopping import GRACE
from trainer.records.errors import JobError

_SLACK = 10.0
_FULL = 2**20


def look(folder: JobFolder, *, order: Mapping[str, int] | None = None) -> JobState:
    """What is known of a job now.

    A job whose process is gone although it had not ended is marked as failed, or as killed if it was asked to stop, by
    whoever looks first.

    Args:
        folder: The job's folder.
        order: For each waiting job how many come before it.
    """
    record = read_record(folder)
    if not record.status.is_final:
        record = _notice_death(folder, record)
    return _make_state(folder, record, order or {})


def read_record(folder: JobFolder) -> JobRecord:
    """The content of the status file; a file that is damaged tells of a running job, whose end will be noticed."""
    return JobRecord.from_json(folder.read(folder.status)) or JobRecord(JobStatus.RUNNING)


def _notice_death(folder: JobFolder, seen: JobRecord) -> JobRecord:
    _end_if_deaf(folder, seen)
    with held_if_dead(folder.alive) as dead:
        if not dead:
            return seen
        record = read_record(folder)  # it may have ended well meanwhile
        if record.status.is_final:
            return record
        ended = _end_as_dead(folder, record)
        with suppress(JobError):  # on a full disk the next look tries again
            folder.write(folder.status, ended.to_json())
            if record.status is JobStatus.RUNNING:
                clean_up_after(folder)
        return ended


def _end_as_dead(folder: JobFolder, record: JobRecord) -> JobRecord:
    if folder.cancel.exists():
        status, reason = JobStatus.KILLED, "It was asked to stop, did not answer in time, and was ended."
    else:
        status, reason = JobStatus.FAILED, _reason(folder, record)
    return replace(record, status=status, error=reason, ended=now())


def _reason(folder: JobFolder, record: JobRecord) -> str:
    go_on = f"See `modelruns jobs log {folder.id}`; `modelruns jobs resume {folder.id}` goes on from its checkpoint."
    if record.owner and has_restarted_since(record.owner):
        return f"The machine was restarted while it ran. {go_on}"
    if shutil.disk_usage(folder.path).free < _FULL:
        return f"Its process ended when the disk of {folder.path} was full. Make room. {go_on}"
    process = f"Its process {record.owner.get('pid', '')}" if record.owner else "Its process"
    return f"{process} ended without a word: somebody ended it, or the memory did not suffice. {go_on}"


def _end_if_deaf(folder: JobFolder, record: JobRecord) -> None:
    """End a process that was asked to stop, and long should have ended itself."""
    asked = folder.read(folder.cancel)
    if asked is None or record.owner is None:
        return
    patience = float(asked.get("grace", GRACE)) + _SLACK
    if time.time() - float(asked.get("asked", time.time())) > patience and is_process(record.owner):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(int(record.owner["pid"]), signal.SIGKILL)


def _make_state(folder: JobFolder, record: JobRecord, order: Mapping[str, int]) -> JobState:
    paper = folder.read(folder.request) or {}
    request = paper.get("request")
    asked: Mapping[str, Any] = request if isinstance(request, dict) else {}
    waits = record.status is JobStatus.SCHEDULED
    progress = None if waits else JobProgress.from_json(folder.read(folder.progress))
    return JobState(
        id=folder.id,
        data=_names(asked.get("data")),
        model=str(asked.get("model", "")),
        experiment=str(asked.get("experiment") or asked.get("model", "")),
        name=(progress.run if progress else None) or asked.get("name"),
        repeats=asked.get("repeats"),
        created=read_time(paper.get("created")) or datetime.fromtimestamp(0, UTC),
        status=record.status,
        attempt=record.attempt,
        cancelling=not record.status.is_final and folder.cancel.exists(),
        ahead=order.get(folder.id) if waits else None,
        started=read_time(record.started),
        ended=read_time(record.ended),
        progress=progress,
        run=record.run,
        error=record.error,
        traceback=record.traceback,
    )


def _names(data: object) -> str:
    return ", ".join(map(str, data)) if isinstance(data, dict) else str(data or "")
