"""The head of a model's page: what it is called, what it is for, and how it is built."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import model_loading
from dashboard.models import place, tasks
from dashboard.models.wording import plain
from trainer.micro_models.micro_model import MicroModel
from trainer.micro_models.models import update_model
from trainer.records.design import Design, Task
from trainer.records.errors import ModelrunsError

_MOST_NAMED: Final = 12


def render(model: MicroModel) -> None:
    """Draw it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("All models", icon=":material/arrow_back:", type="tertiary", on_click=place.go_to_list)
        st.space("stretch")
        if st.button("Edit", icon=":material/edit:", help="Change title and description"):
            _edit(model)
    with st.container(gap="xxsmall"):
        st.header(plain(model.title), anchor=False)
        if model.description:
            st.markdown(plain(model.description))
        st.caption(plain(describe(model.design)))


def describe(design: Design) -> str:
    """A design in a line: task, backbone and features in their order.

    Example:
        >>> describe(Design(Task.DETECTION, ("cell", "platelet")))
        'Detection · backbone tiny_resnet · stride 8 · 2 features in order: cell, platelet'
    """
    names = [f"{name} (painted)" if name in design.painted else name for name in design.features]
    rest = len(names) - _MOST_NAMED
    listed = ", ".join(names[:_MOST_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")
    count = "1 feature" if len(names) == 1 else f"{len(names):,} features in order"
    where = "" if design.task is Task.CLASSIFICATION else f" · stride {design.stride}"
    several = " with several answers" if design.several else ""
    return f"{tasks.TITLES[design.task]}{several} · backbone {design.backbone}{where} · {count}: {listed}"


@st.dialog("Edit model")
def _edit(model: MicroModel) -> None:
    title = st.text_input("Title", model.title, max_chars=200)
    description = st.text_area("Description", model.description, height=120)
    if st.button("Save", type="primary"):
        try:
            with st.spinner("Saving ..."):
                update_model(model, title=title.strip(), description=description.strip())
        except ModelrunsError as error:
            st.error(plain(str(error)))
            return
        model_loading.forget()
        st.rerun()
