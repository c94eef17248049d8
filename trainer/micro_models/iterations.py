"""The trainings of a micro-model in their order: numbers, names, and which one another starts from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from trainer.micro_models.micro_model import MicroModel
from trainer.records.errors import NameTakenError, NotFoundError
from trainer.runs.lineage import ITERATION_TAG
from trainer.runs.model_runs import ModelRun, open_run
from trainer.store import RunEntry, Store
from trainer.store.experiments import LONGEST_NAME, check_name, check_run_name

LATEST = "latest"
_TRIES = 20
_KEPT_OF_TITLE = LONGEST_NAME - 10  # the number has to fit behind it
_Begun = TypeVar("_Begun")


def number_of(run: RunEntry) -> int | None:
    """The how manieth training of its model a run is, from 1; None for a run that is none."""
    number = run.tags.get(ITERATION_TAG, "")
    return int(number) if number.isdigit() else None


def choose_parent(
    start_from: str | int | ModelRun | None, model: MicroModel | None, *, store: Store
) -> ModelRun | None:
    """The run whose weights a training starts from.

    Args:
        start_from: A run, its reference, the number of an iteration, or ``latest`` for the newest finished one.
        model: The model that is trained; None where it is new.
        store: Where runs are kept.

    Raises:
        NotFoundError: If there is no such run.
    """
    if start_from is None or isinstance(start_from, ModelRun):
        return start_from
    reference = str(start_from)
    if reference != LATEST and not (reference.isdigit() and len(reference) < 6):
        return open_run(reference, store=store)
    finished = [run for run in model.iterations() if run.is_sealed] if model else []
    chosen = finished[:1] if reference == LATEST else [run for run in finished if number_of(run) == int(reference)]
    if not chosen:
        numbers = ", ".join(str(number) for run in finished if (number := number_of(run))) or "none"
        what = "no finished iteration" if reference == LATEST else f"no finished iteration {reference}"
        raise NotFoundError(
            f"{f'Model {model.title!r}' if model else 'The new model'} has {what} to start from; it has: {numbers}."
        )
    return open_run(chosen[0].id, store=store)


def check_place(experiment: str, name: str | None, *, store: Store, numbered: bool = True) -> None:
    """Check that a run of that name can be put into that experiment, before anything is done for it.

    A name that a run still being made holds is left to the moment of beginning: that run may be gone by then.

    Args:
        experiment: Name of the experiment.
        name: Name of the run.
        store: Where runs are kept.
        numbered: Whether a run without a name takes the next number of its model.

    Raises:
        NameTakenError: If the experiment has a sealed run of that name, or is none of modelruns'.
        RecordError: If one of the names cannot be kept.
    """
    check_name(experiment, "an experiment")
    if name is not None:
        check_run_name(name)
    try:
        taken = store.runs(experiment, name=name, most=1)
    except NotFoundError:  # the training makes the experiment
        return
    if name is not None and taken:
        raise NameTakenError(
            f"Experiment {experiment!r} has a run {name!r} already ({taken[0].id[:8]}). Choose another name"
            f"{', or leave it out: then the next number of the model is taken' if numbered else ''}."
        )


def begin_next(model: MicroModel, begin: Callable[[str, int], _Begun], *, name: str | None = None) -> _Begun:
    """Begin the next training of a model; others may begin one at the same time.

    Numbers of trainings that failed or were stopped are given again.

    Args:
        model: The model.
        begin: Given a name and a number, begins the run.
        name: Name of the run; ``<title>-<number>`` when left out.

    Raises:
        NameTakenError: If the name is taken.
    """
    counted = [run for run in model.iterations() if run.is_sealed or run.status == "running"]
    number = 1 + max((number for run in counted if (number := number_of(run))), default=0)
    for later in range(number, number + _TRIES):
        try:
            return begin(name or f"{model.title[:_KEPT_OF_TITLE]}-{later}", number if name else later)
        except NameTakenError:
            if name or later == number + _TRIES - 1:
                raise
    raise AssertionError("unreachable")
