"""The gallery: the chosen rows as pictures, baseline and candidate side by side."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard import loading
from dashboard.address import change_selection, current_selection
from dashboard.components.gallery import Pane, gallery
from dashboard.selection import Selection
from dashboard.server import pack_address, picture_address, thumbnail_address
from dashboard.theme import feature_colour
from trainer.records.measure import Measure
from trainer.records.ontology import QUESTIONS, Kind


def render(*, key: str = "gallery", height: int | None = None) -> None:
    """Draw the gallery of the rows that the selection leaves.

    Args:
        key: Name of this gallery on the page.
        height: Largest height in pixels; most of the window when left out.
    """
    selection = current_selection()
    pair = loading.pair(selection.baseline, selection.candidate)
    chosen = loading.chosen_rows(selection)
    if pair.subject.measure is Measure.PIXELS:
        st.caption(
            "These runs are measured by pixels: nothing is found or missed one by one. The numbers above, and those of "
            "the metrics view, tell how well the areas agree."
        )
    gallery(
        key=key,
        panes=[_pane(selection.baseline, "Baseline"), _pane(selection.candidate, "Candidate")],
        tiles=np.stack([pair.baseline_rows[chosen], pair.candidate_rows[chosen]]),
        features=_features(selection),
        display=selection.display,
        counted=pair.subject.measure is not Measure.PIXELS,
        selected=selection.row or None,
        height=height,
        on_select=lambda row: change_selection(row=row or ""),
        on_display=lambda display: change_selection(display=display),
    )


def _pane(run_id: str, role: str) -> Pane:
    run = loading.run(run_id)
    digest = run.stored.manifest_sha256
    addresses = (address(run_id, digest) for address in (pack_address, thumbnail_address, picture_address))
    return Pane(run_id, f"{role}: {run.name}", *addresses)


def _features(selection: Selection) -> list[tuple[str, str, str]]:
    """Path, colour and label of every feature; in no legend stands what no tile shows."""
    ontology = loading.run(selection.candidate).snapshot.ontology
    question = loading.pair(selection.baseline, selection.candidate).subject.question
    labels = {path: path for path, feature in ontology.by_path.items() if feature.kind not in (*QUESTIONS, Kind.OPTION)}
    if question is not None:
        labels |= {f"{question}/{option.name}": option.name for option in ontology.by_path[question].children}
    return [(path, feature_colour(code), labels.get(path, "")) for code, path in enumerate(ontology.paths)]
