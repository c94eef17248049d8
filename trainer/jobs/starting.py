"""Starting a training in a process of its own."""

from __future__ import annotations

import os
import uuid

from trainer.jobs.alive import try_hold
from trainer.jobs.folder import JobFolder
from trainer.jobs.job import Job, launch
from trainer.jobs.places import jobs_folder
from trainer.jobs.request import FORMAT, TrainingRequest
from trainer.jobs.state import JobRecord, JobStatus, now
from trainer.jobs.turns import count_at_once
from trainer.learning.settings import TrainingSettings
from trainer.records.errors import JobError
from trainer.store import Store, open_store


def start_training(
    project: str,
    *,
    model: str,
    experiment: str,
    settings: TrainingSettings | None = None,
    version: str | None = None,
    name: str | None = None,
    start_from: str | None = None,
    store: Store | None = None,
) -> Job:
    """Start a training that goes on when this program ends, and return at once.

    Of the jobs of a machine that want the same device one runs at a time, in the order they were started;
    ``MODELRUNS_JOBS_AT_ONCE`` allows more.

    Args:
        project: Name of the project to train on.
        model: Name of the micro-model; its trainings are its iterations.
        experiment: The experiment to put the run into; a new name makes a new one.
        settings: How to train; see `TrainingSettings`.
        version: Data version of the project; when left out, the newest at the time the training begins.
        name: Name of the run; ``<model>-<iteration>`` when left out.
        start_from: A run whose weights to start from.
        store: Where runs are kept; see `open_store`.

    Raises:
        JobError: If no process can be started, or its folder cannot be written.
    """
    request = TrainingRequest(
        project,
        model=model,
        experiment=experiment,
        settings=settings or TrainingSettings(),
        version=version,
        name=name,
        start_from=start_from,
    )
    return start_job(request, store=store)


def start_job(request: TrainingRequest, *, store: Store | None = None) -> Job:
    """The same as `start_training`, for a request that is at hand.

    Raises:
        JobError: If no process can be started, or its folder cannot be written.
    """
    count_at_once()  # a wrong setting is told to whoever starts, not to the job's log
    store = store or open_store()
    folder = JobFolder(jobs_folder(store) / uuid.uuid4().hex[:12])
    folder.make()
    held = try_hold(folder.alive)
    if held is None:
        raise JobError(f"The file system of {folder.path} has no locks, so jobs cannot be watched. Train with --here.")
    try:
        paper = {"format": FORMAT, "created": now(), "store": store.location.uri, "request": request.to_json()}
        folder.write(folder.request, paper)
        job = Job(folder, store)
        launch(job, request, JobRecord(JobStatus.SCHEDULED), held=held)
    finally:
        os.close(held)  # the job's process has a copy of its own
    return job
