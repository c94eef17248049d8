"""What people say of an iteration: shown, and changed in a dialog."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import model_loading
from dashboard.loading import store
from dashboard.models.wording import plain
from trainer.records.errors import ModelrunsError
from trainer.runs.run_notes import NOTE_TAG, edit_run
from trainer.store import RunEntry

_MOST_LETTERS: Final = 8000


def notes_of(entry: RunEntry) -> str:
    """The notes of a run; empty where there are none."""
    return entry.tags.get(NOTE_TAG, "")


def draw(entry: RunEntry) -> None:
    """Draw the notes of a run, where it has any, as they were typed."""
    notes = notes_of(entry)
    if notes:
        st.markdown("  \n".join(plain(line) for line in notes.splitlines()))


def offer(entry: RunEntry) -> None:
    """Draw the button that opens the dialog."""
    if st.button("Notes", icon=":material/edit_note:", help="Say something about this iteration.", key="edit_notes"):
        _ask(entry)


@st.dialog("Notes")
def _ask(entry: RunEntry) -> None:
    draw_form(entry)


def draw_form(entry: RunEntry) -> None:
    """Draw what the dialog holds."""
    st.caption(f"Shown here, by `modelruns note`, and as the description of {plain(entry.name)} in MLflow.")
    notes = st.text_area("Notes", notes_of(entry), height=200, max_chars=_MOST_LETTERS, label_visibility="collapsed")
    if not st.button("Save", type="primary", key="save_notes"):
        return
    try:
        with st.spinner("Saving ..."):
            edit_run(entry.id, notes=notes.strip(), store=store())
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    model_loading.forget()
    st.rerun()
