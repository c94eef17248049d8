"""What is wrong in a store, and putting it right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from trainer.records.errors import ModelrunsError
from trainer.store.connection import Connection
from trainer.store.listing import ENDED, RunEntry, list_runs
from trainer.store.moving import correct_addresses, find_old_addresses
from trainer.store.opening import Store
from trainer.store.owner import SILENT_AFTER, explain_death, seems_dead
from trainer.store.reading import open_run
from trainer.store.removing import finish_deletion
from trainer.store.settling import settle
from trainer.store.straying import ASIDE, find_stray_folders, set_aside
from trainer.store.tags import DELETING, RunKind, RunState


class Trouble(StrEnum):
    """What can be wrong in a store."""

    ABANDONED = "abandoned"
    DAMAGED = "damaged"
    DELETING = "half deleted"
    MOVED = "moved"
    STRAY = "stray"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        trouble: What kind of thing.
        subject: The run, file or folder.
        facts: What is wrong with it, in a sentence.
        remedy: What `repair` does about it; for what it cannot repair, what a person can do.
        repairable: Whether `repair` can.
        run: The run it is about.
        path: The file or folder it is about.
    """

    trouble: Trouble
    subject: str
    facts: str
    remedy: str
    repairable: bool = True
    run: RunEntry | None = field(default=None, repr=False)
    path: Path | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.subject}: {self.facts} {self.remedy}"


def diagnose(
    store: Store,
    *,
    every_byte: bool = False,
    silent_after: timedelta = SILENT_AFTER,
    report: Callable[[int, int], None] | None = None,
) -> list[Finding]:
    """Look for runs that were left half-written, damaged runs, stray files, and addresses that lead elsewhere.

    Nothing is changed.

    Args:
        store: The store.
        every_byte: Read every file of every run and compare its hash; otherwise only manifests and sizes.
        silent_after: A run of another machine counts as abandoned when it gave no sign of life for so long; runs give
            one every two minutes.
        report: Called with how many runs were looked at, and how many there are.
    """
    connection = store.connection
    if connection.location.is_empty:
        return []
    entries = [entry for kind in RunKind for entry in list_runs(connection, kind)]
    findings = [*_find_moved(connection), *_find_stray(connection)]
    for number, entry in enumerate(entries, 1):
        findings += _examine(connection, entry, every_byte, silent_after)
        if report:
            report(number, len(entries))
    return findings


def repair(store: Store, findings: Iterable[Finding]) -> list[str]:
    """Put right what can be; returns what was done, a sentence each.

    No whole file is deleted: stray folders are set aside, and runs that were left half-written keep their files. Only
    of runs whose deletion had begun, the rest is deleted.

    Raises:
        StoreError: If the store cannot be written.
    """
    with store.connection.alone():
        return [_repair(store.connection, finding) for finding in findings if finding.repairable]


def _examine(connection: Connection, entry: RunEntry, every_byte: bool, silent_after: timedelta) -> Iterator[Finding]:
    if DELETING in entry.tags:
        facts = "A process that deleted it ended before all of it was gone."
        yield Finding(Trouble.DELETING, f"Run {entry}", facts, "What is left of it is removed.", run=entry)
    elif entry.is_sealed:
        yield from _find_damage(connection, entry, every_byte)
    elif entry.status not in ENDED and seems_dead(entry.tags, silent_after=silent_after):
        remedy = "It is marked as killed, and its name becomes free; if only the last step of sealing is missing, "
        facts = explain_death(entry.tags)
        yield Finding(Trouble.ABANDONED, f"Run {entry}", facts, f"{remedy}that is done.", run=entry)


def _find_damage(connection: Connection, entry: RunEntry, every_byte: bool) -> Iterator[Finding]:
    try:
        stored = open_run(connection, entry)
        if every_byte:
            stored.verify()
    except ModelrunsError as error:
        remedy = "Bring its files back from a copy of the store; without one, delete the run in MLflow."
        yield Finding(Trouble.DAMAGED, f"Run {entry}", str(error), remedy, repairable=False, run=entry)


def _find_moved(connection: Connection) -> Iterator[Finding]:
    if connection.location.database is None:
        return
    old = find_old_addresses(connection.location)
    if old:
        yield Finding(
            Trouble.MOVED,
            str(connection.location),
            f"MLflow looks for files elsewhere, first in {old[0]!r}: the folder was moved or copied.",
            "The addresses are corrected, so that MLflow's own pages find the files again.",
        )


def _find_stray(connection: Connection) -> Iterator[Finding]:
    if connection.location.database is None:
        return
    for path in find_stray_folders(connection.location):
        facts = "These files belong to no run."
        yield Finding(Trouble.STRAY, str(path), facts, f"They are set aside in the folder {ASIDE!r}.", path=path)


def _repair(connection: Connection, finding: Finding) -> str:
    if finding.run is not None and finding.trouble is Trouble.DELETING:
        finish_deletion(connection, finding.run)
        return f"{finding.subject} was deleted."
    if finding.run is not None:
        ended = settle(connection, finding.run)
        done = "sealed" if ended.state is RunState.SEALED else f"marked as {ended.state}"
        return f"{finding.subject} was {done}."
    if finding.path is not None:
        return set_aside(connection.location, finding.path)
    return correct_addresses(connection.location)
