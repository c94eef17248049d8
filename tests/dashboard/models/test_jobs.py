"""Trainings that wait, run or have ended, as the page shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard import model_loading
from dashboard.models import jobs
from trainer.jobs import JobProgress, JobState, JobStatus

_BEGUN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def _job(model: str, **changes) -> JobState:
    job = JobState("a" * 12, data="digits", model=model, experiment="digits", name=None, created=_BEGUN,
                   status=JobStatus.RUNNING, started=_BEGUN)  # fmt: skip
    return replace(job, **changes)


@pytest.fixture
def show(workshop, open_page, monkeypatch: pytest.MonkeyPatch):
    """Opens a tab of the model `finder` while there are such jobs."""

    def open_with(*states: JobState, tab: str = "Jobs"):
        monkeypatch.setattr(model_loading, "jobs", lambda: states)
        return open_page(workshop.store, model=workshop.finder.id, tab=tab)

    monkeypatch.setattr(model_loading, "forget", lambda: None)
    return open_with


def test_a_running_job_tells_how_far_it_is() -> None:
    progress = JobProgress("training", 30, 100, epoch=3, epochs=10, loss=0.71234, score=0.5, seconds_left=80.0)

    assert jobs.say_progress(_job("m", progress=progress)) == (
        "Training · epoch 3 of 10 · loss 0.712 · validation score 0.500 · 1 min 20 s left"
    )
    predicting = JobProgress("predicting", 3, 9, loss=0.5, score=0.25)
    assert jobs.say_progress(_job("m", progress=predicting)) == "Predicting · 3 of 9"
    assert jobs.say_progress(_job("m")) == "Starting"


def test_a_job_that_waits_tells_for_how_many() -> None:
    assert jobs.say_progress(_job("m", status=JobStatus.SCHEDULED, ahead=2)) == "Waiting for its turn: 2 before it"
    assert jobs.say_progress(_job("m", cancelling=True)) == "Stopping at the end of this step"


def test_running_jobs_are_shown_on_every_tab_and_only_once(workshop, show) -> None:
    job = _job(workshop.finder.id)
    for tab in ("Jobs", "Iterations"):
        page = show(job, tab=tab)

        assert not page.exception
        assert len(page.get("progress")) == 1


def test_other_models_jobs_are_not_among_those_of_a_model(workshop, show, said) -> None:
    page = show(_job(workshop.painter.id, status=JobStatus.FINISHED, ended=_BEGUN))

    assert "No training of this model was started on this machine" in said(page)


def test_a_failed_job_says_why_and_where(workshop, show, said) -> None:
    failed = _job(workshop.finder.id, status=JobStatus.FAILED, ended=_BEGUN + timedelta(seconds=75), attempt=2,
                  error="The loss is no number.", traceback="Traceback: fitting.py")  # fmt: skip
    page = show(failed)

    assert "The loss is no number\\." in page.error[0].value
    assert "Traceback: fitting.py" in page.code[0].value
    assert "took 1 min 15 s · attempt 2" in said(page)
    assert {"Resume", ":red[Delete]"} <= {button.label for button in page.button}


def test_a_finished_job_bears_the_name_of_its_run_and_cannot_be_resumed(workshop, show, said) -> None:
    run = workshop.finished[0]
    page = show(_job(workshop.finder.id, status=JobStatus.FINISHED, ended=_BEGUN, run=run.id))

    assert f"**{run.name.replace('-', chr(92) + '-')}**" in said(page)
    assert "Resume" not in {button.label for button in page.button}


@pytest.mark.parametrize(
    ("label", "status", "done"),
    [
        ("Stop training", JobStatus.RUNNING, "cancel"),
        ("Resume", JobStatus.KILLED, "resume"),
        (":red[Delete]", JobStatus.KILLED, "delete"),
    ],
)
def test_a_button_does_what_it_says(
    workshop, show, press, monkeypatch: pytest.MonkeyPatch, label: str, status: JobStatus, done: str
) -> None:
    calls = []

    class Recorded:
        def __getattr__(self, name: str):
            return lambda: calls.append(name)

    monkeypatch.setattr(jobs, "get_job", lambda job_id, *, store: calls.append(job_id) or Recorded())
    press(show(_job(workshop.finder.id, status=status, ended=_BEGUN)), label)

    assert calls == ["a" * 12, done]


def test_the_end_of_a_watched_job_is_told(workshop, show, monkeypatch: pytest.MonkeyPatch) -> None:
    page = show(_job(workshop.finder.id))
    ended = (_job(workshop.finder.id, status=JobStatus.FAILED, ended=_BEGUN, error="No."),)
    monkeypatch.setattr(model_loading, "jobs", lambda: ended)
    page.run()

    assert [toast.value for toast in page.toast] == ["**finder**: the training failed; see **Jobs**."]
    page.run()
    assert not page.toast
