"""The headline: the candidate's scores, each with its gain over the baseline."""

from __future__ import annotations

import math

import streamlit as st

from dashboard import loading
from dashboard.address import current_selection
from trainer.comparison import Gain

TITLES = {
    "mAP_50_95": "mAP",
    "AP_50": "AP50",
    "AP_75": "AP75",
    "precision": "Precision",
    "recall": "Recall",
    "F1": "F1",
}
_HELP = {
    "mAP_50_95": "Mean average precision over IoU 0.50 to 0.95, COCO's rule. It does not depend on the sliders.",
    "AP_50": "Mean average precision at IoU 0.50, COCO's rule. It does not depend on the sliders.",
    "AP_75": "Mean average precision at IoU 0.75, COCO's rule. It does not depend on the sliders.",
    "precision": "Share of the predictions that found a truth, at the sliders' thresholds.",
    "recall": "Share of the truths that were found, at the sliders' thresholds.",
    "F1": "Harmonic mean of precision and recall, at the sliders' thresholds.",
}


@st.fragment(key="headline")
def render() -> None:
    """Draw one card a number; it follows the sliders."""
    gains = {gain.name: gain for gain in loading.comparison(current_selection()).headline()}
    with st.container(horizontal=True):
        for name in TITLES:
            _card(gains[name])


def _card(gain: Gain) -> None:
    defined = not math.isnan(gain.gain)
    alike = defined and abs(gain.gain) < 0.0005  # it would be shown as 0.000
    st.metric(
        TITLES[gain.name],
        "undefined" if math.isnan(gain.candidate) else f"{gain.candidate:.3f}",
        delta=f"{round(gain.gain, 3) + 0.0:+.3f}" if defined else None,
        delta_color="off" if alike else "normal",
        delta_arrow="off" if alike else "auto",
        delta_description=f"baseline {gain.baseline:.3f}" if not math.isnan(gain.baseline) else "baseline undefined",
        border=True,
        help=_HELP[gain.name],
    )
