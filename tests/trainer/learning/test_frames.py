"""Boxes go to the canvas and come back where they were."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.learning.frames import Frame


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (333, 77), (7, 1000), (1, 1), (64, 64), (1000, 3)])
def test_corners_come_back_exactly(size: tuple[int, int]) -> None:
    width, height = size
    frame = Frame.fit(width, height, image_size=256)
    corners = np.array([[0, 0, width, height], [0.25 * width, 0.5 * height, 0.75 * width, 0.875 * height]])

    np.testing.assert_allclose(frame.to_picture(frame.to_canvas(corners)), corners, rtol=1e-14)


@pytest.mark.parametrize("size", [(640, 480), (31, 517), (1, 4000)])
def test_the_picture_fits_its_canvas_of_multiples_of_32(size: tuple[int, int]) -> None:
    frame = Frame.fit(*size, image_size=192)
    height, width = frame.canvas

    assert height % 32 == width % 32 == 0
    assert 0 <= height - frame.inner_height < 32
    assert 0 <= width - frame.inner_width < 32
    assert max(frame.inner_width, frame.inner_height) == 192


def test_the_whole_picture_covers_the_whole_inner_part() -> None:
    frame = Frame.fit(333, 77, image_size=256)

    assert frame.to_canvas(np.array([[0, 0, 333, 77]])).tolist() == [[0, 0, frame.inner_width, frame.inner_height]]


def test_what_lies_on_the_padding_is_cut_off() -> None:
    frame = Frame.fit(640, 400, image_size=128)

    assert frame.to_picture(np.array([[-10.0, 40.0, 140.0, 96.0]])).tolist() == [[0, 200, 640, 400]]
