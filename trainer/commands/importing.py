"""`modelruns import`: foreign files become a project."""

from __future__ import annotations

import argparse
from pathlib import Path

from trainer.commands.arguments import Commands, add_command, add_json
from trainer.commands.output import print_json
from trainer.commands.progress import ProgressDisplay

_EXAMPLE = """
modelruns import cells path/to/cells --format voc
modelruns import street instances.json --format coco --images pictures --split 70/20/10
modelruns import animals path/to/animals --format classes
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "import",
        _run,
        help="take rows, ontology and annotations in as a new version of a project",
        example=_EXAMPLE,
    )
    parser.add_argument("project", metavar="PROJECT", help="name of the project; a new name makes a new one")
    parser.add_argument("path", metavar="PATH", type=Path, help="the file or folder to read")
    parser.add_argument(
        "--format",
        required=True,
        choices=("coco", "voc", "classes"),
        help="how it is written; classes is a folder a class",
    )
    parser.add_argument("--images", metavar="DIR", type=Path, help="folder of the pictures, where not beside the file")
    parser.add_argument(
        "--split",
        default="80/10/10",
        metavar="SHARES",
        help="shares of training/validation/test, drawn by the hash of each row's key so that new rows move no old "
        "ones (default 80/10/10); or 'stated' to take the source's own lists",
    )
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    from trainer.project_imports import import_project

    with ProgressDisplay() as progress:
        done = import_project(
            options.project,
            options.path,
            format=options.format,
            images=options.images,
            split=options.split,
            report=progress.show,
        )
    snapshot = done.version.snapshot
    facts = {
        "project": options.project,
        "version": done.version.name,
        "new": done.is_new,
        "digest": snapshot.digest,
        "rows": snapshot.rows.split_sizes(),
        "annotations": len(snapshot.truth),
        "features": list(snapshot.ontology.paths),
        "notes": [str(note) for note in done.notes],
    }
    if options.json:
        print_json(facts)
    else:
        _print(facts)
    return 0


def _print(facts: dict[str, object]) -> None:
    sizes = facts["rows"]
    assert isinstance(sizes, dict)
    features, notes = facts["features"], facts["notes"]
    assert isinstance(features, list)
    assert isinstance(notes, list)
    state = "" if facts["new"] else " (unchanged: the project had a version of equal content)"
    print(f"project {facts['project']}, version {facts['version']}{state}")
    print(f"  rows         {sum(sizes.values()):,}: " + ", ".join(f"{n:,} {split}" for split, n in sizes.items()))
    print(f"  annotations  {facts['annotations']:,}")
    print(f"  features     {len(features):,}: {', '.join(features[:12])}{' ...' if len(features) > 12 else ''}")
    print(f"  digest       {facts['digest']}")
    for note in notes:
        print(f"  note         {note}")
