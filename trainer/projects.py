"""Projects: lines of data versions, each one sealed snapshot with its thumbnails."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from trainer import pictures
from trainer.records import layout
from trainer.records.errors import NameTakenError, NotFoundError, RunDamagedError, StoreError
from trainer.records.ontology import Ontology
from trainer.records.snapshot import Snapshot
from trainer.store import RunEntry, RunKind, RunWriter, Store, StoredRun, open_store

Report = Callable[[str, int, int], None]
"""Told (what is being done, how many are done, of how many)."""

DIGEST_TAG = "trainer.digest"
_TRIES = 20


@dataclass(frozen=True)
class DataVersion:
    """One sealed state of a project.

    Attributes:
        project: Name of the project.
        stored: The sealed run that holds its files.
    """

    project: str
    stored: StoredRun

    @property
    def name(self) -> str:
        """``v1``, ``v2`` and so on, in the order they were made."""
        return self.stored.name

    @cached_property
    def snapshot(self) -> Snapshot:
        """Ontology, rows with their split, and truth."""
        return snapshot_of(self.stored)

    def data_files(self) -> list[str]:
        """Names of the files that a model run on this version refers to: the snapshot and its thumbnails."""
        return [
            entry.name for entry in self.stored.manifest.files if entry.name.split("/")[0] in ("data", "thumbnails")
        ]


def snapshot_of(stored: StoredRun) -> Snapshot:
    """The snapshot that a sealed run holds or refers to."""
    ontology, rows, truth = (stored.path(name) for name in layout.SNAPSHOT_FILES)
    return layout.read_snapshot(ontology, rows, truth)


def save_version(
    project: str,
    snapshot: Snapshot,
    *,
    store: Store | None = None,
    newest: bool = False,
    after: str | None = None,
    report: Report | None = None,
) -> DataVersion:
    """Seal a snapshot as a version of a project; one of equal content, with its pictures in the same places, is reused.

    Where the newest version has just the same pictures, its thumbnails are referred to instead of being made again.

    Args:
        project: Name of the project; a new name makes a new project.
        snapshot: What to keep.
        store: Where runs are kept; see `open_store`.
        newest: Reuse only the newest version, so that the one returned is what the project now holds.
        after: Id of the version that the snapshot was made from, empty where the project had none, if nothing of what
            came meanwhile may be lost.
        report: Told of the progress of making thumbnails.

    Raises:
        NameTakenError: If the project has another newest version than `after`, or somebody is making one.
        StoreError: If the store cannot be written.
    """
    store = store or open_store()
    versions = list_versions(store, project)
    for entry in versions[:1] if newest else versions:
        if entry.tags.get(DIGEST_TAG) == snapshot.digest:
            version = DataVersion(project, store.find(entry.id, kind=RunKind.DATA_VERSION))
            if version.snapshot.rows.uris == snapshot.rows.uris:
                return version
    if after is not None:
        _refuse_outdated(project, after, versions)
    store.location.refuse_read_only()
    with tempfile.TemporaryDirectory(prefix="modelruns-") as scratch:
        folder = Path(scratch)
        layout.write_snapshot(snapshot, folder)
        earlier = _find_thumbnails(versions[:1], snapshot, project, store)
        if earlier is None:
            _write_thumbnails(snapshot, folder, report)
        (folder / layout.README).write_text(_readme(project, snapshot), encoding="utf-8")
        with _begin(store, project, snapshot.digest, after=after).ended_on_error() as writer:
            writer.log_snapshot(project, snapshot.digest, snapshot.rows.split_sizes())
            writer.add_folder(folder)
            if earlier is not None:
                writer.reference(earlier, pictures.thumbnail_files())
            return DataVersion(project, writer.seal())


def open_version(project: str, *, version: str | None = None, store: Store | None = None) -> DataVersion:
    """A data version of a project.

    Args:
        project: Name of the project.
        version: ``v3``, or the beginning of a digest; the newest when left out.
        store: Where runs are kept; see `open_store`.

    Raises:
        NotFoundError: If there is no such project or version.
    """
    store = store or open_store()
    versions = list_versions(store, project)
    if not versions:
        names = ", ".join(entry.name for entry in store.experiments(RunKind.DATA_VERSION)) or "none yet"
        raise NotFoundError(f"There is no project {project!r}. There are: {names}. Make one with: modelruns import.")
    for entry in versions:
        if version is None or entry.name == version or entry.tags.get(DIGEST_TAG, "").startswith(version):
            return DataVersion(project, store.find(entry.id, kind=RunKind.DATA_VERSION))
    names = ", ".join(entry.name for entry in versions)
    raise NotFoundError(f"Project {project!r} has no version {version!r}. It has: {names}.")


def read_ontology(project: str, *, store: Store | None = None) -> Ontology:
    """The ontology of a project's newest data version; its rows and truth are not read.

    Raises:
        NotFoundError: If there is no such project.
    """
    path = open_version(project, store=store).stored.path(layout.ONTOLOGY)
    return Ontology.from_json(json.loads(path.read_text(encoding="utf-8")))


def _begin(store: Store, project: str, digest: str, *, after: str | None) -> RunWriter:
    if after is None:
        return _next_version(store, project, digest)
    # The number that follows is given once, so that of two who start from one version only one goes on.
    name = f"v{1 + _last_number(list_versions(store, project))}"
    writer = store.create_run(project, name, kind=RunKind.DATA_VERSION, tags={DIGEST_TAG: digest})
    with writer.ended_on_error():
        _refuse_outdated(project, after, list_versions(store, project))
    return writer


def _refuse_outdated(project: str, after: str, versions: Sequence[RunEntry]) -> None:
    newest = versions[0].id if versions else ""
    if newest != after:
        found = f"has {versions[0].name} by now" if versions else "has no version any more"
        raise NameTakenError(f"Project {project!r} {found}, which is not the version that this was made from.")


def _last_number(versions: Sequence[RunEntry]) -> int:
    return max((int(entry.name[1:]) for entry in versions if entry.name[1:].isdigit()), default=0)


def _next_version(store: Store, project: str, digest: str) -> RunWriter:
    """Begin the version after the last one; another process may begin one at the same time."""
    for _ in range(_TRIES):
        name = f"v{1 + _last_number(list_versions(store, project, sealed_only=False))}"
        try:
            return store.create_run(project, name, kind=RunKind.DATA_VERSION, tags={DIGEST_TAG: digest})
        except NameTakenError:
            continue
    raise StoreError(f"Project {project!r} is being written by many processes at once; try again.")


def list_versions(store: Store, project: str, *, sealed_only: bool = True) -> list[RunEntry]:
    """Versions of a project, newest first; none where there is no such project."""
    try:
        return store.runs(project, kind=RunKind.DATA_VERSION, sealed_only=sealed_only)
    except NotFoundError:
        return []


def _find_thumbnails(newest: Sequence[RunEntry], snapshot: Snapshot, project: str, store: Store) -> StoredRun | None:
    """The newest version, where its rows show the same bytes from the same places in the same order."""
    pictured = snapshot.rows.table.select(["uri", "sha256"])
    if not newest or pictured["sha256"].null_count > pictured["uri"].null_count:
        return None
    try:
        stored = store.find(newest[0].id, kind=RunKind.DATA_VERSION)
    except RunDamagedError:  # which is told by whoever opens it; the new version can do without
        return None
    has_them = all(stored.has(name) for name in pictures.thumbnail_files())
    rows = DataVersion(project, stored).snapshot.rows
    return stored if has_them and rows.table.select(["uri", "sha256"]).equals(pictured) else None


def _write_thumbnails(snapshot: Snapshot, folder: Path, report: Report | None) -> None:
    if not any(snapshot.rows.uris):
        return

    pictures.pack_thumbnails(snapshot.rows.uris, folder, report=stage_of(report, "thumbnails"))


def stage_of(report: Report | None, name: str) -> Callable[[int, int], None]:
    """A report of one stage: told how many are done, of how many."""

    def tell(done: int, total: int) -> None:
        if report:
            report(name, done, total)

    return tell


def _readme(project: str, snapshot: Snapshot) -> str:
    sizes = ", ".join(f"{count:,} {split}" for split, count in snapshot.rows.split_sizes().items())
    return (
        f"# A data version of project {project}\n\n"
        f"- digest: `{snapshot.digest}`\n"
        f"- rows: {len(snapshot.rows):,} ({sizes})\n"
        f"- truth: {len(snapshot.truth):,} annotations of {len(snapshot.ontology.paths):,} features\n\n"
        "`data/` holds the ontology, the rows and their truth; `thumbnails/` small pictures of the rows. "
        "`manifest.json` lists every file with its SHA-256. Do not edit: model runs refer to this version.\n"
    )
