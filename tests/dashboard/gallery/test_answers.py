"""Tiles and the inspector tell what a run answered, how surely, and whether it is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.packs import Pairs, run_pack
from dashboard.questions import asked_of
from trainer.records.annotations import Annotations
from trainer.records.measure import subject_of
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.dashboard.gallery.conftest import Stage

RUN = "b" * 32
NO_PAIRS: Pairs = (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
DRY, WET = 1, 2
ROUND, FLAT = 4, 5
ONTOLOGY = Ontology(
    (
        Feature("weather", Kind.RADIO, (Feature("dry", Kind.OPTION), Feature("wet", Kind.OPTION))),
        Feature("traits", Kind.CHECKLIST, (Feature("round", Kind.OPTION), Feature("flat", Kind.OPTION))),
    )
)
LEGEND = [[path, "#3b82f6"] for path in ONTOLOGY.paths]


def _pack(measure: str, truth: Annotations, predictions: Annotations, pairs: Pairs = NO_PAIRS) -> bytes:
    rows = Rows.from_columns(keys=list("abcd"), widths=[100] * 4, heights=[100] * 4)
    asked = asked_of(ONTOLOGY, subject_of(measure, ONTOLOGY))
    return run_pack(rows, truth, predictions, pairs, features=ONTOLOGY.paths, asked=asked)


@pytest.fixture
def weather(stage: Stage) -> Stage:
    """Four rows that are dry, dry, dry and unknown: the run is right, wrong, silent, and says something of the last."""
    truth = Annotations.from_columns(row=[0, 1, 2], feature=[DRY, DRY, DRY])
    said = Annotations.from_columns(
        row=[0, 0, 1, 1, 3], feature=[DRY, WET, DRY, WET, WET], confidence=[0.4, 0.3, 0.2, 0.8, 0.6]
    )
    stage.packs[RUN] = _pack("classes:weather", truth, said)
    stage.gallery({RUN: "base"}, [[0, 1, 2, 3]], features=LEGEND)
    stage.page.locator(".tile").nth(3).wait_for()
    return stage


@pytest.fixture
def traits(stage: Stage) -> Stage:
    """Of two rows that are round, one is ticked round at 0.7, the other flat at 0.6."""
    truth = Annotations.from_columns(row=[0, 1], feature=[ROUND, ROUND])
    said = Annotations.from_columns(row=[0, 1], feature=[ROUND, FLAT], confidence=[0.7, 0.6])
    stage.packs[RUN] = _pack("classes:traits", truth, said, (np.array([0]), np.array([0]), np.array([1.0])))
    stage.sliders(overlaps=False)
    stage.gallery({RUN: "base"}, [[0, 1, 2]], features=LEGEND)
    stage.page.locator(".tile").nth(2).wait_for()
    return stage


def _verdict(stage: Stage, key: str) -> Locator:
    return stage.page.locator(".tile").filter(has=stage.page.get_by_text(key, exact=True)).locator(".verdicts")


def test_a_tile_says_truth_and_answer_with_a_sign(weather: Stage) -> None:
    expect(_verdict(weather, "a")).to_have_text("✓dry0.40")
    expect(_verdict(weather, "b")).to_have_text("✕dry→wet0.80")
    expect(_verdict(weather, "c")).to_have_text("○dry→no answer")
    expect(_verdict(weather, "d")).to_have_text("–wet0.60")


def test_tiles_say_it_in_words(weather: Stage) -> None:
    for label in (
        "a, base: right: truth dry, said dry (0.40)",
        "b, base: wrong: truth dry, said wet (0.80)",
        "c, base: unanswered: truth dry",
        "d, base: not counted: said wet (0.60)",
    ):
        expect(weather.page.get_by_role("button", name=label, exact=True)).to_be_visible()


def test_the_head_counts_right_and_wrong_rows(weather: Stage) -> None:
    expect(weather.page.locator(".head .counts")).to_have_text("✓ 1 right✕ 1 wrong○ 1 unanswered")


def test_no_threshold_changes_a_choice(weather: Stage) -> None:
    weather.sliders(confidence=0.95)
    weather.page.get_by_role("slider", name="Tile size").fill("120")

    expect(_verdict(weather, "a")).to_have_text("✓dry0.40")
    expect(weather.page.get_by_role("table", name="Counts at these thresholds")).to_be_hidden()


def test_truth_and_prediction_are_switched_off_alone(weather: Stage) -> None:
    weather.page.get_by_role("checkbox", name="Predictions").uncheck()
    expect(_verdict(weather, "b")).to_have_text("✕dry")

    weather.page.get_by_role("checkbox", name="Predictions").check()
    weather.page.get_by_role("checkbox", name="Truth").uncheck()
    expect(_verdict(weather, "b")).to_have_text("✕wet0.80")


def test_colours_tell_right_and_wrong(weather: Stage) -> None:
    weather.page.get_by_label("Colour by").select_option("outcome")

    expect(_verdict(weather, "a").locator(".square")).to_have_css("color", "rgb(26, 158, 119)")
    expect(_verdict(weather, "b").locator(".square.prediction")).to_have_css("color", "rgb(224, 80, 58)")
    expect(weather.page.get_by_role("list", name="Colours").get_by_role("listitem")).to_have_text(
        ["right", "wrong", "unanswered", "not counted"]
    )


def test_the_inspector_lists_every_option_with_its_confidence(weather: Stage) -> None:
    _verdict(weather, "b").click()
    pane = weather.page.get_by_role("region", name="base")

    expect(pane.get_by_role("table", name="Answers to weather").get_by_role("row")).to_have_text(
        ["OutcomeOptionConfidence", "✕wrongwet0.80", "dry · truth0.20"]
    )
    expect(pane.locator("header .counts")).to_have_text("✕wrong")
    expect(pane.get_by_role("table", name="Answers to traits")).to_be_hidden()


def test_ticks_follow_the_confidence_slider(traits: Stage) -> None:
    expect(_verdict(traits, "a")).to_have_text("✓round0.70")
    expect(_verdict(traits, "b")).to_have_text("○round✕flat0.60")
    expect(_verdict(traits, "c")).to_have_text("nothing ticked")
    expect(traits.page.locator(".head .counts")).to_have_text("✓ 1 found✕ 1 false alarms○ 1 missed")

    traits.page.get_by_role("slider", name="Confidence").fill("0.65")

    expect(_verdict(traits, "b")).to_have_text("○round")
    expect(traits.page.locator(".head .counts")).to_have_text("✓ 1 found✕ 0 false alarms○ 1 missed")


def test_the_inspector_keeps_options_below_the_threshold_without_an_outcome(traits: Stage) -> None:
    traits.page.get_by_role("slider", name="Confidence").fill("0.65")
    _verdict(traits, "b").click()
    table = traits.page.get_by_role("table", name="Answers to traits")

    expect(table.get_by_role("row")).to_have_text(["OutcomeOptionConfidence", "flat0.60", "○missedround · truth–"])
