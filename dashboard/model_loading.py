"""What the Models page reads. Models and jobs change, so what is read of them is kept for seconds only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from dashboard.loading import store
from dashboard.numbers import TITLES
from trainer.jobs import JobState, look_at_jobs
from trainer.learning.selection import count_annotations
from trainer.measures.number_names import in_words
from trainer.micro_models.attachments import Attachment, list_attachments
from trainer.micro_models.feature_mapping import map_by_name
from trainer.micro_models.models import MicroModel, get_model, list_models
from trainer.micro_models.saved_configs import list_configs
from trainer.micro_models.teaching import TAUGHT
from trainer.predictions.asked_part import PART
from trainer.projects import DataVersion, open_version
from trainer.records.config import RunConfig
from trainer.records.design import Task
from trainer.records.split import Split
from trainer.runs.lineage import DATA_TAG, MODEL_ID_TAG, PARENT_TAG, REPRODUCES_TAG
from trainer.store import RunEntry, RunKind

_SECONDS = 3
_SECONDS_OF_JOBS = 1
_NOTICES = "notices"
_OLD_PARENT_TAG = "parent_run"
ERROR_TAG = "trainer.error"
MEASURED = {
    name: TITLES[name]
    for name in ("mAP", "accuracy", "subset accuracy", "mean IoU", "AP50", "F1", "F1 macro", "pixel accuracy")
}
"""Headline numbers of a run; the first that a run has stands for it."""

_TOLD_WHILE_TRAINED = {"training_rows": "Rows", "loss": "Last loss", "validation_score": "Validation"}
_SETTINGS = {"epochs": "Epochs", "batch": "Batch", "image_size": "Image size"}


@dataclass(frozen=True, slots=True)
class Overview:
    """What the list says of a model's trainings.

    Attributes:
        count: How many finished.
        score: Headline score of the newest, such as ``mAP 0.364``; empty where there is none.
    """

    count: int
    score: str


@st.cache_resource(ttl=_SECONDS, max_entries=32, show_spinner="Reading the models ...")
def models(search: str, order: str, descending: bool) -> tuple[MicroModel, ...]:
    """The registered models that are searched for, in order."""
    return tuple(list_models(search=search, order=order, descending=descending, store=store()))


def titles() -> dict[str, str]:
    """What each model is called now, by its id."""
    return {one.id: one.title for one in models("", "created", True)}


@st.cache_resource(ttl=_SECONDS, max_entries=32, show_spinner=False)
def model(model_id: str) -> MicroModel:
    """One model.

    Raises:
        NotFoundError: If there is none.
    """
    return get_model(model_id, store=store())


@st.cache_resource(ttl=_SECONDS, show_spinner=False)
def overview() -> dict[str, Overview]:
    """What the list says of each model that has a finished iteration, by the model's id."""
    found: dict[str, list[RunEntry]] = {}
    for entry in store().runs(most=None):
        if MODEL_ID_TAG in entry.tags and REPRODUCES_TAG not in entry.tags:
            found.setdefault(entry.tags[MODEL_ID_TAG], []).append(entry)
    return {model_id: Overview(len(entries), headline(entries[0])) for model_id, entries in found.items()}


def headline(entry: RunEntry) -> str:
    """The number that stands for a run, with its name; empty where it has none."""
    known = in_words(entry.metrics)
    for name, title in MEASURED.items():
        if name in known:
            value = known[name]
            return f"{title} undefined" if math.isnan(value) else f"{title} {value:.3f}"
    return ""


@st.cache_resource(ttl=_SECONDS, max_entries=32, show_spinner=False)
def iterations(model_id: str) -> tuple[RunEntry, ...]:
    """A model's trainings in the order they were begun, whatever became of them."""
    return tuple(reversed(model(model_id).iterations()))


@st.cache_resource(ttl=_SECONDS, max_entries=32, show_spinner=False)
def repetitions(model_id: str, run_id: str) -> tuple[RunEntry, ...]:
    """The trainings of a model that repeat one of its iterations, the newest first, whatever became of them."""
    return tuple(run for run in model(model_id).trainings() if run.tags.get(REPRODUCES_TAG) == run_id)


def finished(model_id: str) -> list[RunEntry]:
    """A model's iterations that hold weights, the newest first."""
    return [entry for entry in reversed(iterations(model_id)) if entry.is_sealed]


