"""Runs in a list: what is known about each without opening it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from trainer.store.connection import Connection
from trainer.store.experiments import find_experiments, own_name
from trainer.store.tags import KIND, STATE, RunKind, RunState

SEALED = f"tags.`{STATE}` = '{RunState.SEALED}' and attributes.status = 'FINISHED'"

ENDED = frozenset({"finished", "failed", "killed"})

# MLflow gathers tags, parameters and metrics of a whole page at once; larger pages are no quicker.
_PAGE = 100


@dataclass(frozen=True, slots=True)
class RunEntry:
    """What a list shows of a run.

    Attributes:
        id: 32 hex digits.
        name: Unique among the sealed and the written runs of its experiment.
        experiment: Name of its experiment; of its project, for a data version.
        experiment_id: MLflow's id of that.
        kind: Model run or data version.
        state: Only a sealed run that is finished can be opened.
        status: ``running``, ``finished``, ``failed`` or ``killed``.
        tags: All of its tags.
        params: All of its parameters, as text.
        metrics: The last value of each.
        created: When it began.
        finished: When it ended; None while it is written.
    """

    id: str
    name: str
    experiment: str
    experiment_id: str
    kind: RunKind
    state: RunState
    status: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    created: datetime
    finished: datetime | None

    @property
    def is_sealed(self) -> bool:
        """Whether it claims to be complete."""
        return self.state is RunState.SEALED and self.status == "finished"

    def __str__(self) -> str:
        return f"{self.experiment}/{self.name} ({self.id[:8]})"


def list_runs(
    connection: Connection,
    kind: RunKind,
    *,
    experiment: str | None = None,
    condition: str = "",
    most: int | None = None,
) -> list[RunEntry]:
    """Runs that modelruns made, newest first.

    Args:
        connection: The store.
        kind: Model runs or data versions.
        experiment: Only of this experiment or project.
        condition: Only those, in MLflow's search language.
        most: At most so many; None means all.

    Raises:
        NotFoundError: If there is no such experiment.
    """
    experiments = {found.experiment_id: found for found in find_experiments(connection, kind, name=experiment)}
    if not experiments:
        return []
    found = _search(connection, list(experiments), condition, most)
    ours = (run for run in found if run.data.tags.get(KIND) == kind)
    return [read_entry(run, experiments[run.info.experiment_id].name) for run in ours]


def read_entry(run: Any, experiment: str) -> RunEntry:
    """What a list shows of one of MLflow's runs."""
    info, data = run.info, run.data
    return RunEntry(
        id=info.run_id,
        name=info.run_name,
        experiment=own_name(experiment),
        experiment_id=info.experiment_id,
        kind=RunKind(data.tags[KIND]),
        state=_read_state(data.tags.get(STATE, "")),
        status=info.status.lower(),
        tags=dict(data.tags),
        params=dict(data.params),
        metrics=dict(data.metrics),
        created=_read_time(info.start_time),
        finished=_read_time(info.end_time) if info.end_time else None,
    )


def _search(connection: Connection, experiments: Sequence[str], condition: str, most: int | None) -> Iterator[Any]:
    token, left = None, most
    while left is None or left > 0:
        size = _PAGE if left is None else min(_PAGE, left)
        page = connection.client.search_runs(
            experiments, condition, max_results=size, order_by=["attributes.start_time DESC"], page_token=token
        )
        yield from page
        token, left = page.token, left and left - len(page)
        if not token:
            return


def _read_state(state: str) -> RunState:
    return RunState(state) if state in set(RunState) else RunState.FAILED


def _read_time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
