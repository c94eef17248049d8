"""Deleting what a run that came to nothing left behind."""

from __future__ import annotations

from trainer.records.errors import FrozenRunError, NotFoundError
from trainer.store.connection import Connection
from trainer.store.listing import RunEntry, get_entry
from trainer.store.places import LocalPlace, remove_folder
from trainer.store.tags import RunState


def delete_run(connection: Connection, entry: RunEntry) -> None:
    """Delete a run that failed or was killed, with its files.

    On a server the files stay until its owner calls `mlflow gc`.

    Raises:
        FrozenRunError: If it is sealed, or being written.
        NotFoundError: If it was deleted before.
    """
    now = get_entry(connection, entry.id)
    if now is None:
        raise NotFoundError(f"Run {entry} was deleted before.")
    if now.state not in (RunState.FAILED, RunState.KILLED):
        raise FrozenRunError(f"Run {now} is {now.state}; only runs that failed or were killed are deleted here.")
    connection.client.delete_run(entry.id)
    place = connection.place_of(now.id, now.artifact_uri)
    if isinstance(place, LocalPlace):
        remove_folder(place.folder.parent)