def facts(entry: RunEntry) -> dict[str, Any]:
    """What a table says of an iteration beside its name and times, by title; None where it is unknown.

    All of it is told by the list of runs: no file of the run is opened, so that a table of many is quick.
    """
    parent = entry.tags.get(PARENT_TAG, entry.tags.get(_OLD_PARENT_TAG))
    known = in_words(entry.metrics)
    return {
        **{title: _number(entry.params.get(name)) for name, title in _SETTINGS.items()},
        **{title: known.get(name) for name, title in (_TOLD_WHILE_TRAINED | MEASURED).items()},
        "Started from": run_name(parent) if parent else None,
    }


@st.cache_data(ttl=60, max_entries=1000, show_spinner=False)
def run_name(run_id: str) -> str:
    """What a run is called, sealed or not; the beginning of its id where it was deleted."""
    found = store().runs(id_start=run_id, sealed_only=False, most=1)
    return found[0].name if found else f"{run_id[:8]} (deleted)"


@st.cache_resource(ttl=_SECONDS, max_entries=32, show_spinner=False)
def attachments(model_id: str) -> tuple[Attachment, ...]:
    """A model's links to projects, the last changed first."""
    return tuple(list_attachments(model=model(model_id)))


@st.cache_resource(ttl=_SECONDS_OF_JOBS, show_spinner=False)
def jobs() -> tuple[JobState, ...]:
    """All jobs of this machine, the newest first."""
    return look_at_jobs(store=store())


def jobs_of(wanted: MicroModel) -> list[JobState]:
    """The jobs of one model, the newest first."""
    return [job for job in jobs() if job.model in (wanted.id, wanted.title)]


@st.cache_data(ttl=_SECONDS, show_spinner=False)
def projects() -> list[str]:
    """Names of the projects that have a data version, the last changed first; without data made for models
    and for what they were asked."""
    known = store().experiments(RunKind.DATA_VERSION)
    return [entry.name for entry in known if entry.runs and not entry.name.startswith((TAUGHT, PART))]


def last_project(model_id: str) -> str | None:
    """The project that a model's newest finished iteration learned from; None where it learned from several or none."""
    newest = next(iter(finished(model_id)), None)
    project = "" if newest is None else newest.tags.get(DATA_TAG, "").rpartition("@")[0]
    return project if project in projects() else None


@st.cache_data(ttl=_SECONDS, max_entries=64, show_spinner=False)
def versions(project: str) -> list[str]:
    """Names of a project's data versions, the newest first."""
    return [entry.name for entry in store().runs(project, kind=RunKind.DATA_VERSION, most=None)]


@st.cache_resource(ttl=30, max_entries=16, show_spinner="Opening the project ...")
def version(project: str, name: str | None = None) -> DataVersion:
    """A data version of a project; the newest where none is named."""
    return open_version(project, version=name, store=store())


def links(wanted: MicroModel, project: str, name: str | None = None) -> Mapping[str, str]:
    """From features of a model to paths of a version of a project: as it is attached, else by equal names."""
    attached = {one.project: one.mapping for one in attachments(wanted.id)}
    return attached.get(project) or map_by_name(wanted.design, version(project, name).snapshot.ontology)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


@st.cache_data(ttl=30, max_entries=64, show_spinner=False)
def annotation_counts(
    project: str, task: Task, name: str | None = None, *, keys: tuple[str, ...] | None = None
) -> dict[str, int]:
    """How many annotations of each feature a model of a task can learn from, on rows of a version of a project.

    Args:
        project: The project.
        task: What the model does.
        name: Of the version; the newest where none is named.
        keys: Of the rows, those that it has not are passed over; all training rows where none are given.
    """
    snapshot = version(project, name).snapshot
    if keys is None:
        return count_annotations(snapshot, snapshot.rows.in_split(Split.TRAINING), task=task)
    positions = snapshot.rows.positions
    return count_annotations(snapshot, np.array([positions[key] for key in keys if key in positions]), task=task)


@st.cache_data(ttl=_SECONDS, show_spinner=False)
def saved_settings() -> dict[str, RunConfig]:
    """Training settings that were saved, by name."""
    return {saved.name: saved.config for saved in list_configs(store=store())}


def forget() -> None:
    """Read everything anew: something was written."""
    of_models = (models, model, overview, iterations, repetitions, attachments, jobs)
    for kept in (*of_models, projects, versions, version, annotation_counts, saved_settings):
        kept.clear()


def say_later(notice: str) -> None:
    """Keep a word, in Markdown, for the next time the whole page is drawn."""
    st.session_state.setdefault(_NOTICES, []).append(notice)


def take_notices() -> list[str]:
    """The words that were kept, which are said once."""
    notices: list[str] = st.session_state.pop(_NOTICES, [])
    return notices
