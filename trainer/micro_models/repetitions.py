"""What came of training a run again: whether the same weights and predictions came out, and what was different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trainer.records import layout
from trainer.records.argument_kinds import check_kinds
from trainer.records.errors import NotFoundError, RecordError
from trainer.runs.lineage import REPRODUCES_TAG
from trainer.runs.model_runs import ModelRun, open_run
from trainer.store import Store, open_store


@dataclass(frozen=True)
class Reproduction:
    """A run that repeats another, and whether it came out the same.

    Attributes:
        run: The new run.
        same_weights: Whether the weights are equal to the last bit.
        same_predictions: Whether the predictions are.
        differences: What differs between the two, as (then, now): packages, device, threads, processes, commit; empty
            where nothing does.
    """

    run: ModelRun
    same_weights: bool
    same_predictions: bool
    differences: Mapping[str, tuple[str, str]]


@check_kinds
def reproduction_of(run: str | ModelRun, *, store: Store | None = None) -> Reproduction:
    """Compare a run that repeats another, whenever and wherever it was trained, with the run it repeats.

    Args:
        run: The repetition, or its reference.
        store: Where runs are kept; see `open_store`.

    Raises:
        NotFoundError: If there is no such run, or the run it repeats was deleted.
        RecordError: If it repeats none.
    """
    store = store or open_store()
    new = open_run(run, store=store) if isinstance(run, str) else run
    repeated = new.stored.tags.get(REPRODUCES_TAG)
    if repeated is None:
        raise RecordError(f"Run {new.name!r} repeats no other run. Train one again with: modelruns reproduce RUN.")
    try:
        old = open_run(repeated, store=store)
    except NotFoundError as error:
        raise NotFoundError(
            f"The run {repeated[:8]} that {new.name!r} repeats was deleted; there is nothing to compare it with."
        ) from error
    return compare_reproduction(old, new)


def compare_reproduction(old: ModelRun, new: ModelRun) -> Reproduction:
    """Whether two runs came out the same, and what differs in how they were made."""
    weights = [run.stored.manifest.entry(layout.WEIGHTS).sha256 for run in (old, new)]
    return Reproduction(
        run=new,
        same_weights=weights[0] == weights[1],
        same_predictions=old.predictions.table.equals(new.predictions.table),
        differences={name: pair for name, pair in _circumstances(old, new).items() if pair[0] != pair[1]},
    )


def _circumstances(old: ModelRun, new: ModelRun) -> dict[str, tuple[str, str]]:
    then, now = old.lineage, new.lineage
    packages = dict.fromkeys([*then.environment, *now.environment])
    pairs = {name: (then.environment.get(name, "none"), now.environment.get(name, "none")) for name in packages}
    pairs["commit"] = (then.commit or "unknown", now.commit or "unknown")
    pairs["code changed since"] = (str(then.code_changed), str(now.code_changed))
    if old.training is not None and new.training is not None:
        for name in ("device", "threads", "processes", "epochs"):
            pairs[name] = (str(getattr(old.training, name)), str(getattr(new.training, name)))
    return pairs
