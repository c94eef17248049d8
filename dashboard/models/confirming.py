"""Deleting for ever is confirmed by typing a name."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.models.wording import plain

_WIDTH: Final = 420


def ask_for_name(name: str, *, what: str, button: str, key: str) -> str | None:
    """Draw a form that asks for a name.

    Args:
        name: What has to be typed.
        what: What is deleted, for the words above the field.
        button: What the button says.
        key: Of the form.

    Returns:
        What was typed, once it is the name; None before, and when it is not.
    """
    with st.form(key, border=False):
        typed = st.text_input(f"To delete {what}, type **{plain(name)}**", autocomplete="off", width=_WIDTH)
        pressed = st.form_submit_button(f":red[{button}]", icon=":material/delete:")
    if not pressed:
        return None
    if typed.strip() != name:
        st.error(f"{plain(typed.strip()) or 'Nothing'} is not {plain(name)}. Nothing was deleted.", width=_WIDTH)
        return None
    return name
