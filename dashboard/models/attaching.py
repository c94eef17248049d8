"""A model's links to projects: what its features are called there, and which iterations count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import clock, model_loading
from dashboard.models.naming import names_of
from dashboard.models.tables import height_of
from dashboard.models.wording import plain
from trainer.micro_models.attachments import (
    ALL,
    LATEST,
    Attachment,
    Policy,
    attach,
    detach,
    iterations_of,
    update_attachment,
)
from trainer.micro_models.feature_mapping import kinds_that_fit, map_by_name
from trainer.micro_models.micro_model import MicroModel
from trainer.records.errors import ModelrunsError
from trainer.records.ontology import Ontology

_CHOSEN: Final = "chosen"
_POLICIES: Final = {LATEST: "The latest", ALL: "All", _CHOSEN: "Chosen ones"}
_POLICY_HELP: Final = {
    LATEST: "Each new training takes the place of the one before.",
    ALL: "Every finished iteration.",
    _CHOSEN: "Those named below; a new training changes nothing.",
}
_MOST_LINES_SHOWN: Final = 10
_TALLEST: Final = 380


def render(model: MicroModel) -> None:
    """Draw the links and what changes them."""
    attachments = model_loading.attachments(model.id)
    free = [name for name in model_loading.projects() if name not in {one.project for one in attachments}]
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.write(
        ("" if attachments else "This model is attached to no project. ")
        + "An attachment says which features of a project the model predicts, and with which iterations."
    )
    with right.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Attach to a project", icon=":material/link:", type="primary", disabled=not free):
            _ask_new(model, free)
    if not free:
        st.caption("There is no other project to attach it to.")
    for attachment in attachments:
        _draw(model, attachment)


def _draw(model: MicroModel, attachment: Attachment) -> None:
    with st.container(border=True):
        left, right = st.columns([3, 2], vertical_alignment="center")
        left.markdown(f"**{plain(attachment.project)}**")
        with right.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Edit", icon=":material/edit:", key=f"edit_attachment_{attachment.project}"):
                _ask_change(model, attachment)
            with st.popover("Detach", key=f"detach_{attachment.project}"):
                st.write("Take the model off this project? Both stay as they are.")
                if st.button("Detach", type="primary", key=f"detach_now_{attachment.project}"):
                    _do(lambda: detach(model, attachment.project))
        st.caption(_say_policy(attachment))
        lines = pd.DataFrame(
            {
                "Feature of the model": list(model.design.features),
                "Feature of the project": [attachment.mapping.get(name) for name in model.design.features],
            }
        )
        st.dataframe(lines, hide_index=True, width="stretch", height=height_of(len(lines)), placeholder="takes no part")


def _say_policy(attachment: Attachment) -> str:
    try:
        names = [entry.name for entry in iterations_of(attachment)]
    except ModelrunsError as error:
        return plain(str(error))
    policy = attachment.policy if isinstance(attachment.policy, str) else _CHOSEN
    said = {LATEST: "Uses the latest iteration", ALL: "Uses all iterations", _CHOSEN: "Uses chosen iterations"}[policy]
    changed = clock.say_moment(attachment.changed)
    return f"{said}: {plain(', '.join(names)) or 'none has finished yet'}. Changed {changed}."


@st.dialog("Attach to a project", width="medium")
def _ask_new(model: MicroModel, projects: list[str]) -> None:
    draw_new(model, projects)


def draw_new(model: MicroModel, projects: list[str]) -> None:
    """Draw the fields of a new link to one of some projects."""
    project = st.selectbox("Project", projects)
    ontology = model_loading.version(project).snapshot.ontology
    mapping = _ask_mapping(model, project, ontology, map_by_name(model.design, ontology))
    policy = _ask_policy(model, LATEST)
    if st.button("Attach", type="primary"):
        _do(lambda: attach(model, project, mapping, policy=policy))


@st.dialog("Edit attachment", width="medium")
def _ask_change(model: MicroModel, attachment: Attachment) -> None:
    ontology = model_loading.version(attachment.project).snapshot.ontology
    mapping = _ask_mapping(model, attachment.project, ontology, attachment.mapping)
    policy = _ask_policy(model, attachment.policy)
    if st.button("Save", type="primary"):
        _do(lambda: update_attachment(model, attachment.project, mapping=mapping, policy=policy))


def _ask_mapping(model: MicroModel, project: str, ontology: Ontology, given: Mapping[str, str]) -> dict[str, str]:
    st.markdown("**Feature of the model → feature of the project**")
    many = len(model.design.features) > _MOST_LINES_SHOWN
    chosen = {}
    with st.container(height=_TALLEST if many else "content", border=many, gap="xsmall"):
        for name in model.design.features:
            fitting = [path for path, one in ontology.walk() if one.kind in kinds_that_fit(model.design, name)]
            left, right = st.columns([2, 3], vertical_alignment="center")
            left.markdown(plain(name))
            path = right.selectbox(
                f"Feature of the project for {name}",
                fitting,
                fitting.index(given[name]) if given.get(name) in fitting else None,
                key=f"map_{project}_{name}",
                placeholder="takes no part" if fitting else "none fits this task",
                label_visibility="collapsed",
            )
            if path is not None:
                chosen[name] = path
    return chosen


def _ask_policy(model: MicroModel, given: str | tuple[str, ...]) -> Policy:
    policies = list(_POLICIES)
    current = given if isinstance(given, str) else _CHOSEN
    policy = st.radio(
        "Iterations to use",
        policies,
        policies.index(current),
        format_func=_POLICIES.__getitem__,
        captions=list(_POLICY_HELP.values()),
    )
    if policy != _CHOSEN:
        return policy
    finished = names_of(model_loading.finished(model.id))
    kept = [run_id for run_id in given if run_id in finished] if not isinstance(given, str) else []
    chosen = st.multiselect(
        "Iterations", list(finished), kept, format_func=finished.__getitem__, placeholder="Choose one or several"
    )
    return tuple(chosen)


def _do(change: object) -> None:
    try:
        with st.spinner("Saving ..."):
            change()  # type: ignore[operator]
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    model_loading.forget()
    st.rerun()
