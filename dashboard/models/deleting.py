"""Deleting one training of a model for ever."""

from __future__ import annotations

import streamlit as st

from dashboard import model_loading
from dashboard.models.confirming import ask_for_name
from dashboard.models.wording import plain
from trainer.micro_models.micro_model import MicroModel
from trainer.records.errors import ModelrunsError
from trainer.store import RunEntry


def offer_deletion(model: MicroModel, entry: RunEntry, *, called: str) -> None:
    """Draw the form that deletes a training.

    Args:
        model: The model.
        entry: One of its trainings, that is not going on.
        called: What it is, such as ``iteration``.
    """
    st.write("Its weights, predictions, embeddings, scores and logs are deleted; nothing brings them back.")
    confirmed = ask_for_name(entry.name, what="it", button=f"Delete {called}", key=f"delete_{entry.id}")
    if confirmed is None:
        return
    try:
        with st.spinner("Deleting ..."):
            model.delete_iteration(entry, confirm=confirmed)
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    model_loading.forget()
    model_loading.say_later(f"{called.capitalize()} **{plain(entry.name)}** was deleted.")
    st.rerun()
