"""What Streamlit runs for every reader: the navigation and the open page."""

from __future__ import annotations

import streamlit as st

from dashboard import compare_page, models_page
from dashboard.selection import Selection
from dashboard.theme import FAVICON, FILLED
from dashboard.views import experiments

st.set_page_config(page_title="modelruns", page_icon=str(FAVICON), layout="wide", initial_sidebar_state="collapsed")
st.html(FILLED)


def open_comparison(baseline: str, candidate: str) -> None:
    """Leave for the comparison page with these two runs."""
    st.switch_page(comparing, query_params=Selection(baseline=baseline, candidate=candidate).to_query())


comparing = st.Page(compare_page.render, title="Compare", url_path="compare", default=True)
listing = st.Page(lambda: experiments.render(open_comparison), title="Runs", url_path="runs")
training = st.Page(lambda: models_page.render(open_comparison), title="Models", url_path="models")
st.navigation([comparing, listing, training], position="top").run()
