"""Starting a training: what to learn from, what to begin with, and how to train."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboard import model_loading
from dashboard.devices import device_problem
from dashboard.loading import store
from dashboard.models import place, saved_settings, setting_fields, teaching_fields
from dashboard.models.naming import names_of
from dashboard.models.teaching_fields import Teaching
from dashboard.models.wording import plain
from trainer.jobs import start_training
from trainer.learning.families import list_weights
from trainer.learning.settings import TrainingSettings
from trainer.micro_models.micro_model import MicroModel
from trainer.records.errors import ModelrunsError

_PRETRAINED: Final = "pretrained"
_HEAD: Final = 40  # pixels: of a button
_BEGINNINGS: Final = {"none": "Random weights", "imagenet": "ImageNet weights", "coco": "COCO weights"}


def render(model: MicroModel) -> None:
    """Draw the form."""
    key = f"train_{model.id}"
    left, right = st.columns(2, gap="large")
    times, defaults = saved_settings.taken(key)
    fields = f"{key}_{times}" if times else key  # other settings, other fields
    with right:
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", height=_HEAD, border=False
        ):
            st.markdown("##### How to train", width="content")
            shelf = st.container(width="content")
        start_from, pretrained = _choose_beginning(model, fields, defaults.pretrained)
        values = setting_fields.draw_settings(
            fields, defaults=defaults, without=(*setting_fields.NOT_ASKED, _PRETRAINED)
        )
        experiment, name = _choose_names(model, key)
    with left:
        with st.container(
            horizontal=True, vertical_alignment="center", height=_HEAD, border=False
        ):  # as high as the other column's
            st.markdown("##### What to learn from")
        teaching = teaching_fields.choose(model, key=key)
        least = int(values["min_annotations"] or 1)
        teaching_fields.draw_counts(teaching, least=least)
    settings, problems = _read(values | {_PRETRAINED: pretrained})
    with shelf:
        saved_settings.draw(key, settings)
    if settings is not None and (problem := device_problem(settings.device, settings.mixed_precision)):
        problems.append(problem)
    problems += teaching.problems(least=least)
    if not experiment:
        problems.append("Name the experiment to put the run into.")
    if problems:
        st.warning("  \n".join(plain(problem) for problem in problems))
    if st.button("Start training", type="primary", icon=":material/play_arrow:", disabled=bool(problems)) and settings:
        _start(model, teaching, settings, experiment=experiment, name=name, start_from=start_from)


def _choose_beginning(model: MicroModel, key: str, pretrained: str) -> tuple[str | None, str]:
    """Id of the run to go on from, if any, and the value of the setting `pretrained`."""
    finished = names_of(model_loading.finished(model.id))
    names = {choice: _BEGINNINGS.get(choice, choice) for choice in list_weights(model.design.backbone)}
    names |= {run_id: f"Iteration {name}" for run_id, name in finished.items()}
    chosen = st.selectbox(
        "Start from",
        list(names),
        list(names).index(pretrained) if pretrained in names else 0,
        key=f"{key}_beginning",
        format_func=names.__getitem__,
        help="Weights that the network starts with: random ones, those learned from ImageNet or COCO where the "
        "backbone has them (downloaded once), or those of an earlier iteration.",
        persist_state="session",
    )
    return (chosen, "none") if chosen in finished else (None, chosen)


def _choose_names(model: MicroModel, key: str) -> tuple[str, str | None]:
    left, right = st.columns(2)
    experiment = left.text_input(
        "Experiment",
        model.title,
        key=f"{key}_experiment",
        help="The run is listed there. Runs of one experiment are offered for comparison.",
        persist_state="session",
    )
    name = right.text_input(
        "Name of the run", key=f"{key}_name", placeholder=f"{model.title} and its number", persist_state="session"
    )
    return experiment.strip(), name.strip() or None


def _read(values: dict[str, Any]) -> tuple[TrainingSettings | None, list[str]]:
    try:
        return setting_fields.read_settings(values), []
    except ModelrunsError as error:
        return None, [str(error)]


def _start(
    model: MicroModel,
    teaching: Teaching,
    settings: TrainingSettings,
    *,
    experiment: str,
    name: str | None,
    start_from: str | None,
) -> None:
    try:
        with st.spinner("Starting ..."):
            start_training(
                teaching.mapping,
                model=model.id,
                experiment=experiment,
                settings=settings,
                name=name,
                start_from=start_from,
                rows=teaching.rows,
                store=store(),
            )
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    model_loading.forget()
    st.session_state.pop(f"train_{model.id}_name", None)  # a name is used once
    place.go_to_tab(place.JOBS)
    st.rerun()
