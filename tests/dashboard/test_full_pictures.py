"""The picture at full size is the row's own, or none."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashboard.full_pictures import LONGEST_SIDE, full_picture


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    pixels = np.full((300, 500, 3), 200, np.uint8)
    pixels[:, :250] = (30, 60, 90)
    Image.fromarray(pixels).save(path)
    return path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_it_is_as_large_as_the_file_and_looks_like_it(picture: Path) -> None:
    content = full_picture(str(picture), _digest(picture))
    assert content is not None
    with Image.open(io.BytesIO(content)) as shown:
        assert (shown.format, shown.size) == ("WEBP", (500, 300))
        near = np.abs(np.asarray(shown.convert("RGB"))[150, [50, 450]].astype(int) - [(30, 60, 90), (200, 200, 200)])

    assert near.max() < 8


def test_a_camera_picture_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    path = tmp_path / "a.jpg"
    Image.new("RGB", (60, 40)).save(path, exif=exif)
    content = full_picture(str(path), None)
    assert content is not None

    with Image.open(io.BytesIO(content)) as shown:
        assert shown.size == (40, 60)


def test_a_huge_picture_is_made_smaller(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("L", (2 * LONGEST_SIDE, 10)).save(path)
    content = full_picture(str(path), None)
    assert content is not None

    with Image.open(io.BytesIO(content)) as shown:
        assert shown.width == LONGEST_SIDE


def test_another_picture_under_the_same_name_is_not_shown(picture: Path) -> None:
    before = _digest(picture)
    Image.new("RGB", (500, 300)).save(picture)

    assert full_picture(str(picture), before) is None


@pytest.mark.parametrize("uri", [None, "https://example.org/a.png", "/no/such/file.png", __file__])
def test_what_is_no_picture_here_is_none(uri: str | None) -> None:
    assert full_picture(uri, None) is None
