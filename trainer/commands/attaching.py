"""`modelruns attachments`: which models work on which projects."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import Commands, add_command, add_group, add_json
from trainer.commands.output import cut, moment, print_json, print_table, time_text

if TYPE_CHECKING:
    from trainer.micro_models.attachments import Attachment

_LIST = """
modelruns attachments list
modelruns attachments list --project cells --json
"""
_CREATE = """
modelruns attachments create "cell finder" cells
modelruns attachments create "cell finder" cells --map cell=Cell --map nucleus=Cell/Nucleus --use all
"""
_UPDATE = """
modelruns attachments update "cell finder" cells --use cells/cell-finder-1 cells/cell-finder-3
"""
_DELETE = """
modelruns attachments delete "cell finder" cells
"""


def add_commands(commands: Commands) -> None:
    """Declare the commands."""
    attachments = add_group(commands, "attachments", help="link micro-models to projects, and list and end such links")
    listing = add_command(
        attachments, "list", _list, help="list which models are linked to which projects", example=_LIST
    )
    listing.add_argument("--model", metavar="TITLE", help="only of this model")
    listing.add_argument("--project", metavar="PROJECT", help="only to this project")
    create = add_command(attachments, "create", _create, help="link a model to a project", example=_CREATE)
    _add_link(create)
    _add_changes(create, features="default: by name", policy="default: latest")
    update = add_command(attachments, "update", _update, help="change a link", example=_UPDATE)
    _add_link(update)
    _add_changes(update, features="replaces all before", policy="default: as before")
    delete = add_command(attachments, "delete", _delete, help="end a link; model and project stay", example=_DELETE)
    _add_link(delete)
    for parser in (listing, create, update, delete):
        add_json(parser)


def _add_link(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="TITLE", help="title of the model, or (the beginning of) its id")
    parser.add_argument("project", metavar="PROJECT", help="the project")


def _add_changes(parser: argparse.ArgumentParser, *, features: str, policy: str) -> None:
    parser.add_argument(
        "--map",
        action="append",
        type=_pair,
        dest="pairs",
        metavar="FEATURE=PATH",
        help=f"link a feature of the model to one of the project; again for each ({features})",
    )
    parser.add_argument(
        "--use", nargs="+", metavar="RUN", help=f"latest, all, or names, ids or numbers of iterations to use ({policy})"
    )


def _pair(text: str) -> tuple[str, str]:
    feature, equals, path = text.partition("=")
    if not (feature and equals and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not like cell=Cell: a feature of the model, '=', and a path")
    return feature, path


def _list(options: argparse.Namespace) -> int:
    from trainer.micro_models.attachments import list_attachments

    found = list_attachments(model=options.model, project=options.project)
    if options.json:
        print_json([_facts(attachment) for attachment in found])
    elif found:
        print_table(("model", "project", "features", "uses", "changed"), [_line(attachment) for attachment in found])
    else:
        print("No model is linked there. Link one with: modelruns attachments create.")
    return 0


def _create(options: argparse.Namespace) -> int:
    from trainer.micro_models.attachments import LATEST, attach
    from trainer.micro_models.models import get_model

    model = get_model(options.model)
    policy = LATEST if options.use is None else _policy(options.use)
    _tell(attach(model, options.project, _mapping(options.pairs), policy=policy), options)
    return 0


def _update(options: argparse.Namespace) -> int:
    from trainer.micro_models.attachments import update_attachment
    from trainer.micro_models.models import get_model
    from trainer.records.errors import RecordError

    if options.pairs is None and options.use is None:
        raise RecordError("Say what to change: --map, --use, or both.")
    policy = None if options.use is None else _policy(options.use)
    model = get_model(options.model)
    _tell(update_attachment(model, options.project, mapping=_mapping(options.pairs), policy=policy), options)
    return 0


def _delete(options: argparse.Namespace) -> int:
    from trainer.micro_models.attachments import detach
    from trainer.micro_models.models import get_model

    model = get_model(options.model)
    detach(model, options.project)
    if options.json:
        print_json({"detached": {"model": model.id, "project": options.project}})
    else:
        print(f"model {model.title} is no longer attached to {options.project}")
    return 0


def _mapping(pairs: list[tuple[str, str]] | None) -> dict[str, str] | None:
    from trainer.records.errors import RecordError

    if pairs is None:
        return None
    names = [name for name, _ in pairs]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise RecordError(f"--map names the feature {twice[0]!r} twice; link it to one feature of the project.")
    return dict(pairs)


def _policy(use: list[str]) -> str | list[str]:
    return use[0] if use in (["latest"], ["all"]) else use


def _tell(attachment: Attachment, options: argparse.Namespace) -> None:
    if options.json:
        print_json(_facts(attachment))
        return
    print(f"model {attachment.model.title} is attached to {attachment.project}, using {_words(attachment)}")
    for feature, path in attachment.mapping.items():
        print(f"  {feature} -> {path}")


def _facts(attachment: Attachment) -> dict[str, Any]:
    return {
        "model": attachment.model.id,
        "title": attachment.model.title,
        "project": attachment.project,
        "mapping": dict(attachment.mapping),
        "policy": attachment.policy,
        "changed": time_text(attachment.changed),
    }


def _line(attachment: Attachment) -> list[str]:
    features = f"{len(attachment.mapping)} of {len(attachment.model.design.features)}"
    return [
        cut(attachment.model.title),
        attachment.project,
        features,
        _words(attachment),
        moment(attachment.changed),
    ]


def _words(attachment: Attachment) -> str:
    policy = attachment.policy
    return policy if isinstance(policy, str) else f"{len(policy)} chosen"
