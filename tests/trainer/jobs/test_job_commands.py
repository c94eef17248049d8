"""`modelruns train` and `modelruns jobs`: what they print, and what an interrupt stops."""

from __future__ import annotations

import json
import types
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from trainer.commands import main
from trainer.commands.following import progress_note
from trainer.jobs import JobStatus, get_job
from trainer.jobs.state import JobProgress, JobState

if TYPE_CHECKING:
    from tests.trainer.jobs.conftest import Workplace

TRAIN = ("train", "digits", "--experiment", "digits", "--image-size", "64", "--min-annotations", "1")


@pytest.fixture(autouse=True)
def in_its_store(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(workplace.store.location))


def test_loss_and_score_are_told_of_a_job_that_learns_and_not_while_it_predicts() -> None:
    known = {"loss": 1.5, "score": 0.25, "images_per_second": 8.0}
    at = JobState("0", "cells", "m", "e", None, created=datetime.now(UTC), status=JobStatus.RUNNING)
    learning = replace(at, progress=JobProgress("training", 3, 9, epoch=1, epochs=3, **known))
    predicting = replace(at, progress=JobProgress("predicting", 3, 9, **known))

    assert progress_note(learning) == "epoch 1/3  loss 1.500  score 0.250  8.0 pictures/s"
    assert progress_note(predicting) == "8.0 pictures/s"
    assert progress_note(at) == ""


def test_a_training_is_followed_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "--model", "quick"]) == 0
    printed = capsys.readouterr()

    assert "run digits/more-labels sealed" in printed.out
    assert "digits/quick" in printed.err


def test_a_detached_training_gives_its_jobs_id_at_once(
    workplace: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*TRAIN, "--model", "slow", "--detach", "--json"]) == 0
    job = get_job(json.loads(capsys.readouterr().out)["job"], store=workplace.store)

    assert job.status in (JobStatus.SCHEDULED, JobStatus.RUNNING)
    assert job.request.settings.image_size == 64


def test_a_job_is_called_as_its_run_once_that_has_a_name(
    workplace: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    job = workplace.start("named")
    job.wait(120)
    main(["jobs"])

    assert job.look().name == "named-3"
    assert "digits/named-3" in capsys.readouterr().out


def test_an_interrupt_ends_the_following_and_not_the_training(
    workplace: Workplace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    job = workplace.start("slow")
    with monkeypatch.context() as patch:
        patch.setattr("trainer.commands.following.time", types.SimpleNamespace(sleep=interrupt))
        code = main(["jobs", "follow", job.id[:6]])

    assert code == 130
    assert f"modelruns jobs cancel {job.id}" in capsys.readouterr().err
    assert not job.status.is_final


def test_what_is_named_wrongly_leaves_no_job_behind(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "no-such-project", "--model", "quick", "--experiment", "digits"]) == 1
    assert main([*TRAIN, "--model", "quick", "--from", "digits/no-such-run"]) == 1
    errors = capsys.readouterr().err
    main(["jobs", "--json"])

    assert "no-such-project" in errors
    assert "no-such-run" in errors
    assert json.loads(capsys.readouterr().out) == []


def test_jobs_are_listed_shown_and_their_log_is_printed(
    workplace: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    job = workplace.start("bad")
    code = main(["jobs", "wait", job.id, "--timeout", "120"])
    refused = capsys.readouterr().err
    main(["jobs"])
    listed = capsys.readouterr().out
    main(["jobs", "show", job.id])
    shown = capsys.readouterr().out
    main(["jobs", "log", job.id])
    log = capsys.readouterr().out

    assert code == 1
    assert "this cannot be learned" in refused
    assert f"modelruns jobs resume {job.id}" in refused
    assert f"modelruns jobs resume {job.id}" in shown
    assert job.id in listed
    assert "this cannot be learned" in listed
    assert "Traceback" in shown
    assert "Traceback" in log


def test_a_job_is_cancelled_resumed_and_deleted(workplace: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    job = workplace.start("slow")
    workplace.wait_until(job.folder.checkpoint.exists)
    assert main(["jobs", "cancel", job.id]) == 0
    assert main(["jobs", "wait", job.id]) == 1
    assert main(["jobs", "resume", job.id, "--json"]) == 0
    capsys.readouterr()
    assert main(["jobs", "show", job.id, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert main(["jobs", "delete", job.id]) == 1
    assert main(["jobs", "cancel", job.id]) == 0
    assert main(["jobs", "wait", job.id]) == 1
    assert main(["jobs", "delete", job.id]) == 0

    assert shown["attempt"] == 2
    assert shown["request"]["model"] == "slow"
    assert not job.folder.path.exists()


def test_a_wait_that_is_too_short_says_so(workplace: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    job = workplace.start("slow")

    assert main(["jobs", "wait", job.id, "--timeout", "0"]) == 1
    assert "it goes on" in capsys.readouterr().err
