"""Experiments and projects: what MLflow calls experiments, found, made and listed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from trainer.records.errors import NameTakenError, NotFoundError, RecordError, StoreError
from trainer.store.catalogue import ExperimentRecord
from trainer.store.connection import Connection
from trainer.store.tags import KIND, RunKind

PROJECTS = "projects/"
LONGEST_NAME = 200

# The value of the tag that marks an experiment as ours, by what its runs are.
_MARKS = {
    RunKind.MODEL_RUN: "experiment",
    RunKind.DATA_VERSION: "project",
    RunKind.MODEL: "registry",
    RunKind.CONFIG: "configs",
}
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


def check_run_name(name: str) -> str:
    """Check the name of a run.

    Raises:
        RecordError: If it cannot be kept.
    """
    if "/" in check_name(name, "a run"):
        raise RecordError(f"{name!r} cannot name a run: '/' stands between an experiment and a run.")
    return name


def ensure_experiment(connection: Connection, name: str, kind: RunKind) -> str:
    """The id of an experiment, which is made where there is none.

    Raises:
        NameTakenError: If MLflow has an experiment of that name that is none of ours.
    """
    try:
        return _find_ours(connection, name, kind).id
    except NotFoundError:
        pass
    title = _title(name, kind)
    embedded = connection.location.database is not None
    place = str(connection.location.artifacts / folder_name(title)) if embedded else None
    try:
        made: str = connection.client.create_experiment(title, artifact_location=place, tags={KIND: _MARKS[kind]})
    except StoreError as error:
        try:
            return _find_ours(connection, name, kind).id  # another process was quicker
        except NotFoundError:
            raise error from None
    return made


def find_experiments(connection: Connection, kind: RunKind, *, name: str | None = None) -> list[ExperimentRecord]:
    """Experiments of that kind, or the one of that name.

    Raises:
        NotFoundError: If there is none of that name.
    """
    if name is not None:
        return [_find_ours(connection, name, kind)]
    return [] if connection.location.is_empty else connection.catalogue.experiments(_MARKS[kind])


def list_experiments(connection: Connection, kind: RunKind) -> list[ExperimentEntry]:
    """All experiments of that kind, the last changed first."""
    found = find_experiments(connection, kind)
    if not found:
        return []
    counts = connection.catalogue.count_sealed([experiment.id for experiment in found])
    entries = []
    for experiment in found:
        runs, last = counts.get(experiment.id, (0, experiment.created))
        updated = datetime.fromtimestamp(last / 1000, UTC)
        entries.append(ExperimentEntry(experiment.id, own_name(experiment.title), runs, updated))
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


def _find_ours(connection: Connection, name: str, kind: RunKind) -> ExperimentRecord:
    check_name(name, f"a {_MARKS[kind]}")
    if kind is RunKind.MODEL_RUN and name.startswith(PROJECTS):
        raise RecordError(f"{name!r} cannot name an experiment: names with {PROJECTS!r} belong to projects.")
    if connection.location.is_empty:
        raise NotFoundError(f"There is no {_MARKS[kind]} {name!r}: nothing was stored in {connection.location} yet.")
    found = connection.catalogue.experiment(_title(name, kind))
    if found is None:
        raise NotFoundError(f"{connection.location} has no {_MARKS[kind]} {name!r}.{_near(connection, name, kind)}")
    if not found.is_active:
        raise NameTakenError(
            f"The {_MARKS[kind]} {name!r} was deleted in MLflow, which keeps its name. Restore it with `mlflow "
            f"experiments restore -x {found.id}`, or choose another name."
        )
    if found.mark in _MARKS.values() and found.mark != _MARKS[kind]:
        raise NameTakenError(f"{name!r} cannot name an {_MARKS[kind]}: a {found.mark} has that name.")
    if found.mark != _MARKS[kind]:
        raise NameTakenError(f"{name!r} is an experiment of MLflow's that modelruns did not make. Choose another name.")
    return found


def _near(connection: Connection, name: str, kind: RunKind) -> str:
    import difflib

    names = [own_name(experiment.title) for experiment in find_experiments(connection, kind)]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names[:3]
    return f" There is {', '.join(repr(other) for other in near)}." if near else ""
