"""A reader in a real browser: opens a comparison, drags a slider, lassoes, and finds the same view again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Eventually = Callable[[Callable[[], object]], None]
_MINUTE = 60_000  # ms


@pytest.fixture(scope="module")
def dashboard(two_runs, serve) -> Iterator[str]:
    """The address of a dashboard on the two runs."""
    with serve(two_runs.store) as address:
        yield address


def _open(page: Page, address: str, expected: str = "Candidate: more-labels") -> None:
    page.goto(address)
    page.get_by_text(expected).first.wait_for(timeout=3 * _MINUTE)


def _counts(page: Page) -> list[str]:
    """Found, false alarms and missed of both runs, as the table beside the sliders says."""
    table = page.get_by_role("table", name="Counts at these thresholds")
    table.wait_for()
    return table.inner_text().split("\n")


def _value(page: Page, title: str) -> str:
    """What the headline card of a number says."""
    card = page.get_by_test_id("stMetric").filter(has_text=title).first
    return card.get_by_test_id("stMetricValue").inner_text()


def _pictures(page: Page) -> list[str]:
    """What the tiles show."""
    page.locator("canvas").first.wait_for()
    return page.locator("canvas").evaluate_all("tiles => tiles.map(tile => tile.toDataURL())")


def _slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name, exact=True)


def test_the_newest_runs_are_compared_at_once(page: Page, dashboard: str, two_runs) -> None:
    _open(page, dashboard)

    assert _value(page, "mAP") == f"{two_runs.candidate.summary['coco']['ap']:.3f}"
    page.wait_for_url(lambda url: two_runs.baseline.id in url and two_runs.candidate.id in url)


def test_a_dragged_slider_moves_pictures_counts_numbers_and_address(
    page: Page, dashboard: str, eventually: Eventually
) -> None:
    _open(page, dashboard)
    counts, recall = _counts(page), _value(page, "Recall")
    drawn = _pictures(page)
    box = _slider(page, "Confidence").bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.95, y, steps=8)

    # Still held down: pictures and counts follow in the browser alone.
    eventually(lambda: _counts(page) != counts)
    eventually(lambda: _pictures(page) != drawn)

    page.mouse.up()
    page.wait_for_url(re.compile(r"confidence=0\.9"))
    page.wait_for_function(
        """before => [...document.querySelectorAll('[data-testid=stMetric]')]
            .some(card => card.innerText.includes('Recall') && !card.innerText.includes(before))""",
        arg=recall,
    )


def test_counts_of_the_browser_are_those_of_the_metrics(
    page: Page, dashboard: str, two_runs, eventually: Eventually
) -> None:
    from trainer import Thresholds, compare, pair_runs

    _open(page, f"{dashboard}/?confidence=0.37&iou=0.71")
    thresholds = Thresholds(min_confidence=0.37, min_iou=0.71)
    compared = compare(pair_runs(two_runs.baseline, two_runs.candidate), thresholds=thresholds)
    totals = [scores.at_thresholds.total for scores in (compared.baseline, compared.candidate)]

    expected = [int(number) for total in totals for number in (total.tp, total.fp, total.missed)]
    eventually(lambda: [int(found) for found in re.findall(r"\t(\d+)", "\n".join(_counts(page)))] == expected)


def test_a_lasso_leaves_only_its_rows_and_the_address_brings_it_back(page: Page, dashboard: str) -> None:
    _open(page, f"{dashboard}/?view=projector&split=all")
    plot = page.get_by_role("application")
    plot.wait_for()
    page.get_by_text("24 rows").first.wait_for()
    box = plot.bounding_box()
    assert box
    _drag_around(page, box["x"], box["y"], box["width"] / 2, box["height"])
    page.wait_for_url(re.compile("lasso="))
    button = page.get_by_role("button", name=re.compile("rows inside the lasso"))
    button.wait_for()
    said = button.inner_text()
    assert 0 < int(re.match(r"(\d+)", said)[1]) < 24

    address = page.url
    page.goto("about:blank")
    _open(page, address)
    button.wait_for()
    expect(button).to_have_text(said)

    button.click()
    page.wait_for_function("() => !location.search.includes('lasso=')")


def _drag_around(page: Page, x: float, y: float, width: float, height: float) -> None:
    corners = [(0.02, 0.12), (0.98, 0.12), (0.98, 0.9), (0.02, 0.9), (0.02, 0.14)]
    page.mouse.move(x + width * corners[0][0], y + height * corners[0][1])
    page.mouse.down()
    for across, down in corners[1:]:
        page.mouse.move(x + width * across, y + height * down, steps=6)
    page.mouse.up()


def test_the_address_brings_back_how_the_gallery_looked_and_the_open_row(page: Page, dashboard: str) -> None:
    _open(page, f"{dashboard}/?split=all")
    page.get_by_label("Colour by").select_option("outcome")
    page.get_by_role("checkbox", name="Truth").uncheck()
    page.wait_for_url(re.compile(r"show=predictions&shapes=outcome"))
    page.locator(".tile").nth(2).click()
    page.wait_for_url(re.compile("row="))
    dialog = page.get_by_role("dialog", name="Row inspector")
    opened = dialog.get_by_role("heading").inner_text()

    address = page.url
    page.goto("about:blank")
    page.goto(address)
    dialog.wait_for(timeout=60_000)
    assert dialog.get_by_role("heading").inner_text() == opened

    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.search.includes('row=')")
    assert page.get_by_label("Colour by").input_value() == "outcome"
    assert not page.get_by_role("checkbox", name="Truth").is_checked()


def test_the_metrics_view_shows_every_number(page: Page, dashboard: str) -> None:
    _open(page, f"{dashboard}/?view=metrics", expected="COCO's twelve numbers")
    page.locator(".js-plotly-plot").nth(1).wait_for()

    page.get_by_text("more-labels (candidate)").first.wait_for()


def test_two_ticked_runs_lead_to_their_comparison(page: Page, dashboard: str, two_runs) -> None:
    _open(page, dashboard)
    page.get_by_role("link", name="Runs").click()
    table = page.get_by_test_id("stDataFrame")
    table.wait_for()
    for line in (1, 2):
        _tick(page, table, line)
    page.get_by_role("button", name="Compare more-labels against few-labels").click()
    page.wait_for_url(re.compile(f"baseline={two_runs.baseline.id}"))

    assert f"candidate={two_runs.candidate.id}" in page.url


def _tick(page: Page, table: Locator, line: int) -> None:
    """Click the box at the left of a line, again if the table was not ready; it is a canvas, so by its place."""
    row, row_height = table.locator(f'tr[role="row"][aria-rowindex="{line + 1}"]'), 35
    row.wait_for(state="attached")
    for _ in range(10):
        box = table.bounding_box()
        assert box
        page.mouse.click(box["x"] + 16, box["y"] + row_height * (line + 0.5))
        try:
            expect(row).to_have_attribute("aria-selected", "true", timeout=5000)
        except AssertionError:
            continue
        return
    pytest.fail(f"line {line} could not be ticked")


def test_an_address_of_unknown_runs_says_so_and_shows_the_newest(page: Page, dashboard: str) -> None:
    _open(page, f"{dashboard}/?baseline={'0' * 32}&candidate=x&confidence=nonsense&lasso=~~")

    page.get_by_text("The newest runs are shown instead").first.wait_for()
