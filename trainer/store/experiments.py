"""Experiments and projects: what MLflow calls experiments, found, made and listed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from trainer.records.errors import NameTakenError, NotFoundError, RecordError, StoreError
from trainer.store.connection import Connection
from trainer.store.database import open_database
from trainer.store.tags import KIND, STATE, RunKind, RunState

PROJECTS = "projects/"
LONGEST_NAME = 200

# The value of the tag that marks an experiment as ours, by what its runs are.
_MARKS = {RunKind.MODEL_RUN: "experiment", RunKind.DATA_VERSION: "project"}
_PAGE = 500
# What MLflow's search language or the reference "experiment/name" would read as something else.
_REFUSED_CHARACTERS = re.compile(r'["\\\x00-\x1f\x7f]')


@dataclass(frozen=True, slots=True)
class ExperimentEntry:
    """An experiment of model runs, or a project with its data versions.

    Attributes:
        id: MLflow's id.
        name: Unique among those of its kind.
        runs: How many sealed runs it has; on a server counted up to 1,000.
        updated: When the last of them was finished, or it was made.
    """

    id: str
    name: str
    runs: int
    updated: datetime


def check_name(name: str, what: str) -> str:
    """Check the name of an experiment, a project or a run.

    Raises:
        RecordError: If it cannot be kept.
    """
    if not name or name != name.strip() or len(name) > LONGEST_NAME or _REFUSED_CHARACTERS.search(name):
        raise RecordError(
            f"{name[:LONGEST_NAME]!r} cannot name {what}. Names have 1 to {LONGEST_NAME} characters, no spaces around "
            f'them, and neither " nor \\.'
        )
    return name


def ensure_experiment(connection: Connection, name: str, kind: RunKind) -> str:
    """The id of an experiment, which is made where there is none.

    Raises:
        NameTakenError: If MLflow has an experiment of that name that is none of ours.
    """
    try:
        return _find_ours(connection, name, kind).experiment_id
    except NotFoundError:
        pass
    title = _title(name, kind)
    embedded = connection.location.database is not None
    place = str(connection.location.artifacts / folder_name(title)) if embedded else None
    try:
        return connection.client.create_experiment(title, artifact_location=place, tags={KIND: _MARKS[kind]})
    except StoreError as error:
        try:
            return _find_ours(connection, name, kind).experiment_id  # another process was quicker
        except NotFoundError:
            raise error from None


def find_experiments(connection: Connection, kind: RunKind, *, name: str | None = None) -> list[Any]:
    """MLflow's experiments of that kind, or the one of that name.

    Raises:
        NotFoundError: If there is none of that name.
    """
    if name is not None:
        return [_find_ours(connection, name, kind)]
    return [] if connection.location.is_empty else list(_search(connection, f"tags.`{KIND}` = '{_MARKS[kind]}'"))


def list_experiments(connection: Connection, kind: RunKind) -> list[ExperimentEntry]:
    """All experiments of that kind, the last changed first."""
    found = find_experiments(connection, kind)
    if not found:
        return []
    counts = _count_runs(connection, [experiment.experiment_id for experiment in found])
    entries = []
    for experiment in found:
        runs, last = counts.get(experiment.experiment_id, (0, 0))
        updated = datetime.fromtimestamp((last or experiment.creation_time) / 1000, UTC)
        entries.append(ExperimentEntry(experiment.experiment_id, own_name(experiment.name), runs, updated))
    return sorted(entries, key=lambda entry: entry.updated, reverse=True)


def own_name(title: str) -> str:
    """Our name of an experiment or project, from MLflow's."""
    return title.removeprefix(PROJECTS)


def folder_name(title: str) -> str:
    """The folder of an experiment: readable, and different for every name."""
    readable = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "experiment"
    return f"{readable}-{hashlib.sha256(title.encode()).hexdigest()[:8]}"


def _title(name: str, kind: RunKind) -> str:
    return f"{PROJECTS}{name}" if kind is RunKind.DATA_VERSION else name


def _find_ours(connection: Connection, name: str, kind: RunKind) -> Any:
    check_name(name, f"a {_MARKS[kind]}")
    if kind is RunKind.MODEL_RUN and name.startswith(PROJECTS):
        raise RecordError(f"{name!r} cannot name an experiment: names with {PROJECTS!r} belong to projects.")
    if connection.location.is_empty:
        raise NotFoundError(f"There is no {_MARKS[kind]} {name!r}: nothing was stored in {connection.location} yet.")
    found = connection.client.get_experiment_by_name(_title(name, kind))
    if found is None:
        raise NotFoundError(f"{connection.location} has no {_MARKS[kind]} {name!r}.{_near(connection, name, kind)}")
    if found.lifecycle_stage != "active":
        raise NameTakenError(
            f"The {_MARKS[kind]} {name!r} was deleted in MLflow, which keeps its name. Restore it with `mlflow "
            f"experiments restore -x {found.experiment_id}`, or choose another name."
        )
    if found.tags.get(KIND) != _MARKS[kind]:
        raise NameTakenError(f"{name!r} is an experiment of MLflow's that modelruns did not make. Choose another name.")
    return found


def _near(connection: Connection, name: str, kind: RunKind) -> str:
    import difflib

    names = [own_name(experiment.name) for experiment in find_experiments(connection, kind)]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names[:3]
    return f" There is {', '.join(repr(other) for other in near)}." if near else ""


def _search(connection: Connection, condition: str) -> Iterator[Any]:
    token = None
    while True:
        page = connection.client.search_experiments(filter_string=condition, max_results=_PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _count_runs(connection: Connection, experiments: list[str]) -> dict[str, tuple[int, int]]:
    """Sealed runs of each experiment, and when the last was finished. MLflow cannot count, so SQLite does."""
    if connection.location.database is None:
        return {experiment: _count_on_server(connection, experiment) for experiment in experiments}
    query = (
        "SELECT runs.experiment_id, COUNT(*), MAX(runs.end_time) FROM runs JOIN tags USING (run_uuid) "
        "WHERE tags.key = ? AND tags.value = ? AND runs.status = 'FINISHED' AND runs.lifecycle_stage = 'active' "
        "GROUP BY runs.experiment_id"
    )
    with open_database(connection.location) as database:
        rows = database.execute(query, (STATE, RunState.SEALED)).fetchall()
    return {str(experiment): (count, last or 0) for experiment, count, last in rows}


def _count_on_server(connection: Connection, experiment: str) -> tuple[int, int]:
    condition = f"tags.`{STATE}` = '{RunState.SEALED}' and attributes.status = 'FINISHED'"
    runs = connection.client.search_runs([experiment], condition, max_results=1000)
    return len(runs), max((run.info.end_time or 0 for run in runs), default=0)
