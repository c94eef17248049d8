"""The curves of a training that goes on, or broke off."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from dashboard import model_loading
from trainer.jobs import JobProgress, JobState, JobStatus
from trainer.jobs.state import JOB_TAG
from trainer.micro_models.models import create_model
from trainer.records.design import Design, Task
from trainer.store import RunKind

_JOB = "b" * 12


@pytest.fixture
def show(store, open_page, monkeypatch: pytest.MonkeyPatch):
    """A tab of a model whose second attempt is running, which went on from the third step of the first."""
    model = create_model("finder", Design(Task.DETECTION, ("cell",)), store=store)
    for steps, name in (((1, 2, 3), "finder-1"), ((3, 4), "finder-2")):
        tags = {**model.iteration_tags(), JOB_TAG: _JOB}
        run = store.create_run("finder", name, kind=RunKind.MODEL_RUN, tags=tags)
        for step in steps:
            run.log_metrics({"loss": 10.0 * len(name) - step}, step=step)
        if name == "finder-1":
            run.kill()
    run.log_metrics({"validation_score": 0.25}, step=2)
    job = JobState(_JOB, data="cells", model=model.id, experiment="finder", name="finder-2",
                   created=datetime(2026, 11, 21, tzinfo=UTC), status=JobStatus.RUNNING, attempt=2,
                   progress=JobProgress("training", 4, 9, epoch=2, epochs=5, loss=1.0, run="finder-2"))  # fmt: skip

    def open_it(tab: str = "Jobs", **changes):
        monkeypatch.setattr(model_loading, "jobs", lambda: (replace(job, **changes),))
        return open_page(store, model=model.id, tab=tab)

    return open_it


def _lines(page) -> list[dict]:
    charts = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    lines = [line for chart in charts for line in chart["data"]]
    return [{"name": line["name"], "x": _numbers(line["x"]), "y": _numbers(line["y"])} for line in lines]


def _numbers(packed: dict[str, str]) -> list[float]:
    return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]).tolist()


def test_a_running_job_shows_what_all_its_attempts_logged(show) -> None:
    page = show()
    losses, scores = _lines(page)

    assert not page.exception
    assert losses["x"] == [1, 2, 3, 4]
    assert losses["y"] == [79, 78, 77, 76]
    assert (scores["x"], scores["y"]) == ([2], [0.25])


def test_a_job_without_a_run_has_no_curve_yet(show) -> None:
    assert not _lines(show(progress=None))
    assert not _lines(show(progress=JobProgress("reading pictures", 1, 9)))


def test_of_a_job_that_broke_off_the_curve_waits_behind_a_click(show) -> None:
    page = show(status=JobStatus.FAILED, ended=datetime(2026, 11, 21, tzinfo=UTC), error="No.")

    assert not page.exception
    assert "Curves until then" in [one.label for one in page.expander]
    assert not _lines(page)


def test_an_iteration_that_is_not_finished_shows_what_it_logged(show) -> None:
    page = show(tab="Iterations")
    newest = [line for line in _lines(page) if line.get("name") == "logged"]

    assert not page.exception
    assert [line["x"] for line in newest] == [[3, 4]]
