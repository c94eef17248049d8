"""A real training, stopped in the middle: it goes on to the same weights."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import trainer
from trainer.commands.entry import main
from trainer.jobs import processes
from trainer.learning.settings import TrainingSettings
from trainer.records import layout
from trainer.records.errors import JobFailedError, RecordError, TrainingError
from trainer.store import Store

SETTINGS = TrainingSettings(image_size=64, epochs=8, batch=4, threads=1, min_annotations=1, device="cpu")


def _import_squares(folder: Path, store: Store) -> None:
    images, annotations = [], []
    (folder / "pictures").mkdir()
    for number in range(1, 13):
        left, top = number * 7 % 40, number * 11 % 40
        picture = np.full((64, 64, 3), 230, np.uint8)
        picture[top : top + 16, left : left + 16] = (160, 30, 60)
        Image.fromarray(picture).save(folder / "pictures" / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "width": 64, "height": 64})
        box = {"bbox": [left, top, 16, 16], "area": 256, "iscrowd": 0}
        annotations.append({"id": number, "image_id": number, "category_id": 1, **box})
    truth = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "square"}]}
    (folder / "squares.json").write_text(json.dumps(truth))
    trainer.import_project(
        "squares",
        folder / "squares.json",
        format="coco",
        images=folder / "pictures",
        split="60/20/20",
        store=store,
    )


def _wait_until(is_so: Callable[[], object], *, seconds: float = 300) -> None:
    given_up = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < given_up, "it did not happen in time"
        time.sleep(0.02)


def test_a_cancelled_training_goes_on_to_the_weights_of_an_unbroken_one(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELRUNS_JOBS", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr(processes, "WORKER", "held_worker")
    _import_squares(tmp_path, store)
    job = trainer.start_training("squares", model="finder", settings=SETTINGS, store=store)
    _wait_until(lambda: job.status.is_final or _epoch(job) == 3)
    job.cancel()
    with pytest.raises(JobFailedError, match="was killed"):
        job.wait(300)
    reached = _epoch(job)
    assert job.folder.checkpoint.exists()
    job.resume()
    _wait_until(lambda: job.status.is_final or _epoch(job))
    went_on_at = _epoch(job)
    resumed = job.wait(300)
    unbroken = trainer.train("squares", model="finder", settings=SETTINGS, store=store)

    states = sorted((run.name, str(run.state)) for run in store.runs("finder", sealed_only=False))
    assert states == [("finder-1", "killed"), ("finder-1", "sealed"), ("finder-2", "sealed")]
    assert went_on_at >= reached == 3
    assert resumed.stored.manifest.entry(layout.WEIGHTS) == unbroken.stored.manifest.entry(layout.WEIGHTS)
    assert not job.folder.checkpoint.exists()


def test_a_run_is_trained_again_by_a_job_which_says_whether_the_same_came_out(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODELRUNS_JOBS", str(tmp_path / "state"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    _import_squares(tmp_path, store)
    run = trainer.train("squares", model="finder", settings=replace(SETTINGS, epochs=2), store=store)
    assert main(["reproduce", "finder-1", "--detach", "--json"]) == 0
    job = trainer.get_job(json.loads(capsys.readouterr().out)["job"], store=store)
    begun = job.look()
    assert main(["jobs", "wait", job.id]) == 0
    told = capsys.readouterr().out
    again = job.wait(0)
    result = trainer.reproduction_of(again)

    assert (begun.title, begun.repeats) == ("finder/finder-1-again", run.id)
    assert (again.name, again.lineage.reproduces) == ("finder-1-again", run.id)
    assert (result.same_weights, result.same_predictions, result.differences) == (True, True, {})
    assert "weights      equal to the last bit\n  predictions  equal to the last bit" in told
    assert [one.name for one in trainer.get_model("finder", store=store).iterations()] == ["finder-1"]


def test_what_cannot_be_trained_again_makes_no_job(store: Store, tmp_path: Path) -> None:
    _import_squares(tmp_path, store)
    quick = replace(SETTINGS, epochs=1)
    run = trainer.train("squares", model="finder", settings=quick, store=store)
    with pytest.raises(RecordError, match="'finder-1' repeats no other run"):
        trainer.reproduction_of(run)
    (tmp_path / "pictures" / "3.png").unlink()

    with pytest.raises(TrainingError, match="1 of 12 rows have no picture"):
        trainer.start_reproduction("finder-1", store=store)
    assert trainer.list_jobs(store=store) == []


def _epoch(job: trainer.Job) -> int:
    return (job.progress.epoch if job.progress else None) or 0
