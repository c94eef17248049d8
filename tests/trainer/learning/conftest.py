"""Small pictures of dark discs and squares on pale ground, which a detector learns in seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from trainer.learning.settings import TrainingSettings
from trainer.records.annotations import Annotations
from trainer.records.design import Design, Task
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

MakeSnapshot = Callable[..., Snapshot]


@pytest.fixture
def make_snapshot(tmp_path: Path) -> MakeSnapshot:
    """Makes a snapshot of `pictures` rows, all for training, each with one disc and one square of 20 to 30 pixels."""

    def make(pictures: int = 6, *, size: tuple[int, int] = (96, 64), splits: list[str] | None = None) -> Snapshot:
        rng = np.random.default_rng(0)
        keys = [f"scene-{number}.png" for number in range(pictures)]
        boxes = [_draw_scene(tmp_path / key, size, rng) for key in keys]
        rows = Rows.from_columns(
            keys=keys,
            widths=[size[0]] * pictures,
            heights=[size[1]] * pictures,
            splits=splits or ["training"] * pictures,
            uris=[str(tmp_path / key) for key in keys],
        )
        truth = Annotations.from_columns(
            row=np.repeat(np.arange(pictures), 2), feature=[0, 1] * pictures, box=np.concatenate(boxes)
        )
        return Snapshot(Ontology.flat({"disc": "box", "square": "box"}), rows, truth)

    return make


@pytest.fixture
def detector() -> Design:
    """A design that finds the discs and squares."""
    return Design(Task.DETECTION, ("disc", "square"))


@pytest.fixture
def make_lesson(make_snapshot: MakeSnapshot) -> Callable[..., tuple[Snapshot, Design]]:
    """Makes the scenes with the truth that a task learns, and a design for it; validation rows are the last two."""

    def make(task: Task, pictures: int = 4) -> tuple[Snapshot, Design]:
        scenes = make_snapshot(pictures, splits=["training"] * (pictures - 2) + ["validation"] * 2)
        if task is Task.CLASSIFICATION:
            return Snapshot(_SHAPE, scenes.rows, _answers(pictures)), Design(task, ("shape/one", "shape/two"))
        painted = ("square",) if task is Task.DETECTION_AND_SEGMENTATION else ()
        return Snapshot(scenes.ontology, scenes.rows, _outlined(scenes.truth)), Design(
            task, ("disc", "square"), painted=painted
        )

    return make


_SHAPE = Ontology((Feature("shape", Kind.RADIO, (Feature("one", Kind.OPTION), Feature("two", Kind.OPTION))),))


def _answers(pictures: int) -> Annotations:
    """Every other row is one, the others are two."""
    return Annotations.from_columns(row=range(pictures), feature=[1 + row % 2 for row in range(pictures)])


def _outlined(boxes: Annotations) -> Annotations:
    """The boxes with their four corners as polygons."""
    rings = [[[x, y, x + w, y, x + w, y + h, x, y + h]] for x, y, w, h in boxes.box.tolist()]
    return Annotations.from_columns(row=boxes.row, feature=boxes.feature, box=boxes.box, polygons=rings)


@pytest.fixture
def quick() -> TrainingSettings:
    """Settings for pictures of 96 pixels that train in a moment."""
    return TrainingSettings(image_size=96, epochs=1, batch=2, threads=1, device="cpu", min_annotations=1)


def _draw_scene(path: Path, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Disc in the left half, square in the right one; float64[2, 4] left, top, width, height."""
    picture = Image.new("RGB", size, (225, 230, 220))
    pen = ImageDraw.Draw(picture)
    boxes = []
    for half, draw in enumerate((pen.ellipse, pen.rectangle)):
        side = int(rng.integers(20, 31))
        left = half * size[0] // 2 + int(rng.integers(2, size[0] // 2 - side - 2))
        top = int(rng.integers(2, size[1] - side - 2))
        draw((left, top, left + side - 1, top + side - 1), fill=(60, 40, 120) if half else (150, 50, 40))
        boxes.append([left, top, side, side])
    picture.save(path)
    return np.array(boxes, dtype=np.float64)
