"""Python's side of the gallery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import streamlit as st

from dashboard.components.modules import loader, style
from dashboard.display import Display
from dashboard.packs import bundle

_USUAL = Display()
_PARTS = (
    "base",
    "toolbar",
    "legend",
    "heads",
    "tiles",
    "texts",
    "answers",
    "status",
    "tooltip",
    "inspector",
    "objects",
)
STYLES = ("range.css", *(f"gallery/{part}.css" for part in _PARTS))


@dataclass(frozen=True, slots=True)
class Pane:
    """One run's column of tiles.

    Attributes:
        run_id: The run.
        title: What stands above the column.
        pack_url: Where its pack is, from `server.pack_address`.
        thumbnail_url_template: Where its thumbnails are, with ``{row}`` for the row, from `server.thumbnail_address`.
        picture_url_template: Where its pictures at full size are, from `server.picture_address`; empty where only
            thumbnails are to be had.
    """

    run_id: str
    title: str
    pack_url: str
    thumbnail_url_template: str
    picture_url_template: str = ""


def gallery(
    *,
    key: str,
    panes: Sequence[Pane],
    tiles: np.ndarray,
    features: Sequence[tuple[str, ...]],
    display: Display = _USUAL,
    counted: bool = True,
    selected: str | None = None,
    height: int | None = None,
    on_select: Callable[[str | None], None] | None = None,
    on_display: Callable[[Display], None] | None = None,
) -> None:
    """Show rows as tiles, one pane a run, scrolled together; a click opens the row at full size.

    Boxes, outcomes and counts follow the page's threshold sliders in the browser. What the reader changes in the
    toolbar stays until Python asks for something else than before.

    Args:
        key: Name of this element in the app, unique.
        panes: The runs side by side, the baseline first.
        tiles: int32[panes, n]: tile i of a pane shows this row of that pane's own pack; -1 where the run has no
            such row. Tiles at one position of all panes belong together.
        features: Name and colour of the features, in the order of the legend; a third word is what the legend says
            in the place of the name, nothing at all where it is empty.
        display: What is shown and how. Tiles share the width of a pane, so that theirs comes near to what is asked.
        counted: Whether found, false alarms and missed are told: not of runs that are measured by something else.
        selected: Key of the row that is open at full size. Another one than last time opens it.
        height: Largest height of the grid in pixels; most of the window when left out.
        on_select: Called with the key of the row now open at full size, and with None when it was closed.
        on_display: Called with what toolbar and legend say after the reader changed them.

    Raises:
        ValueError: If `tiles` has not one line a pane.
    """
    places = np.asarray(tiles, dtype=np.int32).reshape(len(panes), -1) if len(panes) else np.zeros((0, 0), np.int32)
    head = {
        "panes": [_pane_entry(pane) for pane in panes],
        "features": [list(feature) for feature in features],
        "display": display.to_browser(),
        "counted": counted,
        "selected": selected,
        "height": height,
        "reports": [name for name, asked in (("selected", on_select), ("display", on_display)) if asked],
    }

    # What a browser sends is looked at again: only honest browsers keep to what the page offers.
    def was_selected() -> None:
        sent = st.session_state[key].get("selected")
        if on_select:
            on_select(sent if isinstance(sent, str) and sent else None)

    def was_changed() -> None:
        changed = Display.from_browser(st.session_state[key].get("display"))
        if on_display and changed:
            on_display(changed)

    _component()(
        key=key, data=bundle(head, {"tiles": places}), on_selected_change=was_selected, on_display_change=was_changed
    )


def _pane_entry(pane: Pane) -> dict[str, str]:
    return {
        "run_id": pane.run_id,
        "title": pane.title,
        "pack": pane.pack_url,
        "thumbnail": pane.thumbnail_url_template,
        "picture": pane.picture_url_template,
    }


@cache
def _component() -> Any:
    return st.components.v2.component("modelruns_gallery", js=loader("gallery/main.js"), css=style(*STYLES))
