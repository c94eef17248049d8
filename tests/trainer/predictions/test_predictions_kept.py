"""What a model said is written and drawn."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pycocotools import mask as coco_mask

import trainer
from trainer.predictions.predicting import predict
from trainer.predictions.prediction_drawing import Drawing, draw
from trainer.predictions.prediction_files import PredictionFile
from trainer.records.design import Task
from trainer.records.errors import RecordError

LogRun = Callable[..., trainer.ModelRun]

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools on numpy 2


@pytest.mark.parametrize("ending", ["json", "ndjson", "csv"])
def test_files_hold_every_annotation(folder: Path, run: trainer.ModelRun, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"found.{ending}"
    pictures = list(predict(run, folder / "walk.avi", min_confidence=0, track=True, frames=(3, 4), threads=1))
    with PredictionFile(path) as file:
        for one in pictures:
            file.add(one)
    text = path.read_text(encoding="utf-8")
    lines = [line for one in pictures for line in one.lines()]

    if ending == "csv":
        read = list(csv.DictReader(text.splitlines()))
        assert [float(row["left"]) for row in read] == [line["box"][0] for line in lines]
        assert [row["object"] for row in read] == [line["object"] for line in lines]
        assert {(row["file"], row["frame"]) for row in read} == {("walk.avi", "3"), ("walk.avi", "4")}
    else:
        assert (json.loads(text) if ending == "json" else [json.loads(line) for line in text.splitlines()]) == lines


def test_a_file_that_was_not_finished_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), PredictionFile(tmp_path / "found.json"):
        raise ZeroDivisionError

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RecordError, match="written as one of these"):
        PredictionFile(tmp_path / "found.txt")
    with PredictionFile(tmp_path / "none.json"):
        pass
    assert json.loads((tmp_path / "none.json").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("task", [Task.DETECTION, Task.INSTANCE_SEGMENTATION, Task.CLASSIFICATION])
def test_what_was_said_is_seen_on_the_drawing(log_run: LogRun, folder: Path, task: Task) -> None:
    (one,) = predict(log_run(task.value, task), folder / "one.png", min_confidence=0, threads=1)
    drawn = draw(one)

    assert drawn.shape == one.picture.shape
    assert (drawn != one.picture).any()


def test_drawings_go_into_a_folder_or_a_video(folder: Path, run: trainer.ModelRun, tmp_path: Path) -> None:
    frames = list(predict(run, folder / "walk.avi", min_confidence=0, frames=(0, 4), threads=1))
    for path in (tmp_path / "drawn", tmp_path / "drawn.avi"):
        with Drawing(path, fps=10) as drawing:
            for one in frames:
                drawing.add(one)

    assert min(file.name for file in (tmp_path / "drawn").iterdir()) == "walk.avi-000000.jpg"
    assert trainer.predictions.videos.count_frames(tmp_path / "drawn.avi") == 5


def test_run_lengths_tell_the_size_that_they_need(log_run: LogRun, folder: Path) -> None:
    outliner = log_run("outliner", Task.INSTANCE_SEGMENTATION)
    (one,) = predict(outliner, folder / "one.png", min_confidence=0, threads=1)
    lines = list(one.lines())
    masks = [coco_mask.decode(line["rle"]) for line in lines]

    assert {line["rle"]["size"] == [64, 96] for line in lines} == {True}
    assert {mask.shape for mask in masks} == {(64, 96)}


@pytest.mark.parametrize("name", ["drawn.avi", "drawn"])
def test_an_interrupted_drawing_leaves_no_half_file(
    folder: Path, run: trainer.ModelRun, tmp_path: Path, name: str
) -> None:
    (one,) = predict(run, folder / "one.png", min_confidence=0, threads=1)

    def interrupted() -> None:
        with Drawing(tmp_path / "out" / name) as drawing:
            drawing.add(one)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    left = [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert left == ([] if name == "drawn.avi" else ["one.png.jpg"])


def test_a_drawing_goes_into_nothing_else_than_a_folder_or_a_video(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine", encoding="utf-8")

    for name in ("one.png", "walk.mkv", "notes"):
        with pytest.raises(RecordError, match=r"neither a folder nor a \.avi, \.mp4, \.webm video"):
            Drawing(tmp_path / name)
    assert (tmp_path / "notes").read_text(encoding="utf-8") == "mine"
