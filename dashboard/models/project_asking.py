"""Asking a model about rows of a project: what it says there becomes a model run."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count as count_from
from typing import Final

import streamlit as st

from dashboard import loading, model_loading
from dashboard.loading import store
from dashboard.models.naming import names_of
from dashboard.models.wording import plain
from dashboard.project_run import ProjectQuestion
from dashboard.project_runs import board
from trainer.micro_models.micro_model import MicroModel
from trainer.records.errors import ModelrunsError
from trainer.records.split import Split
from trainer.records.wording import count, say_links
from trainer.store import RunEntry

_ALL_ROWS: Final = "all"
_NAME_HELP: Final = "Names are unique in an experiment. Runs of one experiment can be compared."


def ask(model: MicroModel, finished: Mapping[str, RunEntry]) -> None:
    """Draw the fields and the button.

    Args:
        model: The model.
        finished: Its finished iterations by id, the newest first.
    """
    key = f"ask_{model.id}"
    projects = model_loading.projects()
    if not projects:
        st.caption("There is no project yet. Bring one in with `modelruns import`.")
        return
    project = st.selectbox("Project", projects, _first(model, projects), key=f"{key}_project", persist_state="session")
    iteration = st.selectbox(
        "Iteration",
        list(finished),
        key=f"{key}_iteration",
        format_func=names_of(finished.values()).__getitem__,
        persist_state="session",
    )
    split = _choose_rows(project, key)
    chosen = finished[iteration]
    experiment, name = _choose_place(key, chosen, default=default_name(chosen.name, project, split))
    question = ProjectQuestion(model.id, iteration, project, split, experiment, name, store().location.uri)
    problem = _problem(model, question) or _busy(model)
    st.caption(plain(problem or _say_features(model, project)))
    if st.button("Predict and keep as a run", type="primary", icon=":material/play_arrow:", disabled=bool(problem)):
        _begin(question)


def default_name(iteration: str, project: str, split: str | None) -> str:
    """What a run is called where nobody names it.

    Example:
        >>> default_name("finder-2", "cells", "test"), default_name("finder-2", "cells", None)
        ('finder-2-on-cells-test', 'finder-2-on-cells')
    """
    return f"{iteration}-on-{project}" + ("" if split is None else f"-{split}")


def _first(model: MicroModel, projects: list[str]) -> int:
    """The place of the project that the model learned from, else of the first that it has a feature of."""
    before = model_loading.last_project(model.id)
    if before is not None:
        return projects.index(before)
    return next((place for place, name in enumerate(projects) if model_loading.links(model, name)), 0)


def _choose_rows(project: str, key: str) -> str | None:
    rows = model_loading.version(project).snapshot.rows
    sizes = {_ALL_ROWS: len(rows)} | {str(split): number for split, number in rows.split_sizes().items() if number}
    options = list(sizes)
    chosen = st.selectbox(
        "Rows",
        options,
        options.index(Split.TEST) if Split.TEST in options else 0,
        key=f"{key}_{project}_rows",
        format_func=lambda name: f"{'All rows' if name == _ALL_ROWS else name.capitalize()} ({sizes[name]:,})",
        help="Of the newest data version of the project. Numbers on rows that the model trained on flatter it.",
    )
    return None if chosen == _ALL_ROWS else chosen


def _choose_place(key: str, iteration: RunEntry, *, default: str) -> tuple[str, str]:
    experiment = st.text_input("Experiment", iteration.experiment, key=f"{key}_{iteration.experiment}_experiment")
    free = _free(default, _names_in(experiment.strip()))
    name = st.text_input("Name of the run", placeholder=free, key=f"{key}_name", help=_NAME_HELP)
    return experiment.strip(), name.strip() or free


def _problem(model: MicroModel, question: ProjectQuestion) -> str:
    if not model_loading.links(model, question.project):
        return f"No feature of {question.project} has the name of one of the model's. Attach the model to the project."
    if not question.experiment:
        return "Name the experiment to put the run into."
    if "/" in question.experiment:
        return "The name of an experiment has no '/'."
    return _taken(question)


def _busy(model: MicroModel) -> str:
    held = board().run_of(model.id)
    return "The model is looking at a project now." if held is not None and held.is_running else ""


def _names_in(experiment: str) -> set[str]:
    """What the runs of an experiment are called; nothing where there is no such experiment yet."""
    if all(entry.name != experiment for entry in loading.experiments()):
        return set()
    return {run.name for run in loading.runs_of(experiment)}


def _free(wanted: str, taken: set[str]) -> str:
    """A name that no run has.

    Example:
        >>> _free("found", {"found", "found-2"})
        'found-3'
    """
    names = (wanted if number == 1 else f"{wanted}-{number}" for number in count_from(1))
    return next(name for name in names if name not in taken)


def _taken(question: ProjectQuestion) -> str:
    if question.name in _names_in(question.experiment):
        return f"Experiment {question.experiment} has a run {question.name} already. Give the new run another name."
    return ""


def _say_features(model: MicroModel, project: str) -> str:
    links = model_loading.links(model, project)
    return f"Predicts {count(len(links), 'feature')} of {project}: {say_links(links)}."


def _begin(question: ProjectQuestion) -> None:
    try:
        begun = board().begin(question)
    except (OSError, ModelrunsError) as error:
        st.error(f"The model cannot be started: {plain(str(error))}.")
        return
    if not begun:
        st.warning("This model is looking at a project now. Stop that, or wait until it is done.")
        return
    st.rerun()
