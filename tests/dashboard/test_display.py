"""How a gallery looks survives the URL, and nothing a URL or a browser says can break it."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.display import Display


@pytest.mark.parametrize(
    "display",
    [
        Display(),
        Display(300, False, True, "source"),
        Display(80, True, False, "outcome", ("a,b", "traffic light", "ä ö")),
        Display(show_truth=False, show_predictions=False),
    ],
)
def test_it_survives_the_url_and_the_browser(display: Display) -> None:
    assert Display.from_query(display.to_query()) == display
    assert Display.from_browser(display.to_browser()) == display


def test_the_usual_display_leaves_no_trace() -> None:
    assert Display().to_query() == {}


@pytest.mark.parametrize(
    "query", [{"tile": "x"}, {"tile": "-5"}, {"tile": "9" * 5000}, {"show": "all"}, {"shapes": "size"}, {"hide": ",,"}]
)
def test_nonsense_in_the_url_becomes_the_default(query: dict[str, str]) -> None:
    assert Display.from_query(query) == Display()


@pytest.mark.parametrize("size", ["0", "999"])
def test_tiles_stay_within_bounds(size: str) -> None:
    assert 80 <= Display.from_query({"tile": size}).tile_size <= 400


@pytest.mark.parametrize("sent", [None, [], "x", {}, {"colour_by": "size"}])
def test_what_is_no_display_is_none(sent: Any) -> None:
    assert Display.from_browser(sent) is None


def test_what_a_browser_makes_up_is_left_out() -> None:
    sent = {"colour_by": "outcome", "tile_size": float("nan"), "hidden": ["cat", 3, None, "cat", ""]}

    assert Display.from_browser(sent) == Display(colour_by="outcome", hidden=("cat",))
