"""A model looks at files, folders, videos and rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import trainer
from trainer import Store
from trainer.predictions.finding import find_run, find_sources
from trainer.predictions.predicted import row_sources
from trainer.predictions.predicting import predict
from trainer.projects import DataVersion
from trainer.records.annotations import Annotations
from trainer.records.design import Design, Task
from trainer.records.errors import NotFoundError, RecordError

LogRun = Callable[..., trainer.ModelRun]

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools on numpy 2


def test_every_picture_and_frame_of_a_folder_is_looked_at_in_order(folder: Path, run: trainer.ModelRun) -> None:
    told: list[tuple[int, int]] = []
    looked_at = predict(run, folder, min_confidence=0, threads=1, report=lambda *now: told.append(now))
    seen = [(one.source.name, one.frame) for one in looked_at]

    assert seen == [("below/two.png", None), ("one.png", None), *(("walk.avi", frame) for frame in range(12))]
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


def test_outlines_become_polygons(log_run: LogRun, folder: Path) -> None:
    outliner = log_run("outliner", Task.INSTANCE_SEGMENTATION)
    (masks,) = predict(outliner, folder / "one.png", min_confidence=0, threads=1)
    (rings,) = predict(outliner, folder / "one.png", min_confidence=0, simplify=1, threads=1)

    assert masks.annotations.table["rle"].null_count == 0
    assert rings.annotations.table["rle"].null_count == len(rings.annotations)
    assert rings.annotations.table["polygons"].null_count == 0
    assert np.array_equal(masks.annotations.box, rings.annotations.box)


def test_a_model_answers_by_its_newest_iteration_or_the_one_named(log_run: LogRun, store: Store) -> None:
    model = trainer.create_model("finder", Design(Task.DETECTION, ("disc", "square")), store=store)
    first, second = (log_run(f"finder-{i}", Task.DETECTION, model.iteration_tags()) for i in (1, 2))

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


def test_a_run_without_weights_cannot_predict(store: Store, data: DataVersion, folder: Path) -> None:
    with trainer.start_run("scenes", "bare", project=data, store=store) as recording:
        recording.log_predictions(Annotations.empty())

    with pytest.raises(NotFoundError, match="holds no weights"):
        predict(recording.result, folder)


def test_a_damaged_video_is_named_and_its_readable_frames_stay(folder: Path, run: trainer.ModelRun) -> None:
    whole = (folder / "walk.avi").read_bytes()
    (folder / "cut.avi").write_bytes(whole[: len(whole) // 2])
    told: list[tuple[str, str]] = []
    looked_at = predict(
        run, folder, min_confidence=0, threads=1, on_error=lambda source, reason: told.append((source.name, reason))
    )
    frames = [one.frame for one in looked_at if one.source.name == "cut.avi"]

    assert frames == list(range(len(frames)))
    assert 0 < len(frames) < 12
    ((name, reason),) = told
    assert name == "cut.avi"
    assert f"can be read up to frame {len(frames) - 1} only, although it states 12 frames" in reason


def test_settings_that_mean_nothing_are_refused_before_a_model_is_loaded(folder: Path, run: trainer.ModelRun) -> None:
    for frames, step in (((0, None), 0), ((5, 2), 1), ((-1, None), 1)):
        with pytest.raises(RecordError, match="are no range"):
            predict(run, folder, frames=frames, step=step)
    with pytest.raises(RecordError, match="simplified by 0 pixels or more"):
        predict(run, folder, simplify=-1)


def test_files_of_one_name_are_told_apart_and_none_is_looked_at_twice(folder: Path) -> None:
    (folder / "below" / "one.png").write_bytes((folder / "one.png").read_bytes())
    found = find_sources([folder / "one.png", folder / "below" / "one.png", folder / "one.png", folder / "walk.avi"])

    assert [source.name for source in found] == [
        (folder / "one.png").as_posix(),
        (folder / "below" / "one.png").as_posix(),
        "walk.avi",
    ]
