"""What a job keeps on the disk: whole files, room for the last word, and requests that can be read again."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from trainer.jobs import TrainingRequest, look_at_jobs
from trainer.jobs import folder as folder_module
from trainer.jobs.alive import is_held, try_hold
from trainer.jobs.folder import JobFolder
from trainer.jobs.state import JobProgress, JobRecord, JobStatus
from trainer.jobs.turns import Line
from trainer.learning.settings import TrainingSettings
from trainer.records.design import Design, Task
from trainer.records.errors import JobError, TrainingError
from trainer.store import open_store

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    made = JobFolder(tmp_path / "job")
    made.make()
    return made


def _fill_the_disk(monkeypatch: pytest.MonkeyPatch, until: Path | None) -> None:
    """Nothing can be written as long as that file takes room; for ever without one."""
    replace = folder_module._replace

    def refuse(path: Path, value: dict) -> None:
        if until is None or until.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(path, value)

    monkeypatch.setattr(folder_module, "_replace", refuse)


def test_on_a_full_disk_there_is_room_for_the_last_word(folder: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill_the_disk(monkeypatch, until=folder.reserve)
    folder.write(folder.status, JobRecord(JobStatus.FAILED, error="disk full").to_json())

    assert JobRecord.from_json(folder.read(folder.status)) == JobRecord(JobStatus.FAILED, error="disk full")


def test_a_full_disk_is_named(folder: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill_the_disk(monkeypatch, until=None)
    with pytest.raises(JobError, match="No space left on device"):
        folder.write(folder.status, {})


def test_nothing_of_a_file_that_could_not_be_written_is_left(folder: JobFolder) -> None:
    (folder.path / "status.json").mkdir()  # a folder cannot be replaced by a file
    with pytest.raises(JobError):
        folder.write(folder.status, {})

    assert [path.name for path in folder.path.iterdir()] == ["status.json"]


def test_a_request_is_the_same_after_it_was_written_down() -> None:
    settings = TrainingSettings(epochs=3, threads=2, device="cpu")
    design = Design(Task.DETECTION_AND_SEGMENTATION, ("cell", "ground"), painted=("ground",))
    taught = {"cells@v2": {"cell/round": ["cell"], "ground": ["ground"]}, "more": {"cell": ["cell"]}}
    request = TrainingRequest(taught, model="finder", settings=settings, design=design, start_from="2", rows=("a", "b"))

    assert TrainingRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": ""}, "model is ''"),
        ({"data": 3}, "data is 3"),
        ({"data": {"cells": {"cell": [3]}}}, "data is"),
        ({"name": 7}, "name is 7"),
        ({"colour": "red"}, "Nothing is known of colour"),
    ],
)
def test_a_request_that_cannot_be_is_refused(change: dict, said: str) -> None:
    values = TrainingRequest("cells", model="finder", experiment="e").to_json()
    with pytest.raises(JobError, match=said):
        TrainingRequest.from_json(values | change)


@pytest.mark.parametrize(("settings", "said"), [({"epochs": 0}, "epochs is 0"), ({"speed": 3}, "no setting 'speed'")])
def test_a_setting_that_cannot_be_is_refused(settings: dict, said: str) -> None:
    values = TrainingRequest("cells", model="finder", experiment="e").to_json()
    with pytest.raises(TrainingError, match=said):
        TrainingRequest.from_json(values | {"settings": settings})


@pytest.mark.parametrize("values", [None, {}, {"stage": "training"}, {"step": 1, "steps": 2}])
def test_progress_that_tells_too_little_tells_nothing(values: dict | None) -> None:
    assert JobProgress.from_json(values) is None


def test_a_lock_ends_with_its_process_and_is_not_given_to_children(folder: JobFolder) -> None:
    code = (
        "import subprocess, sys\n"
        "from trainer.jobs.alive import keep, try_hold\n"
        "from pathlib import Path\n"
        f"keep(try_hold(Path({str(folder.alive)!r})))\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'], close_fds=False)\n"
        "print(child.pid, flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        child = int(holder.stdout.readline())
        assert is_held(folder.alive)
        assert try_hold(folder.alive) is None
        holder.kill()
        holder.wait()

        assert not is_held(folder.alive)
    finally:
        subprocess.run(["kill", "-9", str(child)], check=False)
        holder.stdin.close()
        holder.stdout.close()


def test_starting_and_watching_reach_neither_torch_nor_mlflow() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import trainer.jobs\n"
        "from trainer import list_jobs, start_training\n"
        "print(*{'torch', 'mlflow', 'numpy', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)

    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_a_look_at_a_hundred_jobs_reads_three_small_files_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        job = JobFolder(tmp_path / "mlruns" / "jobs" / f"{number:012x}")
        job.path.mkdir(parents=True)
        request = TrainingRequest("cells", model=f"model-{number}", experiment="e").to_json()
        job.write(job.request, {"created": f"2026-01-01T00:{number // 60:02}:{number % 60:02}", "request": request})
        job.write(job.status, JobRecord(JobStatus.FINISHED, run="0" * 32).to_json())
        job.write(job.progress, JobProgress("predicting", 9, 9).to_json())
    read, seen = JobFolder.read, []

    def count(path: Path) -> dict | None:
        seen.append(path.name)
        return read(path)

    monkeypatch.setattr(JobFolder, "read", staticmethod(count))
    states = look_at_jobs(store=open_store(tmp_path / "mlruns"))

    assert [state.model for state in states] == [f"model-{number}" for number in reversed(range(100))]
    assert Counter(seen) == {"request.json": 100, "status.json": 100, "progress.json": 100}


def test_whoever_looks_while_a_ticket_is_handed_out_leaves_it_alone(
    folder: JobFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, seen, replace = Line(tmp_path / "line"), [], Path.replace

    def look_first(part: Path, whole: Path) -> Path:
        seen.append(line.order())
        return replace(part, whole)

    monkeypatch.setattr(Path, "replace", look_first)
    held = try_hold(folder.alive)
    assert held is not None
    line.join(folder)

    assert seen == [{}]
    assert line.order() == {folder.id: 0}
    os.close(held)
