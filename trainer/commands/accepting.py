"""`modelruns accept`: predictions of a run become truth."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import Commands, add_command, add_json, read_keys, share
from trainer.commands.output import print_json
from trainer.commands.progress import ProgressDisplay
from trainer.records.split import Split
from trainer.records.wording import count, say_links

if TYPE_CHECKING:
    from trainer.predictions.accepting import Accepted

_EXAMPLE = """
modelruns accept cells/cell-finder-2 --confidence 0.7
modelruns accept cells/cell-finder-2 --project cells --keep replace --keys reviewed.txt
modelruns accept cells/found --feature cell=Cell
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "accept",
        _run,
        help="make a run's predictions truth of a project, as a new version of it",
        example=_EXAMPLE,
    )
    parser.add_argument("run_reference", metavar="RUN", help="the run whose predictions to take")
    parser.add_argument("--project", metavar="PROJECT", help="the project to add to (default: the run's own)")
    parser.add_argument(
        "--confidence", type=share, default=0.5, metavar="C", help="predictions below it are not taken (default 0.5)"
    )
    parser.add_argument(
        "--keep",
        choices=("existing", "replace"),
        default="existing",
        help="existing: rows keep the truth they have of a feature and get predictions of others; replace: predictions "
        "take the place of all truth of the run's features (default existing)",
    )
    parser.add_argument("--split", choices=tuple(Split), help="only rows of this part of the project")
    parser.add_argument("--keys", type=Path, metavar="FILE", help="only rows named in this file, one key a line")
    parser.add_argument(
        "--feature",
        action="append",
        metavar="NAME[=PATH]",
        help="only this feature of the run, and the project's feature that takes it; may be repeated. A polygon or "
        "mask takes outlines, so a detector's boxes need a box feature (default: as the model is attached to the "
        "project, else by path or last name)",
    )
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    from trainer.predictions.accepting import accept_predictions

    with ProgressDisplay() as progress:
        done = accept_predictions(
            options.run_reference,
            project=options.project,
            keys=read_keys(options.keys),
            split=options.split,
            min_confidence=options.confidence,
            keep=options.keep,
            features=_read_features(options.feature),
            report=progress.show,
        )
    if options.json:
        print_json(_facts(done))
    else:
        _print_accepted(done)
    return 0


def _facts(done: Accepted) -> dict[str, Any]:
    return {
        "project": done.version.project,
        "version": done.version.name,
        "new": done.is_new,
        "digest": done.version.snapshot.digest,
        "rows": done.rows,
        "features": dict(done.features),
        "accepted": done.accepted,
        "kept": done.kept,
        "replaced": done.replaced,
        "held_back": done.held_back,
        "unsure": done.unsure,
    }


def _print_accepted(done: Accepted) -> None:
    state = "new" if done.is_new else "unchanged: nothing new was accepted"
    print(f"project {done.version.project}, version {done.version.name} ({state})")
    print(f"  rows       {done.rows:,}")
    print(f"  features   {say_links(done.features)}")
    print(f"  accepted   {count(done.accepted, 'prediction')}")
    print(f"  held back  {done.held_back:,} on rows that have truth of their feature, {done.unsure:,} not sure enough")
    print(f"  truth      {done.kept:,} of these features kept, {done.replaced:,} replaced (earlier versions hold them)")
    if done.is_new:
        print(f"  train on it  modelruns train {shlex.quote(done.version.project)} --model TITLE")


def _read_features(stated: list[str] | None) -> list[str] | dict[str, str] | None:
    if not stated:
        return None
    if not any("=" in one for one in stated):
        return stated
    pairs = [one.partition("=") for one in stated]
    return {name: path or name for name, _, path in pairs}
