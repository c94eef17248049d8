"""The list of models: searched, ordered, one line each; a click on a line opens the model."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import clock, model_loading
from dashboard.models import creating, place, tasks
from dashboard.models.tables import height_of
from dashboard.models.wording import plain
from trainer.micro_models.models import MicroModel
from trainer.records.wording import count

_ORDERS: Final = {
    "newest": ("Newest first", "created", True),
    "oldest": ("Oldest first", "created", False),
    "title": ("Title, A to Z", "title", False),
    "title-falling": ("Title, Z to A", "title", True),
}
_MOST_LINES_SHOWN: Final = 16


def render() -> None:
    """Draw the list."""
    st.header("Models", anchor=False)
    search, order = _draw_bar()
    _, column, descending = _ORDERS[order]
    models = model_loading.models(search, column, descending)
    if models:
        _draw_table(models)
    elif search:
        st.info(f"No model has '{plain(search)}' in its title, its description or a feature.")
    else:
        _say_how_to_begin()


def _draw_bar() -> tuple[str, str]:
    left, middle, right = st.columns([5, 3, 4], vertical_alignment="bottom")
    search = left.text_input(
        "Search",
        key="search",
        bind="query-params",
        placeholder="Title, description or feature",
        icon=":material/search:",
    )
    order = middle.selectbox(
        "Order", list(_ORDERS), key="order", bind="query-params", format_func=lambda name: _ORDERS[name][0]
    )
    with right.container(horizontal=True, horizontal_alignment="right"):
        if st.button("New model", type="primary", icon=":material/add:"):
            creating.ask()
    return search.strip(), order


def _draw_table(models: tuple[MicroModel, ...]) -> None:
    lines = pd.DataFrame([_line(model) for model in models])
    event = st.dataframe(
        lines,
        hide_index=True,
        width="stretch",
        height=height_of(len(lines), most=_MOST_LINES_SHOWN),
        on_select="rerun",
        selection_mode="single-cell",
        column_config=_columns(),
        placeholder="",
        key=f"models_{hash(tuple(model.id for model in models))}",  # a selection is a place: another list, another key
    )
    st.caption(f"{count(len(models), 'model')}. Click a line to open the model.")
    if event.selection.cells:
        place.go_to_model(models[event.selection.cells[0][0]].id)
        st.rerun()


def _line(model: MicroModel) -> dict[str, Any]:
    trained = model_loading.overview().get(model.id)
    return {
        "Title": model.title,
        "Task": tasks.TITLES[model.design.task],
        "Backbone": model.design.backbone,
        "Features": len(model.design.features),
        "Iterations": trained.count if trained else 0,
        "Newest score": trained.score if trained else "",
        "Created": clock.local(model.created),
    }


def _columns() -> dict[str, Any]:
    return {
        "Title": st.column_config.TextColumn(width="medium"),
        "Newest score": st.column_config.TextColumn(help="Of the newest finished iteration, on its validation rows."),
        "Created": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
    }


def _say_how_to_begin() -> None:
    st.subheader("No model yet", anchor=False)
    st.write(
        "A model is a small network for one task and an ordered set of features. Make one with **New model**, then "
        "train it on the annotated rows of a project; each training is an iteration, kept with its scores and weights."
    )
    if not model_loading.projects():
        st.write("There is no project to train on yet. Bring one in:")
        st.code("modelruns import cells path/to/cells --format voc", language="bash")
