"""`modelruns models`: the registry of micro-models."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import Commands, add_command, add_group, add_json
from trainer.commands.model_lines import describe_model, design_lines, iteration_facts, print_iterations
from trainer.commands.output import cut, moment, print_json, print_table
from trainer.records.design import FINEST_STRIDES, TINY_RESNET, Design, Task
from trainer.records.wording import count

if TYPE_CHECKING:
    from trainer.micro_models.micro_model import MicroModel

_LIST = """
modelruns models list
modelruns models list --search car --order title
"""
_SHOW = """
modelruns models show "cell finder"
"""
_CREATE = """
modelruns models create "cell finder" --task detection --feature cell --feature nucleus
modelruns models create "cell finder" --task detection --features-of cells --backbone resnet18
"""
_EDIT = """
modelruns models edit "cell finder" --title "cell finder 2" --description "for the new microscope"
"""
_DELETE = """
modelruns models delete "cell finder"
modelruns models delete "cell finder" --iteration cells/cell-finder-1 --confirm cell-finder-1
"""
_WEIGHTS = """
modelruns models weights "cell finder" --to weights
modelruns models weights "cell finder" --iteration cells/cell-finder-1 --to weights --format safetensors
"""


def add_commands(commands: Commands) -> None:
    """Declare the commands."""
    models = add_group(commands, "models", help="register, list, edit and delete micro-models, and take their weights")
    _add_list(models)
    show = add_command(models, "show", _show, help="show a model with its attachments and iterations", example=_SHOW)
    _add_model(show)
    add_json(show)
    _add_create(models)
    _add_edit(models)
    _add_delete(models)
    _add_weights(models)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="TITLE", help="title of the model, or (the beginning of) its id")


def _add_list(models: Commands) -> None:
    parser = add_command(models, "list", _list, help="list the models", example=_LIST)
    parser.add_argument(
        "--search", default="", metavar="TEXT", help="only with this in title, description or a feature"
    )
    parser.add_argument("--order", choices=("created", "title"), default="created", help="(default created)")
    parser.add_argument("--ascending", action="store_true", help="the oldest, or the first title, first")
    add_json(parser)


def _add_create(models: Commands) -> None:
    parser = add_command(models, "create", _create, help="register a model", example=_CREATE)
    parser.add_argument("title", metavar="TITLE", help="what to call it; unique")
    parser.add_argument(
        "--task", required=True, choices=[task.value for task in Task], help="what it says of a picture"
    )
    features = parser.add_mutually_exclusive_group(required=True)
    features.add_argument(
        "--feature",
        action="append",
        dest="features",
        metavar="NAME",
        help="one of its features, in order; again for each",
    )
    features.add_argument("--features-of", metavar="PROJECT", help="all features of this project that fit, in order")
    parser.add_argument("--backbone", default=TINY_RESNET, metavar="NAME", help=f"(default {TINY_RESNET})")
    parser.add_argument(
        "--stride", type=int, choices=FINEST_STRIDES, default=8, help="pixels between places looked at (default 8)"
    )
    parser.add_argument(
        "--several", action="store_true", help="classification: any number of features can hold at once"
    )
    parser.add_argument(
        "--paint", action="append", default=[], metavar="NAME", help="a feature to paint, where others are found"
    )
    parser.add_argument("--description", default="", metavar="TEXT", help="any text")
    add_json(parser)


def _add_edit(models: Commands) -> None:
    parser = add_command(models, "edit", _edit, help="change a model's title or description", example=_EDIT)
    _add_model(parser)
    parser.add_argument("--title", dest="new_title", metavar="TITLE", help="the new title; iterations stay with it")
    parser.add_argument("--description", metavar="TEXT", help="the new description")
    add_json(parser)


def _add_delete(models: Commands) -> None:
    help = "delete a model with its attachments and iterations, or one iteration, for ever"
    parser = add_command(models, "delete", _delete, help=help, example=_DELETE)
    _add_model(parser)
    parser.add_argument("--iteration", metavar="RUN", help="only this iteration, by name or number, finished or not")
    parser.add_argument("--confirm", metavar="NAME", help="its title or name; asked for when left out")
    add_json(parser)


def _add_weights(models: Commands) -> None:
    parser = add_command(models, "weights", _weights, help="copy the weights of an iteration", example=_WEIGHTS)
    _add_model(parser)
    parser.add_argument(
        "--iteration", default="", metavar="RUN", help="which one, by name or number (default: the newest finished one)"
    )
    parser.add_argument("--to", required=True, type=Path, metavar="FOLDER", help="folder to write to; it is made")
    parser.add_argument(
        "--format", choices=("pt", "safetensors"), default="pt", help="pt is a state dict for torch.load (default)"
    )
    add_json(parser)


def _list(options: argparse.Namespace) -> int:
    from trainer.micro_models.models import list_models

    models = list_models(order=options.order, descending=not options.ascending, search=options.search)
    if options.json:
        print_json([describe_model(model) for model in models])
    elif models:
        print_table(("model", "task", "backbone", "features", "created", "id"), [_line(model) for model in models])
    elif options.search:
        print(f"No model has {options.search!r} in its title, description or features.")
    else:
        print("There is no model yet. Register one with: modelruns models create.")
    return 0


def _line(model: MicroModel) -> list[str]:
    design = model.design
    return [
        cut(model.title),
        design.task.value,
        design.backbone,
        str(len(design.features)),
        moment(model.created),
        model.id[:8],
    ]


def _show(options: argparse.Namespace) -> int:
    from trainer.micro_models.attachments import list_attachments
    from trainer.micro_models.models import get_model

    model = get_model(options.model)
    projects = [attachment.project for attachment in list_attachments(model=model)]
    iterations = model.iterations()
    if options.json:
        facts = [iteration_facts(run) for run in iterations]
        print_json({**describe_model(model), "projects": projects, "iterations": facts})
        return 0
    print(f"{model.title}  (id {model.id}, registered {moment(model.created)})")
    if model.description:
        print(model.description)
    for name, value in design_lines(model.design):
        print(f"  {name:<12} {value}")
    print(f"  {'projects':<12} {', '.join(projects) or 'none'}")
    if iterations:
        print_iterations(iterations)
    else:
        print(f"It has no iteration yet. Train it with: {_training_line(model)}")
    return 0


def _create(options: argparse.Namespace) -> int:
    from trainer.micro_models.feature_mapping import features_for
    from trainer.micro_models.models import create_model, list_models
    from trainer.projects import read_ontology

    task = Task(options.task)
    features = options.features or features_for(task, read_ontology(options.features_of), several=options.several)
    design = Design(
        task,
        tuple(features),
        backbone=options.backbone,
        stride=options.stride,
        several=options.several,
        painted=tuple(options.paint),
    )
    there = any(model.title == options.title for model in list_models(search=options.title))
    model = create_model(options.title, design, description=options.description)
    _tell(model, options)
    if not options.json:
        print("  it was there already, and stays as it is" if there else f"  train it  {_training_line(model)}")
    return 0


def _training_line(model: MicroModel) -> str:
    return f"modelruns train PROJECT --model {shlex.quote(model.title)}"


def _edit(options: argparse.Namespace) -> int:
    from trainer.micro_models.models import get_model, update_model
    from trainer.records.errors import RecordError

    if options.new_title is None and options.description is None:
        raise RecordError("Say what to change: --title, --description, or both.")
    model = update_model(get_model(options.model), title=options.new_title, description=options.description)
    _tell(model, options)
    return 0


def _tell(model: MicroModel, options: argparse.Namespace) -> None:
    if options.json:
        print_json(describe_model(model))
    else:
        features = ", ".join(model.design.features)
        print(f"model {model.title} (id {model.id}): {model.design.task} of {features} with {model.design.backbone}")


def _delete(options: argparse.Namespace) -> int:
    from trainer.micro_models.models import delete_model, get_model

    model = get_model(options.model)
    if options.iteration is not None:
        run = model.iteration(options.iteration, finished_only=False)
        model.delete_iteration(run, confirm=_confirmation(options, run.name, f"iteration {run}"))
        gone: dict[str, Any] = {"run": run.id, "name": run.name}
        said = f"iteration {run} deleted"
    else:
        what = f"model {model.title!r} with {count(len(model.iterations()), 'iteration')} and all of its attachments"
        iterations = delete_model(model, confirm=_confirmation(options, model.title, what))
        gone = {"model": model.id, "title": model.title, "iterations": iterations}
        said = f"model {model.title} and {count(iterations, 'iteration')} deleted"
    if options.json:
        print_json({"deleted": gone})
    else:
        print(said)
    return 0


def _confirmation(options: argparse.Namespace, name: str, what: str) -> str:
    if options.confirm is not None:
        return str(options.confirm)
    import sys

    print(f"This deletes {what} for ever. Type {name!r} to go on: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().rstrip("\n")


def _weights(options: argparse.Namespace) -> int:
    from trainer.micro_models.models import get_model

    files = get_model(options.model).save_weights(options.to, iteration=options.iteration, format=options.format)
    if options.json:
        print_json([str(path) for path in files])
    else:
        for path in files:
            print(f"{path}: {path.stat().st_size:,} bytes")
    return 0
