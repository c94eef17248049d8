"""`modelruns reproduce`: a run is trained again, to see whether the same comes out."""

from __future__ import annotations

import argparse

from trainer.commands.arguments import Commands, add_command, add_json
from trainer.commands.following import tell_reproduction
from trainer.commands.progress import ProgressDisplay
from trainer.commands.training import (
    add_place,
    is_first_process,
    refuse_missing_device,
    start_and_follow,
    training_report,
    trains_here,
)

_EXAMPLE = """
modelruns reproduce cells/cell-detector-1
modelruns reproduce cells/cell-detector-1 --detach
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    help = "train a run again from its snapshot and say whether the same comes out"
    parser = add_command(commands, "reproduce", _run, help=help, example=_EXAMPLE)
    parser.add_argument("reference", metavar="RUN", help="a run made by training")
    add_place(parser)
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    if trains_here(options):
        return _reproduce_here(options)
    from trainer.jobs import start_reproduction
    from trainer.micro_models.repeating_plan import plan_repetition
    from trainer.store import open_store

    plan = plan_repetition(options.reference, store=open_store())
    refuse_missing_device(plan.settings)
    return start_and_follow(lambda: start_reproduction(plan.run), options)


def _reproduce_here(options: argparse.Namespace) -> int:
    from trainer.micro_models.reproducing import reproduce

    first = is_first_process()
    with ProgressDisplay() as progress:
        again = reproduce(options.reference, report=training_report(progress, "again") if first else None)
    if first:
        tell_reproduction(again, as_json=options.json)
    return 0
