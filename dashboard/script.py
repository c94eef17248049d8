"""What Streamlit runs for every reader: the navigation and the open page."""

from __future__ import annotations

import streamlit as st

from dashboard.theme import FAVICON
from dashboard.views import comparing, experiments

st.set_page_config(page_title="modelruns", page_icon=FAVICON, layout="wide", initial_sidebar_state="collapsed")
pages = [
    st.Page(comparing.render, title="Compare", url_path="compare", default=True),
    st.Page(experiments.render, title="Runs", url_path="runs"),
]
st.navigation(pages, position="top").run()
