"""Curves of a model's trainings, one line an iteration: columns in, Plotly figures out. Nothing is measured here.

An iteration keeps its colour and its marker whatever else is drawn beside it: both follow from its number. Text and
grid take their colours from the page's theme. Where there is nothing to draw the figure says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import plotly.graph_objects as go

from dashboard.chart_frame import PLOTLY_CONFIG, cover_unit, empty_figure, note, say_why_empty, shorten
from dashboard.theme import feature_colour

__all__ = ["PLOTLY_CONFIG", "TrainingCurve", "draw_losses", "draw_scores", "last_epoch", "log_ticks"]

# Seven are no divisor of the 24 colours: the two together tell 168 iterations apart.
_SYMBOLS: Final = ("circle", "diamond", "square", "triangle-up", "x", "star", "triangle-down")
_MARKERS_A_LINE: Final = 6
_MOST_ABOVE: Final = 8  # names above the chart; more stand in a column beside it
_MOST_POINTS: Final = 1000
_ROOM: Final = 1.03  # beyond the last epoch, for its marker
_MOST_POWERS: Final = 3
_MARGIN_LEFT: Final = 72  # pixels: the same for both charts, whatever stands at their axes
_MOST_TICKS: Final = 12  # of a short training each epoch has a tick; Plotly's own choice would be halves


@dataclass(frozen=True)
class TrainingCurve:
    """One number of one training as it went on.

    Attributes:
        name: The iteration.
        number: Its place among the model's iterations, from 1; decides colour and marker.
        epochs: float[m], rising; a part of an epoch is a fraction.
        values: float[m]; NaN where undefined.
    """

    name: str
    number: int
    epochs: np.ndarray
    values: np.ndarray


def draw_losses(curves: Sequence[TrainingCurve], *, logarithmic: bool = False, height: int = 340) -> go.Figure:
    """The loss of each iteration against its epochs.

    Args:
        curves: One an iteration, in the order of the legend.
        logarithmic: Draw the loss on a logarithmic axis; values that are not above 0 have no place there and are
            left out, which the figure says.
        height: Height in pixels.
    """
    figure = _frame("Loss", curves, height)
    shown = [_without(curve, curve.values <= 0) for curve in curves] if logarithmic else list(curves)
    for curve in shown:
        _add_line(figure, curve, "loss %{y:.4g}")
    if not figure.data:
        say_why_empty(figure, "No loss was kept of these iterations." if curves else "No iteration is chosen.")
        return figure
    if logarithmic:
        ticks = log_ticks(np.concatenate([curve.values for curve in shown]))
        figure.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
        _say_what_is_left_out(figure, curves)
    else:
        figure.update_yaxes(rangemode="tozero")
    return figure


def draw_scores(curves: Sequence[TrainingCurve], *, score: str, epochs: float = 0.0, height: int = 300) -> go.Figure:
    """The score of each iteration on its validation rows against its epochs.

    Args:
        curves: One an iteration, in the order of the legend; values in [0, 1].
        score: What the score is, such as ``mAP``.
        epochs: As far as the axis reaches at least: that of the losses above it, so that equal epochs stand below
            each other.
        height: Height in pixels.
    """
    figure = _frame(f"Validation {score}", curves, height, epochs=epochs)
    for curve in curves:
        _add_line(figure, curve, f"{escape(score)} %{{y:.3f}}")
    if figure.data:
        cover_unit(figure.update_yaxes)
    else:
        say_why_empty(figure, "No iteration was scored on validation rows while it trained.")
    return figure


def log_ticks(values: np.ndarray) -> list[float]:
    """Where a logarithmic axis has its numbers: 1, 2 and 5 of each power of ten; of many powers 1 alone.

    Args:
        values: float[m], above 0 where defined; at least one is.

    Example:
        >>> log_ticks(np.array([0.3, 4.0]))
        [0.1, 0.2, 0.5, 1.0, 2.0, 5.0]
    """
    powers = np.log10(values[np.isfinite(values)])
    first, last = int(np.floor(powers.min())), int(np.floor(powers.max()))
    steps = (1, 2, 5) if last - first <= _MOST_POWERS else (1,)
    return [float(f"{step}e{power}") for power in range(first, last + 1) for step in steps]


def last_epoch(curves: Sequence[TrainingCurve]) -> float:
    """Where the longest curve ends; 1 where there is none."""
    return max((float(curve.epochs[-1]) for curve in curves if len(curve.epochs)), default=1.0)


def _frame(y: str, curves: Sequence[TrainingCurve], height: int, *, epochs: float = 0.0) -> go.Figure:
    figure = empty_figure(x="Epoch", y=y, height=height)
    figure.update_layout(hovermode="closest", showlegend=True)
    last = max(last_epoch(curves), epochs)
    figure.update_xaxes(range=[0, _ROOM * last], tickformat=",d", **({"dtick": 1} if last <= _MOST_TICKS else {}))
    figure.update_yaxes(automargin=False, title_standoff=14)
    figure.update_layout(margin_l=_MARGIN_LEFT)
    if len(curves) > _MOST_ABOVE:
        figure.update_layout(
            legend={"orientation": "v", "x": 1.01, "xanchor": "left", "y": 1, "yanchor": "top"}, margin_t=12
        )
    return figure


def _add_line(figure: go.Figure, curve: TrainingCurve, hover: str) -> None:
    drawn = np.flatnonzero(np.isfinite(curve.epochs) & np.isfinite(curve.values))
    if not len(drawn):
        return
    if len(drawn) > _MOST_POINTS:
        drawn = drawn[np.linspace(0, len(drawn) - 1, _MOST_POINTS).round().astype(int)]
    colour = feature_colour(curve.number - 1)
    figure.add_scatter(
        x=curve.epochs[drawn], y=curve.values[drawn], mode="lines+markers", name=shorten(curve.name),
        line={"color": colour, "width": 2},
        marker={"symbol": _SYMBOLS[(curve.number - 1) % len(_SYMBOLS)], "size": 8, "maxdisplayed": _MARKERS_A_LINE},
        hovertemplate=f"{escape(curve.name)}<br>{hover} after epoch %{{x:.3~f}}<extra></extra>", cliponaxis=False,
    )  # fmt: skip


def _without(curve: TrainingCurve, dropped: np.ndarray) -> TrainingCurve:
    return TrainingCurve(curve.name, curve.number, curve.epochs[~dropped], curve.values[~dropped])


def _say_what_is_left_out(figure: go.Figure, curves: Sequence[TrainingCurve]) -> None:
    count = sum(int((curve.values <= 0).sum()) for curve in curves)
    if count:
        note(figure, f"{count:,} values of 0 or less left out", x=0.01, y=0.01, xref="paper", yref="paper")
