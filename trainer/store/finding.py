"""One run by what a person calls it: its id or the start of it, its name, or experiment/name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from trainer.records.errors import NotFoundError
from trainer.store.catalogue import Wanted
from trainer.store.connection import Connection
from trainer.store.listing import RunEntry, list_runs
from trainer.store.reading import StoredRun, open_by_id, open_run
from trainer.store.tags import RunKind, RunState

_ID = re.compile(r"[0-9a-f]{32}")
_START_OF_ID = re.compile(r"[0-9a-f]{6,31}")
_SUGGESTED_FROM = 500


def find_run(connection: Connection, reference: str, *, kind: RunKind, experiment: str | None = None) -> StoredRun:
    """Find and open one sealed run.

    Tried in this order: the id, ``experiment/name``, the name, the first six or more digits of the id. Where runs
    share a name, a sealed one comes before those that failed or were killed.

    Raises:
        NotFoundError: If there is none, several, or one that is not sealed.
        RunDamagedError: If its files are not what was sealed.
    """
    if connection.location.is_empty:
        raise NotFoundError(f"There is no run {reference!r}: nothing was stored in {connection.location} yet.")
    if _ID.fullmatch(reference):
        return open_by_id(connection, reference)
    return open_run(connection, _find(connection, reference, kind, experiment))


def _find(connection: Connection, reference: str, kind: RunKind, experiment: str | None) -> RunEntry:
    for entries in _guesses(connection, reference, kind, experiment):
        best = [entry for entry in entries if entry.state is RunState.SEALED] or entries[:1]
        if len(best) > 1:
            raise NotFoundError(
                f"{len(best)} runs are called {reference!r}: {', '.join(map(str, best[:5]))}. "
                f"Say which, like {best[0].experiment}/{best[0].name}, or by the start of its id."
            )
        if best:
            return best[0]
    raise NotFoundError(_explain(connection, reference, kind, experiment))


def _guesses(connection: Connection, reference: str, kind: RunKind, experiment: str | None) -> Iterator[list[RunEntry]]:
    container, _, name = reference.rpartition("/")
    if container and not experiment:
        yield _named(connection, name, kind, container)
    yield _named(connection, reference, kind, experiment)
    if _START_OF_ID.fullmatch(reference):
        yield list_runs(connection, kind, experiment=experiment, wanted=Wanted(id_start=reference), most=10)


def _named(connection: Connection, name: str, kind: RunKind, experiment: str | None) -> list[RunEntry]:
    if '"' in name or "\\" in name:  # no run has such a name, and MLflow's search could not take it
        return []
    try:
        return list_runs(connection, kind, experiment=experiment, wanted=Wanted(name=name), most=100)
    except NotFoundError:
        return []


def _explain(connection: Connection, reference: str, kind: RunKind, experiment: str | None) -> str:
    try:
        entries = list_runs(connection, kind, experiment=experiment, most=_SUGGESTED_FROM)
    except NotFoundError as error:
        return str(error)
    names = [f"{entry.experiment}/{entry.name}" for entry in entries if entry.state is RunState.SEALED]
    near = _near_names(reference, names)
    where = f"experiment {experiment!r}" if experiment else str(connection.location)
    count = "is 1 sealed run" if len(names) == 1 else f"are {len(names):,} sealed runs"
    said = f" Near it: {', '.join(near)}." if near else f" There {count}: `modelruns runs`."
    return f"There is no run {reference!r} in {where}.{said}"


def _near_names(reference: str, names: Sequence[str]) -> list[str]:
    by_last_part = {name.rpartition("/")[2]: name for name in reversed(names)}
    near = difflib.get_close_matches(reference, [*names, *by_last_part], n=3, cutoff=0.6)
    return list(dict.fromkeys(by_last_part.get(name, name) for name in near))
