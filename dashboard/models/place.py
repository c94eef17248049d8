"""Where a reader is on the Models page: the address alone remembers it."""

from __future__ import annotations

from typing import Final

import streamlit as st

MODEL: Final = "model"
TAB: Final = "tab"
_NEXT_TAB: Final = "next_tab"
ITERATIONS, TRAIN, JOBS, ATTACHMENTS, DANGER = TABS = ("Iterations", "Train", "Jobs", "Attachments", "Danger zone")


def current_model() -> str:
    """Id of the model whose page is open; empty on the list of models."""
    return st.query_params.get(MODEL, "")


def go_to_model(model_id: str) -> None:
    """Open a model's page, on its first tab, at the next run of the script."""
    st.query_params[MODEL] = model_id
    go_to_tab(ITERATIONS)


def go_to_list() -> None:
    """Open the list of models at the next run of the script."""
    st.query_params.pop(MODEL, None)


def current_tab() -> str:
    """Which of `TABS` is open on a model's page."""
    open_tab = st.session_state.get(TAB) or st.query_params.get(TAB, ITERATIONS)
    return str(open_tab)


def go_to_tab(tab: str) -> None:
    """Open one of `TABS` at the next run of the script."""
    st.session_state[_NEXT_TAB] = tab


def open_next_tab() -> None:
    """Open the tab that was asked for; before the tabs are drawn, because afterwards they cannot be changed."""
    if _NEXT_TAB in st.session_state:
        st.session_state[TAB] = st.session_state.pop(_NEXT_TAB)
