"""`modelruns runs`: what there is."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trainer.commands.arguments import Commands, add_command, add_json
from trainer.commands.output import (
    UNDEFINED,
    cut,
    moment,
    number,
    print_json,
    print_table,
    print_words,
    reference,
    time_text,
)
from trainer.records.wording import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainer.runs.model_runs import ModelRun
    from trainer.store import RunEntry

_EXAMPLE = """
modelruns runs
modelruns runs cells --json
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(commands, "runs", _run, help="list experiments, or the runs of one", example=_EXAMPLE)
    parser.add_argument("experiment", nargs="?", metavar="EXPERIMENT", help="list the runs of this experiment")
    parser.add_argument(
        "--all", action="store_true", help="also runs that are being made, are dead, failed or were killed"
    )
    add_json(parser)


def describe(run: ModelRun) -> str:
    """What a person wants to know of a run that was just sealed."""
    numbers = "   ".join(f"{name} {number(value)}" for name, value in run.headline.items())
    notes = "".join(f"\n  note         {note}" for note in (run.training.notes if run.training else ()))
    return (
        f"run {reference(run)} sealed (id {run.id})\n"
        f"  measured on  {count(run.summary['rows'], 'row')} ({run.summary['split']})\n"
        f"  {run.subject!s:12} {numbers or UNDEFINED}\n"
        f"  look at it   modelruns dashboard{notes}"
    )


def listed(run: RunEntry, shown: Sequence[str]) -> list[str]:
    """A run's numbers by their words, ready for a table."""
    from trainer.measures.number_names import in_words

    known = in_words(run.metrics)
    return [number(known[name]) if name in known else UNDEFINED for name in shown]


def _run(options: argparse.Namespace) -> int:
    from trainer.measures.measuring import listed_numbers
    from trainer.store import find_dead_runs, open_store

    store = open_store()
    if options.experiment is None:
        entries = store.experiments()
        facts = [{"name": entry.name, "runs": entry.runs, "updated": time_text(entry.updated)} for entry in entries]
        if options.json:
            print_json(facts)
        elif facts:
            lines = [[cut(entry.name), str(entry.runs), moment(entry.updated)] for entry in entries]
            print_table(("experiment", "runs", "updated"), lines)
        else:
            print("There is no run yet. Make one with: modelruns train, modelruns log, or modelruns demo.")
        if not options.json:
            _tell_dead(find_dead_runs(store))
        return 0
    runs = store.runs(options.experiment, sealed_only=not options.all)
    if options.json:
        print_json([_facts(run) for run in runs])
    else:
        shown = listed_numbers(runs)
        print_table(("run", *shown, "status", "created", "id"), [_line(run, shown) for run in runs])
        _tell_dead(find_dead_runs(store, experiment=options.experiment))
    return 0


def _tell_dead(runs: Sequence[RunEntry]) -> None:
    """Runs that nobody writes any more, whether they are in the table or not."""
    for run in runs:
        print_words(f"dead: {run}: {run.explain_death()}")
    if runs:
        print("End what is dead with: modelruns doctor --repair")


def _facts(run: RunEntry) -> dict[str, object]:
    from trainer.measures.number_names import in_words

    return {
        "id": run.id,
        "name": run.name,
        "experiment": run.experiment,
        "status": run.standing,
        "last_sign_of_life": time_text(run.last_sign) if run.last_sign and not run.finished else None,
        "created": time_text(run.created),
        "tags": dict(run.tags),
        "metrics": in_words(run.metrics),
    }


def _line(run: RunEntry, shown: Sequence[str]) -> list[str]:
    return [cut(run.name), *listed(run, shown), run.standing, moment(run.created), run.id[:8]]
