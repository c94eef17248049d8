"""Two pictures and a video to look at, and a run whose weights are by chance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

import trainer
from trainer import Store
from trainer.learning.networks import make_network
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel
from trainer.learning.weights import save_model
from trainer.projects import DataVersion, save_version
from trainer.records.annotations import Annotations
from trainer.records.design import Design, Task
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

LogRun = Callable[..., trainer.ModelRun]

FRAMES, SIZE = 12, (96, 64)
FEATURES = ("disc", "square")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, one of them below, a text and a video of 12 frames at 10 a second."""
    rng = np.random.default_rng(0)
    files = tmp_path / "files"
    (files / "below").mkdir(parents=True)
    for name in ("one.png", "below/two.png"):
        Image.fromarray(rng.integers(0, 255, (*SIZE[::-1], 3), dtype=np.uint8)).save(files / name)
    (files / "notes.txt").write_text("not a picture", encoding="utf-8")
    writer = cv2.VideoWriter(str(files / "walk.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, SIZE)
    still = rng.integers(0, 255, (*SIZE[::-1], 3), dtype=np.uint8)
    for _ in range(FRAMES):
        writer.write(still)
    writer.release()
    return files


@pytest.fixture
def data(store: Store, folder: Path) -> DataVersion:
    """A project of the two pictures."""
    uris = [str(folder / name) for name in ("one.png", "below/two.png")]
    rows = Rows.from_columns(
        keys=["first", "second"], widths=[96] * 2, heights=[64] * 2, uris=uris, splits=["training", "test"]
    )
    ontology = Ontology.flat(dict.fromkeys(FEATURES, "mask"))
    return save_version("scenes", Snapshot(ontology, rows, Annotations.empty()), store=store)


@pytest.fixture
def log_run(store: Store, data: DataVersion) -> LogRun:
    """Seal a run with weights by chance: what it says matters less than what becomes of it."""

    def log(name: str, task: Task, tags: dict[str, str] | None = None) -> trainer.ModelRun:
        design = Design(task, FEATURES)
        with torch.random.fork_rng():
            torch.manual_seed(1)
            model = TrainedModel(design, TrainingSettings(image_size=96), make_network(design, image_size=96).eval())
        with trainer.start_run("scenes", name, project=data, store=store, tags=tags) as recording:
            recording.log_predictions(Annotations.empty())
            save_model(model, recording.folder)
        return recording.result

    return log


@pytest.fixture
def run(log_run: LogRun) -> trainer.ModelRun:
    """Run scenes/finder, which finds objects."""
    return log_run("finder", Task.DETECTION)
