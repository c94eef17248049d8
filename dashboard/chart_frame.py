"""What charts share: an empty figure in the page's manner, the slider's line, and words where nothing is drawn."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import plotly.graph_objects as go

from dashboard.theme import BASELINE, CANDIDATE

PLOTLY_CONFIG: Final = {"displayModeBar": False, "scrollZoom": False}
"""For `st.plotly_chart(config=...)`: no row of buttons, no zooming by a wheel that was meant to scroll."""

# Streamlit's stand-in for its strong text colour: the page puts the colour of the reader's theme in its place. Its
# own choice for axes and annotations is a grey of 3.7:1 on white.
INK: Final = "#000037"
_INK: Final = {"color": INK, "size": 12}
_LONGEST_NAME: Final = 34
_LONGEST_LINE: Final = 40


@dataclass(frozen=True)
class RunStyle:
    """How one of the two runs is drawn: never by colour alone.

    Attributes:
        role: "baseline" or "candidate".
        colour: ``#rrggbb``.
        dash: Plotly's name of the line's dashes.
        width: Line width in pixels.
        symbol: Plotly's name of the marker.
        size: Marker size in pixels; the baseline's looks out behind the candidate's.
    """

    role: str
    colour: str
    dash: str
    width: float
    symbol: str
    size: int

    @property
    def line(self) -> dict[str, Any]:
        """The line as Plotly takes it."""
        return {"color": self.colour, "dash": self.dash, "width": self.width}

    @property
    def marker(self) -> dict[str, Any]:
        """The marker as Plotly takes it."""
        return {
            "color": self.colour, "symbol": self.symbol, "size": self.size,
            "line": {"width": 2.5, "color": self.colour},
        }  # fmt: skip

    def title(self, name: str) -> str:
        """The run's name and role, for legends."""
        return f"{shorten(name)} ({self.role})"


STYLES: Final = (
    RunStyle("baseline", BASELINE, "dash", 2.0, "diamond-open", 14),
    RunStyle("candidate", CANDIDATE, "solid", 2.5, "circle", 9),
)


def empty_figure(*, x: str, y: str, height: int) -> go.Figure:
    """A figure with titled axes and nothing on them: transparent, narrow margins, the legend above."""
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal", "font": _INK},
        hoverlabel={"align": "left"},
    )
    axis = {"tickfont": _INK, "tickangle": 0, "zeroline": False, "automargin": True}
    figure.update_xaxes(title={"text": x, "font": {**_INK, "size": 13}}, **axis)
    figure.update_yaxes(title={"text": y, "font": {**_INK, "size": 13}}, **axis)
    return figure


def cover_unit(update_axis: Any) -> None:
    """Let an axis run from 0 to 1, given the figure's `update_xaxes` or `update_yaxes`."""
    update_axis(range=[-0.015, 1.03], tickformat=".1f", dtick=0.2)


def note(figure: go.Figure, text: str, **place: Any) -> None:
    """Write on the figure, at a place in Plotly's terms."""
    figure.add_annotation(text=text, showarrow=False, font=_INK, **place)


def mark_slider(figure: go.Figure, min_confidence: float) -> None:
    """Draw an upright line where the confidence slider stands."""
    figure.add_vline(x=min_confidence, line={"color": BASELINE, "width": 1.5, "dash": "dot"})
    side = "right" if min_confidence > 0.75 else "left"
    label = f" slider {min_confidence:.2f} "
    note(figure, label, x=min_confidence, y=1, yref="paper", yanchor="top", xanchor=side)


def say_why_empty(figure: go.Figure, reason: str) -> None:
    """Put a sentence in the place of a chart."""
    lines = textwrap.wrap(reason, _LONGEST_LINE)
    note(figure, "<br>".join(escape(line) for line in lines), x=0.5, y=0.5, xref="paper", yref="paper")
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)


def shorten(name: str) -> str:
    """A name that fits a legend or an axis, with nothing in it that Plotly would take for markup."""
    return escape(name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…")
