"""The options of `modelruns train`, and what they say, as the arguments of `trainer.train`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.learning.settings import TrainingSettings
from trainer.records.design import FINEST_STRIDES, TINY_RESNET, Design, Task
from trainer.records.errors import RecordError

if TYPE_CHECKING:
    from trainer.projects import DataVersion

Mapping = dict[str, dict[str, list[str]]]
_NONE = "none"
_OF_DESIGN = ("task", "features", "backbone", "stride", "several", "painted")


def add_data(parser: argparse.ArgumentParser) -> None:
    """Declare what is learned from."""
    group = parser.add_argument_group("data")
    group.add_argument(
        "project", nargs="?", metavar="PROJECT", help="the project to train on, or PROJECT@VERSION; its newest version"
    )
    group.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="PROJECT:PATH=FEATURE",
        help="annotations of this path of this project teach this feature of the model; again for each",
    )
    group.add_argument("--mapping", type=Path, metavar="FILE", help="the same as YAML: {PROJECT: {PATH: [FEATURE]}}")
    group.add_argument("--version", metavar="V", help="data version of PROJECT (default: the newest)")
    group.add_argument(
        "--rows", type=Path, metavar="FILE", help="train on the rows whose keys are in this file, one a line"
    )


def add_design(parser: argparse.ArgumentParser) -> None:
    """Declare what a new model is."""
    group = parser.add_argument_group("design of a new model, fixed for its life")
    group.add_argument(
        "--task", choices=[task.value for task in Task], help="what it says of a picture (default detection)"
    )
    group.add_argument(
        "--feature",
        action="append",
        dest="features",
        metavar="NAME",
        help="one of its features, in order; again for each (default: those that are mapped, else all of the project)",
    )
    group.add_argument(
        "--backbone",
        metavar="NAME",
        help=f"{TINY_RESNET}, or a classifier of torchvision such as resnet18; a wrong name lists some "
        f"(default {TINY_RESNET})",
    )
    group.add_argument(
        "--stride",
        type=int,
        choices=FINEST_STRIDES,
        help="pixels between places looked at; 4 suits small objects (default 8)",
    )
    group.add_argument(
        "--several", action="store_true", default=None, help="classification: any number of features can hold at once"
    )
    group.add_argument(
        "--paint", action="append", dest="painted", metavar="NAME", help="a feature to paint, where others are found"
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Declare one option a setting; names, defaults and help texts are those of TrainingSettings itself."""
    group = parser.add_argument_group("settings")
    defaults = TrainingSettings()
    for setting in fields(TrainingSettings):
        default = getattr(defaults, setting.name)
        choices = setting.metadata.get("choices")
        group.add_argument(
            "--" + setting.name.replace("_", "-"),
            type=_reader(setting, default),
            choices=choices,
            default=argparse.SUPPRESS,
            metavar=None if choices else "N" if setting.metadata["type"] is not str else "X",
            help=f"{setting.metadata['help']} (default {_NONE if default is None else default})",
        )


def read_settings(options: argparse.Namespace) -> TrainingSettings:
    """The settings that were stated; the others from the saved config, else their defaults."""
    stated = {field.name: getattr(options, field.name) for field in fields(TrainingSettings) if field.name in options}
    config = getattr(options, "config", None)
    if config is None:
        return TrainingSettings(**stated)
    from trainer.micro_models.training_plan import settings_from
    from trainer.store import open_store

    return replace(settings_from(config, store=open_store()), **stated)


def read_data(options: argparse.Namespace) -> str | Mapping:
    """The project, ``project@version``, or the mapping.

    Raises:
        RecordError: If there is none of them, or several.
    """
    mapping = read_mapping(options.mapping, options.map)
    if bool(mapping) == bool(options.project):
        raise RecordError("Say what to train on: either a project, or --map or --mapping; not both.")
    if options.version and mapping:
        raise RecordError("--version says which version of PROJECT; with --map and --mapping write PROJECT@VERSION.")
    if mapping or not options.version:
        return mapping or str(options.project)
    return f"{options.project}@{options.version}"


def read_mapping(file: Path | None, links: list[str]) -> Mapping:
    """The links of a file and of the command line together.

    Example:
        >>> read_mapping(None, ["street:car=vehicle", "street:bus=vehicle", "street:car=moving"])
        {'street': {'car': ['vehicle', 'moving'], 'bus': ['vehicle']}}
    """
    mapping = {} if file is None else _read_file(file)
    for link in links:
        project, _, rest = link.partition(":")
        path, _, feature = rest.rpartition("=")
        if not (project and path and feature):
            raise RecordError(f"--map {link!r} is not PROJECT:PATH=FEATURE, such as street:car=vehicle.")
        mapping.setdefault(project, {}).setdefault(path, []).append(feature)
    return mapping


def read_design(options: argparse.Namespace, data: str | Mapping, *, least: int) -> Design | None:
    """The design that the options describe; None where they say nothing about it."""
    stated = {name: value for name in _OF_DESIGN if (value := getattr(options, name)) is not None}
    if not stated:
        return None
    from trainer.micro_models.designing import design_for
    from trainer.micro_models.lessons import open_named
    from trainer.micro_models.models import get_model
    from trainer.records.errors import NotFoundError
    from trainer.store import open_store

    store = open_store()
    try:
        known = get_model(options.model, store=store).design
    except NotFoundError:
        known = None
    source: DataVersion | Mapping = open_named(data, store=store) if isinstance(data, str) else data
    return design_for(source, known=known, least=least, **stated)


def _reader(setting: Field[Any], default: object) -> Callable[[str], Any]:
    """Reads a value; ``none`` where that is a value of the setting, which its default tells."""
    kind: type = setting.metadata["type"]

    def read(text: str) -> Any:
        return None if default is None and text == _NONE else kind(text)

    read.__name__ = kind.__name__  # argparse names it when a value cannot be read
    return read


def _read_file(file: Path) -> Mapping:
    import yaml

    try:
        value = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise RecordError(f"{file} is no YAML: {error}") from error
    links = value if isinstance(value, dict) else {}
    if not links or not all(isinstance(inner, dict) for inner in links.values()):
        raise RecordError(f"{file} holds no mapping {{PROJECT: {{PATH: [FEATURE]}}}}.")
    return {
        str(project): {str(path): _names_in(names, file=file) for path, names in inner.items()}
        for project, inner in links.items()
    }


def _names_in(value: object, *, file: Path) -> list[str]:
    """One name, or a list of them; numbers and words such as yes, which YAML does not read as texts, are told."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RecordError(f"{file} maps to {value!r}, which is no name of a feature; put names in quotes.")
    return names
