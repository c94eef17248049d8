"""Rows of text show it, with truth underlined solid and predictions dashed; nothing in it is taken for HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.packs import run_pack
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.dashboard.gallery.conftest import Stage

RUN = "b" * 32
EVIL = "<img src=x onerror=alert(1)> & <b>Ada</b>"
LONG = "word " * 1000
FEATURES = [["person", "#3b82f6"], ["place", "#ea7a0c"]]


@pytest.fixture
def shown(stage: Stage) -> Stage:
    """Of "😀 Ada met Oslo" Ada and Oslo are true; the run finds Ada (0.9) and takes "met Oslo" for a place (0.6)."""
    rows = Rows.from_columns(keys=["a", "b", "c"], texts=["😀 Ada met Oslo", EVIL, LONG])
    truth = Annotations.from_columns(row=[0, 0], feature=[0, 1], start=[2, 10], end=[5, 14])
    said = Annotations.from_columns(row=[0, 0], feature=[0, 1], start=[2, 6], end=[5, 14], confidence=[0.9, 0.6])
    pairs = (np.array([0]), np.array([0]), np.array([1.0]))
    stage.packs[RUN] = run_pack(rows, truth, said, pairs, features=["person", "place"])
    stage.sliders(overlaps=False)
    stage.gallery({RUN: "base"}, [[0, 1, 2]], features=FEATURES)
    stage.page.locator(".tile .text").nth(2).wait_for()
    return stage


def _text(stage: Stage, key: str) -> Locator:
    return stage.page.locator(".tile").filter(has=stage.page.get_by_text(key, exact=True)).locator(".text")


def test_a_tile_shows_the_text_and_marks_its_spans(shown: Stage) -> None:
    marks = _text(shown, "a").locator(".mark")

    expect(_text(shown, "a")).to_have_text("😀 Ada met Oslo")
    expect(marks).to_have_text(["Ada", "met ", "Oslo"])
    expect(marks.nth(0)).to_have_class("mark truth prediction")
    expect(marks.nth(1)).to_have_class("mark prediction")


def test_truth_is_solid_and_prediction_dashed_in_the_colour_of_the_feature(shown: Stage) -> None:
    first, second = (_text(shown, "a").locator(".mark").nth(place) for place in (0, 1))

    expect(first).to_have_css("border-bottom-style", "solid")
    expect(first).to_have_css("border-bottom-color", "rgb(59, 130, 246)")
    expect(second).to_have_css("text-decoration-style", "dashed")
    expect(second).to_have_css("text-decoration-color", "rgb(234, 122, 12)")


def test_spans_follow_the_confidence_slider_while_it_moves(shown: Stage) -> None:
    shown.page.get_by_role("slider", name="Confidence").fill("0.7")

    expect(_text(shown, "a").locator(".mark")).to_have_text(["Ada", "Oslo"])
    expect(shown.page.get_by_role("button", name="a, base: 1 found, 0 false alarms, 1 missed")).to_be_visible()


def test_a_text_is_never_taken_for_html(shown: Stage) -> None:
    expect(_text(shown, "b")).to_have_text(EVIL)
    expect(_text(shown, "b").locator("img, b")).to_have_count(0)


def test_a_long_text_begins_on_its_tile_and_is_whole_in_the_inspector(shown: Stage) -> None:
    on_tile = _text(shown, "c").inner_text()
    _text(shown, "c").click()
    whole = shown.page.get_by_role("region", name="base").locator(".text")

    assert len(on_tile) < 1000
    assert on_tile.endswith("…")
    expect(whole).to_have_text(LONG.strip())
    expect(shown.page.get_by_role("group", name="Zoom")).to_be_hidden()


def test_the_inspector_lists_spans_with_their_words(shown: Stage) -> None:
    _text(shown, "a").click()
    rows = shown.page.get_by_role("region", name="base").get_by_role("row")

    expect(rows).to_contain_text(["Outcome", "○missedplaceOslo", "✕false alarmplacemet Oslo", "✓foundpersonAda"])


def test_pointing_at_a_line_marks_its_span(shown: Stage) -> None:
    _text(shown, "a").click()
    pane = shown.page.get_by_role("region", name="base")
    pane.get_by_role("row").filter(has_text="false alarm").hover()

    expect(pane.locator(".mark.pointed")).to_have_text(["met ", "Oslo"])
