"""A model looks at files, folders, videos and rows; what it says can be written and drawn."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools import mask as coco_mask

import trainer
from trainer import Store
from trainer.commands import main
from trainer.learning.networks import make_network
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel
from trainer.learning.weights import save_model
from trainer.predictions.predicted import row_sources
from trainer.predictions.predicting import find_run, find_sources, predict
from trainer.predictions.prediction_drawing import Drawing, draw
from trainer.predictions.prediction_files import PredictionFile
from trainer.projects import DataVersion, save_version
from trainer.records.annotations import Annotations
from trainer.records.design import Design, Task
from trainer.records.errors import NotFoundError, RecordError
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools on numpy 2

_FRAMES, _SIZE = 12, (96, 64)
_FEATURES = ("disc", "square")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, one of them below, a text and a video of 12 frames at 10 a second."""
    rng = np.random.default_rng(0)
    files = tmp_path / "files"
    (files / "below").mkdir(parents=True)
    for name in ("one.png", "below/two.png"):
        Image.fromarray(rng.integers(0, 255, (*_SIZE[::-1], 3), dtype=np.uint8)).save(files / name)
    (files / "notes.txt").write_text("not a picture", encoding="utf-8")
    writer = cv2.VideoWriter(str(files / "walk.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, _SIZE)
    still = rng.integers(0, 255, (*_SIZE[::-1], 3), dtype=np.uint8)
    for _ in range(_FRAMES):
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
    ontology = Ontology.flat(dict.fromkeys(_FEATURES, "mask"))
    return save_version("scenes", Snapshot(ontology, rows, Annotations.empty()), store=store)


def _log(
    store: Store, data: DataVersion, name: str, task: Task, tags: dict[str, str] | None = None
) -> trainer.ModelRun:
    """A run with weights by chance: what it says matters less than what becomes of it."""
    design = Design(task, _FEATURES)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = TrainedModel(design, TrainingSettings(image_size=96), make_network(design, image_size=96).eval())
    with trainer.start_run("scenes", name, project=data, store=store, tags=tags) as recording:
        recording.log_predictions(Annotations.empty())
        save_model(model, recording.folder)
    return recording.result


@pytest.fixture
def run(store: Store, data: DataVersion) -> trainer.ModelRun:
    return _log(store, data, "finder", Task.DETECTION)


def test_every_picture_and_frame_of_a_folder_is_looked_at_in_order(folder: Path, run: trainer.ModelRun) -> None:
    told: list[tuple[int, int]] = []
    looked_at = predict(run, folder, min_confidence=0, threads=1, report=lambda *now: told.append(now))
    seen = [(one.source.name, one.frame) for one in looked_at]

    assert seen == [("below/two.png", None), ("one.png", None), *(("walk.avi", frame) for frame in range(_FRAMES))]
    assert told == [(done, 14) for done in range(1, 15)]


def test_frames_are_those_asked_for_with_their_time(folder: Path, run: trainer.ModelRun) -> None:
    looked_at = list(predict(run, folder / "walk.avi", frames=(2, 9), step=3, threads=1))

    assert [one.frame for one in looked_at] == [2, 5, 8]
    assert [one.seconds for one in looked_at] == pytest.approx([0.2, 0.5, 0.8])


def test_objects_of_a_still_video_keep_their_identity(folder: Path, run: trainer.ModelRun) -> None:
    looked_at = list(predict(run, folder / "walk.avi", min_confidence=0, nms_iou=0.05, track=True, threads=1))
    names = [one.annotations.table["object"].to_pylist() for one in looked_at]

    assert len(names[0]) > 3
    assert all(now == names[0] for now in names)


def test_rows_are_called_by_their_keys(run: trainer.ModelRun, data: DataVersion) -> None:
    by_row = list(predict(run, row_sources(data), min_confidence=0, threads=1))
    in_test = list(predict(run, row_sources(data, split="test"), min_confidence=0, threads=1))

    assert [one.source.name for one in by_row] == ["first", "second"]
    assert [one.source.name for one in in_test] == ["second"]
    with pytest.raises(NotFoundError, match="no row 'third'"):
        row_sources(data, keys=["third"])


def test_outlines_become_polygons(store: Store, data: DataVersion, folder: Path) -> None:
    outliner = _log(store, data, "outliner", Task.INSTANCE_SEGMENTATION)
    (masks,) = predict(outliner, folder / "one.png", min_confidence=0, threads=1)
    (rings,) = predict(outliner, folder / "one.png", min_confidence=0, simplify=1, threads=1)

    assert masks.annotations.table["rle"].null_count == 0
    assert rings.annotations.table["rle"].null_count == len(rings.annotations)
    assert rings.annotations.table["polygons"].null_count == 0
    assert np.array_equal(masks.annotations.box, rings.annotations.box)


def test_a_model_answers_by_its_newest_iteration_or_the_one_named(store: Store, data: DataVersion) -> None:
    model = trainer.create_model("finder", Design(Task.DETECTION, _FEATURES), store=store)
    first, second = (_log(store, data, f"finder-{i}", Task.DETECTION, model.iteration_tags()) for i in (1, 2))

    assert find_run("finder", store=store).id == second.id
    assert find_run(model, iteration="finder-1").id == first.id
    assert find_run("scenes/finder-1", store=store).id == first.id
    with pytest.raises(NotFoundError, match=r"There is no model 'nobody'.*Nor is it a run"):
        find_run("nobody", store=store)


def test_what_cannot_be_looked_at_is_said(folder: Path, run: trainer.ModelRun, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(NotFoundError, match="no file or folder"):
        find_sources([tmp_path / "absent"])
    with pytest.raises(NotFoundError, match="holds no picture or video among its 0 files"):
        find_sources([tmp_path / "empty"])
    with pytest.raises(RecordError, match=r"notes\.txt cannot be read as a picture"):
        list(predict(run, folder / "notes.txt", threads=1))
    with pytest.raises(RecordError, match="there is none among the files"):
        predict(run, folder / "one.png", track=True)
    with pytest.raises(RecordError, match="has 12 frames, 0 to 11; asked for 12 to the end"):
        list(predict(run, folder / "walk.avi", frames=(12, None), threads=1))


def test_a_file_that_cannot_be_read_is_left_out_and_named(
    folder: Path,
    run: trainer.ModelRun,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    store: Store,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.location.uri)
    (folder / "below" / "cut.png").write_bytes((folder / "one.png").read_bytes()[:200])
    (folder / "cut.avi").write_bytes(b"RIFF")
    output, drawn = tmp_path / "found.ndjson", tmp_path / "drawn"
    options = ["--threads", "1", "--confidence", "0", "--step", "6", "--json"]

    code = main(["predict", "scenes/finder", str(folder), *options, "--output", str(output), "--draw", str(drawn)])
    printed = capsys.readouterr()
    told = json.loads(printed.out)

    assert code == 1
    assert told["pictures"] == 4
    assert [file["file"] for file in told["left_out"]] == ["cut.avi", "below/cut.png"]
    assert "2 files were not read, or not to the end" in printed.err
    assert "cut.png cannot be read as a picture" in printed.err
    said = {json.loads(line)["file"] for line in output.read_text().splitlines()}
    assert said == {"below/two.png", "one.png", "walk.avi"}
    assert len(list(drawn.iterdir())) == 4
    assert main(["predict", "scenes/finder", str(folder), str(tmp_path / "absent.png"), *options]) == 1
    assert "no file or folder" in capsys.readouterr().err


def test_a_run_without_weights_cannot_predict(store: Store, data: DataVersion, folder: Path) -> None:
    with trainer.start_run("scenes", "bare", project=data, store=store) as recording:
        recording.log_predictions(Annotations.empty())

    with pytest.raises(NotFoundError, match="holds no weights"):
        predict(recording.result, folder)


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
def test_what_was_said_is_seen_on_the_drawing(store: Store, data: DataVersion, folder: Path, task: Task) -> None:
    (one,) = predict(_log(store, data, task.value, task), folder / "one.png", min_confidence=0, threads=1)
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


def test_the_command_writes_draws_and_says_which_run_answered(
    store: Store,
    folder: Path,
    run: trainer.ModelRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    output, drawn = tmp_path / "found.csv", tmp_path / "found.avi"
    options = ["--confidence", "0", "--track", "--frames", "1-5", "--step", "2", "--threads", "1"]
    video = str(folder / "walk.avi")

    assert main(["predict", "scenes/finder", video, *options, "--output", str(output), "--draw", str(drawn)]) == 0
    text = capsys.readouterr().out
    assert "3 pictures looked at by run scenes/finder" in text
    assert "objects tracked:" in text
    assert {row["frame"] for row in csv.DictReader(output.read_text().splitlines())} == {"1", "3", "5"}
    assert trainer.predictions.videos.count_frames(drawn) == 3

    assert (
        main(["predict", "scenes/finder", "--project", "scenes", "--row", "first", "--confidence", "0", "--json"]) == 0
    )
    facts = json.loads(capsys.readouterr().out)
    assert facts["run"] == run.id
    assert {line["file"] for line in facts["found"]} == {"first"}
    assert sum(facts["annotations"].values()) == len(facts["found"])

    assert main(["predict", "scenes/finder"]) == 1
    assert "nothing to look at" in capsys.readouterr().err


def test_the_command_refuses_what_it_cannot_write_before_a_model_is_loaded(
    store: Store,
    folder: Path,
    run: trainer.ModelRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    monkeypatch.setattr("trainer.predictions.predicting.make_predictor", None)

    for option, place in (("--output", "found.txt"), ("--draw", "found.gif")):
        assert main(["predict", "scenes/finder", str(folder), option, str(tmp_path / place)]) == 1
        assert place in capsys.readouterr().err


def test_the_command_accept_says_what_it_did(
    store: Store,
    data: DataVersion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    outlined = Annotations.from_columns(
        row=[0, 1],
        feature=[0, 0],
        box=[[1, 1, 5, 5]] * 2,
        polygons=[[[1, 1, 6, 1, 6, 6, 1, 6]]] * 2,
        confidence=[0.9, 0.6],
    )
    with trainer.start_run("scenes", "said", project=data, store=store) as recording:
        recording.log_predictions(outlined)
    (tmp_path / "keys.txt").write_text("second\n", encoding="utf-8")

    assert main(["accept", "scenes/said", "--confidence", "0.8"]) == 0
    text = capsys.readouterr().out
    assert "project scenes, version v2 (new)" in text
    assert "accepted   1 predictions" in text

    assert (
        main(["accept", "scenes/said", "--keys", str(tmp_path / "keys.txt"), "--feature", "disc=square", "--json"]) == 0
    )
    facts = json.loads(capsys.readouterr().out)
    assert (facts["version"], facts["accepted"], facts["features"]) == ("v3", 1, {"disc": "square"})


def test_paths_may_follow_options() -> None:
    from trainer.commands.entry import make_parser

    options = make_parser().parse_args(["predict", "finder", "--confidence", "0.2", "a.png", "b.png"])

    assert [path.name for path in options.paths] == ["a.png", "b.png"]
    assert make_parser().parse_args(["predict", "finder", "--project", "cells"]).paths == []


def test_a_damaged_video_is_named_and_its_readable_frames_stay(folder: Path, run: trainer.ModelRun) -> None:
    whole = (folder / "walk.avi").read_bytes()
    (folder / "cut.avi").write_bytes(whole[: len(whole) // 2])
    told: list[tuple[str, str]] = []
    looked_at = predict(
        run, folder, min_confidence=0, threads=1, on_error=lambda source, reason: told.append((source.name, reason))
    )
    frames = [one.frame for one in looked_at if one.source.name == "cut.avi"]

    assert frames == list(range(len(frames)))
    assert 0 < len(frames) < _FRAMES
    ((name, reason),) = told
    assert name == "cut.avi"
    assert f"can be read up to frame {len(frames) - 1} only, although it states 12 frames" in reason


def test_settings_that_mean_nothing_are_refused_before_a_model_is_loaded(folder: Path, run: trainer.ModelRun) -> None:
    for frames, step in (((0, None), 0), ((5, 2), 1), ((-1, None), 1)):
        with pytest.raises(RecordError, match="are no range"):
            predict(run, folder, frames=frames, step=step)
    with pytest.raises(RecordError, match="simplified by 0 pixels or more"):
        predict(run, folder, simplify=-1)


@pytest.mark.parametrize("option", [("--step", "0"), ("--threads", "0"), ("--frames", "9-3"), ("--frames", "\u00b2-5")])
def test_numbers_that_mean_nothing_are_wrong_use(option: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["predict", "finder", "walk.avi", *option])

    assert ended.value.code == 2
    assert option[1] in capsys.readouterr().err


def test_files_of_one_name_are_told_apart_and_none_is_looked_at_twice(folder: Path) -> None:
    (folder / "below" / "one.png").write_bytes((folder / "one.png").read_bytes())
    found = find_sources([folder / "one.png", folder / "below" / "one.png", folder / "one.png", folder / "walk.avi"])

    assert [source.name for source in found] == [
        (folder / "one.png").as_posix(),
        (folder / "below" / "one.png").as_posix(),
        "walk.avi",
    ]


def test_run_lengths_tell_the_size_that_they_need(store: Store, data: DataVersion, folder: Path) -> None:
    outliner = _log(store, data, "outliner", Task.INSTANCE_SEGMENTATION)
    (one,) = predict(outliner, folder / "one.png", min_confidence=0, threads=1)
    lines = list(one.lines())
    masks = [coco_mask.decode(line["rle"]) for line in lines]

    assert {line["rle"]["size"] == list(_SIZE[::-1]) for line in lines} == {True}
    assert {mask.shape for mask in masks} == {_SIZE[::-1]}


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
