"""Bringing a run that its process left behind to an end."""

from __future__ import annotations

from trainer.records.errors import ModelrunsError
from trainer.store.connection import Connection
from trainer.store.listing import RunEntry, read_entry
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
    state = RunState.KILLED if entry.state is RunState.WRITING else entry.state
    if state is not entry.state:
        connection.client.set_tag(entry.id, STATE, state)
    connection.client.set_terminated(entry.id, _STATUS[state])
    _remove_parts(connection, entry.id)
    run = connection.client.get_run(entry.id)
    if state is RunState.SEALED:
        try:
            open_run(connection, run)
        except ModelrunsError:
            return unseal(connection, entry)
    return read_entry(run, entry.experiment)


def unseal(connection: Connection, entry: RunEntry) -> RunEntry:
    """Take the seal from a run that is not whole."""
    connection.client.set_tag(entry.id, STATE, RunState.KILLED)
    connection.client.set_terminated(entry.id, _STATUS[RunState.KILLED])
    return read_entry(connection.client.get_run(entry.id), entry.experiment)


def _remove_parts(connection: Connection, run_id: str) -> None:
    place = connection.place_of(connection.client.get_run(run_id))
    if isinstance(place, LocalPlace) and place.folder.is_dir():
        for part in place.folder.rglob(f"{PART}*"):
            part.unlink(missing_ok=True)
