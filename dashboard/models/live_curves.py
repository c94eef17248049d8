"""The curves of a training that goes on, or broke off, beside each other."""

from __future__ import annotations

import streamlit as st

from dashboard.chart_frame import PLOTLY_CONFIG
from dashboard.live_charts import draw_live_loss, draw_live_scores, steady
from dashboard.live_loading import LiveCurves
from dashboard.models.tasks import SCORED_BY
from trainer.records.design import Task


def draw(curves: LiveCurves, task: Task, *, key: str, goes_on: bool) -> None:
    """Draw the loss and the score on validation rows.

    Args:
        curves: What was logged.
        task: The model's, which decides what the score is.
        key: Of the charts.
        goes_on: Whether more is to come, so that they are drawn again and again.
    """
    left, right = st.columns([3, 2])
    loss = draw_live_loss(steady(curves.losses) if goes_on else curves.losses)
    left.plotly_chart(loss, width="stretch", key=f"{key}_loss", config=PLOTLY_CONFIG)
    scores = draw_live_scores(curves.scores, score=SCORED_BY[task])
    right.plotly_chart(scores, width="stretch", key=f"{key}_scores", config=PLOTLY_CONFIG)
