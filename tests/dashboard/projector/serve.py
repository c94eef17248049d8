"""Serve the page of these tests: ``python serve.py PORT``."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from dashboard.components.modules import module_route
from dashboard.components.projector import make_points_route, points_pack
from dashboard.theme import streamlit_config

if __name__ == "__main__":
    from page import scene  # found beside this file only when it is run

    routes = [module_route(), make_points_route(lambda _: points_pack(*scene()))]
    app = st.App(Path(__file__).with_name("page.py"), routes=routes)
    app.run(config={"server.address": "127.0.0.1", "server.port": int(sys.argv[1]), **streamlit_config()})
