"""Small rules of the components' modules."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard import theme
from dashboard.components import modules
from dashboard.components.gallery.component import STYLES
from dashboard.packs import bundle

RunJs = Callable[..., Any]

_NEWS = """async (steps) => {
  const { newsOnly } = await import("/modules/mounting.js");
  const news = newsOnly();
  return steps.map(([what, value]) => (what === "sent" ? news.send(value) ?? null : news.isNews(value)));
}"""


def test_what_python_says_first_is_news_and_saying_it_again_is_not(run_js: RunJs) -> None:
    assert run_js(_NEWS, [["got", 0.5], ["got", 0.5], ["got", 0.6]]) == [True, False, True]


def test_an_echo_of_what_the_reader_set_is_no_news(run_js: RunJs) -> None:
    steps = [["got", 0.5], ["sent", 0.6], ["sent", 0.7], ["got", 0.5], ["got", 0.6], ["got", 0.7]]

    assert run_js(_NEWS, steps) == [True, None, None, False, False, False]


def test_a_later_return_to_an_earlier_value_is_news_again(run_js: RunJs) -> None:
    steps = [["got", 0.5], ["sent", 0.6], ["sent", 0.7], ["got", 0.7], ["got", 0.6]]

    assert run_js(_NEWS, steps) == [True, None, None, False, True]


def test_a_bundle_is_read_wherever_it_lies_in_a_message(run_js: RunJs) -> None:
    content = bundle({"kind": "ä"}, {"a": np.array([1, 2, 3], np.uint8), "b": np.array([-5], np.int32)})
    code = """async (content) => {
      const { readBundle } = await import("/modules/gallery/bundle.js");
      const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      const { head, arrays } = readBundle(bytes.subarray(3));
      return [head.kind, [...arrays.a], [...arrays.b]];
    }"""

    assert run_js(code, base64.b64encode(b"xyz" + content).decode()) == ["ä", [1, 2, 3], [-5]]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"<html>", "This is not a pack."), (b"MRPK\x09" + bytes(27), "The pack has format 9; this page reads format 3.")],
)
def test_what_is_no_pack_is_said_so(run_js: RunJs, content: bytes, message: str) -> None:
    code = """async (content) => {
      const { readBundle } = await import("/modules/gallery/bundle.js");
      const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      try { readBundle(bytes); } catch (error) { return error.message; }
    }"""

    assert message in run_js(code, base64.b64encode(content).decode())


def test_tiles_come_near_their_size_and_use_the_whole_width(run_js: RunJs) -> None:
    code = """async (measures) => {
      const { arrange, PANE_GAP, GAP } = await import("/modules/gallery/layout.js");
      return measures.map((each) => {
        const grid = arrange(each);
        const right = grid.left(each.panes - 1, grid.columns - 1) + grid.tileWidth;
        return [grid.columns, grid.tileWidth, right, grid.height];
      });
    }"""
    measure = {"width": 1000, "panes": 2, "count": 7, "tileSize": 150, "aspect": 1}
    wide, narrow = run_js(code, [measure, measure | {"width": 260, "tileSize": 400}])

    assert wide == [3, 158, 1000, 3 * (158 + 38 + 8) - 8]
    assert narrow == [1, 120, 260, 7 * (120 + 38 + 8) - 8]


def test_outcomes_have_the_colours_of_the_charts() -> None:
    code = (modules.FOLDER / "gallery" / "colours.js").read_text(encoding="utf-8")
    colours = dict(re.findall(r'outcome: (FOUND|FALSE_ALARM|MISSED),.*colour: "(#\w+)"', code))

    assert colours == {"FOUND": theme.FOUND, "FALSE_ALARM": theme.FALSE_ALARM, "MISSED": theme.MISSED}


def test_every_style_sheet_of_the_gallery_is_used_once() -> None:
    there = {f"gallery/{path.name}" for path in Path(modules.FOLDER, "gallery").glob("*.css")}

    assert sorted(STYLES) == sorted(there | {"range.css"})


def test_no_component_parses_text_as_html() -> None:
    folders = ("gallery", "thresholds", ".")
    code = "".join(path.read_text() for folder in folders for path in Path(modules.FOLDER, folder).glob("*.js"))

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment", code)
