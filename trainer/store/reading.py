"""A sealed run: complete, unchanged, and read where it lies."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path

from trainer.records.errors import ModelrunsError, NotFoundError, RunDamagedError
from trainer.records.manifest import FileEntry, Manifest
from trainer.store.connection import Connection
from trainer.store.listing import RunEntry, RunHead, get_entry
from trainer.store.owner import Owner
from trainer.store.places import Place, hash_file
from trainer.store.tags import DELETING, ERROR, MANIFEST_SHA256, RunState


@dataclass(frozen=True)
class StoredRun(RunHead):
    """A sealed run whose manifest is the one that was sealed, and whose files are all there with the right size.

    Attributes:
        finished: When it was sealed.
        manifest: Its files.
        manifest_sha256: Hash of the manifest: equal hashes are equal runs.
    """

    finished: datetime
    manifest: Manifest
    manifest_sha256: str
    _connection: Connection = field(repr=False, compare=False)
    _place: Place = field(repr=False, compare=False)

    def has(self, name: str) -> bool:
        """Whether the run has a file of that name."""
        return self.manifest.has(name)

    def path(self, name: str) -> Path:
        """A file of the run on this machine: in place, or fetched once and kept. It must not be written to.

        Raises:
            NotFoundError: If the run has no such file.
            RunDamagedError: If the file is not what the manifest says.
        """
        try:
            return _fetch(self._connection, self._place, self.manifest.entry(name))
        except RunDamagedError as error:
            raise RunDamagedError(f"Run {self}: {error} See `modelruns doctor`.") from error

    def verify(self) -> None:
        """Read every file and compare its hash, however large.

        Raises:
            RunDamagedError: If one differs.
        """
        changed = [entry for entry in self.manifest.files if hash_file(self.path(entry.name)) != entry.sha256]
        if changed:
            raise RunDamagedError(
                f"Run {self}: {len(changed):,} of {len(self.manifest.files):,} files were changed since it was sealed; "
                f"first: {changed[0].name!r}. Restore it from a copy, or delete the run."
            )

    def is_in(self, connection: Connection) -> bool:
        """Whether the run is in that store."""
        return self._connection.location == connection.location


def open_run(connection: Connection, entry: RunEntry) -> StoredRun:
    """Open a run, if it is sealed and whole.

    Raises:
        NotFoundError: If it is not sealed.
        RunDamagedError: If a file is missing, or is not what was sealed.
    """
    if not entry.is_sealed or entry.finished is None:
        raise NotFoundError(f"Run {entry} cannot be opened: {explain_state(entry)}")
    place = connection.place_of(entry.id, entry.artifact_uri)
    sha256 = entry.tags.get(MANIFEST_SHA256, "")
    try:
        manifest = Manifest.from_bytes(place.fetch_manifest(sha256))
        _check_sizes(connection, place, manifest)
    except ModelrunsError as error:
        raise type(error)(f"Run {entry}: {error} See `modelruns doctor`.") from error
    return StoredRun(
        **{field.name: getattr(entry, field.name) for field in fields(RunHead)},
        finished=entry.finished,
        manifest=manifest,
        manifest_sha256=sha256,
        _connection=connection,
        _place=place,
    )


def open_by_id(connection: Connection, run_id: str) -> StoredRun:
    """Open the run of that id.

    Raises:
        NotFoundError: If there is none, or it is not sealed, deleted, or none of ours.
        RunDamagedError: If a file is missing, or is not what was sealed.
    """
    entry = get_entry(connection, run_id)
    if entry is None:
        raise NotFoundError(
            f"There is no run {run_id} in {connection.location}, or it was deleted, or it was not stored by modelruns."
        )
    return open_run(connection, entry)


def explain_state(entry: RunEntry) -> str:
    """Why a run that is not sealed cannot be opened, in one sentence."""
    if DELETING in entry.tags:
        return "it is being deleted; what is left of it: `modelruns doctor`."
    match entry.state:
        case RunState.WRITING | RunState.SEALED:
            if entry.is_dead:
                return f"{entry.explain_death()} `modelruns doctor --repair` ends it."
            return f"{Owner.of(entry.tags)} is writing it, or was killed while doing so: see `modelruns doctor`."
        case RunState.FAILED:
            last_line = entry.tags.get(ERROR, "").strip().rpartition("\n")[2]
            return f"it failed. {last_line}".rstrip()
    return "it was killed before it was complete."


def _check_sizes(connection: Connection, place: Place, manifest: Manifest) -> None:
    by_holder: dict[str | None, list[FileEntry]] = {}
    for entry in manifest.files:
        by_holder.setdefault(entry.held_by, []).append(entry)
    for holder, entries in by_holder.items():
        sizes = place.sizes(entry.name for entry in entries)
        if holder and len(sizes) < len(entries):
            sizes = _place_of_holder(connection, holder).sizes(entry.name for entry in entries) | sizes
        wrong = [entry for entry in entries if sizes.get(entry.name) != entry.bytes]
        if wrong:
            found = sizes.get(wrong[0].name)
            said = "is missing" if found is None else f"has {found:,} bytes instead of {wrong[0].bytes:,}"
            raise RunDamagedError(
                f"{len(wrong):,} of {len(manifest.files):,} files are missing or were changed; first: "
                f"{wrong[0].name!r} {said}."
            )


def _fetch(connection: Connection, place: Place, entry: FileEntry) -> Path:
    holder = _place_of_holder(connection, entry.held_by) if entry.held_by and not place.find(entry) else place
    return holder.fetch(entry)


def _place_of_holder(connection: Connection, run_id: str) -> Place:
    found = connection.catalogue.run(run_id)
    if found is None:
        raise RunDamagedError(f"Run {run_id}, which holds files of it, is gone.")
    return connection.place_of(run_id, found[0].artifact_uri)
