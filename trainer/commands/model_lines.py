"""What commands tell of a micro-model and its iterations, as lines, tables and plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.commands.looking import listed
from trainer.commands.output import UNDEFINED, cut, moment, print_table, time_text
from trainer.records.design import Design, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainer.micro_models.micro_model import MicroModel
    from trainer.store import RunEntry


def describe_model(model: MicroModel) -> dict[str, Any]:
    """What a list tells of a model, as plain values."""
    return {
        "id": model.id,
        "title": model.title,
        "description": model.description,
        "created": time_text(model.created),
        **model.design.to_json(),
    }


def design_lines(design: Design) -> list[tuple[str, str]]:
    """What a design is, as names and words."""
    lines = [("task", design.task.value), ("backbone", design.backbone), ("features", ", ".join(design.features))]
    if design.task is Task.CLASSIFICATION:
        lines.append(("answers", "any number of features" if design.several else "exactly one feature"))
    else:
        lines.append(("stride", f"{design.stride} pixels"))
    return lines + ([("painted", ", ".join(design.painted))] if design.painted else [])


def iteration_facts(run: RunEntry) -> dict[str, Any]:
    """What a model's page tells of an iteration, as plain values."""
    from trainer.measures.number_names import in_words
    from trainer.micro_models.iterations import number_of

    created = time_text(run.created)
    return {
        "id": run.id,
        "number": number_of(run),
        "name": run.name,
        "experiment": run.experiment,
        "status": run.standing,
        "created": created,
        "metrics": in_words(run.metrics),
    }


def print_iterations(iterations: Sequence[RunEntry]) -> None:
    """A table of them, with their numbers."""
    from trainer.measures.measuring import listed_numbers
    from trainer.micro_models.iterations import number_of

    shown = listed_numbers(iterations)
    lines = [
        [
            cut(f"{run.experiment}/{run.name}"),
            str(number_of(run) or UNDEFINED),
            *listed(run, shown),
            run.standing or UNDEFINED,
            moment(run.created),
            run.id[:8],
        ]
        for run in iterations
    ]
    print_table(("iteration", "no.", *shown, "status", "created", "id"), lines)
