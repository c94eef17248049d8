"""The danger zone: deleting a model for ever."""

from __future__ import annotations

import streamlit as st

from dashboard import model_loading
from dashboard.models import place
from dashboard.models.confirming import ask_for_name
from dashboard.models.wording import plain
from trainer.jobs import JobState
from trainer.micro_models.micro_model import MicroModel
from trainer.micro_models.models import delete_model
from trainer.records.errors import ModelrunsError
from trainer.records.wording import count


def render(model: MicroModel) -> None:
    """Draw it: what would be deleted, and the form that does it."""
    st.markdown("##### Delete this model for ever")
    running = [job for job in model_loading.jobs_of(model) if not job.status.is_final]
    if running:
        st.info(_say_running(running))
        return
    st.markdown(_say_what_goes(model))
    confirmed = ask_for_name(
        model.title, what="the model for ever", button="Delete model", key=f"delete_model_{model.id}"
    )
    if confirmed is None:
        return
    try:
        with st.spinner("Deleting ..."):
            delete_model(model, confirm=confirmed)
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    model_loading.forget()
    model_loading.say_later(f"Model **{plain(model.title)}** was deleted.")
    place.go_to_list()
    st.rerun()


def _say_running(running: list[JobState]) -> str:
    said = "A training of it runs or waits" if len(running) == 1 else f"{len(running)} trainings of it run or wait"
    return f"{said}. Stop what runs on the **Jobs** tab, then the model can be deleted."


def _say_what_goes(model: MicroModel) -> str:
    iterations = model_loading.iterations(model.id)
    finished = sum(entry.is_sealed for entry in iterations)
    attached = [attachment.project for attachment in model_loading.attachments(model.id)]
    goes = ["the model: its title, description, task and features"]
    goes.append(
        f"its {count(len(iterations), 'iteration')}, {finished:,} of them finished: weights, predictions, "
        "embeddings, scores and logs"
        if iterations
        else "no iteration: it was never trained"
    )
    if attached:
        goes.append(f"its {count(len(attached), 'attachment')} to {', '.join(plain(name) for name in attached)}")
    listed = ";\n".join(f"- {each}" for each in goes)
    return (
        f"This deletes, and nothing brings it back:\n\n{listed}.\n\n"
        "Projects, with their rows and annotations, stay as they are."
    )
