"""The projector as a part of a Streamlit page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from dashboard.components.modules import loader, style
from dashboard.lasso import PlotSquare, checked_polygon

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

NO_EMBEDDINGS: Final = "This run has no embeddings. Log them with run.log_embeddings(...)."
WORKING: Final = "Working out the projection. UMAP takes up to a minute the first time; it is kept afterwards."


def projector(
    *,
    key: str,
    points_url: str | None,
    classes: Sequence[tuple[str, str]],
    selection: np.ndarray | None = None,
    square: PlotSquare | None = None,
    colour_by: str = "",
    on_select: Callable[[np.ndarray | None], None] | None = None,
    height: int = 560,
    empty: str = NO_EMBEDDINGS,
) -> None:
    """Show points, from which the reader selects with a lasso or a click.

    The browser draws and selects by itself and tells the server only the outline; which rows lie inside is for
    `dashboard.projection.inside` to say, by the same rule. Classes that the reader hides in the legend stay selected.

    Args:
        key: Name of this part on the page.
        points_url: Address of a pack of points, from `points_address`; None where there are none.
        classes: Name and colour (``#rrggbb``) of each class, in the order of the pack's class numbers.
        selection: float[m,2] outline of what is selected, in data units; None for no selection.
        square: The square that the outline's text will refer to, from `plot_square`. Left out, it is that of the
            points shown; where these are only some of the points, give that of all.
        colour_by: What the classes are, the heading of the legend.
        on_select: Called before the next run of the page with the new outline, float64[m,2], or None where the
            reader cleared it. The outline lies on the grid of `encode_polygon`.
        height: Height of the plot in pixels.
        empty: Said where there are no points.

    Raises:
        PolygonError: If the given selection is no polygon, or the browser sent none.
    """

    def tell() -> None:
        if on_select is not None:
            on_select(_selected(key))

    _component()(
        key=key,
        data={
            "points_url": points_url,
            "classes": [list(entry) for entry in classes],
            "selection": None if selection is None else checked_polygon(selection).tolist(),
            "square": None if square is None else [square.x, square.y, square.side],
            "colour_by": colour_by,
            "height": height,
            "empty": empty,
            "waiting": WORKING,
        },
        on_selection_change=tell,
    )


def _selected(key: str) -> np.ndarray | None:
    sent = st.session_state[key].get("selection")
    polygon = sent.get("polygon") if isinstance(sent, Mapping) else sent
    return None if polygon is None else checked_polygon(polygon)


@cache
def _component() -> ComponentRenderer:
    css, js = style("projector/projector.css"), loader("projector/main.js")
    return st.components.v2.component("modelruns_projector", css=css, js=js)
