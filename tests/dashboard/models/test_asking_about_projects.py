"""A model is asked about a project, and the run that comes of it leads on."""

from __future__ import annotations

import pytest

from dashboard.models import project_answers, project_asking
from dashboard.project_run import ProjectQuestion
from dashboard.project_runs import Board


class _Run:
    """A run that is being made, or was."""

    def __init__(self, question: ProjectQuestion, *, facts=None, error: str = "", is_running: bool = False) -> None:
        self.question, self.facts, self.error, self.is_running = question, facts, error, is_running
        self.seconds, self.progress = 4.2, ("predicting", 3, 24)

    def close(self) -> None:
        pass


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[ProjectQuestion]:
    """What models were asked; none begins."""
    questions: list[ProjectQuestion] = []
    board = Board()
    monkeypatch.setattr(board, "begin", lambda question: questions.append(question) or True)
    monkeypatch.setattr(project_asking, "board", lambda: board)
    monkeypatch.setattr(project_answers, "board", lambda: board)
    return questions


@pytest.fixture
def show(workshop, open_page, asked):
    """The page with a run that is being made, or was."""

    def open_it(**state):
        question = ProjectQuestion(
            workshop.finder.id, workshop.finished[-1].id, "digits", None, "digits", "found", str(workshop.store)
        )
        project_answers.board()._runs[workshop.finder.id] = _Run(question, **state)
        return _open(workshop, open_page)

    return open_it


def _open(workshop, open_page):
    page = open_page(workshop.store, model=workshop.finder.id, tab="Try")
    return page.segmented_control[0].set_value("A project").run()


def _field(page, label: str):
    return next(field for kind in (page.selectbox, page.text_input) for field in kind if field.label == label)


def _button(page, label: str):
    return next(one for one in page.button if one.label == label)


def test_the_newest_iteration_is_asked_about_the_test_rows_beside_the_iteration_itself(
    workshop, open_page, asked, said
) -> None:
    page = _open(workshop, open_page)
    assert "Predicts 3 features of digits" in said(page)
    _button(page, "Predict and keep as a run").click().run()
    newest = workshop.finished[-1]

    assert not page.exception
    (question,) = asked
    assert (question.model, question.iteration, question.project) == (workshop.finder.id, newest.id, "digits")
    assert (question.split, question.experiment, question.name) == ("test", "digits", "finder-3-on-digits-test")


def test_all_rows_an_older_iteration_and_a_name_are_asked_for(workshop, open_page, asked) -> None:
    page = _open(workshop, open_page)
    _field(page, "Rows").set_value("all").run()
    _field(page, "Iteration").set_value(workshop.finished[0].id).run()
    _field(page, "Name of the run").set_value("found").run()
    _button(page, "Predict and keep as a run").click().run()

    assert [(one.split, one.iteration, one.name) for one in asked] == [(None, workshop.finished[0].id, "found")]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("Name of the run", "finder-1", "has a run finder\\-1 already"),
        ("Experiment", "a/b", "has no"),
        ("Experiment", " ", "Name the experiment"),
    ],
)
def test_what_cannot_be_kept_is_said_before(workshop, open_page, asked, said, field, value, problem) -> None:
    page = _open(workshop, open_page)
    _field(page, field).set_value(value).run()

    assert problem in said(page)
    assert _button(page, "Predict and keep as a run").disabled


def test_while_it_goes_on_that_is_said_and_it_can_be_stopped(show, workshop) -> None:
    page = show(is_running=True)
    assert not page.exception
    assert "Predicting · 3 of 24 · 4 s" in page.get("progress")[0].proto.text
    _button(page, "Stop").click().run()

    assert project_answers.board().run_of(workshop.finder.id) is None


def test_why_there_is_no_run_is_said(show, said) -> None:
    page = show(error="The run has no weights.")

    assert "The run has no weights" in said(page)


def test_a_run_that_is_there_tells_its_numbers_and_leads_to_the_comparison(show, workshop, said) -> None:
    baseline, run = workshop.finished[:2]
    facts = {
        "run": run.id, "name": f"digits/{run.name}", "predicted_by": workshop.finished[-1].id, "data": "digits@v1",
        "rows": 24, "predictions": 1, "headline": {"mAP_50_95": 0.5, "F1": None},
    }  # fmt: skip
    page = show(facts=facts)
    assert not page.exception
    assert "Predicted by finder\\-3 · 24 rows of digits@v1 · 1 prediction" in said(page)
    assert [(one.label, one.value) for one in page.metric] == [("mAP", "0.500")]
    _field(page, "Compare against").set_value(baseline.id).run()
    _button(page, "Compare").click().run()

    assert page.session_state.compared == (baseline.id, run.id)


def test_a_run_that_was_deleted_since_is_told(show, workshop, said) -> None:
    facts = {"run": "0" * 32, "name": "digits/gone", "predicted_by": workshop.finished[-1].id, "data": "digits@v1",
             "rows": 24, "predictions": 1, "headline": {}}  # fmt: skip

    assert "was deleted since" in said(show(facts=facts))
