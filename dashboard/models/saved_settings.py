"""Training settings under a name: taking them into the form, keeping them, and forgetting them."""

from __future__ import annotations

import streamlit as st

from dashboard import model_loading
from dashboard.loading import store
from dashboard.models.wording import plain
from trainer.learning.settings import TrainingSettings
from trainer.micro_models.saved_configs import delete_config, save_config
from trainer.records.errors import ModelrunsError

_TAKEN = "taken_settings"


def taken(key: str) -> tuple[int, TrainingSettings]:
    """How often settings were taken into a form, and the last of them; the usual ones where none were.

    Args:
        key: Of the form.
    """
    times, settings = st.session_state.get(f"{key}_{_TAKEN}", (0, TrainingSettings()))
    return times, settings


def draw(key: str, settings: TrainingSettings | None) -> None:
    """Draw the button behind which saved settings are.

    Args:
        key: Of the form.
        settings: What the form holds; None while that cannot be used.
    """
    with st.popover("Saved settings", icon=":material/tune:", key=f"{key}_saved_settings", width="content"):
        _offer_saved(key)
        _offer_saving(key, settings)


def _offer_saved(key: str) -> None:
    saved = model_loading.saved_settings()
    if not saved:
        st.caption("No settings were saved yet.")
        return
    name = st.selectbox("Saved under", list(saved), key=f"{key}_config")
    with st.container(horizontal=True):
        if st.button("Use these", key=f"{key}_use_config"):
            _take(key, name)
        if st.button("Forget these", key=f"{key}_forget_config", help="Iterations trained with them stay."):
            _forget(name)


def _offer_saving(key: str, settings: TrainingSettings | None) -> None:
    with st.form(f"{key}_save_config", border=False, clear_on_submit=False):
        name = st.text_input("Save the form's settings under", placeholder="Such as thorough", max_chars=200)
        replace = st.checkbox("Replace settings of that name")
        pressed = st.form_submit_button("Save")
    if not pressed:
        return
    if settings is None:
        st.error("The settings in the form cannot be used; the message above the button says why.")
        return
    try:
        with st.spinner("Saving ..."):
            save_config(name.strip(), settings, replace=replace, store=store())
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    model_loading.saved_settings.clear()
    model_loading.say_later(f"The settings were saved as **{plain(name.strip())}**.")
    st.rerun()


def _take(key: str, name: str) -> None:
    try:
        settings = TrainingSettings.from_values(model_loading.saved_settings()[name].values)
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    st.session_state[f"{key}_{_TAKEN}"] = (taken(key)[0] + 1, settings)
    model_loading.say_later(f"The form holds the settings **{plain(name)}** now.")
    st.rerun()


def _forget(name: str) -> None:
    try:
        delete_config(name, store=store())
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    model_loading.saved_settings.clear()
    st.rerun()
