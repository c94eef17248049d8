"""The gallery: the chosen rows as pictures, baseline and candidate side by side."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard import loading
from dashboard.address import change_selection, current_selection
from dashboard.components.gallery import Pane, gallery
from dashboard.numbers import in_words
from dashboard.selection import Selection
from dashboard.server import pack_address, picture_address, thumbnail_address
from dashboard.theme import feature_colour


def render(*, key: str = "gallery", height: int | None = None) -> None:
    """Draw the gallery of the rows that the selection leaves.

    Args:
        key: Name of this gallery on the page.
        height: Largest height in pixels; most of the window when left out.
    """
    selection = current_selection()
    pair = loading.pair(selection.baseline, selection.candidate)
    chosen = loading.chosen_rows(selection)
    if not pair.subject.has_objects:
        st.caption(
            f"These runs are measured by {in_words(pair.subject)}. Only what has a place on a picture is drawn here; the numbers "
            "above, and those of the metrics view, tell the rest."
        )
    gallery(
        key=key,
        panes=[_pane(selection.baseline, "Baseline"), _pane(selection.candidate, "Candidate")],
        tiles=np.stack([pair.baseline_rows[chosen], pair.candidate_rows[chosen]]),
        features=_features(selection),
        display=selection.display,
        counted=pair.subject.has_objects,
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


def _features(selection: Selection) -> list[tuple[str, str]]:
    paths = loading.run(selection.candidate).snapshot.ontology.paths
    return [(path, feature_colour(code)) for code, path in enumerate(paths)]
