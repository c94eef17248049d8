"""Digit scenes are what they claim: seeded, true to their boxes and masks, and fair to split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as run_lengths

from trainer.demo_scenes import _deal_digits, make_digit_scenes

# pycocotools 2.0.11 still speaks NumPy 1 where it decodes.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty scenes."""
    return make_digit_scenes(tmp_path_factory.mktemp("digits"), scenes=30)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def _size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_each_picture_has_its_stated_size_and_one_to_nine_digits(scenes: Path) -> None:
    content = _read(scenes)
    counts = np.bincount([entry["image_id"] for entry in content["annotations"]], minlength=31)[1:]
    sizes = [_size_of(scenes.parent / "images" / entry["file_name"]) for entry in content["images"]]

    assert len(sizes) == 30
    assert sizes == [(entry["width"], entry["height"]) for entry in content["images"]]
    assert 1 <= counts.min() <= counts.max() <= 9


def test_categories_are_the_ten_digits(scenes: Path) -> None:
    categories = _read(scenes)["categories"]

    assert categories == [{"id": value + 1, "name": str(value)} for value in range(10)]


def test_boxes_enclose_the_masks_and_areas_count_them(scenes: Path) -> None:
    for entry in _read(scenes)["annotations"]:
        mask = run_lengths.decode(entry["segmentation"])
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        left, top, width, height = entry["bbox"]

        assert (left, top) == (columns[0], rows[0])
        assert (left + width, top + height) == (columns[-1] + 1, rows[-1] + 1)
        assert entry["area"] == mask.sum() > 0


def test_masks_of_a_scene_share_no_pixel(scenes: Path) -> None:
    content = _read(scenes)
    for image in content["images"]:
        codes = [entry["segmentation"] for entry in content["annotations"] if entry["image_id"] == image["id"]]

        assert run_lengths.decode(codes).sum(axis=2).max() == 1


def test_digits_are_about_16_to_40_pixels_high(scenes: Path) -> None:
    heights = [entry["bbox"][3] for entry in _read(scenes)["annotations"]]

    assert min(heights) >= 10
    assert max(heights) <= 50


def test_the_same_seed_makes_the_same_scenes(scenes: Path, tmp_path: Path) -> None:
    again = make_digit_scenes(tmp_path / "again", scenes=5)
    other = make_digit_scenes(tmp_path / "other", scenes=5, seed=1)
    name = "images/scene-0003.png"

    assert (again.parent / name).read_bytes() == (
        make_digit_scenes(tmp_path / "third", scenes=5).parent / name
    ).read_bytes()
    assert (again.parent / name).read_bytes() != (other.parent / name).read_bytes()


def test_four_hundred_scenes_use_no_handwritten_digit_twice() -> None:
    dealt = np.concatenate(_deal_digits(400, 0, digits=1797))

    assert len(dealt) == len(np.unique(dealt)) > 1700
