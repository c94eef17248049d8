"""The projector in a real browser: what the reader does, what the server hears, what a link brings back."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.components import modules
from dashboard.projection import decode_polygon, encode_polygon, inside, plot_square, simplify_polygon

if TYPE_CHECKING:
    from playwright.sync_api import Page

READY = '.projector[data-state="ready"]'
MIDDLE, RIGHT = 0.5, 0.85  # where the second and the third cloud lie, as shares of the plot's width


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(READY).wait_for()


def lasso(page: Page, *, at: float, radius: float = 90) -> None:
    """Draw a ring round a cloud."""
    box = page.locator(".surface").bounding_box()
    assert box
    x, y = box["x"] + at * box["width"], box["y"] + box["height"] / 2
    page.mouse.move(x + radius, y)
    page.mouse.down()
    for i in range(1, 24):
        angle = i * math.tau / 24
        page.mouse.move(x + radius * math.cos(angle), y + radius * math.sin(angle))
    page.mouse.up()


def expect_shown(page: Page, text: str) -> None:
    expect(page.locator(".count")).to_have_text(text)


def wait_for_server(page: Page, text: str) -> str:
    found = page.get_by_text(re.compile(text))
    found.wait_for()
    return found.inner_text()


def count_on_server(page: Page) -> int:
    return int(wait_for_server(page, r"^\d+ rows on the server$").split()[0])


def test_a_lasso_selects_the_same_rows_here_and_there_and_a_link_brings_them_back(page: Page, projector_address: str):
    open_page(page, projector_address)
    lasso(page, at=MIDDLE)
    selected = count_on_server(page)

    assert 250 < selected <= 300
    expect_shown(page, f"{selected} of 900 rows selected")
    page.wait_for_url(re.compile("lasso="))

    open_page(page, page.url)

    expect_shown(page, f"{selected} of 900 rows selected")
    assert count_on_server(page) == selected

    page.locator(".surface").focus()
    page.keyboard.press("Escape")
    wait_for_server(page, "^no selection$")

    expect_shown(page, "900 rows")
    page.wait_for_url(lambda url: "lasso" not in url)


def test_a_click_selects_one_row_again_and_again(page: Page, projector_address: str):
    open_page(page, projector_address)
    box = page.locator(".surface").bounding_box()
    assert box
    place = {"x": MIDDLE * box["width"], "y": box["height"] / 2}
    page.locator(".surface").click(position=place)

    assert count_on_server(page) == 1

    page.get_by_role("button", name="Clear on the server").click()
    wait_for_server(page, "^no selection$")
    page.locator(".surface").click(position=place)

    assert count_on_server(page) == 1


def test_the_wheel_zooms_and_leaves_the_page_where_it_is(page: Page, projector_address: str):
    open_page(page, projector_address)
    box = page.locator(".surface").bounding_box()
    assert box
    page.mouse.move(box["x"] + MIDDLE * box["width"], box["y"] + box["height"] / 2)
    for _ in range(8):
        page.mouse.wheel(0, -240)
    lasso(page, at=MIDDLE)

    assert 0 < count_on_server(page) < 60
    assert page.locator(".surface").bounding_box() == box


def test_the_legend_counts_hides_and_shows_classes(page: Page, projector_address: str):
    open_page(page, projector_address)
    lasso(page, at=RIGHT)
    selected = count_on_server(page)
    last = page.get_by_role("button", name="class 2")

    assert last.inner_text().split() == ["class", "2", str(selected), "/", "300"]

    last.click()

    expect_shown(page, f"{selected} of 900 rows selected ({selected} hidden)")

    page.get_by_role("button", name="Show all", exact=True).click()

    expect_shown(page, f"{selected} of 900 rows selected")


def test_pointing_at_a_point_names_its_row(page: Page, projector_address: str):
    open_page(page, projector_address)
    box = page.locator(".surface").bounding_box()
    assert box
    page.mouse.move(box["x"] + MIDDLE * box["width"], box["y"] + box["height"] / 2)
    tip = page.locator(".tip")
    tip.wait_for()

    assert re.fullmatch(r"rows/\d{3}\s+class 1", tip.inner_text())


def test_without_webgl_a_plain_canvas_does_the_same(page: Page, projector_address: str):
    page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        "  return kind === 'webgl2' ? null : get.call(this, kind, ...rest); };"
    )
    open_page(page, projector_address)
    lasso(page, at=MIDDLE)

    assert page.locator(".projector").get_attribute("data-drawn-by") == "canvas"
    expect_shown(page, f"{count_on_server(page)} of 900 rows selected")


def test_a_run_without_embeddings_says_how_to_log_them(page: Page, projector_address: str):
    page.goto(f"{projector_address}/?empty=1")
    page.get_by_text("This run has no embeddings. Log them with run.log_embeddings(...).").wait_for()

    assert page.locator(".toolbar").is_hidden()


def test_points_that_cannot_be_read_are_reported_and_asked_for_again(page: Page, projector_address: str):
    answers = iter(["no pack"])

    def answer(route) -> None:
        body = next(answers, None)
        if body is None:
            route.continue_()
        else:
            route.fulfill(body=body)

    page.route("**/points.bin*", answer)
    page.goto(projector_address)
    page.get_by_text("The points could not be loaded.").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.locator(READY).wait_for()

    expect_shown(page, "900 rows")


@pytest.fixture
def in_browser(page: Page, projector_address: str):
    """`in_browser("name(args...)", values)`: what a function of lasso.js returns."""
    page.goto(f"{projector_address}/_stcore/health")
    module = f"{modules.ADDRESS}/{modules.version()}/projector/lasso.js"

    def call(expression: str, values: dict[str, object]) -> object:
        script = f"async (v) => {{ const lasso = await import('{module}'); return {expression}; }}"
        return page.evaluate(script, values)

    return call


def test_the_browser_follows_the_same_rules_as_the_server(in_browser):
    rng = np.random.default_rng(5)
    on_grid = rng.integers(0, 8, (1500, 2)).astype(np.float32)  # whole numbers, so that many lie on outlines
    anywhere = rng.normal(size=(1500, 2)).astype(np.float32)
    for points, polygon in (
        (on_grid, rng.integers(0, 8, (9, 2)).astype(float)),
        (on_grid, np.array([[1, 1], [6, 1], [6, 6], [1, 6]], float)),
        (anywhere, rng.normal(size=(60, 2))),
    ):
        values = {"xy": points.ravel().tolist(), "polygon": polygon.tolist()}
        square = plot_square(points)

        expected = inside(points, polygon).astype(int).tolist()
        assert in_browser("Array.from(lasso.inside(new Float32Array(v.xy), v.polygon))", values) == expected

        found = in_browser("lasso.plotSquare(new Float32Array(v.xy))", values)
        assert (found["x"], found["y"], found["side"]) == (square.x, square.y, square.side)

        snapped = in_browser("lasso.snap(v.polygon, lasso.plotSquare(new Float32Array(v.xy)))", values)
        assert snapped == decode_polygon(encode_polygon(polygon, square), square).tolist()

        simplified = in_browser("lasso.simplify(v.polygon, {most: 12})", values)
        assert simplified == simplify_polygon(polygon, most=12).tolist()
