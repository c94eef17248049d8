"""Lists of runs and experiments, and one run found by what a person calls it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trainer.records.errors import NotFoundError
from trainer.store import RunKind, RunState, RunWriter, Store, StoredRun

LogRun = Callable[..., StoredRun]


def _bare(store: Store, name: str, experiment: str = "digits") -> StoredRun:
    return store.create_run(experiment, name, kind=RunKind.MODEL_RUN).seal()


def test_runs_are_listed_newest_first_and_only_sealed_ones(store: Store, write_run: Callable[..., RunWriter]) -> None:
    first, second = write_run(store, "first").seal(), write_run(store, "second").seal()
    write_run(store, "third")

    assert [entry.name for entry in store.runs()] == ["second", "first"]
    assert [entry.id for entry in store.runs("digits")] == [second.id, first.id]
    assert [entry.name for entry in store.runs(most=1)] == ["second"]
    everything = store.runs(sealed_only=False)
    assert [entry.state for entry in everything] == [RunState.WRITING, RunState.SEALED, RunState.SEALED]
    assert everything[0].finished is None


def test_an_entry_says_what_the_run_says(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first")
    (entry,) = store.runs()

    assert (entry.id, entry.name, entry.experiment, entry.experiment_id, entry.kind, entry.status) == (
        run.id,
        run.name,
        run.experiment,
        run.experiment_id,
        run.kind,
        run.status,
    )
    assert (entry.params, entry.tags, entry.created, entry.finished) == (
        run.params,
        run.tags,
        run.created,
        run.finished,
    )


def test_data_versions_and_model_runs_are_listed_apart(store: Store, log_run: LogRun) -> None:
    log_run(store, "1", experiment="cells", kind=RunKind.DATA_VERSION)
    log_run(store, "first")

    assert [entry.name for entry in store.runs(kind=RunKind.DATA_VERSION)] == ["1"]
    assert [entry.name for entry in store.runs("cells", kind=RunKind.DATA_VERSION)] == ["1"]
    assert [entry.name for entry in store.runs()] == ["first"]


def test_experiments_are_listed_last_changed_first_with_their_sealed_runs(store: Store) -> None:
    for name in ("a", "b"):
        _bare(store, name, "old")
    store.create_run("old", "c", kind=RunKind.MODEL_RUN)
    last = _bare(store, "a", "new")

    assert [(entry.name, entry.runs) for entry in store.experiments()] == [("new", 1), ("old", 2)]
    assert store.experiments()[0].updated == last.finished
    assert store.experiments(RunKind.DATA_VERSION) == []


def test_an_unknown_experiment_is_answered_with_near_ones(store: Store) -> None:
    _bare(store, "a", "digits")

    with pytest.raises(NotFoundError, match=r"has no experiment 'digit'. There is 'digits'"):
        store.runs("digit")


def test_a_run_is_found_by_id_by_name_and_by_the_start_of_its_id(store: Store) -> None:
    run = _bare(store, "first")

    for reference in (run.id, "digits/first", "first", run.id[:6], run.id[:20]):
        assert store.find(reference) == run
    assert store.find("first", experiment="digits") == run


def test_a_name_in_two_experiments_asks_which(store: Store) -> None:
    _bare(store, "first", "a")
    wanted = _bare(store, "first", "b")

    with pytest.raises(NotFoundError, match=r"2 runs are called 'first': b/first .*, a/first .*\. Say which"):
        store.find("first")
    assert store.find("b/first") == wanted
    assert store.find("first", experiment="b") == wanted


def test_a_name_that_looks_like_the_start_of_an_id_is_still_a_name(store: Store) -> None:
    run = _bare(store, "20260102")

    assert store.find("20260102") == run


def test_an_unknown_run_is_answered_with_near_names(store: Store) -> None:
    _bare(store, "tiny-4")
    _bare(store, "tiny-5", "other")

    with pytest.raises(NotFoundError, match=r"no run 'tiny4' in .* Near it: .*digits/tiny-4"):
        store.find("tiny4")
    with pytest.raises(NotFoundError, match="no run 'tiny-5' in experiment 'digits'"):
        store.find("tiny-5", experiment="digits")
    with pytest.raises(NotFoundError, match="2 sealed runs"):
        store.find('what "is" this')


def test_a_sealed_run_comes_before_one_of_its_name_that_failed(store: Store) -> None:
    store.create_run("digits", "first", kind=RunKind.MODEL_RUN).fail("no")
    run = _bare(store, "first")

    assert store.find("first") == run
