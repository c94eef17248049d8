"""Sliders and gallery in a real Streamlit app: what the stand-in of the other tests promises holds there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[3]
RUN = "b" * 32
SECONDS_TO_START = 180

_SCRIPT = f"""
import streamlit as st
from dashboard.components.gallery import Pane, gallery
from dashboard.components.thresholds import chosen_thresholds, thresholds
from dashboard.server import pack_address, thumbnail_address

def moved():
    st.session_state.moved = chosen_thresholds("sliders")

def opened(key):
    st.session_state.opened = key

thresholds(key="sliders", confidence=0.5, iou=0.5, on_change=moved)
st.text(f"moved to {{st.session_state.get('moved')}}")
st.text(f"opened {{st.session_state.get('opened')}}")
pane = Pane("{RUN}", "base", pack_address("{RUN}", "0" * 64), thumbnail_address("{RUN}", "0" * 64))
gallery(key="gallery", panes=[pane], tiles=[[0, 1, 2]], features=[("cat", "#3b82f6")], on_select=opened)
"""

_SERVER = """
import sys
from pathlib import Path
import streamlit as st
from dashboard.components.modules import module_route
from dashboard.server import make_routes

script, port = Path(sys.argv[1]), int(sys.argv[2])
routes = [module_route(), *make_routes(lambda run: script.with_suffix(".pack").read_bytes(), lambda run, row: None)]
config = {"server.port": port, "server.address": "127.0.0.1", "server.headless": True,
          "browser.gatherUsageStats": False, "server.fileWatcherType": "none"}
st.App(script, routes=routes).run(config=config)
"""


@pytest.fixture
def address(
    tmp_path: Path, two_cats_and_a_dog: Callable[[float], bytes], free_port: Callable[[], int]
) -> Iterator[str]:
    """Where an app with sliders and a gallery of three rows runs."""
    (tmp_path / "app.py").write_text(_SCRIPT)
    (tmp_path / "app.pack").write_bytes(two_cats_and_a_dog(0.3))
    port = free_port()
    command = [sys.executable, "-c", _SERVER, str(tmp_path / "app.py"), str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health", server, log=tmp_path / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=120)


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes], *, log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the app did not start: {log.read_text()[-2000:]}")


def test_sliders_and_gallery_work_in_streamlit(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="a.png, base: 1 found, 0 false alarms, 1 missed").wait_for()
    page.get_by_role("slider", name="Confidence").press("ArrowRight")
    page.get_by_role("slider", name="IoU").press("End")

    expect(page.get_by_text("moved to (0.51, 1.0)")).to_be_visible()
    expect(page.get_by_role("slider", name="Confidence")).to_have_value("0.51")
    expect(page.get_by_role("button", name="b.png, base: 0 found, 1 false alarm, 1 missed")).to_be_visible()
    page.get_by_role("button", name="c.png, base").click()
    expect(page.get_by_text("opened c.png")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_text("opened None")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(3)
