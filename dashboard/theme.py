"""Colours and Streamlit settings that every part of the dashboard shares.

Colours of data (runs, outcomes, features) are the same in the light and the dark theme, so that a chart need not know
which of the two the reader has chosen; each stands out from both backgrounds. Nothing is told by colour alone: charts
dash the baseline and pattern the false alarms, overlays dash predictions.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Final

_STATIC: Final = Path(__file__).parent / "static"
FAVICON: Final = _STATIC / "favicon.png"
FILLED: Final = _STATIC / "filled.css"  # the little that Streamlit's settings cannot say

BASELINE: Final = "#7d8590"
CANDIDATE: Final = "#2f76e3"
FOUND: Final = "#1a9e77"
FALSE_ALARM: Final = "#e0503a"
MISSED: Final = "#a56bd0"

# The first ten were chosen by eye, the rest by greatest distance from those before: half Oklab distance as seen
# normally, half as seen without red or green cones; luminance between 2.3:1 on white and 3:1 on the dark background.
FEATURE_COLOURS: Final = (
    "#3b82f6", "#ea7a0c", "#0f9f8f", "#d6409f", "#6ea60b", "#7a4ee8", "#dc3f3f", "#17a8cf", "#a16a1f", "#f58aa8",
    "#006c90", "#de7efc", "#8a3cae", "#904e6c", "#007248", "#8a72ba", "#3cc08a", "#005ad2", "#1e8a00", "#c07884",
    "#c00048", "#baa860", "#b48ac6", "#84a2fc",
)  # fmt: skip


def feature_colour(position: int) -> str:
    """The colour of the feature at a position of the ontology, ``#rrggbb``.

    It depends on the position alone, so a feature keeps its colour whatever is filtered. Positions beyond the 24
    colours start again from the first.

    Args:
        position: Place of the feature among the ontology's features, from 0.

    Example:
        >>> feature_colour(0), feature_colour(0) == feature_colour(len(FEATURE_COLOURS))
        ('#3b82f6', True)
    """
    return FEATURE_COLOURS[position % len(FEATURE_COLOURS)]


# Values that Streamlit's `App.run(config=...)` takes. Fonts are left at Streamlit's own, which it brings along; any
# other would be fetched from another host.
SHAPE: Final = MappingProxyType(
    {
        "theme.baseFontSize": 14,
        "theme.baseRadius": "6px",
        "theme.buttonRadius": "6px",
        "theme.codeFontSize": "13px",
        "theme.headingFontSizes": ["24px", "20px", "17px", "15px", "14px", "13px"],
        "theme.headingFontWeights": [650, 600, 600, 600, 600, 600],
        "theme.metricValueFontSize": "1.6rem",
        "theme.linkUnderline": False,
        "theme.showWidgetBorder": True,
        "theme.paddingTop": "1rem",
        "theme.paddingBottom": "2rem",
    }
)

LIGHT: Final = MappingProxyType(
    {
        "theme.light.primaryColor": "#1f66d6",
        "theme.light.backgroundColor": "#ffffff",
        "theme.light.secondaryBackgroundColor": "#f3f5f8",
        "theme.light.textColor": "#15191f",
        "theme.light.linkColor": "#1f66d6",
        "theme.light.borderColor": "#d3d9e0",
        "theme.light.dataframeBorderColor": "#d3d9e0",
        "theme.light.dataframeHeaderBackgroundColor": "#f3f5f8",
        "theme.light.codeBackgroundColor": "#f3f5f8",
        "theme.light.codeTextColor": "#15191f",
        "theme.light.greenColor": "#107a5b",
        "theme.light.redColor": "#c93a26",
        "theme.light.violetColor": "#8a4fb8",
        "theme.light.grayColor": "#626b76",
        "theme.light.chartCategoricalColors": list(FEATURE_COLOURS[:10]),
    }
)

DARK: Final = MappingProxyType(
    {
        "theme.dark.primaryColor": "#5591f0",
        "theme.dark.backgroundColor": "#0e1117",
        "theme.dark.secondaryBackgroundColor": "#1a1f28",
        "theme.dark.textColor": "#e7eaef",
        "theme.dark.linkColor": "#7ab0ff",
        "theme.dark.borderColor": "#343b47",
        "theme.dark.dataframeBorderColor": "#343b47",
        "theme.dark.dataframeHeaderBackgroundColor": "#1a1f28",
        "theme.dark.codeBackgroundColor": "#1a1f28",
        "theme.dark.codeTextColor": "#e7eaef",
        "theme.dark.greenColor": "#3cc08a",
        "theme.dark.redColor": "#f2735f",
        "theme.dark.violetColor": "#bd8ee3",
        "theme.dark.grayColor": "#98a2af",
        "theme.dark.chartCategoricalColors": list(FEATURE_COLOURS[:10]),
    }
)


# How the server behaves, whatever its address: it opens no browser by itself, tells nobody of its use, watches no
# files (sealed runs never change), and does not collect garbage before a rerun's own result is out.
SERVING: Final = MappingProxyType(
    {
        "server.headless": True,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "runner.postScriptGC": False,
    }
)


def streamlit_config() -> dict[str, object]:
    """Everything but the address, as options of `streamlit.App.run(config=...)`.

    Both themes are given, so the reader's system decides and Streamlit's settings menu can change it.
    """
    return {**SERVING, **SHAPE, **LIGHT, **DARK}
