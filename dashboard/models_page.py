"""The models page: the list of models, or one of them with its trainings."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import model_loading
from dashboard.models import attaching, danger, header, iterations, jobs, listing, place, training, trying
from dashboard.models.wording import plain
from trainer.micro_models.micro_model import MicroModel
from trainer.records.errors import ModelrunsError


def render(open_comparison: Callable[[str, str], None]) -> None:
    """Draw the page.

    Args:
        open_comparison: Leads to the comparison of two runs, given the ids of the baseline and the candidate.
    """
    model = _open()
    if model is None:
        jobs.render_strip()
        listing.render()
        return
    header.render(model)
    jobs.render_strip(without=model if place.current_tab() == place.JOBS else None)
    parts = {
        place.ITERATIONS: lambda: iterations.render(model, open_comparison),
        place.TRY: lambda: trying.render(model, open_comparison),
        place.TRAIN: lambda: training.render(model),
        place.JOBS: lambda: jobs.render(model),
        place.ATTACHMENTS: lambda: attaching.render(model),
        place.DANGER: lambda: danger.render(model),
    }
    with place.draw_tabs():
        parts[place.current_tab()]()


def _open() -> MicroModel | None:
    """The model that the address names; None on the list, and where there is no such model."""
    model_id = place.current_model()
    if not model_id:
        return None
    try:
        return model_loading.model(model_id)
    except ModelrunsError as error:
        st.warning(f"{plain(str(error))} The list of models is shown instead.")
        place.go_to_list()
        return None
