"""The headline: the candidate's scores, each with its gain over the baseline."""

from __future__ import annotations

import math

import streamlit as st

from dashboard import loading
from dashboard.address import current_selection
from dashboard.numbers import HELP, LOWER_IS_BETTER, TITLES
from trainer.comparing.comparison import Gain


@st.fragment(key="headline")
def render() -> None:
    """Draw one card a number; it follows the sliders."""
    gains = loading.comparison(current_selection()).headline()
    with st.container(horizontal=True):
        for gain in gains:
            if gain.name in TITLES:
                _card(gain)


def _card(gain: Gain) -> None:
    defined = not math.isnan(gain.gain)
    alike = defined and abs(gain.gain) < 0.0005  # it would be shown as 0.000
    st.metric(
        TITLES[gain.name],
        "undefined" if math.isnan(gain.candidate) else f"{gain.candidate:.3f}",
        delta=f"{round(gain.gain, 3) + 0.0:+.3f}" if defined else None,
        delta_color="off" if alike else "inverse" if gain.name in LOWER_IS_BETTER else "normal",
        delta_arrow="off" if alike else "auto",
        delta_description=f"baseline {gain.baseline:.3f}" if not math.isnan(gain.baseline) else "baseline undefined",
        border=True,
        height="stretch",  # one without a gain would end higher than those beside it
        help=HELP[gain.name],
    )
