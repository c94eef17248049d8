"""Runs in a list: what is known about each without opening it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from trainer.records.errors import NotFoundError
from trainer.store.catalogue import ExperimentRecord, RunRecord, Wanted
from trainer.store.connection import Connection
from trainer.store.experiments import find_experiments, own_name
from trainer.store.owner import explain_death, last_sign, seems_dead
from trainer.store.tags import KIND, STATE, RunKind, RunState

ENDED = frozenset({"finished", "failed", "killed"})


@dataclass(frozen=True, slots=True)
class RunHead:
    """What is known of a run wherever it is met, in a list or opened.

    Attributes:
        id: 32 hex digits.
        name: Unique among the sealed and the written runs of its experiment.
        experiment: Name of its experiment; of its project, for a data version.
        experiment_id: MLflow's id of that.
        kind: What it holds: a model run, a data version, a model or a config.
        status: ``running``, ``finished``, ``failed`` or ``killed``.
        tags: All of its tags.
        params: All of its parameters, as text.
        metrics: The last value of each.
        created: When it began.
    """

    id: str
    name: str
    experiment: str
    experiment_id: str
    kind: RunKind
    status: str
    tags: Mapping[str, str] = field(compare=False)
    params: Mapping[str, str] = field(compare=False)
    metrics: Mapping[str, float] = field(compare=False)  # an undefined one differs from itself
    created: datetime

    def __str__(self) -> str:
        return f"{self.experiment}/{self.name} ({self.id[:8]})"


@dataclass(frozen=True, slots=True)
class RunEntry(RunHead):
    """What a list shows of a run.

    Attributes:
        state: Only a sealed run that is finished can be opened.
        finished: When it ended; None while it is written.
        artifact_uri: Where MLflow says its files are.
    """

    state: RunState
    finished: datetime | None
    artifact_uri: str = field(repr=False)

    @property
    def is_sealed(self) -> bool:
        """Whether it claims to be complete."""
        return self.state is RunState.SEALED and self.status == "finished"

    @property
    def is_dead(self) -> bool:
        """Whether it says that it is running, and nobody writes it any more, as far as can be seen from here.

        Its process is gone, or runs elsewhere and gave no sign of life for a quarter of an hour. Nothing is changed by
        asking; `repair` ends such a run.
        """
        return self.status not in ENDED and seems_dead(self.tags)

    @property
    def standing(self) -> str:
        """Its status as people are told it: that, or ``dead``."""
        return "dead" if self.is_dead else self.status

    @property
    def last_sign(self) -> datetime | None:
        """When its process gave the last sign of life; None where it gave none."""
        return last_sign(self.tags)

    def explain_death(self) -> str:
        """Why it counts as dead, in a sentence."""
        return explain_death(self.tags)


_ALL = Wanted()


def list_runs(
    connection: Connection,
    kind: RunKind,
    *,
    experiment: str | None = None,
    wanted: Wanted = _ALL,
    most: int | None = None,
) -> list[RunEntry]:
    """Runs that modelruns made, newest first.

    Args:
        connection: The store.
        kind: Model runs or data versions.
        experiment: Only of this experiment or project.
        wanted: Only those.
        most: At most so many; None means all.

    Raises:
        NotFoundError: If there is no such experiment.
    """
    experiments = {found.id: found for found in find_experiments(connection, kind, name=experiment)}
    if not experiments:
        return []
    runs = connection.catalogue.runs(list(experiments), wanted, kind=kind, most=most)
    return [read_entry(run, experiments[run.experiment_id]) for run in runs]


def get_entry(connection: Connection, run_id: str) -> RunEntry | None:
    """The run of that id, unless it was deleted or is none of ours."""
    found = connection.catalogue.run(run_id)
    if found is None or not found[0].is_active or KIND not in found[0].tags:
        return None
    return read_entry(*found)


def require_entry(connection: Connection, entry: RunEntry) -> RunEntry:
    """The run as it is now.

    Raises:
        NotFoundError: If it was deleted.
    """
    now = get_entry(connection, entry.id)
    if now is None:
        raise NotFoundError(f"Run {entry} was deleted before.")
    return now


def read_entry(run: RunRecord, experiment: ExperimentRecord) -> RunEntry:
    """What a list shows of one of MLflow's runs."""
    return RunEntry(
        id=run.id,
        name=run.name,
        experiment=own_name(experiment.title),
        experiment_id=run.experiment_id,
        kind=RunKind(run.tags[KIND]),
        state=_read_state(run.tags.get(STATE, "")),
        status=run.status.lower(),
        tags=run.tags,
        params=run.params,
        metrics=run.metrics,
        created=_read_time(run.started),
        finished=_read_time(run.ended) if run.ended else None,
        artifact_uri=run.artifact_uri,
    )


def _read_state(state: str) -> RunState:
    return RunState(state) if state in set(RunState) else RunState.FAILED


def _read_time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
