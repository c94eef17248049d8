"""`modelruns train`: a project becomes a model run."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING

from trainer.commands.arguments import Commands, add_command, add_json
from trainer.commands.following import follow, tell_outcome
from trainer.commands.output import print_json
from trainer.commands.progress import ProgressDisplay
from trainer.learning.settings import TrainingSettings

if TYPE_CHECKING:
    from trainer.learning.fitting import Progress

_EXAMPLE = """
modelruns train cells --model cell-detector --experiment cells
modelruns train cells --model cell-detector --experiment cells --epochs 40 --from cells/cell-detector-1
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "train",
        _run,
        help="train a detector on a project and seal the outcome as a model run",
        example=_EXAMPLE,
    )
    parser.add_argument("project", metavar="PROJECT", help="the project to train on")
    parser.add_argument("--model", required=True, metavar="NAME", help="name of the micro-model")
    parser.add_argument("--experiment", required=True, metavar="NAME", help="the experiment to put the run into")
    parser.add_argument("--name", metavar="RUN", help="name of the run (default MODEL-1, MODEL-2 and so on)")
    parser.add_argument("--version", metavar="V", help="data version of the project (default: the newest)")
    parser.add_argument("--from", dest="start_from", metavar="RUN", help="start from the weights of this run")
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--detach", action="store_true", help="return at once; the training goes on as a job (modelruns jobs)"
    )
    place.add_argument(
        "--here", action="store_true", help="train in this process, for containers, CI and torchrun; no job"
    )
    _add_settings(parser)
    add_json(parser)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """One option a setting; names, defaults and help texts are those of TrainingSettings itself."""
    group = parser.add_argument_group("settings")
    defaults = TrainingSettings()
    for setting in fields(TrainingSettings):
        default = getattr(defaults, setting.name)
        group.add_argument(
            "--" + setting.name.replace("_", "-"),
            type=setting.metadata["type"],
            choices=setting.metadata.get("choices"),
            default=default,
            metavar=None if setting.metadata.get("choices") else "N" if setting.metadata["type"] is not str else "X",
            help=f"{setting.metadata['help']} (default {'none' if default is None else default})",
        )


def training_report(progress: ProgressDisplay, name: str) -> Callable[[Progress], None]:
    """Shows a training's epoch, loss and, once the pace is known, the time left."""

    def show(now: Progress) -> None:
        note = "" if now.epochs is None else f"epoch {now.epoch}/{now.epochs}"
        note += "" if now.loss is None else f"  loss {now.loss:.3f}"
        note += "" if now.seconds_left is None else f"  {now.seconds_left:.0f} s left"
        progress.show(f"{name}: {now.stage}", now.step, now.steps, note.strip())

    return show


def _run(options: argparse.Namespace) -> int:
    settings = TrainingSettings(
        **{setting.name: getattr(options, setting.name) for setting in fields(TrainingSettings)}
    )
    if options.here or _is_one_of_several_processes():
        return _train_here(options, settings)
    from trainer.jobs import start_training

    _refuse_unknown(options)
    job = start_training(
        f"{options.project}@{options.version}" if options.version else options.project,
        model=options.model,
        experiment=options.experiment,
        settings=settings,
        name=options.name,
        start_from=options.start_from,
    )
    if not options.detach:
        return follow(job, as_json=options.json)
    if options.json:
        print_json({"job": job.id})
    else:
        print(f"job {job.id} was started\n  follow it  modelruns jobs follow {job.id}")
    return 0


def _refuse_unknown(options: argparse.Namespace) -> None:
    """What is named wrongly is said at once, and leaves no failed job behind."""
    from trainer.model_runs import open_run
    from trainer.projects import open_version

    open_version(options.project, version=options.version)
    if options.start_from is not None:
        open_run(options.start_from)


def _train_here(options: argparse.Namespace, settings: TrainingSettings) -> int:
    from trainer.projects import open_version
    from trainer.training import train

    with ProgressDisplay() as progress:
        run = train(
            open_version(options.project, version=options.version),
            model=options.model,
            experiment=options.experiment,
            settings=settings,
            name=options.name,
            start_from=options.start_from,
            report=training_report(progress, options.name or options.model),
        )
    tell_outcome(run, as_json=options.json)
    return 0


def _is_one_of_several_processes() -> bool:
    """Whether torchrun, or whatever sets the same variables, started this process beside others."""
    return "TORCHELASTIC_RUN_ID" in os.environ or os.environ.get("WORLD_SIZE", "1") != "1"
