"""Starting a training in a process of its own."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from trainer.jobs.alive import try_hold
from trainer.jobs.folder import JobFolder
from trainer.jobs.job import Job, launch
from trainer.jobs.places import jobs_folder
from trainer.jobs.request import FORMAT, Data, TrainingRequest
from trainer.jobs.state import JobRecord, JobStatus, now
from trainer.jobs.turns import count_at_once
from trainer.learning.settings import TrainingSettings
from trainer.records.argument_kinds import check_kinds
from trainer.records.design import Design
from trainer.records.errors import JobError, NotFoundError
from trainer.store import Store, open_store

if TYPE_CHECKING:
    from trainer.micro_models.micro_model import MicroModel
    from trainer.projects import DataVersion
    from trainer.records.config import RunConfig
    from trainer.runs.model_runs import ModelRun


@check_kinds
def start_training(
    data: Data | DataVersion,
    *,
    model: str | MicroModel,
    experiment: str | None = None,
    settings: TrainingSettings | None = None,
    design: Design | None = None,
    start_from: str | int | ModelRun | None = None,
    config: str | RunConfig | None = None,
    rows: Collection[str] | None = None,
    name: str | None = None,
    store: Store | None = None,
) -> Job:
    """Start a training that goes on when this program ends, and return as soon as what it asks for is checked.

    Of the jobs of a machine that want the same device one runs at a time, in the order they were started;
    ``MODELRUNS_JOBS_AT_ONCE`` allows more.

    Args:
        data: A project, ``project@version``, a data version, or for several of them which of their features teach which
            of the model's. Without a version the newest is taken when the training begins.
        model: The micro-model, its title or its id; its trainings are its iterations.
        experiment: The experiment to put the run into; the one of the model's title when left out.
        settings: How to train; see `TrainingSettings`.
        design: What the model is, if it is not registered yet.
        start_from: A run whose weights to start from: it, its reference, its number, or ``latest``.
        config: Instead of `settings`, the name of a saved config, or the config of a run.
        rows: Keys of the rows to train on; the training rows when left out.
        name: Name of the run; ``<model>-<iteration>`` when left out.
        store: Where runs are kept; see `open_store`.

    Raises:
        JobError: If no process can be started, or its folder cannot be written.
        NameTakenError: If the experiment has a run of that name.
        NotFoundError: If there is no such project, version, run or config.
        RecordError: If settings and a config are both given, or a name cannot be kept.
        TrainingError: If the mapping is wrong, there is too little to learn from, a picture is not there, or the config
            holds settings that no version knows or that lie outside their ranges.
    """
    from trainer.micro_models.training_plan import check_plan, choose_settings

    store = store or open_store()
    request = TrainingRequest(
        data if isinstance(data, str | Mapping) else f"{data.project}@{data.name}",
        model=model if isinstance(model, str) else model.id,
        experiment=experiment,
        settings=choose_settings(settings, config, store=store),  # a config may be saved anew before the turn comes
        design=design,
        name=name,
        start_from=_reference(start_from),
        rows=None if rows is None else tuple(rows),
    )
    check_plan(
        request.data,
        model=request.model,
        experiment=experiment,
        name=name,
        settings=request.settings,
        design=design,
        start_from=request.start_from,
        rows=request.rows,
        store=store,
    )
    return start_job(request, store=store)


@check_kinds
def start_reproduction(run: str | ModelRun, *, store: Store | None = None) -> Job:
    """Train a run again in a process of its own, as `start_training` does; see `trainer.reproduce`.

    Of the run that the job makes, `trainer.reproduction_of` says whether it came out the same. A job is one process: to
    repeat what several trained together, use ``torchrun ... -m trainer reproduce RUN``.

    Args:
        run: A run made by training, or its reference.
        store: Where runs are kept; see `open_store`.

    Raises:
        JobError: If no process can be started, or its folder cannot be written.
        NotFoundError: If the run, its model or the run it started from are gone.
        RecordError: If it was not trained here.
        TrainingError: If a picture is not there.
    """
    from trainer.micro_models.repeating_plan import check_repetition

    store = store or open_store()
    plan = check_repetition(run, store=store)
    request = TrainingRequest(
        plan.data,
        model=plan.model.id,
        experiment=plan.experiment,
        settings=plan.settings,
        name=plan.free_name(store),  # as far as is known now; the job chooses when its turn comes
        start_from=plan.parent.id if plan.parent else None,
        rows=plan.rows,
        repeats=plan.run.id,
    )
    return start_job(request, store=store)


def start_job(request: TrainingRequest, *, store: Store | None = None) -> Job:
    """The same as `start_training`, for a request that is at hand and was checked; what is wrong fails the job.

    Raises:
        JobError: If no process can be started, or its folder cannot be written.
    """
    count_at_once()  # a wrong setting is told to whoever starts, not to the job's log
    store = store or open_store()
    store.location.refuse_read_only()
    request = _with_model(request, store)
    folder = JobFolder(jobs_folder(store) / uuid.uuid4().hex[:12])
    folder.make()
    held = try_hold(folder.alive)
    if held is None:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise JobError(f"The file system of {folder.path} has no locks, so jobs cannot be watched. Train with --here.")
    try:
        paper = {"format": FORMAT, "created": now(), "store": store.location.uri, "request": request.to_json()}
        folder.write(folder.request, paper)
        job = Job(folder, store)
        launch(job, request, JobRecord(JobStatus.SCHEDULED), held=held)
    finally:
        os.close(held)  # the job's process has a copy of its own
    return job


def _reference(run: str | int | ModelRun | None) -> str | None:
    from trainer.runs.model_runs import ModelRun

    return None if run is None else run.id if isinstance(run, ModelRun) else str(run)


def _with_model(request: TrainingRequest, store: Store) -> TrainingRequest:
    """The request with the model's id: a model that is deleted while its job waits is not made anew."""
    from trainer.micro_models.models import get_model

    try:
        return replace(request, model_id=get_model(request.model, store=store).id)
    except NotFoundError:  # the job registers it
        return request
