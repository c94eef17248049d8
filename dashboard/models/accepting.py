"""The dialog that makes an iteration's predictions truth of a project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import streamlit as st

from dashboard import loading, model_loading
from dashboard.models.wording import plain
from trainer.predictions.accepting import EXISTING, REPLACE, Accepted, accept_predictions, project_of
from trainer.records.errors import ModelrunsError
from trainer.records.split import Split
from trainer.records.wording import count, say_links
from trainer.store import RunEntry

_KEEPS: Final = {EXISTING: "Keep existing truth", REPLACE: "Replace it"}
_KEEPS_MEAN: Final = (
    "Rows keep the truth they have of a feature, and get predictions of it only where there is none.",
    "On every row the predictions take the place of all truth of these features, also where nothing was predicted.",
)
_ALL_ROWS: Final = "All rows"


@st.dialog("Accept predictions as truth", width="medium")
def ask(entry: RunEntry) -> None:
    """Draw the dialog for the predictions of an iteration."""
    draw(entry)


def draw(entry: RunEntry) -> None:
    """Draw what the dialog holds."""
    st.caption("The project gets a new version; every earlier one stays as it is.")
    projects = model_loading.projects()
    own = _own_project(entry)
    left, right = st.columns(2)
    project = left.selectbox(
        "Project",
        projects,
        projects.index(own) if own in projects else None,
        placeholder="Choose one",
        help="Rows are found by their key.",
    )
    split = right.selectbox("Rows", [_ALL_ROWS, *Split], format_func=lambda part: str(part).capitalize())
    features = st.multiselect(
        "Features",
        _features_of(entry),
        placeholder="All that the model knows",
        help="Each goes to the feature that the model's attachment names, else to the one of its own name.",
    )
    confidence = st.slider("Smallest confidence", 0.0, 1.0, 0.5, 0.01, help="Predictions below it are not accepted.")
    keep = st.radio("Truth that is there", list(_KEEPS), format_func=_KEEPS.__getitem__, captions=_KEEPS_MEAN)
    if st.button("Accept predictions", type="primary", disabled=project is None):
        _accept(
            lambda: accept_predictions(
                loading.run(entry.id),
                project=project,
                split=None if split == _ALL_ROWS else split,
                min_confidence=confidence,
                keep=keep,
                features=features or None,
                store=loading.store(),
            )
        )


def say_accepted(done: Accepted) -> list[str]:
    """What an acceptance did, in sentences of Markdown."""
    place = f"project **{plain(done.version.project)}**"
    if not done.is_new:
        return [f"Nothing new was accepted: {place} stays at version **{done.version.name}**.", _say_held_back(done)]
    return [
        f"{count(done.accepted, 'prediction')} became truth: {place} has version **{done.version.name}** now.",
        f"{count(done.rows, 'row')} looked at, for {plain(say_links(done.features))}.",
        f"Truth of these features: {done.kept:,} kept, {done.replaced:,} replaced.",
        _say_held_back(done),
    ]


def _say_held_back(done: Accepted) -> str:
    return (
        f"Predictions not accepted: {done.held_back:,} on rows that have truth of their feature, "
        f"{done.unsure:,} not sure enough."
    )


def _own_project(entry: RunEntry) -> str | None:
    """The project that a run was made on; None where it came from none, or from several."""
    try:
        return project_of(loading.run(entry.id), loading.store())
    except ModelrunsError:
        return None


def _features_of(entry: RunEntry) -> list[str]:
    """Paths of the features that a run has predictions of, in the order of its ontology."""
    run = loading.run(entry.id)
    return [run.snapshot.ontology.paths[code] for code in np.unique(run.predictions.feature).tolist()]


def _accept(accept: Callable[[], Accepted]) -> None:
    try:
        with st.spinner("Accepting ...", show_time=True):
            done = accept()
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    model_loading.forget()
    (st.success if done.is_new else st.info)("  \n".join(say_accepted(done)))
