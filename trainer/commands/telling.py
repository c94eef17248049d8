"""`modelruns show`: what a sealed run was made from, how its training went, and what came out."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import Commands, add_command, add_json
from trainer.commands.output import UNDEFINED, moment, number, print_json, print_table, reference
from trainer.records.wording import count

if TYPE_CHECKING:
    from trainer.runs.lineage import Lineage
    from trainer.runs.model_runs import ModelRun
    from trainer.runs.training_story import TrainingStory

_EXAMPLE = """
modelruns show cells/cell-detector-2
modelruns show cells/cell-detector-2 --rows > learned-from.txt
"""
_DIGITS_OF_ID = 8


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands, "show", _run, help="show a run: its numbers, data, model, code and training log", example=_EXAMPLE
    )
    parser.add_argument("run_reference", metavar="RUN", help="the run")
    what: Any = parser.add_mutually_exclusive_group()
    what.add_argument("--rows", action="store_true", help="print the keys of the rows it learned from, one a line")
    add_json(what)


def _run(options: argparse.Namespace) -> int:
    from trainer.records.errors import NotFoundError
    from trainer.runs.model_runs import open_run

    run = open_run(options.run_reference)
    if options.rows:
        if run.training is None:
            raise NotFoundError(f"Run {run.name!r} was not trained here, so no rows are known that it learned from.")
        for key in run.training.rows:
            print(key)
    elif options.json:
        print_json(_facts(run))
    else:
        _print(run)
    return 0


def _facts(run: ModelRun) -> dict[str, Any]:
    from dataclasses import asdict

    from trainer.measures.number_names import summary_in_words
    from trainer.runs.run_notes import metadata_of, notes_of

    stored = run.stored
    return {
        "run": run.id,
        "name": run.name,
        "experiment": stored.experiment,
        "sealed": stored.finished.isoformat(timespec="seconds"),
        "evaluation": summary_in_words(run.summary),
        "lineage": asdict(run.lineage),
        "config": dict(run.config.values),
        "training": None if run.training is None else asdict(run.training),
        "notes": notes_of(stored),
        "metadata": metadata_of(stored),
    }


def _print(run: ModelRun) -> None:
    stored, story = run.stored, run.training
    print(f"run {reference(run)} (id {run.id}, sealed {moment(stored.finished)})")
    for name, value in _lines(run):
        print(f"  {name:<12} {value}")
    if story is not None and story.epoch_losses:
        scores = [story.scores.get(epoch) for epoch in range(1, len(story.epoch_losses) + 1)]
        lines = [
            [str(epoch), number(loss), UNDEFINED if score is None else number(score)]
            for epoch, (loss, score) in enumerate(zip(story.epoch_losses, scores, strict=True), 1)
        ]
        print_table(("epoch", "loss", story.score_name or "score"), lines)


def _lines(run: ModelRun) -> Iterator[tuple[str, str]]:
    from trainer.runs.run_notes import metadata_of, notes_of

    numbers = "   ".join(f"{name} {number(value)}" for name, value in run.headline.items())
    yield str(run.subject), f"{numbers or UNDEFINED}   on {count(run.summary['rows'], 'row')} ({run.summary['split']})"
    yield from _origins(run.lineage)
    if run.config.values:
        yield "settings", ", ".join(f"{name} {_said(value)}" for name, value in run.config.values.items())
    if run.training is not None:
        yield from _training(run.training)
    if notes := notes_of(run.stored):
        yield "notes", notes
    yield from metadata_of(run.stored).items()


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_said(part)}" for name, part in value.items()) or "none"
    return (" ".join(map(_said, value)) or "none") if isinstance(value, list | tuple) else str(value)


def _origins(lineage: Lineage) -> Iterator[tuple[str, str]]:
    """Where it came from, as far as that is known."""
    if lineage.data:
        yield "data", lineage.data
    if lineage.model:
        iteration = f", iteration {lineage.iteration}" if lineage.iteration else ""
        yield "model", f"{lineage.title or ''} (id {lineage.model[:_DIGITS_OF_ID]}){iteration}".strip()
    for name, run_id in (
        ("parent", lineage.parent),
        ("repeats", lineage.reproduces),
        ("predicted by", lineage.predicted_by),
    ):
        if run_id:
            yield name, f"run {run_id[:_DIGITS_OF_ID]}"
    if lineage.commit:
        yield "code", f"commit {lineage.commit[:12]}{', changed since' if lineage.code_changed else ''}"
    if lineage.environment:
        yield "made with", ", ".join(f"{name} {version}" for name, version in lineage.environment.items())


def _training(story: TrainingStory) -> Iterator[tuple[str, str]]:
    batch = "" if story.batch is None else f", batch {story.batch}"
    threads = "" if story.threads is None else f", threads {story.threads}"
    threads += f", {story.processes} processes" if story.processes > 1 else ""
    pace = "" if story.images_per_second is None else f", {story.images_per_second:.1f} pictures/s"
    early = " (stopped early)" if story.stopped_early else ""
    best = "" if story.best_epoch is None else f", best epoch {story.best_epoch}"
    yield (
        "trained",
        f"{count(story.epochs, 'epoch')}{early}{best}{batch}, {count(len(story.rows), 'row')}",
    )
    yield "took", f"{story.seconds:.0f} s on {story.device}{threads}{pace}"
    for note in story.notes:
        yield "note", note
