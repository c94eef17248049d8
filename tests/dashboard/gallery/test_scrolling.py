"""Lists taller than a browser's elements may be scroll as short ones do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RunJs = Callable[..., Any]

_SCALE = """async ([measures, places]) => {
  const { createScale } = await import("/modules/gallery/scrolling.js");
  const scale = createScale(measures);
  return {
    height: scale.height,
    positions: places.map((place) => scale.position(place)),
    there_and_back: places.map((place) => scale.scrollTop(scale.position(place))),
  };
}"""

_MOVES = """async ([measures, moves]) => {
  const { createPosition } = await import("/modules/gallery/scrolling.js");
  const position = createPosition();
  position.rescale(measures);
  const seen = [];
  for (const move of moves) {
    if (move === "rest") position.settle();
    else if (move.to !== undefined) position.moveTo(move.to);
    else position.moved(position.settle() + move.by, measures.view);
    seen.push(position.position());
  }
  return seen;
}"""


def test_a_list_that_fits_is_scrolled_pixel_by_pixel(run_js: RunJs) -> None:
    seen = run_js(_SCALE, [{"total": 50_000, "view": 600}, [0, 17, 49_400]])

    assert seen["height"] == 50_000
    assert seen["positions"] == [0, 17, 49_400]


def test_both_ends_of_a_taller_list_are_reached_exactly(run_js: RunJs) -> None:
    measures = {"total": 340_000_000, "view": 600, "tallest": 12_000_000}
    last = 12_000_000 - 600
    seen = run_js(_SCALE, [measures, [0, 500, last - 500, last]])

    assert seen["height"] == 12_000_000
    assert seen["positions"] == [0, 500, 339_998_900, 339_999_400]


def test_places_rise_and_lead_back(run_js: RunJs) -> None:
    measures = {"total": 340_000_000, "view": 600, "tallest": 12_000_000}
    places = list(range(0, 12_000_000 - 600, 250_000))
    seen = run_js(_SCALE, [measures, places])

    assert seen["positions"] == sorted(seen["positions"])
    assert seen["there_and_back"] == pytest.approx(places)


def test_a_turn_of_the_wheel_moves_as_far_in_the_tallest_list(run_js: RunJs) -> None:
    measures = {"total": 340_000_000, "view": 600}
    seen = run_js(_MOVES, [measures, [{"to": 170_000_000}, {"by": 100}, "rest", {"by": -100}, "rest"]])

    assert seen == [170_000_000, 170_000_100, 170_000_100, 170_000_000, 170_000_000]


def test_dragging_the_scrollbar_moves_on_the_lists_own_scale(run_js: RunJs) -> None:
    measures = {"total": 340_000_000, "view": 600}
    (seen,) = run_js(_MOVES, [measures, [{"by": 6_000_000 - 300}]])

    assert seen == pytest.approx(170_000_000 - 300, abs=1)


def test_nothing_scrolls_past_the_last_line(run_js: RunJs) -> None:
    measures = {"total": 340_000_000, "view": 600}
    seen = run_js(_MOVES, [measures, [{"to": 10**12}, {"by": 100}]])

    assert seen == [339_999_400, 339_999_400]
