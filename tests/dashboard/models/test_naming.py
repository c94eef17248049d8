"""What iterations are called in a list to choose from."""

from __future__ import annotations

from dataclasses import replace

from dashboard.models.naming import names_of
from trainer.store import RunState


def test_an_iteration_that_gave_its_name_back_is_told_from_the_one_that_has_it(workshop) -> None:
    done = workshop.finished[0]
    stopped = replace(done, id="a" * 32, state=RunState.KILLED, status="killed")

    assert names_of([done, stopped]) == {done.id: done.name, stopped.id: f"{done.name} (stopped)"}


def test_equal_names_of_two_experiments_are_told_apart(workshop) -> None:
    one, other = workshop.finished[0], replace(workshop.finished[0], id="b" * 32, experiment="another")

    assert names_of([one, other])["b" * 32] == f"{one.name} · bbbbbbbb"
    assert len(set(names_of([one, other]).values())) == 2
