"""What is told of projects and their versions in a list: their annotations and pictures stay unread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trainer.projects import DIGEST_TAG, DataVersion, list_versions, open_version
from trainer.records import layout
from trainer.records.errors import RunDamagedError
from trainer.records.ontology import Ontology
from trainer.store import RunKind, Store, open_store


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What is told of a data version.

    Attributes:
        project: Name of its project.
        name: ``v1``, ``v2`` and so on.
        id: Of the run that holds it, 32 hex digits.
        digest: Of its content: ontology, rows, truth and split.
        created: When it was begun.
        rows: How many it has.
        splits: Rows of each part that has any, in the order training, validation, test, unassigned.
        annotations: How many truths it holds.
        features: Paths of what may be annotated, in order.
    """

    project: str
    name: str
    id: str
    digest: str
    created: datetime
    rows: int
    splits: Mapping[str, int]
    annotations: int
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What is told of a project.

    Attributes:
        name: Its name.
        versions: How many versions it has.
        updated: When the last of them was made.
        newest: Facts of that; None where its files are damaged, which `modelruns doctor` explains.
    """

    name: str
    versions: int
    updated: datetime
    newest: VersionFacts | None


def list_projects(*, store: Store | None = None) -> list[ProjectFacts]:
    """The projects that have a version, the last changed first.

    Args:
        store: Where runs are kept; see `open_store`.
    """
    store = store or open_store()
    known = [entry for entry in store.experiments(RunKind.DATA_VERSION) if entry.runs]
    return [ProjectFacts(each.name, each.runs, each.updated, _newest(each.name, store)) for each in known]


def describe_versions(project: str, *, store: Store | None = None) -> list[VersionFacts]:
    """Facts of each version of a project, the newest first.

    Args:
        project: Name of the project.
        store: Where runs are kept; see `open_store`.

    Raises:
        NotFoundError: If there is no such project.
        RunDamagedError: If files of a version are missing or were changed.
    """
    store = store or open_store()
    newest = open_version(project, store=store)
    older = (one for one in list_versions(store, project) if one.id != newest.stored.id)
    opened = (DataVersion(project, store.find(entry.id, kind=RunKind.DATA_VERSION)) for entry in older)
    return [describe_version(version) for version in (newest, *opened)]


def describe_version(version: DataVersion) -> VersionFacts:
    """Facts of one version.

    Raises:
        RunDamagedError: If files of it are missing or were changed.
    """
    stored = version.stored
    rows, truth = (stored.manifest.entry(name).rows or 0 for name in (layout.ROWS, layout.TRUTH))
    ontology = Ontology.from_json(json.loads(stored.path(layout.ONTOLOGY).read_text(encoding="utf-8")))
    return VersionFacts(
        version.project,
        version.name,
        stored.id,
        stored.tags.get(DIGEST_TAG, ""),
        stored.created,
        rows,
        layout.read_split_sizes(stored.path(layout.ROWS)),
        truth,
        ontology.paths,
    )


def _newest(project: str, store: Store) -> VersionFacts | None:
    try:
        return describe_version(open_version(project, store=store))
    except RunDamagedError:
        return None
