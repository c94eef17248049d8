"""The dashboard: its pages, and the server that carries them."""

from __future__ import annotations

import threading
from pathlib import Path

import streamlit as st

from dashboard import loading
from dashboard.components.modules import module_route
from dashboard.components.projector import make_points_route
from dashboard.server import make_routes

SCRIPT = Path(__file__).with_name("script.py")


def make_app(script: Path) -> st.App:
    """The dashboard's pages together with the routes for packs, thumbnails, points and modules."""
    threading.Thread(target=loading.warm_up, name="warm-up", daemon=True).start()
    routes = [
        *make_routes(loading.pack, loading.thumbnail, load_picture=loading.picture),
        make_points_route(loading.points),
        module_route(),
    ]
    return st.App(script, routes=routes)
