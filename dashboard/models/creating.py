"""The dialog that makes a model: what it is for, what it says, and how it is built."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import model_loading
from dashboard.loading import store
from dashboard.models import backbone_field, feature_fields, place, tasks
from dashboard.models.wording import plain
from trainer.micro_models.models import create_model
from trainer.records.design import FINEST_STRIDES, OBJECTS, PAINTED, Design, Task
from trainer.records.errors import ModelrunsError

_TITLE: Final = "new_model_title"
_DESCRIPTION: Final = "new_model_description"
_TASK: Final = "new_model_task"
_STRIDES: Final = {8: "8 pixels: quicker", 4: "4 pixels: finds smaller things, takes half as long again"}


@st.dialog("New model", width="large")
def ask() -> None:
    """Draw the dialog. What was typed is still there if it is closed by a slip."""
    draw()


def draw() -> None:
    """Draw what the dialog holds."""
    left, right = st.columns(2, gap="large")
    with left:
        title = st.text_input(
            "Title", key=_TITLE, max_chars=200, persist_state="page", placeholder="Unique, such as cell-finder"
        )
        description = st.text_area(
            "Description", key=_DESCRIPTION, height=68, persist_state="page", placeholder="Optional"
        )
        task = _choose_task()
    with right:
        features = feature_fields.choose(task)
        backbone = backbone_field.choose(task)
        stride = _choose_stride(task)
    st.caption("Task, features and their order, backbone and stride are fixed for the life of the model.")
    if st.button("Create model", type="primary"):
        _create(title, description.strip(), task, features, backbone=backbone, stride=stride)


def _choose_task() -> Task:
    return st.radio(
        "Task",
        tuple(tasks.TITLES),
        tuple(tasks.TITLES).index(Task.DETECTION),
        key=_TASK,
        format_func=tasks.TITLES.__getitem__,
        captions=list(tasks.MEANINGS.values()),
        persist_state="page",
    )


def _choose_stride(task: Task) -> int:
    if not {OBJECTS, PAINTED} & set(task.heads):
        return FINEST_STRIDES[-1]
    return st.selectbox(
        "Stride",
        list(_STRIDES),
        key="new_model_stride",
        format_func=_STRIDES.__getitem__,
        help="Pixels between the places where the network looks for objects and paints.",
        persist_state="page",
    )


def _create(
    title: str, description: str, task: Task, features: feature_fields.ChosenFeatures, *, backbone: str, stride: int
) -> None:
    if not title.strip():
        st.error("Give the model a title.")
        return
    try:
        design = Design(task, features.names, backbone, stride, features.several, features.painted)
        with st.spinner("Making the model ..."):
            model = create_model(title.strip(), design, description=description, store=store())
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    model_loading.forget()
    _empty_fields()
    place.go_to_model(model.id)
    st.rerun()


def _empty_fields() -> None:
    for key in [key for key in st.session_state if str(key).startswith("new_model_")]:
        del st.session_state[key]
