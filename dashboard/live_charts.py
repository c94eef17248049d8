"""Curves of a training that goes on, or broke off: what it has logged so far. Nothing is measured here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go

from dashboard.chart_frame import cover_unit, empty_figure, say_why_empty
from dashboard.theme import BASELINE, CANDIDATE

_MOST_POINTS: Final = 1000
_HEIGHT: Final = 240
_MARGIN_ABOVE: Final = 28
_REDRAWN: Final = 50
_SHARE_OF_MEAN: Final = 50  # the mean is taken over a fiftieth of what was logged ...
_FEWEST_OF_MEAN: Final = 5  # ... and of fewer points than these there is none to speak of


@dataclass(frozen=True, eq=False, slots=True)
class Logged:
    """One number of a training, as it was logged.

    Attributes:
        steps: int[m], rising; steps of the training, or epochs.
        values: float[m]; NaN where undefined.
    """

    steps: np.ndarray
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.steps)


def draw_live_loss(losses: Logged) -> go.Figure:
    """The loss against the training's steps: what was logged, and its running mean, which tells the way it goes."""
    figure = empty_figure(x="Step", y="Loss", height=_HEIGHT)
    figure.update_layout(margin_t=_MARGIN_ABOVE, showlegend=True, uirevision="loss")
    if not np.isfinite(losses.values).any():
        say_why_empty(figure, "No loss yet; it comes with the first step.")
        return figure
    over = count_of_mean(len(losses))
    _add(figure, losses, "logged", colour=BASELINE, width=1.0, opacity=0.6, hover="loss %{y:.4g} in step %{x:,}")
    if over > 1:
        name = f"mean of the last {over}"
        mean = Logged(losses.steps, running_mean(losses.values, over=over))
        _add(figure, mean, name, colour=CANDIDATE, width=2.5, opacity=1.0, hover=f"{name} %{{y:.4g}}")
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(rangemode="tozero", tickformat=",d")
    return figure


def draw_live_scores(scores: Logged, *, score: str) -> go.Figure:
    """The score on the validation rows against the epochs.

    Args:
        scores: In [0, 1], by epoch.
        score: What it is, such as ``mAP``.
    """
    figure = empty_figure(x="Epoch", y=f"Validation {score}", height=_HEIGHT)
    figure.update_layout(margin_t=_MARGIN_ABOVE, showlegend=False, uirevision="scores")
    if not np.isfinite(scores.values).any():
        say_why_empty(figure, "No score on validation rows.")
        return figure
    _add(figure, scores, "score", colour=CANDIDATE, width=2.5, opacity=1.0, hover="%{y:.3f} after epoch %{x:,}")
    figure.data[0].update(mode="lines+markers", marker_size=8)
    figure.update_xaxes(rangemode="tozero", tickformat=",d")
    cover_unit(figure.update_yaxes)
    return figure


def steady(curve: Logged) -> Logged:
    """The curve without its newest points, up to a fiftieth of all: a chart of it changes no oftener than can be seen.

    Each change makes the chart anew in the browser, which takes away what a reader points at.

    Example:
        >>> [len(steady(Logged(np.arange(points), np.zeros(points)))) for points in (7, 99, 100, 101, 102)]
        [7, 99, 100, 100, 102]
    """
    shown = len(curve) - len(curve) % max(1, len(curve) // _REDRAWN)
    return Logged(curve.steps[:shown], curve.values[:shown])


def count_of_mean(points: int) -> int:
    """Over how many points the mean runs.

    Example:
        >>> [count_of_mean(points) for points in (4, 40, 1000)]
        [1, 5, 20]
    """
    return max(_FEWEST_OF_MEAN, points // _SHARE_OF_MEAN) if points > _FEWEST_OF_MEAN else 1


def running_mean(values: np.ndarray, *, over: int) -> np.ndarray:
    """Of each value the mean with those before it, so many in all; undefined ones are left out.

    Args:
        values: float[m].
        over: How many, from 1.

    Returns:
        float[m]; the first ones are means of fewer, NaN where all are undefined.

    Example:
        >>> running_mean(np.array([4.0, 2.0, np.nan, 6.0]), over=2).tolist()
        [4.0, 3.0, 2.0, 6.0]
    """
    known = np.isfinite(values)
    sums = np.cumsum(np.where(known, values, 0.0))
    counts = np.cumsum(known).astype(np.float64)
    for total in (sums, counts):
        total[over:] -= total[:-over].copy()
    return np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)


def _add(figure: go.Figure, curve: Logged, name: str, *, colour: str, width: float, opacity: float, hover: str) -> None:
    drawn = np.flatnonzero(np.isfinite(curve.values))
    if len(drawn) > _MOST_POINTS:
        drawn = drawn[np.linspace(0, len(drawn) - 1, _MOST_POINTS).round().astype(int)]
    figure.add_scatter(
        x=curve.steps[drawn], y=curve.values[drawn], name=name, mode="lines" if len(drawn) > 1 else "markers",
        line={"color": colour, "width": width}, opacity=opacity, hovertemplate=f"{hover}<extra></extra>",
        cliponaxis=False,
    )  # fmt: skip
