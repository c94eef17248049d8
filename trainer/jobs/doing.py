"""Doing what a request asks. The heavy part of a job: it is imported when the job has its turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from trainer.jobs.folder import JobFolder
from trainer.jobs.request import TrainingRequest
from trainer.jobs.state import JOB_TAG
from trainer.learning.progress import Progress
from trainer.micro_models.iterations import choose_parent
from trainer.micro_models.lessons import open_named
from trainer.micro_models.micro_model import MicroModel
from trainer.micro_models.models import get_model
from trainer.micro_models.reproducing import reproduce
from trainer.micro_models.training import train
from trainer.records.errors import NotFoundError
from trainer.runs.model_runs import ModelRun
from trainer.store import Store, open_store


def train_as_asked(
    job: JobFolder,
    request: TrainingRequest,
    *,
    report: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> ModelRun:
    """Train, or train again, going on from the job's checkpoint where there is one.

    What a request leaves to the moment, such as the newest data, is decided by the first attempt, and holds for all.

    Args:
        job: The job.
        request: What it is to train.
        report: Told of the progress.
        should_stop: Whether somebody asked the job to stop.

    Returns:
        The sealed run.
    """
    store = open_store()
    if request.repeats is not None:  # the run says itself how
        return reproduce(
            request.repeats,
            tags={JOB_TAG: job.id},
            store=store,
            report=report,
            checkpoint=job.checkpoint,
            should_stop=should_stop,
        ).run
    model = _model_of(request, store)
    decided = _decide(job, request, model, store)
    return train(
        decided.data,
        model=model or decided.model,
        experiment=decided.experiment,
        settings=decided.settings,
        design=decided.design,
        start_from=decided.start_from,
        rows=decided.rows,
        name=decided.name,
        tags={JOB_TAG: job.id},
        store=store,
        report=report,
        checkpoint=job.checkpoint,
        should_stop=should_stop,
    )


def _decide(job: JobFolder, request: TrainingRequest, model: MicroModel | None, store: Store) -> TrainingRequest:
    paper: dict[str, Any] = job.read(job.request) or {}
    if "decided" not in paper:
        decided = replace(
            request,
            data=_version_of(request.data, store)
            if isinstance(request.data, str)
            else {_version_of(place, store): links for place, links in request.data.items()},
            start_from=_parent_of(request, model, store),
        )
        job.write(job.request, {**paper, "decided": decided.to_json()})
        return decided
    return TrainingRequest.from_json(paper["decided"])


def _version_of(place: str, store: Store) -> str:
    data = open_named(place, store=store)
    return f"{data.project}@{data.name}"


def _model_of(request: TrainingRequest, store: Store) -> MicroModel | None:
    """The model that is trained; None where the training registers it."""
    try:
        return get_model(request.model_id or request.model, store=store)
    except NotFoundError as error:
        if request.model_id is None:
            return None
        raise NotFoundError(
            f"Model {request.model!r} was deleted after this job was asked for. To train a new model of that title, "
            "start another job."
        ) from error


def _parent_of(request: TrainingRequest, model: MicroModel | None, store: Store) -> str | None:
    parent = choose_parent(request.start_from, model, store=store)
    return parent.id if parent else None
