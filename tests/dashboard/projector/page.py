"""A page with nothing but the projector, and beside it what the server makes of the selection."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard.components.projector import points_address, projector
from dashboard.projection import decode_polygon, encode_polygon, inside, plot_square
from dashboard.theme import feature_colour

ROWS, CLASSES = 900, 3


def scene() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Three round clouds side by side: 300 points of each class around (0, 0), (10, 0) and (20, 0)."""
    rng = np.random.default_rng(0)
    classes = np.arange(ROWS) % CLASSES
    points = rng.normal(size=(ROWS, 2)) + np.stack([classes * 10.0, np.zeros(ROWS)], axis=1)
    return points.astype(np.float32), classes, [f"rows/{i:03d}" for i in range(ROWS)]


@st.fragment
def render() -> None:
    points, _, _ = scene()
    square = plot_square(points)

    def select(polygon: np.ndarray | None) -> None:
        if polygon is None:
            st.query_params.pop("lasso", None)
        else:
            st.query_params["lasso"] = encode_polygon(polygon, square)

    text = st.query_params.get("lasso")
    polygon = decode_polygon(text, square) if text else None
    projector(
        key="projector",
        points_url=None if "empty" in st.query_params else points_address({"scene": "three"}),
        classes=[(f"class {i}", feature_colour(i)) for i in range(CLASSES)],
        selection=polygon,
        square=square,
        colour_by="Class",
        on_select=select,
        height=420,
    )
    st.text("no selection" if polygon is None else f"{int(inside(points, polygon).sum())} rows on the server")
    if st.button("Clear on the server"):
        select(None)
        st.rerun(scope="fragment")


if __name__ == "__main__":
    st.set_page_config(layout="wide")
    render()
    st.text("\n".join(["more below"] * 80))
