"""A page that has the components' modules, a small comparison to show in it, and a stand-in for Streamlit."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dashboard.components import modules
from dashboard.components.gallery.component import STYLES
from dashboard.packs import bundle, run_pack
from dashboard.server import make_routes
from trainer.records.annotations import Annotations
from trainer.records.errors import NotFoundError
from trainer.records.rows import Rows

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request
    from playwright.sync_api import Route as Exchange

    from tests.dashboard.conftest import Ask

ADDRESS = "http://localhost"
FEATURES = [["cat", "#3b82f6"], ["dog", "#ea7a0c"]]

# What Streamlit does: a shadow root with the style sheet, theme variables around it, one call for each change.
_STAND_IN = """
globalThis.sent = [];
globalThis.mount = async (name, css, data) => {
  let host = document.getElementById(name);
  if (!host) {
    host = document.body.appendChild(document.createElement("div"));
    host.id = name;
    const theme = {
      "text-color": "#15191f", "background-color": "#ffffff", "secondary-background-color": "#f3f5f8",
      "border-color": "#d3d9e0", "primary-color": "#1f66d6", "link-color": "#1f66d6", "font": "sans-serif",
      "base-radius": "6px", "button-radius": "6px",
    };
    for (const [key, value] of Object.entries(theme)) host.style.setProperty(`--st-${key}`, value);
    const style = host.attachShadow({ mode: "open" }).appendChild(document.createElement("style"));
    style.textContent = css;
  }
  const main = await import(`/modules/${name}/main.js`);
  const bytes = typeof data === "string" ? Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)) : data;
  globalThis.leave = main.default({
    data: bytes, parentElement: host.shadowRoot, setStateValue: (key, value) => sent.push([name, key, value]),
  });
};
"""


@dataclass
class Stage:
    """A page with a gallery and sliders in it, as Streamlit would have put them there.

    Attributes:
        page: The page.
        packs: What is answered for each run id; a run that is missing here answers 404.
        thumbnails: WebP bytes by (run id, row).
        pictures: Likewise, at full size.
    """

    page: Page
    packs: dict[str, bytes] = field(default_factory=dict)
    thumbnails: dict[tuple[str, int], bytes] = field(default_factory=dict)
    pictures: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def sliders(self, confidence: float = 0.5, iou: float = 0.5, **changes: Any) -> None:
        """Mount the threshold sliders, or bring them what a rerun would."""
        css = modules.style("range.css", "thresholds/thresholds.css")
        self._mount("thresholds", css, {"confidence": confidence, "iou": iou, **changes})

    def gallery(self, titles: dict[str, str], tiles: Any, **changes: Any) -> None:
        """Mount a gallery of run id -> title, or bring it what a rerun would."""
        head = {
            "panes": [
                {"run_id": run, "title": title, "pack": f"/api/runs/{run}/pack/{'0' * 64}.bin",
                 "thumbnail": f"/api/runs/{run}/thumbnails/{{row}}.webp",
                 "picture": f"/api/runs/{run}/pictures/{{row}}.webp"}
                for run, title in titles.items()
            ],
            "features": FEATURES,
            "display": {"tile_size": 160, "show_truth": True, "show_predictions": True, "colour_by": "feature",
                        "hidden": []},
            "selected": None,
            "height": None,
            "reports": ["selected", "display"],
        } | changes  # fmt: skip
        css = modules.style(*STYLES)
        content = bundle(head, {"tiles": np.asarray(tiles, dtype=np.int32)})
        self._mount("gallery", css, base64.b64encode(content).decode())

    def pack(self, run: str) -> bytes:
        """What is answered for a run."""
        if run not in self.packs:
            raise NotFoundError(f"There is no run {run}.")
        return self.packs[run]

    def sent(self) -> list[list[Any]]:
        """What the components told Python so far: [component, name, value]."""
        return self.page.evaluate("sent")

    def _mount(self, name: str, css: str, data: Any) -> None:
        self.page.evaluate("([name, css, data]) => mount(name, css, data)", [name, css, data])


@pytest.fixture
def stage(page: Page, ask: Ask) -> Stage:
    """An empty page at our own address, answered by our own routes."""
    stage = Stage(page)
    routes = make_routes(
        stage.pack,
        lambda run, row: stage.thumbnails.get((run, row)),
        load_picture=lambda run, row: stage.pictures.get((run, row)),
    )

    def answer(exchange: Exchange, request: Request) -> None:
        path = request.url.removeprefix(ADDRESS)
        if path.startswith("/modules/"):
            exchange.fulfill(path=Path(modules.FOLDER, path.removeprefix("/modules/")), content_type="text/javascript")
        elif path.startswith("/api/"):
            given = ask(routes, path)
            exchange.fulfill(status=given.status, headers=given.headers, body=given.body)
        else:
            exchange.fulfill(body="<!doctype html><html lang=en><title>stage</title>", content_type="text/html")

    page.route(f"{ADDRESS}/**", answer)
    page.goto(f"{ADDRESS}/")
    page.evaluate(f"() => {{ {_STAND_IN} }}")
    return stage


@pytest.fixture
def run_js(stage: Stage) -> Callable[..., Any]:
    """`run_js(code, argument)`: what an async arrow function returns that may import from `/modules/`."""
    return stage.page.evaluate


@pytest.fixture
def two_cats_and_a_dog() -> Callable[[float], bytes]:
    """Makes the pack of three rows: two cats, a dog, nothing. The argument is how sure the run is of the second cat.

    At 0.5 / 0.5 a run finds the first cat (confidence 0.9, IoU 0.8), and the dog (0.7, 0.6); on the empty row it
    sees a dog (0.55).
    """

    def make(second: float) -> bytes:
        rows = Rows.from_columns(keys=["a.png", "b.png", "c.png"], widths=[200, 100, 100], heights=[100, 100, 100])
        truth = Annotations.from_columns(
            row=[0, 0, 1], feature=[0, 0, 1], box=[[10, 10, 60, 60], [120, 20, 60, 60], [20, 20, 50, 50]]
        )
        predictions = Annotations.from_columns(
            row=[0, 0, 1, 2],
            feature=[0, 0, 1, 1],
            box=[[12, 12, 60, 60], [120, 20, 60, 60], [25, 25, 50, 50], [40, 40, 30, 30]],
            confidence=[0.9, second, 0.7, 0.55],
        )
        pairs = (np.array([0, 1, 2]), np.array([0, 1, 2]), np.array([0.8, 1.0, 0.6]))
        return run_pack(rows, truth, predictions, pairs, features=["cat", "dog"])

    return make
