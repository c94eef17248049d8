"""`modelruns predict --run`: what a model says about a project becomes model runs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from trainer.commands.output import print_json, reference
from trainer.commands.progress import ProgressDisplay
from trainer.commands.training import training_report
from trainer.records.wording import count, say_links

if TYPE_CHECKING:
    from trainer.runs.model_runs import ModelRun
    from trainer.store import Store

_OF_PICTURES = ("paths", "frames", "step", "track", "simplify", "output", "draw")


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Declare ``--run`` and ``--attached``."""
    parser.add_argument(
        "--run",
        dest="sealed_as",
        type=_place,
        metavar="EXPERIMENT/NAME",
        help="with --project: seal what the model says as a model run, which can be compared, evaluated and accepted "
        "(modelruns accept) and is no iteration of the model. Its features are linked to the project's as the model is "
        "attached to it, else by path or last name",
    )
    parser.add_argument(
        "--attached",
        action="store_true",
        help="with --run: one run for each iteration that the model's attachment to the project means (latest, all or "
        "the chosen ones), called NAME-1, NAME-2 and so on by the numbers of the iterations",
    )


def check_use(options: argparse.Namespace) -> None:
    """Refuse what makes no sense together.

    Raises:
        RecordError: If so.
    """
    from trainer.records.errors import RecordError

    if options.sealed_as is None:
        if options.attached:
            raise RecordError("--attached says which iterations become runs; name the runs with --run.")
        return
    if not options.project:
        raise RecordError("--run seals what a model says about a project; name it with --project.")
    strange = [name for name in _OF_PICTURES if getattr(options, name) not in (None, [], False)]
    if strange:
        said = "files" if strange[0] == "paths" else f"--{strange[0]}"
        raise RecordError(f"--run is about the rows of a project alone and goes without {said}.")
    if options.attached and options.iteration:
        raise RecordError("--attached takes the iterations of the attachment; leave --iteration out.")


def seal(options: argparse.Namespace) -> int:
    """Make the runs, one after the other, and tell of them."""
    from trainer.store import open_store

    store = open_store()
    _refuse_early(options, store)
    from trainer.micro_models.training import LEAST_CONFIDENCE, NMS_IOU
    from trainer.predictions.predicting_projects import predict_project

    experiment, wanted = _runs(options, store)
    made = []
    with ProgressDisplay() as progress:
        for name, model in wanted.items():
            made.append(
                predict_project(
                    model,
                    options.project,
                    experiment=experiment,
                    name=name,
                    iteration=options.iteration,
                    keys=options.row,
                    split=options.split,
                    min_confidence=LEAST_CONFIDENCE if options.confidence is None else options.confidence,
                    nms_iou=NMS_IOU if options.nms_iou is None else options.nms_iou,
                    device=options.device,
                    threads=options.threads,
                    store=store,
                    report=training_report(progress, name),
                )
            )
    if options.json:
        print_json([_facts(run) for run in made] if options.attached else _facts(made[0]))
        return 0
    for run in made:
        _print(run)
    return 0


def _refuse_early(options: argparse.Namespace, store: Store) -> None:
    """What is not there, or taken, is told before torch's seconds."""
    from trainer.micro_models.iterations import check_place
    from trainer.micro_models.lessons import open_named
    from trainer.micro_models.models import get_model
    from trainer.predictions.finding import find_run

    store.location.refuse_read_only()
    open_named(options.project, store=store)
    experiment, name = options.sealed_as
    if options.attached:
        get_model(options.model, store=store)
        return
    check_place(experiment, name, store=store, numbered=False)
    find_run(options.model, iteration=options.iteration, store=store)


def _runs(options: argparse.Namespace, store: Store) -> tuple[str, dict[str, Any]]:
    """The experiment, and by the name of each run the model that makes it."""
    experiment, name = options.sealed_as
    if not options.attached:
        return experiment, {name: options.model}
    from trainer.micro_models.models import get_model
    from trainer.predictions.predicting_projects import attached_runs

    model = get_model(options.model, store=store)
    return experiment, dict(attached_runs(model, options.project, experiment=experiment, name=name))


def _facts(run: ModelRun) -> dict[str, Any]:
    rows = run.snapshot.rows
    return {
        "run": run.id,
        "name": reference(run),
        "predicted_by": run.lineage.predicted_by,
        "model": run.lineage.model,
        "data": run.lineage.data,
        "rows": len(rows),
        "predictions": len(run.predictions),
        "features": dict(run.config.values["features"]),
        "headline": run.headline,
    }


def _print(run: ModelRun) -> None:
    print(f"run {reference(run)} ({run.id[:8]}), predicted by {run.config.values['predicted_by']}")
    print(f"  data         {run.lineage.data}, {count(len(run.snapshot.rows), 'row')}")
    print(f"  features     {say_links(run.config.values['features'])}")
    print(f"  predictions  {len(run.predictions):,}")
    for name, value in run.headline.items():
        print(f"  {name:<11}  {value:.4f}")


def _place(text: str) -> tuple[str, str]:
    experiment, slash, name = text.partition("/")
    if not (experiment and slash and name):
        raise argparse.ArgumentTypeError(f"{text!r} is not like cells/found: an experiment, '/', and a name")
    return experiment, name
