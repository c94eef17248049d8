"""Giving a name to one run only, whoever asks at the same time."""

from __future__ import annotations

import getpass
import random
import time
import uuid
from collections.abc import Mapping
from typing import Any

from trainer.records.errors import NameTakenError, StoreError
from trainer.store.catalogue import Wanted
from trainer.store.connection import Connection
from trainer.store.listing import RunEntry, list_runs
from trainer.store.owner import Owner, has_surely_ended, heartbeat
from trainer.store.settling import settle
from trainer.store.tags import KIND, STATE, UID, USER, RunKind, RunState

_ATTEMPTS = 20
_LONGEST_PAUSE = 0.5  # s, where trying takes less than an eighth of that


def claim(
    connection: Connection, experiment_id: str, name: str, *, experiment: str, kind: RunKind, tags: Mapping[str, str]
) -> Any:
    """Make a run of that name, unless another one has it.

    No server can be asked for this in one step, so it takes two: make the run, then look who else did. Of two that
    make one at the same time at least the later looks when both are there. Who sees another one withdraws, waits for
    a while of random length, and begins again; so there are never two, and soon there is one.

    Args:
        connection: The store.
        experiment_id: MLflow's id of the experiment.
        name: The run's name.
        experiment: The experiment's name.
        kind: Model run or data version.
        tags: Further tags.

    Returns:
        MLflow's run.

    Raises:
        NameTakenError: If a run that is sealed, or is being written, has the name.
    """
    for _ in range(_ATTEMPTS):
        begun = time.monotonic()
        with connection.alone():
            for holder in _holders(connection, name, experiment, kind):
                _refuse_unless_abandoned(connection, holder)
            run = _create(connection, experiment_id, name, kind=kind, tags=tags)
            rivals = _settle_doubles(connection, run, _holders(connection, name, experiment, kind))
            if not rivals:
                return run
            withdraw(connection, run.info.run_id)
        # Many times as long as trying takes, also on a slow server: else they meet again and again.
        longest = max(_LONGEST_PAUSE, 8 * (time.monotonic() - begun))
        time.sleep(random.uniform(0, longest))  # noqa: S311 # no secret
    raise StoreError(f"Run {name!r} could not be made: others keep making runs of that name. Try again.")


def _holders(connection: Connection, name: str, experiment: str, kind: RunKind) -> list[RunEntry]:
    named = list_runs(connection, kind, experiment=experiment, wanted=Wanted(name=name))
    return [entry for entry in named if entry.state in (RunState.WRITING, RunState.SEALED)]


def _refuse_unless_abandoned(connection: Connection, holder: RunEntry) -> None:
    owner = Owner.of(holder.tags)
    if not holder.is_sealed and has_surely_ended(owner):
        holder = settle(connection, holder)
    if holder.is_sealed:
        raise NameTakenError(
            f"Experiment {holder.experiment!r} has a run {holder.name!r} already ({holder.id[:8]}, sealed "
            f"{holder.finished:%Y-%m-%d %H:%M} UTC). Choose another name, or open that one: {holder.experiment}/"
            f"{holder.name}."
        )
    if holder.is_dead:  # and not surely: another machine may have lost the store for a while
        raise NameTakenError(
            f"Run {holder.name!r} of experiment {holder.experiment!r} has the name, and seems to be dead: "
            f"{holder.explain_death()} Choose another name, or free this one with `modelruns doctor --repair`."
        )
    if holder.state in (RunState.WRITING, RunState.SEALED):
        raise NameTakenError(
            f"Run {holder.name!r} of experiment {holder.experiment!r} is being written by {owner}. Choose another "
            f"name; if that process is gone, `modelruns doctor` frees this one."
        )


def _create(connection: Connection, experiment_id: str, name: str, *, kind: RunKind, tags: Mapping[str, str]) -> Any:
    uid = uuid.uuid4().hex
    written = {**tags, KIND: kind, STATE: RunState.WRITING, UID: uid, USER: _user()}
    written |= Owner.here().tags() | heartbeat()
    try:
        return connection.client.create_run(experiment_id, tags=written, run_name=name)
    except StoreError:
        # The answer may have been lost after the run was made: look before giving up, so that none is left behind.
        found = connection.client.search_runs([experiment_id], f"tags.`{UID}` = '{uid}'", max_results=1)
        if not found:
            raise
        return found[0]


def _settle_doubles(connection: Connection, run: Any, holders: list[RunEntry]) -> list[RunEntry]:
    """Remove what a repeated request made of our own run; return the runs of others."""
    others = [holder for holder in holders if holder.id != run.info.run_id]
    for holder in others:
        if holder.tags.get(UID) == run.data.tags[UID]:
            withdraw(connection, holder.id)
    return [holder for holder in others if holder.tags.get(UID) != run.data.tags[UID]]


def withdraw(connection: Connection, run_id: str) -> None:
    """Give a claimed name back, and leave no run."""
    connection.client.set_tag(run_id, STATE, RunState.KILLED, synchronous=True)
    connection.client.set_terminated(run_id, "KILLED")
    connection.client.delete_run(run_id)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"
