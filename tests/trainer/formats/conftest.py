"""Small foreign files, written as a test wants them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Document = dict[str, Any]


@pytest.fixture
def document() -> Document:
    """COCO truth of two pictures: a cat with a box, a dog with a polygon, nothing on the second picture."""
    return {
        "images": [
            {"id": 7, "file_name": "b.jpg", "width": 40, "height": 30},
            {"id": 3, "file_name": "a.jpg", "width": 20, "height": 10},
        ],
        "annotations": [
            {"id": 11, "image_id": 7, "category_id": 5, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0},
            {
                "id": 10,
                "image_id": 7,
                "category_id": 2,
                "bbox": [10, 10, 8, 6],
                "area": 24.0,
                "iscrowd": 0,
                "segmentation": [[10, 10, 18, 10, 10, 16]],
            },
        ],
        "categories": [{"id": 5, "name": "cat"}, {"id": 2, "name": "dog"}],
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a value as a JSON file, or a text as it is."""

    def to(value: object, name: str = "truth.json") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return path

    return to
