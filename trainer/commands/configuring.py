"""`modelruns configs` and `modelruns note`: how runs are made, and what people say of them."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace

from trainer.commands.arguments import Commands, add_command, add_group, add_json
from trainer.commands.output import print_json, print_table, reference
from trainer.commands.training_options import add_settings, read_settings
from trainer.learning.settings import TrainingSettings

_SAVE = """
modelruns configs save thorough --epochs 200 --early-stopping 20
modelruns configs save as-before --of cells/cell-detector-1
"""
_DIFF = """
modelruns configs diff cells/cell-detector-1 cells/cell-detector-2
"""
_NOTE = """
modelruns note cells/cell-detector-2 "trained after the new microscope came"
modelruns note cells/cell-detector-2 --set site=Basel --unset operator
"""


def add_commands(commands: Commands) -> None:
    """Declare the commands."""
    configs = add_group(commands, "configs", help="save training settings under a name, and tell runs' settings apart")
    save = _add_save(configs)
    listing = add_command(configs, "list", _list, help="list the saved configs", example="modelruns configs list")
    show = add_command(
        configs, "show", _show, help="show a saved config as YAML", example="modelruns configs show thorough"
    )
    help = "forget a saved config; runs that were trained with it keep their own copy"
    delete = add_command(configs, "delete", _delete, help=help, example="modelruns configs delete thorough")
    for parser in (show, delete):
        parser.add_argument("config", metavar="NAME", help="the config")
    diff = add_command(configs, "diff", _diff, help="show which settings of two runs differ", example=_DIFF)
    diff.add_argument("first", metavar="RUN", help="one run")
    diff.add_argument("second", metavar="RUN", help="the other")
    note = _add_note(commands)
    for parser in (save, listing, show, delete, diff, note):
        add_json(parser)


def _add_save(configs: Commands) -> argparse.ArgumentParser:
    parser = add_command(configs, "save", _save, help="save training settings under a name", example=_SAVE)
    parser.add_argument("name", metavar="NAME", help="what to call them; unique")
    parser.add_argument("--of", metavar="RUN", help="take the settings of this run; options override them")
    parser.add_argument("--replace", action="store_true", help="take the place of other settings of that name")
    add_settings(parser)
    return parser


def _add_note(commands: Commands) -> argparse.ArgumentParser:
    parser = add_command(commands, "note", _note, help="say something about a sealed run", example=_NOTE)
    parser.add_argument("reference", metavar="RUN", help="the run")
    text = parser.add_argument("text", nargs="+", metavar="TEXT", help="the run's notes; an empty text takes them away")
    text.required = False  # argparse would take "?" as read at RUN, and refuse a text after options
    parser.add_argument("--set", action="append", default=[], metavar="NAME=TEXT", help="free metadata; again for each")
    parser.add_argument("--unset", action="append", default=[], metavar="NAME", help="take such metadata away")
    parser.add_argument("--name", metavar="NAME", help="another name for the run, unique in its experiment")
    return parser


def _save(options: argparse.Namespace) -> int:
    from trainer.micro_models.saved_configs import save_config

    settings = read_settings(options)
    if options.of is not None:
        settings = _settings_of_run(options)
    saved = save_config(options.name, settings, replace=options.replace)
    if options.json:
        print_json({"name": saved.name, **saved.config.values})
        return 0
    print(f"config {saved.name!r} saved\n  use it  modelruns train PROJECT --model TITLE --config {saved.name!r}")
    return 0


def _settings_of_run(options: argparse.Namespace) -> TrainingSettings:
    from trainer.micro_models.training_plan import settings_from
    from trainer.runs.model_runs import open_run
    from trainer.store import open_store

    stated = {field.name: getattr(options, field.name) for field in fields(TrainingSettings) if field.name in options}
    return replace(settings_from(open_run(options.of).config, store=open_store()), **stated)


def _list(options: argparse.Namespace) -> int:
    from trainer.micro_models.saved_configs import list_configs

    usual = TrainingSettings().to_config()
    saved = list_configs()
    if options.json:
        print_json([{"name": one.name, **one.config.values} for one in saved])
        return 0
    if not saved:
        print("No config is saved. Save one with: modelruns configs save NAME --epochs 100")
        return 0
    lines = []
    for one in saved:
        changed = usual.difference(one.config).items()
        lines.append([one.name, ", ".join(f"{name} {now}" for name, (_, now) in changed) or "the defaults"])
    print_table(("config", "other than the defaults"), lines)
    return 0


def _show(options: argparse.Namespace) -> int:
    from trainer.micro_models.saved_configs import open_config

    config = open_config(options.config)
    if options.json:
        print_json(dict(config.values))
    else:
        print(config.to_yaml(), end="")
    return 0


def _delete(options: argparse.Namespace) -> int:
    from trainer.micro_models.saved_configs import delete_config

    delete_config(options.config)
    if options.json:
        print_json({"deleted": {"config": options.config}})
    else:
        print(f"config {options.config!r} is forgotten")
    return 0


def _diff(options: argparse.Namespace) -> int:
    from trainer.runs.model_runs import open_run

    first, second = open_run(options.first), open_run(options.second)
    differing = first.config.difference(second.config)
    if options.json:
        print_json({name: list(pair) for name, pair in differing.items()})
    elif differing:
        print_table(("setting", first.name, second.name), [[name, *map(str, pair)] for name, pair in differing.items()])
    else:
        print("The settings are the same.")
    return 0


def _note(options: argparse.Namespace) -> int:
    from trainer.records.errors import RecordError
    from trainer.runs.run_notes import edit_run, metadata_of, notes_of

    pairs = [text.partition("=") for text in options.set]
    wrong = [name for name, equals, _ in pairs if not equals]
    if wrong:
        raise RecordError(f"--set {wrong[0]!r} is not NAME=TEXT, such as site=Basel.")
    metadata: dict[str, str | None] = {name: text for name, _, text in pairs}
    run = edit_run(
        options.reference,
        name=options.name,
        notes=None if options.text is None else " ".join(options.text),
        metadata={**metadata, **dict.fromkeys(options.unset)},
    )
    facts = {"run": run.id, "name": run.name, "notes": notes_of(run.stored), "metadata": metadata_of(run.stored)}
    if options.json:
        print_json(facts)
        return 0
    print(f"run {reference(run)}")
    print(f"  notes  {notes_of(run.stored) or 'none'}")
    for name, text in metadata_of(run.stored).items():
        print(f"  {name}  {text}")
    return 0
