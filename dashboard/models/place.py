"""Where a reader is on the Models page: the address alone remembers it."""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

ITERATIONS, TRY, TRAIN, JOBS, ATTACHMENTS, DANGER = TABS = (
    "Iterations",
    "Try",
    "Train",
    "Jobs",
    "Attachments",
    "Danger zone",
)

_MODEL: Final = "model"
_TAB: Final = "tab"
_OPEN_TAB: Final = "open_tab"


def current_model() -> str:
    """Id of the model whose page is open; empty on the list of models."""
    return st.query_params.get(_MODEL, "")


def current_tab() -> str:
    """Which of `TABS` is open on a model's page."""
    named = st.query_params.get(_TAB, ITERATIONS)
    return named if named in TABS else ITERATIONS


def go_to_model(model_id: str) -> None:
    """Open a model's page, on its first tab, at the next run of the script."""
    st.query_params[_MODEL] = model_id


def go_to_tab(tab: str) -> None:
    """Open one of `TABS` at the next run of the script."""
    st.query_params[_TAB] = tab


def go_to_list() -> None:
    """Open the list of models at the next run of the script."""
    st.query_params.clear()  # at once, so that the browser's way back leads straight to the model's tab


def draw_tabs() -> DeltaGenerator:
    """Draw the tabs, and return the place below the open one."""
    st.session_state[_OPEN_TAB] = current_tab()
    drawn = st.tabs(TABS, key=_OPEN_TAB, on_change=lambda: go_to_tab(st.session_state[_OPEN_TAB]))
    return drawn[TABS.index(current_tab())]
