"""The projector: the chosen rows' embeddings as points; a lasso leaves only the rows inside it, in every view."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from dashboard import loading
from dashboard.address import change_selection, current_selection
from dashboard.components.projector import points_address, projector
from dashboard.projection import PolygonError, decode_polygon, encode_polygon, plot_square
from dashboard.selection import COLOURINGS, METHODS, Selection

_METHOD = "projector_method"
_COLOUR = "projector_colour"
_METHOD_NAMES = {"pca": "PCA", "umap": "UMAP"}
_COLOUR_NAMES = {"change": "Change", "split": "Split"}


def render() -> None:
    """Draw the projector of the candidate's embeddings."""
    selection = current_selection()
    _choose(selection)
    laid_out = loading.layout(selection.candidate, selection.method)
    projector(
        key="projector",
        points_url=None if laid_out is None else points_address(loading.points_parameters(selection)),
        classes=loading.point_classes(selection),
        selection=None if laid_out is None else _outline(selection, laid_out),
        square=None if laid_out is None else plot_square(laid_out.points),
        colour_by=_COLOUR_NAMES[selection.colour],
        on_select=_select,
    )
    if laid_out is not None:
        st.caption(_explain(selection, laid_out))


def _choose(selection: Selection) -> None:
    left, right = st.columns(2)
    st.session_state[_METHOD] = selection.method
    st.session_state[_COLOUR] = selection.colour
    with left:
        st.segmented_control(
            "Projection",
            METHODS,
            key=_METHOD,
            required=True,
            format_func=_METHOD_NAMES.__getitem__,
            on_change=lambda: change_selection(method=st.session_state[_METHOD], lasso=""),
            help="PCA keeps the directions of greatest variance. UMAP keeps neighbourhoods; it takes longer.",
        )
    with right:
        st.segmented_control(
            "Colour by",
            COLOURINGS,
            key=_COLOUR,
            required=True,
            format_func=_COLOUR_NAMES.__getitem__,
            on_change=lambda: change_selection(colour=st.session_state[_COLOUR]),
            help="Change: whether the candidate makes fewer errors (false alarms and misses) on a row.",
        )


def _outline(selection: Selection, laid_out: loading.Layout) -> np.ndarray | None:
    try:
        return decode_polygon(selection.lasso, plot_square(laid_out.points)) if selection.lasso else None
    except PolygonError:  # an address that somebody has edited; `loading.chosen_rows` leaves it out likewise
        return None


def _select(polygon: np.ndarray | None) -> None:
    selection = current_selection()
    laid_out = loading.layout(selection.candidate, selection.method)
    if polygon is None or laid_out is None:
        change_selection(lasso="")
    else:
        change_selection(lasso=encode_polygon(polygon, plot_square(laid_out.points)))


def _explain(selection: Selection, laid_out: loading.Layout) -> str:
    name = loading.run(selection.candidate).name
    shares = [share for share in laid_out.explained if not math.isnan(share)]
    axes = "; its axes hold " + " and ".join(f"{share:.0%}" for share in shares) + " of the variance" if shares else ""
    return f"{_METHOD_NAMES[selection.method]} of {name}'s embeddings, one point a row{axes}."
