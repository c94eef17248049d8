"""Colours that can be told apart and read, and settings that Streamlit knows."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from PIL import Image

from dashboard import theme

LIGHT_PAGE, DARK_PAGE = theme.LIGHT["theme.light.backgroundColor"], theme.DARK["theme.dark.backgroundColor"]
# How colours look without green and without red cones: Machado, Oliveira and Fernandes 2009, severity 1, linear RGB.
SIGHTS = {
    "usual": np.eye(3),
    "without green": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "without red": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
}


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    high, low = sorted((float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(one: str, other: str, *, share: float) -> str:
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def oklab(colour: str, sight: np.ndarray) -> np.ndarray:
    to_cones = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
    to_lab = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])
    return to_lab @ np.cbrt(to_cones @ np.clip(sight @ linear(colour), 0, 1))


def least_distance(colours: tuple[str, ...], sight: np.ndarray) -> float:
    seen = [oklab(colour, sight) for colour in colours]
    return min(float(np.linalg.norm(one - other)) for one, other in itertools.combinations(seen, 2))


def test_there_are_at_least_twenty_colours_for_features_and_all_differ_clearly():
    assert len(theme.FEATURE_COLOURS) >= 20
    assert least_distance(theme.FEATURE_COLOURS, SIGHTS["usual"]) > 0.06


@pytest.mark.parametrize("sight", SIGHTS)
def test_runs_and_outcomes_differ_for_every_sight(sight: str):
    assert least_distance((theme.BASELINE, theme.CANDIDATE), SIGHTS[sight]) > 0.08
    assert least_distance((theme.FOUND, theme.FALSE_ALARM, theme.MISSED), SIGHTS[sight]) > 0.05


@pytest.mark.parametrize("colour", theme.FEATURE_COLOURS)
def test_a_features_colour_stands_out_from_both_pages(colour: str):
    assert contrast(colour, LIGHT_PAGE) > 2.2
    assert contrast(colour, DARK_PAGE) > 2.9


@pytest.mark.parametrize("colour", [theme.BASELINE, theme.CANDIDATE, theme.FOUND, theme.FALSE_ALARM, theme.MISSED])
def test_lines_and_marks_have_the_contrast_that_graphics_need(colour: str):
    assert min(contrast(colour, LIGHT_PAGE), contrast(colour, DARK_PAGE)) >= 3


@pytest.mark.parametrize(("name", "options"), [("light", theme.LIGHT), ("dark", theme.DARK)])
def test_text_has_the_contrast_that_reading_needs(name: str, options: dict[str, str]):
    for surface in ("backgroundColor", "secondaryBackgroundColor"):
        for ink in ("textColor", "linkColor", "primaryColor", "grayColor", "greenColor", "redColor"):
            assert contrast(options[f"theme.{name}.{ink}"], options[f"theme.{name}.{surface}"]) >= 4.5


@pytest.mark.parametrize(("name", "options"), [("light", theme.LIGHT), ("dark", theme.DARK)])
def test_a_chosen_view_can_be_read_on_its_own_tint(name: str, options: dict[str, str]):
    primary, page = options[f"theme.{name}.primaryColor"], options[f"theme.{name}.backgroundColor"]
    tint = mixed(primary, page, share=0.1)  # Streamlit's, behind the chosen segment

    assert contrast(primary, tint) >= 4.5


def test_white_text_can_be_read_on_what_is_filled():
    fills = re.findall(r"background-color: (#[0-9a-f]{6});", theme.FILLED.read_text())

    assert len(fills) == 2
    assert min(contrast(fill, "#ffffff") for fill in fills) >= 4.5


def test_a_feature_keeps_its_colour_and_the_colours_start_again_after_the_last():
    assert theme.feature_colour(3) == theme.FEATURE_COLOURS[3]
    assert theme.feature_colour(len(theme.FEATURE_COLOURS)) == theme.FEATURE_COLOURS[0]


def test_streamlit_knows_every_setting():
    from streamlit import config

    assert set(theme.streamlit_config()) <= set(config._config_options_template)


def test_nothing_of_the_look_comes_from_another_host():
    assert "//" not in str(theme.streamlit_config())


def test_the_favicon_is_a_small_square_picture():
    with Image.open(theme.FAVICON) as picture:
        assert picture.size == (64, 64)
