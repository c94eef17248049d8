"""`modelruns log`: the predictions of any model become a model run."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path

from trainer.commands.arguments import Commands, add_command, add_json, add_measure
from trainer.commands.following import tell_outcome
from trainer.commands.progress import ProgressDisplay

_EXAMPLE = """
modelruns log street --name yolo-11 --truth instances.json --predictions results.json --images pictures
modelruns log street --name yolo-12 --project street --predictions results.json --numbers seconds.csv \
--lower-is-better seconds
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands, "log", _run, help="seal the predictions of any model as a model run", example=_EXAMPLE
    )
    parser.add_argument("experiment", metavar="EXPERIMENT", help="the experiment to put the run into")
    parser.add_argument("--name", required=True, metavar="RUN", help="name of the run, unique in the experiment")
    truth = parser.add_mutually_exclusive_group(required=True)
    truth.add_argument("--truth", metavar="FILE", type=Path, help="COCO instances file with the truth")
    truth.add_argument("--project", metavar="PROJECT", help="take the truth from this project's newest version")
    parser.add_argument("--predictions", required=True, metavar="FILE", type=Path, help="COCO results file")
    parser.add_argument("--images", metavar="DIR", type=Path, help="folder of the pictures, where not beside the truth")
    parser.add_argument(
        "--numbers",
        metavar="FILE",
        type=Path,
        help="CSV or Parquet file of numbers of your own: a column `key`, and one for each number, compared like ours",
    )
    parser.add_argument(
        "--lower-is-better",
        metavar="NAME",
        action="append",
        default=[],
        help="of this number in --numbers less is better; may be given more than once",
    )
    add_measure(parser)
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    from trainer.formats import coco
    from trainer.formats.numbers import read_numbers
    from trainer.measures.number_names import refuse_taken
    from trainer.project_imports import read_foreign
    from trainer.projects import open_version, save_version
    from trainer.runs.recording import LOGGED, start_run

    numbers = read_numbers(options.numbers) if options.numbers else {}
    for name in numbers:
        refuse_taken(name)
    _refuse_unknown(options.lower_is_better, numbers)
    with ProgressDisplay() as progress:
        if options.project:
            data = open_version(options.project)
        else:
            truth, _ = read_foreign(
                options.truth, format="coco", images=options.images, split="none", report=progress.show
            )
            data = save_version(LOGGED + options.experiment, truth, report=progress.show)
        # Read before the run begins: a refused file leaves no failed run behind.
        predictions = coco.read_predictions(options.predictions, data.snapshot)
        with start_run(
            options.experiment, options.name, project=data, measure=options.measure, report=progress.show
        ) as recording:
            recording.log_predictions(predictions)
            for name, values in numbers.items():
                recording.log_numbers(name, values, lower_is_better=name in options.lower_is_better)
    tell_outcome(recording.result, as_json=options.json)
    return 0


def _refuse_unknown(names: list[str], numbers: Collection[str]) -> None:
    from trainer.records.errors import RecordError

    strange = [name for name in names if name not in numbers]
    if strange:
        there = f"has {', '.join(numbers)}" if numbers else "is not given"
        raise RecordError(f"--lower-is-better {strange[0]!r} is no number: --numbers {there}.")
