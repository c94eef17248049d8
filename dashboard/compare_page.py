"""The comparison page: runs and rows, thresholds, headline, and one of three views."""

from __future__ import annotations

import streamlit as st

from dashboard import loading, toolbar
from dashboard.address import change_selection, current_selection
from dashboard.components.thresholds import chosen_thresholds, thresholds
from dashboard.selection import SMALLEST_IOU, Selection, View
from dashboard.views import gallery, headline, metrics, projector

_VIEW = "compare_view"
_THRESHOLDS = "thresholds"
_BESIDE = 560  # pixels: as high as the projector
_FOLLOWERS = {View.GALLERY: ["headline"], View.METRICS: ["headline", "metrics"], View.PROJECTOR: ["headline"]}
"""Fragments that follow the sliders, per view; the canvases follow by themselves."""


def render() -> None:
    """Draw the page."""
    selection = toolbar.choose()
    if selection is None:
        return
    _say_what_is_not_comparable(selection)
    subject = loading.pair(selection.baseline, selection.candidate).subject
    if not subject.one_choice:  # of one choice a row, the surest counts at any confidence
        thresholds(
            key=_THRESHOLDS,
            confidence=selection.min_confidence,
            iou=selection.min_iou,
            on_change=_follow_sliders,
            overlaps=subject.has_objects,
        )
    headline.render()
    _choose_view(selection)
    _VIEWS[selection.view]()


def _draw_projector_beside_its_rows() -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        projector.render()
    with right:
        gallery.render(key="lassoed", height=_BESIDE)


_VIEWS = {View.GALLERY: gallery.render, View.METRICS: metrics.render, View.PROJECTOR: _draw_projector_beside_its_rows}


def _choose_view(selection: Selection) -> None:
    names = {view: view.value.capitalize() for view in View}
    st.session_state[_VIEW] = selection.view
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        st.segmented_control(
            "View",
            list(View),
            key=_VIEW,
            required=True,
            default=None,
            format_func=names.__getitem__,
            label_visibility="collapsed",
            on_change=lambda: change_selection(view=View(st.session_state[_VIEW])),
        )
    with right:
        _show_lasso(selection)


def _show_lasso(selection: Selection) -> None:
    if not selection.lasso:
        return
    chosen = int(loading.chosen_rows(selection).sum())
    st.button(
        f"{chosen:,} rows inside the lasso: show all rows again",
        on_click=lambda: change_selection(lasso=""),
        width="stretch",
    )


def _say_what_is_not_comparable(selection: Selection) -> None:
    pair = loading.pair(selection.baseline, selection.candidate)
    if any(pair.left_out):
        st.warning(
            f"Compared on {len(pair):,} shared rows. Left out: {pair.left_out[0]:,} rows only in the baseline, "
            f"{pair.left_out[1]:,} only in the candidate."
        )
    if pair.left_out_features:
        st.warning(f"Features that only one of the two knows are left out: {', '.join(pair.left_out_features)}.")
    if not pair.same_snapshot:
        st.warning("The two runs saw different snapshots: a gain may come from the data, not from the model.")


def _follow_sliders() -> None:
    chosen = chosen_thresholds(_THRESHOLDS)
    if chosen is None:
        return
    confidence, iou = chosen
    change_selection(min_confidence=confidence, min_iou=max(iou, SMALLEST_IOU))
    st.rerun(_FOLLOWERS[current_selection().view])
