"""Foreign files taken in as versions of a project."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from trainer.formats import classes, coco, voc
from trainer.formats.foreign import ForeignTruth, Note
from trainer.projects import DataVersion, Report, list_versions, save_version, stage_of
from trainer.records.errors import NameTakenError, RecordError
from trainer.records.snapshot import Snapshot
from trainer.records.split import Split, SplitRatio
from trainer.store import Store, open_store

READERS: dict[str, Callable[..., ForeignTruth]] = {
    "coco": coco.read_truth,
    "voc": voc.read_truth,
    "classes": classes.read_truth,
}
STATED = "stated"
NO_SPLIT = "none"
_SECONDS_TO_WAIT = 30.0
_PAUSE = 0.2


@dataclass(frozen=True)
class Import:
    """What an import did.

    Attributes:
        version: The data version that holds the imported rows.
        is_new: False where the project already had a version of equal content.
        notes: What a person should know, such as annotations left out by a documented rule.
    """

    version: DataVersion
    is_new: bool
    notes: tuple[Note, ...]


def import_project(
    name: str,
    path: Path | str,
    *,
    format: str,
    images: Path | str | None = None,
    split: str = "80/10/10",
    store: Store | None = None,
    report: Report | None = None,
) -> Import:
    """Take foreign truth in as a new version of a project, all of it or nothing.

    The version holds what was imported and nothing else; earlier versions stay as they are. Where somebody makes
    another version while the files are read, the import is refused, so that nobody's edit is replaced unseen.

    Args:
        name: Name of the project; a new name makes a new project.
        path: The file or folder to read.
        format: ``coco``, ``voc``, or ``classes`` for one folder a class.
        images: Folder of the pictures, where it is not beside the file.
        split: Shares of training/validation/test, drawn by the hash of each row's key; or ``stated`` to take the
            split from the source's own lists, ``none`` to leave rows unassigned.
        store: Where runs are kept; see `open_store`.
        report: Told of the progress.

    Raises:
        ImportRefusedError: With every bad entry, its place and reason.
        NameTakenError: If the project got another version meanwhile.
        RecordError: If there is no such format or split.
        StoreError: If the store cannot be written.
    """
    store = store or open_store()
    store.location.refuse_read_only()
    versions = list_versions(store, name)
    snapshot, notes = read_foreign(path, format=format, images=images, split=split, report=report)
    version = _save(name, snapshot, versions[0].id if versions else "", store=store, report=report)
    return Import(version, version.stored.id not in {entry.id for entry in versions}, notes)


def read_foreign(
    path: Path | str,
    *,
    format: str,
    images: Path | str | None = None,
    split: str = "80/10/10",
    report: Report | None = None,
) -> tuple[Snapshot, tuple[Note, ...]]:
    """The part of `import_project` that reads, with the same arguments and errors; nothing is kept."""
    if format not in READERS:
        raise RecordError(f"There is no format {format!r}; there are {', '.join(READERS)}.")
    if split not in (STATED, NO_SPLIT):
        SplitRatio.parse(split)  # a slip is said before thousands of pictures are read
    folder = None if images is None else Path(images)
    foreign = READERS[format](Path(path), images=folder, report=stage_of(report, "reading pictures"))
    return Snapshot(foreign.ontology, foreign.rows.with_splits(_splits(foreign, split)), foreign.truth), foreign.notes


def _save(project: str, snapshot: Snapshot, after: str, *, store: Store, report: Report | None) -> DataVersion:
    save = partial(save_version, project, snapshot, store=store, newest=True, after=after, report=report)
    try:
        return save()
    except NameTakenError:
        _wait_for_other(store, project, after)
    try:
        return save()  # where the other's content is equal, it is what was to be imported
    except NameTakenError as taken:
        raise NameTakenError(
            f"Nothing was imported: somebody else changed project {project!r} while the files were read, and the "
            f"import would have replaced that. {taken} Look at the newest version, and import again to replace it."
        ) from taken


def _wait_for_other(store: Store, project: str, after: str) -> None:
    """Until the version that somebody is making is there, or for so long that it seems not to come."""
    given_up = time.monotonic() + _SECONDS_TO_WAIT
    while time.monotonic() < given_up:
        versions = list_versions(store, project)
        if versions and versions[0].id != after:
            return
        time.sleep(_PAUSE)


def _splits(foreign: ForeignTruth, split: str) -> Sequence[Split]:
    if split == STATED:
        return foreign.stated_splits_or_raise()
    if split == NO_SPLIT:
        return [Split.UNASSIGNED] * len(foreign.rows)
    return SplitRatio.parse(split).assign(foreign.rows.keys)
