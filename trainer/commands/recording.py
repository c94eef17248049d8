"""`modelruns log`: the predictions of any model become a model run."""

from __future__ import annotations

import argparse
from pathlib import Path

from trainer.commands.arguments import Commands, add_command, add_json, add_measure
from trainer.commands.looking import describe
from trainer.commands.output import print_json
from trainer.commands.progress import ProgressDisplay

_EXAMPLE = """
modelruns log street --name yolo-11 --truth instances.json --predictions results.json --images pictures
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
    add_measure(parser)
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    from trainer.formats import coco
    from trainer.projects import import_project, open_version
    from trainer.runs.recording import LOGGED, start_run

    with ProgressDisplay() as progress:
        if options.project:
            data = open_version(options.project)
        else:
            data = import_project(
                LOGGED + options.experiment,
                options.truth,
                format="coco",
                images=options.images,
                split="none",
                report=progress.show,
            ).version
        # Read before the run begins: a refused file leaves no failed run behind.
        predictions = coco.read_predictions(options.predictions, data.snapshot)
        with start_run(
            options.experiment, options.name, project=data, measure=options.measure, report=progress.show
        ) as recording:
            recording.log_predictions(predictions)
    run = recording.result
    if options.json:
        print_json({"run": run.id, "name": run.name, "experiment": options.experiment, **run.summary})
    else:
        print(describe(run))
    return 0
