"""Every error a user of modelruns can meet.

    ModelrunsError
    ├── RecordError            something handed in is not what a record may be
    │   ├── ColumnError        a table's column has wrong values
    │   └── OntologyError      features that cannot stand together
    ├── ImportRefusedError         a foreign file was refused; carries every bad entry
    ├── NameTakenError         the name is in use for something else
    ├── NotFoundError          nothing of that name or id
    ├── SnapshotMismatchError  two runs saw different rows or features
    ├── FrozenRunError         a started or sealed run refuses to change
    ├── RunDamagedError        stored files are not what the manifest says
    ├── StoreError             the store cannot be opened, read or written
    ├── TrainingError          a training cannot start or go on
    │   └── TrainingStoppedError   it was asked to stop
    └── JobError               a job cannot be started, reached or changed
        ├── JobFailedError     the job that was waited for failed or was killed
        └── JobTimeoutError    the job that was waited for has not ended yet

Messages say what is wrong with counts and the first place, the rule, and the way out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ModelrunsError(Exception):
    """Base of all errors that modelruns raises on purpose."""


class RecordError(ModelrunsError, ValueError):
    """Something handed in is not what a record may be."""


class ColumnError(RecordError):
    """A column of a table holds values it may not hold."""


class OntologyError(RecordError):
    """Features that cannot stand together in one ontology."""


class NameTakenError(ModelrunsError):
    """The name already belongs to something with another definition."""


class NotFoundError(ModelrunsError, LookupError):
    """No project, experiment, run, feature or file of that name."""


class SnapshotMismatchError(ModelrunsError):
    """Two runs cannot be compared as they are: they saw different rows or features."""


class FrozenRunError(ModelrunsError):
    """A run that has started, or is sealed, refuses to change."""


class RunDamagedError(ModelrunsError):
    """A stored run's files differ from its manifest."""


class StoreError(ModelrunsError):
    """The store of runs cannot be opened, read or written."""


class TrainingError(ModelrunsError):
    """A training cannot start, or cannot go on."""


class TrainingStoppedError(TrainingError):
    """A training ended because it was asked to; where it keeps a checkpoint, it can go on from there."""


class JobError(ModelrunsError):
    """A job cannot be started, reached or changed."""


class JobFailedError(JobError):
    """The job that was waited for failed, or was killed.

    Attributes:
        job: Its id.
        status: ``failed`` or ``killed``.
        traceback: Where it failed, if it told.
    """

    def __init__(self, job: str, *, status: str, reason: str, traceback: str | None = None) -> None:
        self.job = job
        self.status = status
        self.traceback = traceback
        super().__init__(f"Job {job} {'failed' if status == 'failed' else 'was ' + status}: {reason}")


class JobTimeoutError(JobError, TimeoutError):
    """The job that was waited for has not ended yet; it goes on.

    Attributes:
        job: Its id.
        status: ``scheduled`` or ``running``.
    """

    def __init__(self, job: str, *, status: str, seconds: float) -> None:
        self.job = job
        self.status = status
        super().__init__(
            f"Job {job} is {status} after {seconds:g} s of waiting; it goes on. Wait longer, or cancel it."
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """One refused entry of a foreign file.

    Attributes:
        place: Where it stands, e.g. ``annotations[17] (id 4021)``.
        reason: What is wrong with it, in one sentence.
    """

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class ImportRefusedError(ModelrunsError, ValueError):
    """A foreign file was refused as a whole; nothing of it was taken.

    Attributes:
        source: The file or folder that was read.
        problems: Every bad entry, in the order of the file.
    """

    shown = 20

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        entries = "entry" if len(self.problems) == 1 else "entries"
        lines = [f"{source}: {len(self.problems):,} bad {entries}, nothing was imported."]
        lines += [f"  {problem}" for problem in self.problems[: self.shown]]
        if len(self.problems) > self.shown:
            lines.append(f"  ... and {len(self.problems) - self.shown:,} more")
        super().__init__("\n".join(lines))
