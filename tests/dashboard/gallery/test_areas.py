"""Shapes with rings are drawn as areas with a rim, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dashboard.packs import run_pack
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows

if TYPE_CHECKING:
    from tests.dashboard.gallery.conftest import Stage

RUN = "b" * 32
LEFT, RIGHT = [10.0, 10, 40, 10, 40, 90, 10, 90], [60.0, 10, 90, 10, 90, 90, 60, 90]
Eventually = Callable[[Callable[[], object]], None]


@pytest.fixture
def alpha(stage: Stage, eventually: Eventually) -> Callable[[float, float], list[int]]:
    """Draws one truth of two parts on a row without a picture; what stands at fractions of the tile: RGBA."""
    rows = Rows.from_columns(keys=["a"], widths=[100], heights=[100])
    truth = Annotations.from_columns(row=[0], feature=[0], box=[[10, 10, 80, 80]], polygons=[[LEFT, RIGHT]])
    none = (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    stage.packs[RUN] = run_pack(rows, truth, Annotations.empty(), none, features=["cat"])
    stage.sliders()
    stage.gallery({RUN: "base"}, [[0]])
    canvas = stage.page.locator(".tile canvas")
    canvas.wait_for()

    def at(x: float, y: float) -> list[int]:
        return canvas.evaluate(
            """(tile, [x, y]) => [...tile.getContext("2d").getImageData(x * tile.width, y * tile.height, 1, 1).data]""",
            [x, y],
        )

    eventually(lambda: at(0.01, 0.01)[3] > 0)
    return at


def test_an_area_is_tinted_within_and_not_beside_nor_between_its_parts(alpha) -> None:
    plain = alpha(0.02, 0.5)

    assert alpha(0.25, 0.5) != plain
    assert alpha(0.75, 0.5) != plain
    assert alpha(0.5, 0.5) == plain


def test_its_parts_are_not_joined_and_no_box_is_drawn_round_it(alpha) -> None:
    plain = alpha(0.02, 0.5)
    between = [alpha(0.5, y / 50) for y in range(1, 50)]

    assert between == [plain] * 49


def test_its_rim_is_stronger_than_what_it_encloses(alpha) -> None:
    blue = np.array([0x3B, 0x82, 0xF6])
    rim, inside = (np.abs(np.array(alpha(x, 0.5)[:3]) - blue).sum() for x in (0.1, 0.25))

    assert rim < inside / 2
