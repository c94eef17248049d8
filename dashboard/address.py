"""The page's selection as Streamlit keeps it: in the URL, and in the session while another page is open."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.selection import Selection

_LAST = "last_selection"


def current_selection() -> Selection:
    """What the URL says; on coming back from another page, which empties the URL, what it said last."""
    if not st.query_params and _LAST in st.session_state:
        st.query_params.from_dict(st.session_state[_LAST])
    st.session_state[_LAST] = st.query_params.to_dict()
    return Selection.from_query(st.query_params)


def last_selection() -> Selection:
    """What the Compare page showed last in this session; an empty selection where it was not open."""
    return Selection.from_query(st.session_state.get(_LAST, {}))


def change_selection(**changes: Any) -> None:
    """Write changes of the selection into the URL."""
    set_selection(Selection.from_query(st.query_params).change(**changes))


def set_selection(selection: Selection) -> None:
    """Write a whole selection into the URL."""
    st.query_params.from_dict(selection.to_query())
    st.session_state[_LAST] = selection.to_query()
