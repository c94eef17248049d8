"""`modelruns train`: rows of projects become the next iteration of a micro-model, a model run."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import Commands, add_command, add_json, read_keys
from trainer.commands.following import follow, tell_outcome
from trainer.commands.output import print_json
from trainer.commands.progress import ProgressDisplay, note_of
from trainer.commands.training_options import (
    add_data,
    add_design,
    add_settings,
    read_data,
    read_design,
    read_settings,
)

if TYPE_CHECKING:
    from trainer.jobs import Job
    from trainer.learning.fitting import Progress
    from trainer.learning.settings import TrainingSettings

_EXAMPLE = """
modelruns train cells --model cell-detector
modelruns train cells --model cell-detector --experiment cells --epochs 40 --from latest
modelruns train --map street:car=vehicle --map harbour:ship=vehicle --model "vehicle finder"
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands, "train", _run, help="train a micro-model and seal the outcome as a model run", example=_EXAMPLE
    )
    add_data(parser)
    parser.add_argument("--model", required=True, metavar="TITLE", help="the micro-model; a new title makes a new one")
    parser.add_argument("--experiment", metavar="NAME", help="the experiment to put the run into (default: the title)")
    parser.add_argument("--name", metavar="RUN", help="name of the run (default TITLE-1, TITLE-2 and so on)")
    parser.add_argument(
        "--from",
        dest="start_from",
        metavar="RUN",
        help="start from the weights of this run, iteration number, or latest; of other features the body goes on, and "
        "the outputs for features of the same name",
    )
    parser.add_argument("--config", metavar="NAME", help="take the settings of this saved config; options override it")
    add_place(parser)
    add_design(parser)
    add_settings(parser)
    add_json(parser)


def add_place(parser: argparse.ArgumentParser) -> None:
    """Declare where a training goes on: as a job that is followed, as one that is not, or in this process."""
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--detach", action="store_true", help="return at once; the training goes on as a job (modelruns jobs)"
    )
    place.add_argument(
        "--here", action="store_true", help="train in this process, for containers, CI and torchrun; no job"
    )


def trains_here(options: argparse.Namespace) -> bool:
    """Whether the training goes on in this process; see `add_place`. One of several processes makes no job."""
    return options.here or _is_one_of_several_processes()


def start_and_follow(start: Callable[[], Job], options: argparse.Namespace) -> int:
    """Start a job, and show its progress and outcome unless it shall go on by itself; returns the exit code."""
    job = start()
    if not options.detach:
        return follow(job, as_json=options.json)
    if options.json:
        print_json({"job": job.id})
    else:
        print(f"job {job.id} was started\n  follow it  modelruns jobs follow {job.id}")
    return 0


def training_report(progress: ProgressDisplay, name: str) -> Callable[[Progress], None]:
    """Shows how far a training, or a prediction, is; see `note_of`."""

    def show(now: Progress) -> None:
        progress.show(f"{name}: {now.stage}", now.step, now.steps, note_of(now))

    return show


def _run(options: argparse.Namespace) -> int:
    request = _request(options)
    if trains_here(options):
        return _train_here(options, request)
    from trainer.jobs import start_training

    refuse_missing_device(request["settings"])
    return start_and_follow(lambda: start_training(**request), options)


def _request(options: argparse.Namespace) -> dict[str, Any]:
    data, settings = read_data(options), read_settings(options)
    return {
        "data": data,
        "model": options.model,
        "experiment": options.experiment,
        "settings": settings,
        "design": read_design(options, data, least=settings.min_annotations),
        "name": options.name,
        "start_from": options.start_from,
        "rows": read_keys(options.rows),
    }


def refuse_missing_device(settings: TrainingSettings) -> None:
    """A device that is not there is said at once, and leaves no failed job."""
    if settings.device == "cuda" or settings.mixed_precision == "bf16":  # else torch's seconds are for the job alone
        from trainer.learning.devices import check_device

        check_device(settings.device, settings.mixed_precision)


def _train_here(options: argparse.Namespace, request: dict[str, Any]) -> int:
    from trainer.micro_models.training import train

    first = is_first_process()
    with ProgressDisplay() as progress:
        show = training_report(progress, options.name or options.model)
        run = train(**request, report=show if first else None)
    if first:
        tell_outcome(run, as_json=options.json)
    return 0


def is_first_process() -> bool:
    """Whether this process is the one that shows and tells, which is the only one outside torchrun."""
    return os.environ.get("RANK", "0") == "0"


def _is_one_of_several_processes() -> bool:
    """Whether torchrun, or whatever sets the same variables, started this process beside others."""
    return "TORCHELASTIC_RUN_ID" in os.environ or os.environ.get("WORLD_SIZE", "1") != "1"
