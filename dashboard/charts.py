"""Charts of a comparison: columns in, Plotly figures out. Nothing is measured here.

The baseline is grey, dashed and a diamond, the candidate blue, solid and a disc. Text and grid take their colours from
the page's theme; the background is transparent. Where there is nothing to draw the figure says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Final

import numpy as np
import plotly.graph_objects as go

from dashboard.chart_frame import (
    PLOTLY_CONFIG,
    STYLES,
    RunStyle,
    cover_unit,
    empty_figure,
    mark_slider,
    note,
    say_why_empty,
    shorten,
)
from dashboard.theme import BASELINE, FALSE_ALARM, FOUND

__all__ = [
    "PLOTLY_CONFIG",
    "F1Curve",
    "PrecisionRecall",
    "draw_confidences",
    "draw_f1",
    "draw_gains",
    "draw_precision_recall",
]

_MOST_POINTS: Final = 1500
_BINS: Final = 20


@dataclass(frozen=True)
class PrecisionRecall:
    """A run's precision and recall as the confidence threshold falls.

    Attributes:
        name: The run.
        confidence: float[m] thresholds, falling.
        precision: float[m] of the predictions at least so sure; NaN where there is none.
        recall: float[m] likewise; NaN without truth.
        support: Truths that could be found.
    """

    name: str
    confidence: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    support: int


@dataclass(frozen=True)
class F1Curve:
    """A run's F1 at each confidence threshold.

    Attributes:
        name: The run.
        confidence: float[m] thresholds, falling or rising.
        f1: float[m]; NaN where undefined.
        support: Truths that could be found.
    """

    name: str
    confidence: np.ndarray
    f1: np.ndarray
    support: int


def draw_precision_recall(
    baseline: PrecisionRecall, candidate: PrecisionRecall, *, min_confidence: float, height: int = 340
) -> go.Figure:
    """Precision against recall of two runs; a mark on each where the confidence slider stands.

    Args:
        baseline: The run compared against.
        candidate: The run in question.
        min_confidence: The slider's confidence, in [0, 1].
        height: Height in pixels.
    """
    figure = empty_figure(x="Recall", y="Precision", height=height)
    cover_unit(figure.update_xaxes)
    cover_unit(figure.update_yaxes)
    for curve, style in zip((baseline, candidate), STYLES, strict=True):
        hover = "recall %{x:.3f}, precision %{y:.3f}<br>at confidence %{customdata[0]:.2f}"
        line = _Line(curve.name, curve.recall, curve.precision, curve.confidence, curve.support, style, hover)
        _add_line(figure, line, marked=_last_at_least(curve.confidence, min_confidence))
    if figure.data:
        note(figure, f"marks: confidence {min_confidence:.2f}", x=0.01, y=0.01, xanchor="left", yanchor="bottom")
    else:
        say_why_empty(figure, "No precision-recall curve: neither run has both truth and predictions here.")
    return figure


def draw_f1(baseline: F1Curve, candidate: F1Curve, *, min_confidence: float, height: int = 340) -> go.Figure:
    """F1 against confidence of two runs, each run's best marked, with the slider as an upright line.

    Args:
        baseline: The run compared against.
        candidate: The run in question.
        min_confidence: The slider's confidence, in [0, 1].
        height: Height in pixels.
    """
    figure = empty_figure(x="Confidence threshold", y="F1", height=height)
    cover_unit(figure.update_xaxes)
    cover_unit(figure.update_yaxes)
    for curve, style in zip((baseline, candidate), STYLES, strict=True):
        best = int(np.nanargmax(curve.f1)) if np.isfinite(curve.f1).any() else None
        hover = "F1 %{y:.3f} at confidence %{x:.2f}"
        line = _Line(curve.name, curve.confidence, curve.f1, curve.confidence, curve.support, style, hover)
        _add_line(figure, line, marked=best)
    if figure.data:
        note(figure, "marks: best F1", x=0.01, y=0.01, xanchor="left", yanchor="bottom")
        mark_slider(figure, min_confidence)
    else:
        say_why_empty(figure, "No F1: neither run has truth or predictions here.")
    return figure


def draw_gains(
    features: Sequence[str],
    *,
    baseline: np.ndarray,
    candidate: np.ndarray,
    support: np.ndarray,
    names: tuple[str, str],
    metric: str = "AP",
    most: int = 40,
) -> go.Figure:
    """One line a feature from the baseline's value to the candidate's, the largest gain on top.

    Features without a value in both runs stand at the end, without a gain. Of more than `most` features those with
    the greatest gains and losses are shown, and the axis says how many that leaves out.

    Args:
        features: n names.
        baseline: float[n] values in [0, 1]; NaN where undefined.
        candidate: float[n] likewise.
        support: int[n] truths of each feature.
        names: The two runs, baseline first.
        metric: What the values are.
        most: Largest number of features shown.
    """
    gain = candidate - baseline
    shown = _most_changed(gain, most)
    rest = len(features) - len(shown)
    title = f"{metric} per feature" + (f"; {rest:,} features that changed less are not shown" if rest else "")
    figure = empty_figure(x=title, y="", height=104 + 28 * max(len(shown), 3))
    if not len(shown):
        say_why_empty(figure, "There is no feature to compare.")
        return figure
    cover_unit(figure.update_xaxes)
    _add_bridges(figure, baseline[shown], candidate[shown])
    texts = [escape(features[i]) for i in shown]
    details = np.stack([support[shown], gain[shown]], axis=1)
    for values, name, style in zip((baseline, candidate), names, STYLES, strict=True):
        hover = f"%{{text}}<br>{escape(name)} ({style.role}): {metric} %{{x:.3f}}, gain %{{customdata[1]:+.3f}}"
        figure.add_scatter(
            x=values[shown], y=np.arange(len(shown)), mode="markers", name=style.title(name), marker=style.marker,
            text=texts, customdata=details, hovertemplate=hover + "<br>%{customdata[0]:,.0f} truths<extra></extra>",
        )  # fmt: skip
    _label_lines(figure, [shorten(features[i]) for i in shown], [_say_gain(gain[i]) for i in shown])
    return figure


def draw_confidences(
    name: str, *, found: np.ndarray, false_alarms: np.ndarray, min_confidence: float, height: int = 340
) -> go.Figure:
    """How many predictions of one run are found objects and how many false alarms, by confidence.

    Args:
        name: The run.
        found: float[a] confidences of predictions that claim a truth, in [0, 1].
        false_alarms: float[b] confidences of those that claim none.
        min_confidence: The slider's confidence, in [0, 1].
        height: Height in pixels.
    """
    figure = empty_figure(x=f"Confidence of {shorten(name)}", y="Predictions", height=height)
    if not len(found) and not len(false_alarms):
        say_why_empty(figure, f"{name} predicts nothing here.")
        return figure
    cover_unit(figure.update_xaxes)
    _add_bars(figure, found, title="Found", colour=FOUND, pattern="")
    _add_bars(figure, false_alarms, title="False alarms", colour=FALSE_ALARM, pattern="/")
    tallest = max(sum(bars) for bars in zip(*(trace.y for trace in figure.data), strict=True))
    figure.update_yaxes(range=[0, 1.15 * tallest])  # room for the slider's words
    figure.update_layout(barmode="stack", hovermode="closest")
    mark_slider(figure, min_confidence)
    return figure


@dataclass(frozen=True)
class _Line:
    name: str
    x: np.ndarray
    y: np.ndarray
    confidence: np.ndarray
    support: int
    style: RunStyle
    hover: str


def _add_line(figure: go.Figure, line: _Line, *, marked: int | None) -> None:
    drawn = np.isfinite(line.x) & np.isfinite(line.y)
    if not drawn.any():
        return
    kept = _thinned(drawn, keep=marked)
    title = line.style.title(line.name)
    hover = f"{escape(line.name)} ({line.style.role})<br>{line.hover}<br>{line.support:,} truths<extra></extra>"
    figure.add_scatter(
        x=line.x[kept], y=line.y[kept], mode="lines", name=title, line=line.style.line,
        customdata=line.confidence[kept, None], hovertemplate=hover,
    )  # fmt: skip
    if marked is not None and drawn[marked]:
        figure.add_scatter(
            x=[line.x[marked]], y=[line.y[marked]], mode="markers", marker=line.style.marker, showlegend=False,
            customdata=[[line.confidence[marked]]], hovertemplate=hover, cliponaxis=False,
        )  # fmt: skip


def _add_bridges(figure: go.Figure, start: np.ndarray, end: np.ndarray) -> None:
    gap, places = np.full(len(start), np.nan), np.arange(len(start), dtype=float)
    x, y = np.stack([start, end, gap], axis=1).ravel(), np.stack([places, places, gap], axis=1).ravel()
    line = {"color": BASELINE, "width": 3}
    figure.add_scatter(x=x, y=y, mode="lines", line=line, opacity=0.45, showlegend=False, hoverinfo="skip")


def _label_lines(figure: go.Figure, labels: Sequence[str], gains: Sequence[str]) -> None:
    places = np.arange(len(labels))
    figure.update_yaxes(tickvals=places, ticktext=labels, range=[len(labels) - 0.4, -0.6], showgrid=False)
    for place, gain in zip(places, gains, strict=True):
        note(figure, gain, x=1, xref="paper", xanchor="left", xshift=10, y=place)
    figure.update_layout(margin_r=88, hovermode="closest")


def _add_bars(figure: go.Figure, values: np.ndarray, *, title: str, colour: str, pattern: str) -> None:
    edges = np.linspace(0, 1, _BINS + 1)
    spans = [f"{low:.2f} to {high:.2f}" for low, high in pairwise(edges.tolist())]
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2, y=np.histogram(values, edges)[0], width=0.9 / _BINS,
        name=f"{title} ({len(values):,})", text=spans, textposition="none",
        marker={"color": colour, "line": {"width": 0}, "pattern": {"shape": pattern, "solidity": 0.4, "size": 6}},
        hovertemplate=f"%{{y:,}} {title.lower()}<br>confidence %{{text}}<extra></extra>",
    )  # fmt: skip


def _say_gain(gain: float) -> str:
    if not np.isfinite(gain):
        return "undefined"
    if abs(gain) < 0.0005:
        return "= 0.000"
    return f"▲ +{gain:.3f}" if gain > 0 else f"▼ \N{MINUS SIGN}{-gain:.3f}"


def _most_changed(gain: np.ndarray, most: int) -> np.ndarray:
    """Numbers of the features to show: the greatest changes, falling by gain, those without one last."""
    size = np.where(np.isfinite(gain), np.abs(gain), -1.0)
    shown = np.argsort(-size, kind="stable")[:most]
    return shown[np.argsort(-np.where(np.isfinite(gain[shown]), gain[shown], -np.inf), kind="stable")]


def _last_at_least(confidence: np.ndarray, threshold: float) -> int | None:
    count = int((confidence >= threshold).sum())
    return count - 1 if count else None


def _thinned(drawn: np.ndarray, *, keep: int | None) -> np.ndarray:
    """Up to 1,500 evenly spaced numbers of the drawn points, with the ends and one that must stay."""
    numbers = np.flatnonzero(drawn)
    if len(numbers) > _MOST_POINTS:
        numbers = numbers[np.linspace(0, len(numbers) - 1, _MOST_POINTS).round().astype(int)]
    return np.union1d(numbers, [keep]) if keep is not None and drawn[keep] else numbers
