"""Training again what was trained before, to see whether the same comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from trainer.learning.progress import Report
from trainer.micro_models.lessons import TeachingMap
from trainer.micro_models.models import get_model
from trainer.micro_models.training import train
from trainer.micro_models.training_plan import settings_from
from trainer.projects import DataVersion
from trainer.records import layout
from trainer.records.errors import NotFoundError, RecordError
from trainer.runs.lineage import REPRODUCES_TAG
from trainer.runs.model_runs import ModelRun, open_run
from trainer.runs.training_story import TrainingStory
from trainer.store import RunKind, Store, open_store

_TRIES = 100


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


def reproduce(run: str | ModelRun, *, store: Store | None = None, report: Report | None = None) -> Reproduction:
    """Train again from a run's snapshot with its settings, seed, device, threads and the weights it started from.

    The new run is called ``<name>-again``. It is kept with the model, but is no iteration of it: it takes no number,
    and what asks for the newest iteration passes it over. On a CPU, with the same packages and threads, weights and
    predictions are equal to the last bit.

    Args:
        run: A run made by training, or its reference.
        store: Where runs are kept; see `open_store`.
        report: Told of the progress.

    Raises:
        NotFoundError: If the run, its model or the run it started from are gone.
        RecordError: If it was not trained here.
        TrainingError: If it cannot be trained, such as on a GPU where there is none.
    """
    store = store or open_store()
    old = open_run(run, store=store) if isinstance(run, str) else run
    story, lineage = old.training, old.lineage
    if story is None or lineage.model is None or lineage.data_id is None:
        raise RecordError(
            f"Run {old.name!r} was not trained as an iteration of a model, so there is nothing to train again."
        )
    new = train(
        _taught(story, lineage.data_id, store),
        model=get_model(lineage.model, store=store),
        experiment=old.stored.experiment,
        settings=replace(settings_from(old.config, store=store), device=story.device, threads=story.threads),
        name=_free_name(f"{old.name}-again", old.stored.experiment, store),
        start_from=_parent(lineage.parent, store),
        rows=story.rows,
        tags={REPRODUCES_TAG: old.id},
        store=store,
        report=report,
    )
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


def _taught(story: TrainingStory, data: str, store: Store) -> DataVersion | TeachingMap:
    """What it learned from, with the path that taught each feature: that may be called as another one of the model."""
    held = store.find(data, kind=RunKind.DATA_VERSION)
    if not story.paths:  # older runs kept none; they were taught by names
        return DataVersion(held.experiment, held)
    links = {path: [name] for path, name in zip(story.paths, story.features, strict=True)}
    return {f"{held.experiment}@{held.name}": links}


def _parent(parent: str | None, store: Store) -> ModelRun | None:
    if parent is None:
        return None
    try:
        return open_run(parent, store=store)
    except NotFoundError as error:
        raise NotFoundError(
            f"The run {parent} whose weights it started from was deleted, so it cannot be trained again."
        ) from error


def _free_name(wanted: str, experiment: str, store: Store) -> str:
    taken = {run.name for run in store.runs(experiment, sealed_only=False, most=None)}
    names = [wanted, *(f"{wanted}-{number}" for number in range(2, _TRIES))]
    return next(name for name in names if name not in taken)
