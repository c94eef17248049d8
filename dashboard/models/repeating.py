"""Training an iteration again, and whether the same came out."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from dashboard import clock, iteration_loading, model_loading
from dashboard.loading import store
from dashboard.models import place, times
from dashboard.models.deleting import offer_deletion
from dashboard.models.wording import plain
from trainer.jobs import start_reproduction
from trainer.micro_models.micro_model import MicroModel
from trainer.micro_models.repetitions import Reproduction
from trainer.records.errors import ModelrunsError
from trainer.records.wording import count
from trainer.store import RunEntry

_BROKE_OFF: Final = {"running": "is being trained.", "failed": "failed.", "killed": "was stopped."}


def offer(entry: RunEntry) -> None:
    """Draw the button that opens the dialog, for an iteration that was trained here."""
    if iteration_loading.story(entry.id) is None:
        return
    if st.button(
        "Train again", icon=":material/replay:", help="See whether the same weights come out.", key="train_again"
    ):
        _ask(entry)


@st.dialog("Train again")
def _ask(entry: RunEntry) -> None:
    draw_form(entry)


def draw_form(entry: RunEntry) -> None:
    """Draw what the dialog holds."""
    told = iteration_loading.story(entry.id)
    st.write(
        f"**{plain(entry.name)}** is trained again from its data, settings, seed, threads and beginning, as a job. At "
        "the end it is told whether weights and predictions are equal, and what was different. The repetition is kept "
        "with the model, but is no iteration of it."
    )
    if told is not None:
        st.caption(f"The first time it took {times.say_seconds(told.seconds)} on {told.device}.")
    if told is not None and told.processes > 1:
        st.caption(f"{told.processes:,} processes trained it together; a job is one process, so the last bits differ.")
    if not st.button("Start", type="primary", icon=":material/play_arrow:", key="start_again"):
        return
    try:
        with st.spinner("Starting ..."):
            start_reproduction(entry.id, store=store())
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    model_loading.forget()
    place.go_to_tab(place.JOBS)
    st.rerun()


def draw(model: MicroModel, entry: RunEntry) -> None:
    """Draw what came of training an iteration again, the newest repetition first; nothing where nobody did."""
    repetitions = model_loading.repetitions(model.id, entry.id)
    if not repetitions:
        return
    st.markdown("##### Trained again")
    for again in repetitions:
        st.markdown(f"**{plain(again.name)}**, {plain(clock.say_moment(again.created))}: {_outcome(again)}")
        _draw_differences(again)
        if again.status != "running":
            with st.expander(f"Delete {plain(again.name)} for ever", key=f"deletion_{again.id}"):
                offer_deletion(model, again, called="repetition")


def say_outcome(result: Reproduction) -> str:
    """Whether weights and predictions came out the same, in a sentence."""
    if result.same_weights and result.same_predictions:
        return "weights and predictions are equal to the last bit."
    if result.same_weights:
        return "the weights are equal to the last bit, the predictions differ."
    if result.same_predictions:
        return "the predictions are equal to the last bit, the weights differ."
    return "weights and predictions differ."


def say_outcome_of(run_id: str) -> str:
    """The same of a repetition by its id; why it cannot be said, where it cannot."""
    try:
        return say_outcome(iteration_loading.reproduction(run_id))
    except ModelrunsError as error:
        return plain(str(error))


def _outcome(again: RunEntry) -> str:
    return say_outcome_of(again.id) if again.is_sealed else _BROKE_OFF.get(again.status, "failed.")


def _draw_differences(again: RunEntry) -> None:
    if not again.is_sealed:
        return
    try:
        differences = iteration_loading.reproduction(again.id).differences
    except ModelrunsError:  # told beside its name
        return
    if not differences:
        st.caption("Packages, device, threads, processes and code were the same.")
        return
    with st.expander(f"What was different: {count(len(differences), 'thing')}", key=f"differences_{again.id}"):
        lines = [(name, then, now) for name, (then, now) in differences.items()]
        st.dataframe(pd.DataFrame(lines, columns=["What", "Then", "Now"]), hide_index=True, width="stretch")
