"""Runs that are measured by something else than objects show no counts of found and missed, and what cannot be drawn
offers nothing to draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.packs import run_pack
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows

if TYPE_CHECKING:
    from tests.dashboard.gallery.conftest import Stage

RUN = "b" * 32


@pytest.fixture
def shown(stage: Stage, two_cats_and_a_dog: Callable[[float], bytes]) -> Stage:
    stage.packs[RUN] = two_cats_and_a_dog(0.3)
    stage.sliders()
    stage.gallery({RUN: "base"}, [[0, 1, 2]], counted=False)
    stage.page.get_by_role("button", name="a.png, base", exact=True).wait_for()
    return stage


def test_no_count_stands_anywhere(shown: Stage) -> None:
    expect(shown.page.locator(".head .counts")).to_be_hidden()
    expect(shown.page.locator(".tally").first).to_be_hidden()
    expect(shown.page.get_by_role("table", name="Counts at these thresholds")).to_be_hidden()


def test_colours_tell_no_outcome(shown: Stage) -> None:
    outcome = shown.page.get_by_label("Colour by").locator("option[value=outcome]")

    expect(outcome).to_be_disabled()
    expect(shown.page.get_by_label("Colour by")).to_be_visible()


def test_the_inspector_lists_truths_and_predictions(shown: Stage) -> None:
    shown.page.get_by_role("button", name="b.png, base").click()
    table = shown.page.get_by_role("region", name="base").get_by_role("table")

    expect(table.get_by_role("row")).to_have_text(["SourceFeatureConfidenceIoU", "truthdog––", "predictiondog0.70–"])


def test_where_overlaps_do_not_count_there_is_no_iou_to_choose(stage: Stage) -> None:
    stage.sliders(overlaps=False)

    expect(stage.page.get_by_role("slider", name="Confidence")).to_be_visible()
    expect(stage.page.get_by_role("slider", name="IoU")).to_be_hidden()


def test_rows_on_which_nothing_has_a_place_offer_the_size_of_their_tiles_alone(stage: Stage) -> None:
    rows = Rows.from_columns(keys=["a"], widths=[10], heights=[10])
    none = (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    stage.packs[RUN] = run_pack(rows, Annotations.empty(), Annotations.empty(), none, features=["cat"])
    stage.gallery({RUN: "base"}, [[0]], counted=False)
    stage.page.get_by_role("button", name="a, base").wait_for()

    expect(stage.page.get_by_role("slider", name="Tile size")).to_be_visible()
    expect(stage.page.get_by_role("checkbox", name="Truth")).to_be_hidden()
    expect(stage.page.get_by_role("button", name="cat")).to_be_hidden()
