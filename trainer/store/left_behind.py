"""Runs that a process left half-written when it died."""

from __future__ import annotations

from trainer.store.listing import RunEntry, get_entry, list_runs
from trainer.store.opening import Store
from trainer.store.owner import Owner
from trainer.store.settling import settle
from trainer.store.tags import ERROR, LONGEST_TAG, STATE, RunKind, RunState


def fail_runs_of(store: Store, owner: Owner, *, reason: str) -> list[RunEntry]:
    """Mark the model runs that a dead process was writing as failed; one whose seal was begun is completed.

    Args:
        store: The store.
        owner: The process; it must have ended.
        reason: Why it ended, in a sentence.

    Returns:
        Those runs as they are now.

    Raises:
        StoreError: If the store cannot be read or written.
    """
    if store.location.is_empty:
        return []
    connection = store.connection
    left = [
        entry
        for entry in list_runs(connection, RunKind.MODEL_RUN)
        if entry.status == "running" and Owner.of(entry.tags) == owner
    ]
    if not left:
        return []
    with connection.alone():
        return [_end(store, entry, reason) for entry in left]


def find_dead_runs(store: Store, *, experiment: str | None = None) -> list[RunEntry]:
    """Model runs that were begun and that nobody writes any more, newest first; nothing is changed.

    Args:
        store: The store.
        experiment: Only those of this experiment.

    Raises:
        NotFoundError: If there is no such experiment.
    """
    begun = store.runs(experiment, sealed_only=False, tagged=(STATE, RunState.WRITING), most=None)
    return [entry for entry in begun if entry.is_dead]


def _end(store: Store, entry: RunEntry, reason: str) -> RunEntry:
    client = store.connection.client
    if entry.state is RunState.WRITING:
        client.set_tag(entry.id, ERROR, reason[-LONGEST_TAG:], synchronous=True)
        client.set_tag(entry.id, STATE, RunState.FAILED, synchronous=True)
    return settle(store.connection, get_entry(store.connection, entry.id) or entry)
