"""The gallery in a real browser, with a stand-in for Streamlit."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from dashboard.packs import run_pack
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.dashboard.gallery.conftest import Stage

BASE, MORE = "b" * 32, "c" * 32
RUNS = {BASE: "base", MORE: "more"}
MakePack = Callable[[float], bytes]
Eventually = Callable[[Callable[[], object]], None]
REST = 350  # ms, after which Python is told


@pytest.fixture
def shown(stage: Stage, two_cats_and_a_dog: MakePack) -> Stage:
    """Two runs side by side: the second one is surer of the second cat."""
    stage.packs |= {BASE: two_cats_and_a_dog(0.3), MORE: two_cats_and_a_dog(0.6)}
    stage.sliders()
    stage.gallery(RUNS, [[0, 1, 2], [0, 1, 2]])
    stage.page.get_by_role("button", name="a.png, base").wait_for()
    return stage


def _tiles(stage: Stage) -> Locator:
    return stage.page.locator(".tile")


def _sent(stage: Stage, name: str) -> list[Any]:
    """What the gallery told Python so far under that name."""
    return [value for component, key, value in stage.sent() if component == "gallery" and key == name]


def _pixels(tile: Locator) -> np.ndarray:
    """The tile as the reader sees it, uint8[height, width, 3]."""
    return np.asarray(Image.open(io.BytesIO(tile.screenshot())).convert("RGB"))


def _count_of(tile: Locator, colour: str) -> int:
    """How many pixels of a tile have a colour, or nearly."""
    wanted = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])
    return int((np.abs(_pixels(tile).astype(int) - wanted) < 30).all(axis=2).sum())


def test_every_row_has_a_tile_in_every_pane_with_its_counts(shown: Stage) -> None:
    labels = _tiles(shown).evaluate_all("tiles => tiles.map((tile) => tile.getAttribute('aria-label'))")

    assert sorted(labels) == [
        "a.png, base: 1 found, 0 false alarms, 1 missed",
        "a.png, more: 2 found, 0 false alarms, 0 missed",
        "b.png, base: 1 found, 0 false alarms, 0 missed",
        "b.png, more: 1 found, 0 false alarms, 0 missed",
        "c.png, base: 0 found, 1 false alarm, 0 missed",
        "c.png, more: 0 found, 1 false alarm, 0 missed",
    ]


def test_panes_are_headed_by_their_run_and_its_counts(shown: Stage) -> None:
    heads = shown.page.locator(".head").all_inner_texts()

    assert [head.split() for head in heads] == [
        ["base", "✓", "2", "found", "✕", "1", "false", "alarms", "○", "1", "missed"],
        ["more", "✓", "3", "found", "✕", "1", "false", "alarms", "○", "0", "missed"],
    ]


def test_counts_follow_a_moving_slider_without_python(shown: Stage) -> None:
    slider = shown.page.get_by_role("slider", name="Confidence")
    slider.evaluate("slider => { slider.value = 0.6; slider.dispatchEvent(new Event('input')); }")
    table = shown.page.get_by_role("table", name="Counts at these thresholds")

    expect(table.get_by_role("row", name="base")).to_have_text("base201")
    expect(table.get_by_role("row", name="more")).to_have_text("more300")
    expect(shown.page.get_by_role("button", name="c.png, base: 0 found, 0 false alarms")).to_be_visible()


def test_a_higher_iou_loses_what_lies_beside(shown: Stage) -> None:
    slider = shown.page.get_by_role("slider", name="IoU")
    slider.evaluate("slider => { slider.value = 0.61; slider.dispatchEvent(new Event('input')); }")

    expect(shown.page.get_by_role("button", name="b.png, base: 0 found, 1 false alarm, 1 missed")).to_be_visible()


def test_truth_and_predictions_are_drawn_in_their_features_colour(shown: Stage, eventually: Eventually) -> None:
    tile = shown.page.get_by_role("button", name="a.png, base")
    shown.page.get_by_role("checkbox", name="Predictions").uncheck()
    eventually(lambda: _count_of(tile, "#3b82f6") > 100)
    truth = _count_of(tile, "#3b82f6")
    shown.page.get_by_role("checkbox", name="Predictions").check()
    eventually(lambda: _count_of(tile, "#3b82f6") > truth)
    shown.page.get_by_role("checkbox", name="Predictions").uncheck()
    shown.page.get_by_role("checkbox", name="Truth").uncheck()

    eventually(lambda: _count_of(tile, "#3b82f6") == 0)


def test_colour_can_say_outcome_or_source(shown: Stage, eventually: Eventually) -> None:
    missed = shown.page.get_by_role("button", name="a.png, base")
    shown.page.get_by_role("combobox", name="Colour by").select_option("Outcome")

    eventually(lambda: _count_of(missed, "#a56bd0") > 100)
    shown.page.get_by_role("combobox", name="Colour by").select_option("Truth or prediction")
    eventually(lambda: _count_of(missed, "#1fb141") > 100)
    eventually(lambda: _count_of(missed, "#f0323c") > 20)
    expect(shown.page.get_by_role("list", name="Colours")).to_have_text("truthprediction")


def test_a_feature_can_be_switched_off(shown: Stage, eventually: Eventually) -> None:
    tile = shown.page.get_by_role("button", name="b.png, base")
    eventually(lambda: _count_of(tile, "#ea7a0c") > 100)
    shown.page.get_by_role("button", name="dog").click()
    shown.page.mouse.move(0, 0)

    eventually(lambda: _count_of(tile, "#ea7a0c") == 0)
    expect(shown.page.get_by_role("button", name="dog")).to_have_attribute("aria-pressed", "false")
    eventually(lambda: [display["hidden"] for display in _sent(shown, "display")] == [["dog"]])


def test_the_toolbar_tells_python_once_it_rests(shown: Stage, eventually: Eventually) -> None:
    change_both = "(size, truth) => { size.value = 300; size.dispatchEvent(new Event('input')); truth.click(); }"
    truth = shown.page.get_by_role("checkbox", name="Truth").element_handle()
    shown.page.get_by_role("slider", name="Tile size").evaluate(change_both, truth)  # within one moment
    eventually(lambda: _sent(shown, "display"))
    shown.page.wait_for_timeout(REST)

    assert _sent(shown, "display") == [
        {"tile_size": 300, "show_truth": False, "show_predictions": True, "colour_by": "feature", "hidden": []}
    ]


def test_larger_tiles_are_larger(shown: Stage, eventually: Eventually) -> None:
    tile = shown.page.get_by_role("button", name="a.png, base")

    assert _width(tile) < 330
    shown.page.get_by_role("slider", name="Tile size").fill("330")
    eventually(lambda: _width(tile) >= 330)


def _width(tile: Locator) -> float:
    box = tile.bounding_box()
    assert box is not None
    return box["width"]


def test_pointing_at_a_shape_says_what_it_is(shown: Stage) -> None:
    shown.page.get_by_role("button", name="c.png, base").locator("canvas").hover()

    expect(shown.page.locator(".gallery > .tooltip")).to_have_text("dogprediction✕false alarmconfidence 0.55")
    expect(shown.page.get_by_role("button", name="c.png, more")).to_have_class("tile twin")


def test_a_click_opens_the_row_in_every_run_and_keys_lead_on(shown: Stage, eventually: Eventually) -> None:
    shown.page.get_by_role("button", name="a.png, more").click()
    dialog = shown.page.get_by_role("dialog", name="Row inspector")

    expect(dialog.get_by_role("heading")).to_have_text("a.png")
    expect(dialog.get_by_role("region", name="base")).to_contain_text("1 found, 0 false alarms, 1 missed")
    expect(dialog.get_by_role("region", name="more")).to_contain_text("2 found, 0 false alarms, 0 missed")
    shown.page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("heading")).to_have_text("b.png")
    expect(dialog).to_contain_text("2 of 3")
    eventually(lambda: _sent(shown, "selected")[-1:] == ["b.png"])
    shown.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    eventually(lambda: _sent(shown, "selected")[-2:] == ["b.png", ""])


def test_the_inspector_lists_what_needs_looking_at_first(shown: Stage) -> None:
    shown.page.get_by_role("button", name="a.png, base").click()
    table = shown.page.get_by_role("region", name="base").get_by_role("table")

    expect(table.get_by_role("row")).to_have_text(["OutcomeFeatureConfidenceIoU", "○missedcat––", "✓foundcat0.900.80"])


def test_the_inspector_zooms_and_goes_back(shown: Stage, eventually: Eventually) -> None:
    shown.page.get_by_role("button", name="b.png, base").click()
    stage = shown.page.get_by_role("region", name="base").locator("canvas")
    shown.page.keyboard.press("0")
    eventually(lambda: _count_of(stage, "#ea7a0c") > 100)
    _wait_until_drawn(shown)
    fitted = _count_of(stage, "#ea7a0c")
    shown.page.get_by_role("button", name="Zoom in").click()
    eventually(lambda: _count_of(stage, "#ea7a0c") > fitted)
    shown.page.keyboard.press("0")

    eventually(lambda: _count_of(stage, "#ea7a0c") == fitted)


def _wait_until_drawn(stage: Stage) -> None:
    """Two frames later everything that was asked for before is on the screen."""
    stage.page.evaluate("() => new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(on)))")


def test_a_link_opens_its_row(shown: Stage) -> None:
    shown.gallery(RUNS, [[0, 1, 2], [0, 1, 2]], selected="c.png")

    expect(shown.page.get_by_role("dialog").get_by_role("heading")).to_have_text("c.png")
    shown.page.wait_for_timeout(REST)
    assert _sent(shown, "selected") == []


def test_arrow_keys_walk_through_the_tiles(shown: Stage) -> None:
    shown.page.get_by_role("button", name="a.png, base").focus()
    shown.page.keyboard.press("ArrowRight")
    expect(shown.page.get_by_role("button", name="b.png, base")).to_be_focused()
    shown.page.keyboard.press("End")
    expect(shown.page.get_by_role("button", name="c.png, base")).to_be_focused()
    shown.page.keyboard.press("Enter")

    expect(shown.page.get_by_role("dialog").get_by_role("heading")).to_have_text("c.png")


def test_only_the_rows_asked_for_are_shown_and_counted(shown: Stage) -> None:
    shown.gallery(RUNS, [[1], [1]])

    expect(_tiles(shown)).to_have_count(2)
    expect(shown.page.locator(".head").first).to_contain_text("1 found")
    expect(shown.page.locator(".head").first).to_contain_text("0 missed")


def test_a_row_that_a_run_does_not_have_keeps_its_place(shown: Stage) -> None:
    shown.gallery(RUNS, [[0, 1], [0, -1]])

    expect(shown.page.get_by_role("button", name="Not in more")).to_be_visible()


def test_no_rows_is_said_in_a_sentence(shown: Stage) -> None:
    shown.gallery(RUNS, np.zeros((2, 0)))

    expect(shown.page.get_by_role("status")).to_have_text(
        "No rows match the current selection. Loosen the filter to see some."
    )
    expect(_tiles(shown).first).to_be_hidden()


def test_a_pack_that_cannot_be_read_is_said_and_can_be_tried_again(
    stage: Stage, two_cats_and_a_dog: MakePack, page_problems: list[str]
) -> None:
    stage.packs[BASE] = two_cats_and_a_dog(0.3)
    stage.gallery(RUNS, [[0, 1, 2], [0, 1, 2]])

    expect(stage.page.get_by_role("alert")).to_have_text(
        "“more” could not be loaded. There is no such run, or nothing of that kind in it."
    )
    page_problems.clear()  # the browser itself reports the 404
    stage.packs[MORE] = two_cats_and_a_dog(0.6)
    stage.page.get_by_role("button", name="Try again").click()
    expect(_tiles(stage)).to_have_count(6)


def test_thumbnails_are_shown_where_there_are_any(stage: Stage, eventually: Eventually) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 32), (200, 30, 90)).save(picture, "WEBP", lossless=True)
    rows = Rows.from_columns(keys=["a", "b", "c"], widths=[640] * 3, heights=[320] * 3, uris=["a.png", None, "c.png"])
    nothing = np.zeros(0, int)
    stage.packs[BASE] = run_pack(
        rows, Annotations.empty(), Annotations.empty(), (nothing, nothing, np.zeros(0)), features=["cat", "dog"]
    )
    stage.thumbnails |= {(BASE, 0): picture.getvalue()}
    stage.gallery({BASE: "base"}, [[0, 1, 2]])

    eventually(lambda: _count_of(stage.page.get_by_role("button", name="a, base"), "#c81e5a") > 1000)
    for key in ("b", "c"):
        assert _count_of(stage.page.get_by_role("button", name=f"{key}, base"), "#c81e5a") == 0


def test_text_of_the_data_stays_text(stage: Stage) -> None:
    evil = '<img src=x onerror="globalThis.broken=1">'
    rows = Rows.from_columns(keys=[evil], widths=[10], heights=[10])
    truth = Annotations.from_columns(row=[0], feature=[0], box=[[0, 0, 10, 10]])
    nothing = np.zeros(0, int)
    stage.packs[BASE] = run_pack(rows, truth, Annotations.empty(), (nothing, nothing, np.zeros(0)), features=[evil])
    stage.sliders()
    stage.gallery({BASE: evil}, [[0]], features=[[evil, "#ff0000"]], selected=evil)
    stage.page.get_by_role("dialog").wait_for()
    stage.page.wait_for_timeout(200)

    assert stage.page.evaluate("globalThis.broken") is None
    expect(stage.page.get_by_role("dialog").get_by_role("heading")).to_have_text(evil)


def test_a_hundred_thousand_rows_are_as_many_tiles_as_fit(stage: Stage) -> None:
    count = 100_000
    rows = Rows.from_columns(keys=[f"{row:06d}" for row in range(count)], widths=[100] * count, heights=[100] * count)
    truth = Annotations.from_columns(
        row=np.arange(count), feature=np.zeros(count), box=np.tile([10, 10, 50, 50], (count, 1))
    )
    nothing = np.zeros(0, int)
    stage.packs[BASE] = run_pack(rows, truth, Annotations.empty(), (nothing, nothing, np.zeros(0)), features=["cat"])
    stage.gallery({BASE: "base"}, [np.arange(count)], height=600)
    stage.page.get_by_role("button", name="000000, base").wait_for()
    in_sight = _tiles(stage).count()
    stage.page.get_by_role("button", name="000000, base").press("End")

    assert in_sight < 60
    expect(stage.page.get_by_role("button", name="099999, base")).to_be_focused()
    assert _tiles(stage).count() < 60
    expect(stage.page.locator(".head")).to_contain_text("100,000 missed")


def test_a_gallery_that_leaves_takes_its_counts_along(shown: Stage) -> None:
    table = shown.page.get_by_role("table", name="Counts at these thresholds")
    expect(table).to_be_visible()
    shown.page.evaluate("async () => (await leave)()")

    expect(table).to_be_hidden()
    expect(_tiles(shown)).to_have_count(0)
