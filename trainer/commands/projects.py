"""`modelruns projects`: what data there is, and how it changed from version to version."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import Commands, add_command, add_group, add_json
from trainer.commands.output import UNDEFINED, cut, moment, print_json, print_table, time_text
from trainer.records.split import Split
from trainer.records.wording import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainer.project_facts import ProjectFacts, VersionFacts
    from trainer.projects import DataVersion

_LIST = """
modelruns projects list
modelruns projects list --all --json
"""
_SHOW = """
modelruns projects show cells
modelruns projects show cells --version v2
"""
_VERSIONS = """
modelruns projects versions cells
"""
_LONGEST_DIGEST = 12


def add_commands(commands: Commands) -> None:
    """Declare the commands."""
    projects = add_group(commands, "projects", help="list projects and their versions, and tell what they hold")
    listing = add_command(projects, "list", _list, help="list the projects", example=_LIST)
    listing.add_argument("--all", action="store_true", help="also data that was gathered for models")
    show = add_command(projects, "show", _show, help="show what a project holds", example=_SHOW)
    show.add_argument("project", metavar="PROJECT", help="the project")
    show.add_argument("--version", metavar="V", help="v2, or the beginning of a digest (default: the newest)")
    versions = add_command(projects, "versions", _versions, help="list the versions of a project", example=_VERSIONS)
    versions.add_argument("project", metavar="PROJECT", help="the project")
    for parser in (listing, show, versions):
        add_json(parser)


def _list(options: argparse.Namespace) -> int:
    from trainer.micro_models.teaching import TAUGHT
    from trainer.predictions.asked_part import PART
    from trainer.project_facts import list_projects

    found = [project for project in list_projects() if options.all or not project.name.startswith((TAUGHT, PART))]
    if options.json:
        print_json([_facts(project) for project in found])
    elif found:
        parts = _parts([project.newest for project in found if project.newest])
        headings = ("project", "rows", *parts, "annotations", "features", "versions", "updated")
        print_table(headings, [_line(project, parts) for project in found])
    else:
        print("There is no project yet. Make one with: modelruns import.")
    return 0


def _show(options: argparse.Namespace) -> int:
    from trainer.micro_models.attachments import list_attachments
    from trainer.project_facts import describe_version
    from trainer.projects import list_versions, open_version
    from trainer.store import open_store

    store = open_store()
    version = open_version(options.project, version=options.version, store=store)
    facts = describe_version(version)
    features = _feature_facts(version)
    names = [entry.name for entry in list_versions(store, options.project)]
    models = [attachment.model.title for attachment in list_attachments(project=options.project, store=store)]
    if options.json:
        print_json({**_version_facts(facts), "features": features, "versions": names, "models": models})
        return 0
    print(f"{facts.project} {facts.name}  (digest {facts.digest[:_LONGEST_DIGEST]}, made {moment(facts.created)})")
    parts = ", ".join(f"{rows:,} {part}" for part, rows in facts.splits.items())
    print(f"  {'rows':<12} {facts.rows:,}{f' ({parts})' if parts else ''}")
    print(f"  {'annotations':<12} {facts.annotations:,}")
    print(f"  {'versions':<12} {', '.join(names)}")
    print(f"  {'models':<12} {', '.join(models) or 'none'}")
    lines = [[cut(each["path"]), each["kind"], f"{each['annotations']:,}", f"{each['rows']:,}"] for each in features]
    print_table(("feature", "kind", "annotations", "on rows"), lines)
    return 0


def _versions(options: argparse.Namespace) -> int:
    from trainer.project_facts import describe_versions

    found = describe_versions(options.project)
    if options.json:
        print_json([_version_facts(version) for version in found])
        return 0
    parts = _parts(found)
    headings = ("version", "rows", *parts, "annotations", "features", "made", "digest")
    lines = [[one.name, *_counts(one, parts), moment(one.created), one.digest[:_LONGEST_DIGEST]] for one in found]
    print(f"{options.project}: {count(len(found), 'version')}")
    print_table(headings, lines)
    return 0


def _parts(versions: Sequence[VersionFacts]) -> list[str]:
    """The parts that any of them has rows in."""
    return [split.value for split in Split if any(split in version.splits for version in versions)]


def _line(project: ProjectFacts, parts: Sequence[str]) -> list[str]:
    counts = _counts(project.newest, parts) if project.newest else [UNDEFINED] * (len(parts) + 3)
    return [cut(project.name), *counts, str(project.versions), moment(project.updated)]


def _counts(version: VersionFacts, parts: Sequence[str]) -> list[str]:
    splits = (version.splits.get(part, 0) for part in parts)
    return [f"{number:,}" for number in (version.rows, *splits, version.annotations, len(version.features))]


def _facts(project: ProjectFacts) -> dict[str, Any]:
    return {
        "name": project.name,
        "versions": project.versions,
        "updated": time_text(project.updated),
        "newest": _version_facts(project.newest) if project.newest else None,
    }


def _version_facts(version: VersionFacts) -> dict[str, Any]:
    return {
        "project": version.project,
        "version": version.name,
        "id": version.id,
        "digest": version.digest,
        "created": time_text(version.created),
        "rows": version.rows,
        "splits": dict(version.splits),
        "annotations": version.annotations,
        "features": list(version.features),
    }


def _feature_facts(version: DataVersion) -> list[dict[str, Any]]:
    """Each feature with its kind, and how many annotations of it stand on how many rows."""
    import numpy as np

    snapshot = version.snapshot
    ontology, truth, of_rows = snapshot.ontology, snapshot.truth, len(snapshot.rows)
    annotations = np.bincount(truth.feature, minlength=len(ontology.paths))
    pairs = np.unique(truth.feature.astype(np.int64) * of_rows + truth.row)
    rows = np.bincount(pairs // max(of_rows, 1), minlength=len(ontology.paths))
    return [
        {"path": path, "kind": feature.kind.value, "annotations": int(annotations[code]), "rows": int(rows[code])}
        for code, (path, feature) in enumerate(ontology.by_path.items())
    ]
