"""A model looks at rows of a project in a process of its own, and its run is kept."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from dashboard import project_run
from dashboard.project_run import ProjectQuestion, ProjectRun
from dashboard.project_runs import Board

_SECONDS = 300
_QUESTION = ProjectQuestion("m" * 32, "i" * 32, "cells@v2", "test", "-cells", "found it", "runs")


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch):
    """Has the process run a line of Python in the place of a model."""

    def use(line: str) -> None:
        code = f"import sys, json, time; {line}"
        monkeypatch.setattr(project_run, "_command", lambda question: [sys.executable, "-c", code])

    return use


def test_the_command_line_understands_what_is_asked() -> None:
    from trainer.commands.entry import make_parser

    command = project_run._command(_QUESTION)
    options = make_parser().parse_args(command[command.index("trainer") + 1 :])

    assert (options.model, options.iteration, options.project) == ("m" * 32, "i" * 32, "cells@v2")
    assert (options.split, options.sealed_as, options.json) == ("test", ("-cells", "found it"), True)
    assert "--split" not in project_run._command(replace(_QUESTION, split=None))


def test_how_far_it_is_and_what_became_of_it_is_told(does) -> None:
    does("print('found it: predicting: 3/1,200 5 s left', file=sys.stderr); print(json.dumps({'run': 'abc'}))")
    asked = ProjectRun(_QUESTION)
    asked.wait(_SECONDS)

    assert asked.progress == ("predicting", 3, 1200)
    assert (asked.error, asked.facts) == ("", {"run": "abc"})


def test_why_there_is_no_run_is_told(does) -> None:
    does("sys.exit('modelruns: The run has no weights.')")
    asked = ProjectRun(_QUESTION)
    asked.wait(_SECONDS)

    assert asked.error == "The run has no weights."


def test_a_model_is_asked_one_thing_at_a_time_and_another_model_meanwhile(does) -> None:
    does("time.sleep(600)")
    board = Board()

    assert board.begin(_QUESTION)
    assert not board.begin(replace(_QUESTION, name="another"))
    assert board.begin(replace(_QUESTION, model="n" * 32))
    for model in ("m", "n"):
        board.clear(model * 32)
    assert board.run_of("m" * 32) is None
    assert board.begin(_QUESTION)
    board.clear("m" * 32)
