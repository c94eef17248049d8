"""Changing what people call a run and say about it. Its files, and what was sealed with them, never change."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from trainer.records.errors import FrozenRunError
from trainer.store.claiming import claim, withdraw
from trainer.store.connection import Connection
from trainer.store.experiments import check_run_name
from trainer.store.listing import RunEntry, require_entry
from trainer.store.tags import check_tags, in_parts


def retag(connection: Connection, entry: RunEntry, tags: Mapping[str, str], *, without: Collection[str] = ()) -> None:
    """Set some tags of a run and take others away.

    Raises:
        NotFoundError: If the run was deleted.
        RecordError: If a name or value cannot be kept whole, or is the store's own.
    """
    from mlflow.entities import RunTag

    checked = check_tags(tags)
    check_tags(dict.fromkeys(without, ""))
    now = require_entry(connection, entry)
    for part in in_parts(checked):
        values = [RunTag(key, value) for key, value in part.items()]
        connection.client.log_batch(entry.id, tags=values, synchronous=True)
    for key in now.tags.keys() & (set(without) - set(checked)):
        connection.client.delete_tag(entry.id, key)


def rename(connection: Connection, entry: RunEntry, name: str) -> None:
    """Give a sealed run another name that no other run of its experiment has.

    The name is claimed as for a new run, and the claim is given back once the run has it: so the name has a holder at
    every moment, and a process that is killed in between leaves the run whole, under one of the two names, and at
    most a claim, which counts as abandoned.

    Raises:
        FrozenRunError: If it is not sealed.
        NameTakenError: If another run, sealed or being written, has the name.
        NotFoundError: If the run was deleted.
        RecordError: If the name cannot be kept.
    """
    check_run_name(name)
    now = require_entry(connection, entry)
    if not now.is_sealed:
        raise FrozenRunError(f"Run {now} is {now.state}; only sealed runs are renamed.")
    if now.name == name:
        return
    held = claim(connection, now.experiment_id, name, experiment=now.experiment, kind=now.kind, tags={})
    try:
        connection.client.update_run(now.id, name=name)
    finally:
        withdraw(connection, held.info.run_id)
