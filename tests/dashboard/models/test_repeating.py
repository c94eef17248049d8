"""An iteration is trained again, and what came of it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from dashboard import iteration_loading, model_loading
from dashboard.models import jobs, repeating
from trainer.jobs import JobState, JobStatus
from trainer.micro_models.repetitions import Reproduction
from trainer.records.errors import NotFoundError, TrainingError
from trainer.runs.lineage import REPRODUCES_TAG

_SAME = Reproduction(SimpleNamespace(), same_weights=True, same_predictions=True, differences={})  # type: ignore[arg-type]
_OTHER = replace(_SAME, same_weights=False, same_predictions=False, differences={"torch": ("2.14", "2.15")})


@pytest.fixture
def repeated(workshop, monkeypatch: pytest.MonkeyPatch):
    """The newest finished iteration, as if it had been trained again thrice: well, otherwise, and broken off."""
    entry = workshop.finished[-1]
    states = {"again": "finished", "again-2": "finished", "again-3": "killed"}
    again = [
        replace(entry, id=name, name=f"{entry.name}-{name}", status=status, tags={REPRODUCES_TAG: entry.id})
        for name, status in states.items()
    ]
    monkeypatch.setattr(model_loading, "repetitions", lambda model_id, run_id: again if run_id == entry.id else [])
    monkeypatch.setattr(iteration_loading, "reproduction", lambda run_id: {"again": _SAME, "again-2": _OTHER}[run_id])
    return entry


def test_below_an_iteration_stands_what_came_of_training_it_again(workshop, open_page, said, repeated) -> None:
    page = open_page(workshop.store, model=workshop.finder.id)
    told = said(page)

    assert not page.exception
    assert "weights and predictions are equal to the last bit." in told
    assert "Packages, device, threads, processes and code were the same." in told
    assert "weights and predictions differ." in told
    assert "was stopped." in told
    assert page.dataframe[-1].value.to_dict("records") == [{"What": "torch", "Then": "2.14", "Now": "2.15"}]
    assert [button.label for button in page.button].count(":red[Delete repetition]") == 3


def test_of_an_iteration_that_nobody_trained_again_nothing_is_told(workshop, open_page, said) -> None:
    page = open_page(workshop.store, model=workshop.finder.id)

    assert "Trained again" not in said(page)
    assert "Train again" in [button.label for button in page.button]


def _dialog() -> None:
    import streamlit as st

    from dashboard import loading
    from dashboard.models import repeating

    (entry,) = loading.store().runs(id_start=st.query_params["run"])
    repeating.draw_form(entry)


@pytest.mark.parametrize("refused", [False, True])
def test_the_dialog_starts_a_job_or_says_why_not(
    workshop, open_page, press, said, monkeypatch: pytest.MonkeyPatch, *, refused: bool
) -> None:
    started = []

    def start(run_id: str, *, store: object) -> None:
        started.append(run_id)
        if refused:
            raise TrainingError("1 of 12 rows have no picture.")

    monkeypatch.setattr(repeating, "start_reproduction", start)
    entry = workshop.finished[-1]
    page = open_page(workshop.store, _dialog, run=entry.id)
    assert "The first time it took 1 min 20 s on cpu." in said(page)
    press(page, "Start")

    assert started == [entry.id]
    assert [error.value for error in page.error] == (["1 of 12 rows have no picture\\."] if refused else [])
    assert page.query_params.get("tab") == (None if refused else "Jobs")


def test_a_job_that_trained_again_tells_the_outcome(
    workshop, open_page, said, repeated, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    job = JobState("a" * 12, "digits", workshop.finder.id, "digits", "finder-3-again", begun, JobStatus.FINISHED)
    job = replace(job, ended=begun, run="again-2", repeats=repeated.id)
    monkeypatch.setattr(model_loading, "jobs", lambda: (job,))
    page = open_page(workshop.store, model=workshop.finder.id, tab="Jobs")

    assert not page.exception
    assert "finder\\-3 trained again: weights and predictions differ." in said(page)
    assert "finder\\-3 again · on digits" in said(page)
    assert "What it repeats" in [button.label for button in page.button]
    assert jobs._say_end(job) == "the training has finished; weights and predictions differ."


@pytest.mark.parametrize(
    ("weights", "predictions", "said"),
    [
        (True, False, "the weights are equal to the last bit, the predictions differ."),
        (False, True, "the predictions are equal to the last bit, the weights differ."),
    ],
)
def test_weights_and_predictions_are_told_apart(weights: bool, predictions: bool, said: str) -> None:
    assert repeating.say_outcome(replace(_SAME, same_weights=weights, same_predictions=predictions)) == said


def test_where_the_repeated_run_is_gone_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(run_id: str) -> Reproduction:
        raise NotFoundError("The run it repeats was deleted.")

    monkeypatch.setattr(iteration_loading, "reproduction", gone)

    assert repeating.say_outcome_of("again") == "The run it repeats was deleted\\."
