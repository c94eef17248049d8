"""Numbers of one's own, logged with runs or made by a function, measured with those that modelruns makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

import metrics
from trainer.measures.number_names import refuse_taken
from trainer.records.errors import RecordError
from trainer.runs.model_runs import ModelRun

NumberOf = Callable[[ModelRun], metrics.RowRatio]
"""A number of one's own: from a run to what each of its rows, in the order of its snapshot, adds; `metrics.row_mean`
or `metrics.ratio` makes it."""


def own_numbers(run: ModelRun, made: Sequence[NumberOf]) -> list[metrics.RowRatio]:
    """The numbers that were logged with a run, then those that functions make of it, over all of its rows.

    Raises:
        RecordError: If a function makes something else, not of all rows, or under a name that is taken.
    """
    logged = [
        metrics.row_mean(number.name, number.values, lower_is_better=number.lower_is_better)
        for number in run.own_numbers.values()
    ]
    return [*logged, *_made(run, made, taken=[number.name for number in logged])]


def _made(run: ModelRun, functions: Sequence[NumberOf], *, taken: list[str]) -> list[metrics.RowRatio]:
    found = []
    for function in functions:
        number = function(run)
        if not isinstance(number, metrics.RowRatio):
            raise RecordError(
                f"{_name_of(function)} gave {type(number).__name__}; a number of your own is made by "
                "metrics.row_mean(name, values) or metrics.ratio(name, part, whole)."
            )
        refuse_taken(number.name)
        if number.name in taken:
            raise RecordError(f"There are two numbers {number.name!r} of run {run.name!r}. Call one by another name.")
        if len(number.keep) != len(run.snapshot.rows):
            raise RecordError(
                f"{number.name!r} has {len(number.keep):,} values, and run {run.name!r} has "
                f"{len(run.snapshot.rows):,} rows. Give NaN for rows that say nothing."
            )
        taken.append(number.name)
        found.append(number)
    return found


def counting(number: metrics.RowRatio, keep: np.ndarray) -> metrics.RowRatio:
    """The number on some rows, bool[rows]; those that it left out itself add nothing."""
    left_out = ~number.keep
    part, whole = number.part.copy(), number.whole.copy()
    part[left_out], whole[left_out] = 0.0, 0.0
    return replace(number, part=part, whole=whole, keep=keep)


def on_other_rows(number: metrics.RowRatio, places: np.ndarray) -> metrics.RowRatio:
    """The number on the rows of another snapshot; those that it does not know say nothing.

    Args:
        number: On all rows of a run.
        places: int[rows of the other snapshot]: where each stands among the run's; -1 where it does not.
    """
    there = (places >= 0).reshape(-1, *[1] * (number.part.ndim - 1))
    part, whole = (np.where(there, side[places], 0.0) for side in (number.part, number.whole))
    return replace(number, part=part, whole=whole, keep=(places >= 0) & number.keep[places])


def says_something(number: metrics.RowRatio) -> np.ndarray:
    """Numbers of the rows that count for it."""
    whole = number.whole if number.whole.ndim == 1 else number.whole.sum(axis=1)
    return np.flatnonzero(number.keep & (whole > 0))


def refuse_opposite(numbers: Sequence[Sequence[metrics.RowRatio]]) -> None:
    """Check that runs agree on whether less of a number is better.

    Raises:
        RecordError: If they do not.
    """
    directions: dict[str, bool] = {}
    for number in (number for of_run in numbers for number in of_run):
        if directions.setdefault(number.name, number.lower_is_better) != number.lower_is_better:
            raise RecordError(f"Of {number.name!r} less is better in one run and worse in another; log it alike.")


def _name_of(function: NumberOf) -> str:
    return getattr(function, "__name__", type(function).__name__)
