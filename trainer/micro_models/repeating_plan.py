"""What is trained again when a run is: its data, settings, rows and the weights it started from, as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from trainer.learning.settings import TrainingSettings
from trainer.micro_models.micro_model import MicroModel
from trainer.micro_models.models import get_model
from trainer.micro_models.training_plan import check_plan, settings_from
from trainer.records.errors import NotFoundError, RecordError
from trainer.runs.model_runs import ModelRun, open_run
from trainer.runs.training_story import TrainingStory
from trainer.store import RunKind, Store


@dataclass(frozen=True)
class RepeatingPlan:
    """A training as it was, in the words of `trainer.train`.

    Attributes:
        run: The run that is repeated.
        data: ``project@version``, or which of its features taught which of the model's.
        model: The model.
        experiment: Where the run is, and the repetition goes.
        settings: How it was trained, with the device and the threads that it had.
        parent: The run whose weights it started from.
        rows: Keys of the rows it learned from.
    """

    run: ModelRun
    data: str | Mapping[str, Mapping[str, Sequence[str]]]
    model: MicroModel
    experiment: str
    settings: TrainingSettings
    parent: ModelRun | None
    rows: tuple[str, ...]

    @property
    def wanted_name(self) -> str:
        """What the repetition is called, if no other run of the experiment is."""
        return f"{self.run.name}-again"

    def free_name(self, store: Store) -> str:
        """The wanted name, with a number where it is taken; that of a repetition that broke off is free."""
        runs = store.runs(self.experiment, sealed_only=False, most=None)
        taken = {run.name for run in runs if run.is_sealed or run.status == "running"}
        names = (f"{self.wanted_name}-{number}" for number in count(2))
        return next(name for name in chain([self.wanted_name], names) if name not in taken)


def plan_repetition(run: str | ModelRun, *, store: Store) -> RepeatingPlan:
    """Find all that a run was made from.

    Args:
        run: A run made by training, or its reference.
        store: Where runs are kept.

    Raises:
        NotFoundError: If the run, its model or the run it started from are gone.
        RecordError: If it was not trained here.
    """
    old = open_run(run, store=store) if isinstance(run, str) else run
    story, lineage = old.training, old.lineage
    if story is None or lineage.model is None or lineage.data_id is None:
        raise RecordError(
            f"Run {old.name!r} was not trained as an iteration of a model, so there is nothing to train again."
        )
    return RepeatingPlan(
        run=old,
        data=_taught(story, lineage.data_id, store),
        model=get_model(lineage.model, store=store),
        experiment=old.stored.experiment,
        settings=replace(settings_from(old.config, store=store), device=story.device, threads=story.threads),
        parent=_parent(lineage.parent, store),
        rows=tuple(story.rows),
    )


def check_repetition(run: str | ModelRun, *, store: Store) -> RepeatingPlan:
    """The same, when nothing speaks against training it now that can be known without looking at a picture.

    Raises:
        NotFoundError: If the run, its model or the run it started from are gone.
        RecordError: If it was not trained here.
        TrainingError: If a row's picture is not there.
    """
    plan = plan_repetition(run, store=store)
    check_plan(
        plan.data,
        model=plan.model,
        experiment=plan.experiment,
        settings=plan.settings,
        start_from=plan.parent,
        rows=plan.rows,
        store=store,
    )
    return plan


def _taught(story: TrainingStory, data: str, store: Store) -> str | dict[str, dict[str, list[str]]]:
    """What it learned from, with the path that taught each feature: that may be called as another one of the model."""
    held = store.find(data, kind=RunKind.DATA_VERSION)
    place = f"{held.experiment}@{held.name}"
    if not story.paths:  # older runs kept none; they were taught by names
        return place
    return {place: {path: [name] for path, name in zip(story.paths, story.features, strict=True)}}


def _parent(parent: str | None, store: Store) -> ModelRun | None:
    if parent is None:
        return None
    try:
        return open_run(parent, store=store)
    except NotFoundError as error:
        raise NotFoundError(
            f"The run {parent} whose weights it started from was deleted, so it cannot be trained again."
        ) from error
