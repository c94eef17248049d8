"""What is known of a job at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from trainer.learning.progress import Progress

JOB_TAG = "job"
"""Tag of a run that names the job which makes it."""


class JobStatus(StrEnum):
    """How far a job has come. The last three are final, until somebody resumes it."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    KILLED = "killed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in (JobStatus.FINISHED, JobStatus.FAILED, JobStatus.KILLED)


@dataclass(frozen=True, slots=True)
class JobProgress(Progress):
    """How far a training is: as `Progress`, but with the last loss and score that were told, in whatever stage.

    Attributes:
        images_per_second: Pictures that the stage gets through in a second; None until the pace is known.
    """

    images_per_second: float | None = None

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any] | None) -> JobProgress | None:
        """The progress that a file tells; None if it tells none."""
        known = {entry.name for entry in fields(cls)}
        try:
            return cls(**{name: value for name, value in (values or {}).items() if name in known})
        except TypeError:
            return None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """The content of a job's status file.

    Attributes:
        status: How far it has come.
        attempt: How often it was started, from 1.
        owner: What tells the process that works on it from any other.
        started: When its process got its turn, in ISO 8601; None before.
        ended: When it ended; None before.
        run: Id of the sealed model run; None unless it finished.
        error: Why it failed or was killed, in a sentence.
        traceback: Where, for those who wrote the code.
    """

    status: JobStatus
    attempt: int = 1
    owner: Mapping[str, str] | None = None
    started: str | None = None
    ended: str | None = None
    run: str | None = None
    error: str | None = None
    traceback: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any] | None) -> JobRecord | None:
        """The record that a file holds; None if it holds something else."""
        known = {entry.name for entry in fields(cls)}
        try:
            given = {name: value for name, value in (values or {}).items() if name in known}
            return cls(**{**given, "status": JobStatus(given["status"])})
        except (KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class JobState:
    """What a list or a page shows of a job.

    Attributes:
        id: 12 hex digits.
        data: The project it trains on, with the version if one was asked for; several stand beside each other.
        model: The micro-model it trains.
        experiment: The experiment its run is put into.
        name: Name of the run: the one that it has, before it began the one that was asked for; None if none was.
        created: When it was started by a person or program.
        status: ``scheduled``, ``running``, ``finished``, ``failed`` or ``killed``.
        attempt: How often it was started, from 1.
        cancelling: Whether somebody asked it to stop, and it has not stopped yet.
        ahead: How many jobs have their turn before it; None unless it is scheduled.
        started: When it got its turn; None before.
        ended: When it ended; None before.
        progress: How far the training is; None before it began.
        run: Id of the sealed model run; None unless it finished.
        repeats: Id of the run that it trains again; None where it trains anew.
        error: Why it failed or was killed, in a sentence; None otherwise.
        traceback: Where, for those who wrote the code.
    """

    id: str
    data: str
    model: str
    experiment: str
    name: str | None
    created: datetime
    status: JobStatus
    attempt: int = 1
    cancelling: bool = False
    ahead: int | None = None
    started: datetime | None = None
    ended: datetime | None = None
    progress: JobProgress | None = None
    run: str | None = None
    repeats: str | None = None
    error: str | None = None
    traceback: str | None = None

    @property
    def title(self) -> str:
        """For people: the experiment, and the run's name; before it has one, the model's."""
        return f"{self.experiment}/{self.name or self.model}"

    def __str__(self) -> str:
        return f"{self.id} ({self.title})"


def now() -> str:
    """This moment, as files keep it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def read_time(text: object) -> datetime | None:
    """A moment that a file keeps; None where it keeps none."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None
