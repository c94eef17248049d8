"""Python's side of the threshold sliders."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

from dashboard.components.modules import loader, style


def thresholds(
    *, key: str, confidence: float, iou: float, on_change: Callable[[], None], overlaps: bool = True
) -> None:
    """Show the confidence and IoU sliders that the galleries of the page follow.

    While a slider moves, galleries redraw and the counts beside the sliders follow in the browser alone. When it
    rests for 120 ms, and whenever it is let go, `on_change` is called and the script (or the fragment around) runs.

    Args:
        key: Name of this element in the app, unique.
        confidence: Where the first slider stands, in [0, 1]. Another value than last time moves it.
        iou: Where the second slider stands, in [0, 1].
        on_change: Called after the reader moved a slider; `chosen_thresholds` tells where they stand.
        overlaps: Whether overlaps count; where they do not, there is no IoU to choose.
    """
    data = {"confidence": confidence, "iou": iou, "overlaps": overlaps}
    _component()(key=key, data=data, on_thresholds_change=on_change)


def chosen_thresholds(key: str) -> tuple[float, float] | None:
    """Confidence and IoU that the reader chose, in [0, 1] by 0.01; None before the first change.

    What a browser sends is looked at again here: the bounds of its sliders bind only honest browsers.

    Args:
        key: The `key` of the sliders.
    """
    sent = st.session_state[key].get("thresholds")
    if not isinstance(sent, dict):
        return None
    confidence, iou = _step(sent.get("confidence")), _step(sent.get("iou"))
    return None if confidence is None or iou is None else (confidence, iou)


def _step(sent: Any) -> float | None:
    if not isinstance(sent, int | float) or not math.isfinite(sent):
        return None
    return round(min(1.0, max(0.0, sent)) * 100) / 100


@cache
def _component() -> Any:
    return st.components.v2.component(
        "modelruns_thresholds",
        js=loader("thresholds/main.js"),
        css=style("range.css", "thresholds/thresholds.css"),
    )
