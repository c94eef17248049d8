"""Deleting runs: what came to nothing, and, when somebody insists, what was sealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from trainer.records.errors import FrozenRunError, ModelrunsError
from trainer.records.manifest import Manifest
from trainer.store.catalogue import Wanted
from trainer.store.client import forget_run
from trainer.store.connection import Connection
from trainer.store.listing import RunEntry, list_runs, require_entry
from trainer.store.owner import Owner, has_surely_ended
from trainer.store.places import LocalPlace, remove_folder
from trainer.store.settling import settle
from trainer.store.tags import DELETING, MANIFEST_SHA256, STATE, RunKind, RunState


def delete_run(connection: Connection, entry: RunEntry) -> None:
    """Delete a run that failed or was killed, with its files.

    On a server the files stay until its owner calls `mlflow gc`.

    Raises:
        FrozenRunError: If it is sealed, or being written.
        NotFoundError: If it was deleted before.
    """
    now = require_entry(connection, entry)
    if now.state not in (RunState.FAILED, RunState.KILLED):
        raise FrozenRunError(f"Run {now} is {now.state}; only runs that failed or were killed are deleted here.")
    connection.client.delete_run(entry.id)
    place = connection.place_of(now.id, now.artifact_uri)
    if isinstance(place, LocalPlace):
        remove_folder(place.folder.parent)


def delete_for_ever(
    connection: Connection, entries: Sequence[RunEntry], *, tagged: tuple[str, str] | None = None
) -> int:
    """Delete runs with their files, sealed or not, in the order given; nothing is deleted where one may not be.

    The first step takes the seal away together with a sign that the run is being deleted. So a process that is killed
    leaves each run whole, or gone for every reader; what it left of one in between is removed by deleting it again, or
    by `repair`.

    Args:
        connection: The store.
        entries: What to delete.
        tagged: Delete the model runs with this tag of this value as well, before the others. In an embedded store
            nobody can begin another one meanwhile.

    Returns:
        How many were deleted.

    Raises:
        FrozenRunError: If one is being written, or a run that stays refers to files of it.
        NotFoundError: If one was deleted before.
        StoreError: If files cannot be removed.
    """
    with connection.alone():
        found = list_runs(connection, RunKind.MODEL_RUN, wanted=Wanted(tagged=tagged)) if tagged else []
        runs = [_settled(connection, require_entry(connection, entry)) for entry in (*found, *entries)]
        _refuse_while_referred_to(connection, runs)
        for run in runs:
            finish_deletion(connection, run)
    return len(runs)


def finish_deletion(connection: Connection, run: RunEntry) -> None:
    """Delete a run, from wherever an earlier deletion of it ended.

    A server keeps an empty record of it until its owner calls `mlflow gc`.
    """
    from mlflow.entities import RunTag

    gone = [RunTag(DELETING, RunState.KILLED), RunTag(STATE, RunState.KILLED)]
    connection.client.log_batch(run.id, tags=gone, synchronous=True)
    connection.place_of(run.id, run.artifact_uri).remove()
    connection.client.delete_run(run.id)
    if connection.location.database is not None:
        forget_run(connection.client, run.id)


def _settled(connection: Connection, run: RunEntry) -> RunEntry:
    if run.is_sealed or run.state in (RunState.FAILED, RunState.KILLED):
        return run
    owner = Owner.of(run.tags)
    if not has_surely_ended(owner):
        raise FrozenRunError(
            f"Run {run} is being written by {owner}; end that first. If it is gone, `modelruns doctor` ends the run."
        )
    return settle(connection, run)


def _refuse_while_referred_to(connection: Connection, runs: Sequence[RunEntry]) -> None:
    ids = {run.id for run in runs}
    staying = [run for kind in RunKind for run in list_runs(connection, kind) if run.is_sealed and run.id not in ids]
    users = [(user, holder) for user in staying for holder in _holders(connection, user) if holder in ids]
    if users:
        user, holder = users[0]
        held = next(run for run in runs if run.id == holder)
        raise FrozenRunError(
            f"Run {held} cannot be deleted: {len({user.id for user, _ in users}):,} other runs refer to files of it or "
            f"of those deleted with it; first: {user}. Delete those before it. Nothing was deleted."
        )


def _holders(connection: Connection, run: RunEntry) -> Iterator[str]:
    """Ids of the runs whose files a sealed run refers to; none where its manifest is damaged: it has no use of them."""
    with suppress(ModelrunsError):
        content = connection.place_of(run.id, run.artifact_uri).fetch_manifest(run.tags.get(MANIFEST_SHA256, ""))
        yield from {entry.held_by for entry in Manifest.from_bytes(content).files if entry.held_by}
