"""The inspector shows the picture itself as soon as it is here, and its small copy where it is not to be had."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from dashboard.packs import run_pack
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.dashboard.gallery.conftest import Stage

RUN = "b" * 32
SMALL, LARGE = (200, 30, 90), (20, 160, 60)
Eventually = Callable[[Callable[[], object]], None]


def _webp(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "WEBP", lossless=True)
    return written.getvalue()


def _has(canvas: Locator, colour: tuple[int, int, int]) -> bool:
    """Whether the middle of a canvas has a colour."""
    middle = canvas.evaluate(
        """(canvas) => [...canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data]"""
    )
    return tuple(middle[:3]) == colour


@pytest.fixture
def opened(stage: Stage, eventually: Eventually) -> Locator:
    """The inspector's canvas on the first of two rows, of which only that one still has its picture."""
    rows = Rows.from_columns(keys=["a", "b"], widths=[640, 640], heights=[320, 320], uris=["a.png", "b.png"])
    none = (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    stage.packs[RUN] = run_pack(rows, Annotations.empty(), Annotations.empty(), none, features=["cat"])
    stage.thumbnails |= {(RUN, row): _webp(64, 32, SMALL) for row in (0, 1)}
    stage.pictures |= {(RUN, 0): _webp(640, 320, LARGE)}
    stage.gallery({RUN: "base"}, [[0, 1]])
    tile = stage.page.get_by_role("button", name="a, base").locator("canvas")
    eventually(lambda: _has(tile, SMALL))
    stage.page.get_by_role("button", name="a, base").click()
    return stage.page.get_by_role("region", name="base").locator("canvas")


def test_the_picture_itself_takes_the_place_of_its_small_copy(opened: Locator, eventually: Eventually) -> None:
    eventually(lambda: _has(opened, LARGE))


def test_a_picture_that_is_gone_leaves_its_small_copy(opened: Locator, eventually: Eventually) -> None:
    eventually(lambda: _has(opened, LARGE))
    opened.page.keyboard.press("ArrowRight")

    eventually(lambda: _has(opened, SMALL))
