"""Bringing a run that its process left behind to an end."""

from __future__ import annotations

from trainer.records.errors import ModelrunsError
from trainer.store.connection import Connection
from trainer.store.listing import RunEntry, get_entry
from trainer.store.places import PART, LocalPlace
from trainer.store.reading import open_run
from trainer.store.tags import STATE, RunState

_STATUS = {RunState.SEALED: "FINISHED", RunState.FAILED: "FAILED", RunState.KILLED: "KILLED"}


def settle(connection: Connection, entry: RunEntry) -> RunEntry:
    """End a run as what its process had decided on when it was killed; without a decision, as killed.

    A run with the seal's tag is complete by the order of sealing: only its last step is made up for.

    Returns:
        The run as it is now.
    """
    _remove_parts(connection, entry)
    now = _end(connection, entry, RunState.KILLED if entry.state is RunState.WRITING else entry.state)
    if now.state is not RunState.SEALED:
        return now
    try:
        open_run(connection, now)
    except ModelrunsError:
        return _end(connection, now, RunState.KILLED)
    return now


def _end(connection: Connection, entry: RunEntry, state: RunState) -> RunEntry:
    connection.client.set_tag(entry.id, STATE, state, synchronous=True)
    connection.client.set_terminated(entry.id, _STATUS[state])
    return get_entry(connection, entry.id) or entry


def _remove_parts(connection: Connection, entry: RunEntry) -> None:
    place = connection.place_of(entry.id, entry.artifact_uri)
    if isinstance(place, LocalPlace) and place.folder.is_dir():
        for part in place.folder.rglob(f"{PART}*"):
            part.unlink(missing_ok=True)
