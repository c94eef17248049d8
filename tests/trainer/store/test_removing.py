"""A run that is deleted for ever leaves no file; killed meanwhile, each run is whole or gone."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from trainer.records.errors import FrozenRunError, NotFoundError
from trainer.store import RunEntry, RunKind, RunWriter, Store, StoredRun, Trouble, diagnose, repair
from trainer.store.client import Guarded
from trainer.store.location import Location

LogRun = Callable[..., StoredRun]
StartChild = Callable[[Callable[[], None]], int]
WaitFor = Callable[[int], int]

MOST_POINTS = 80


def _entries(store: Store, *names: str) -> list[RunEntry]:
    by_name = {entry.name: entry for entry in store.runs(sealed_only=False)}
    return [by_name[name] for name in names]


def _files(location: Location) -> list[Path]:
    return [path for path in location.artifacts.rglob("*") if path.is_file()]


def test_deleted_for_ever_sealed_and_failed_runs_leave_no_file_and_no_record(
    store: Store, log_run: LogRun, write_run: Callable[..., RunWriter]
) -> None:
    sealed = log_run(store, "sealed")
    write_run(store, "failed").fail("no")
    store.delete_for_ever(_entries(store, "sealed", "failed"))

    assert store.runs(sealed_only=False) == []
    assert _files(store.location) == []
    assert store.connection.catalogue.run(sealed.id) is None
    assert diagnose(store) == []
    assert log_run(store, "sealed").id != sealed.id


def test_a_run_whose_files_others_refer_to_stays_until_they_are_deleted_too(store: Store, log_run: LogRun) -> None:
    version = log_run(store, "1", experiment="cells", kind=RunKind.DATA_VERSION)
    writer = store.create_run("digits", "user", kind=RunKind.MODEL_RUN)
    writer.reference(version, ["README.md"])
    user = writer.seal()
    log_run(store, "other")
    (held,) = store.runs(kind=RunKind.DATA_VERSION)
    with pytest.raises(FrozenRunError, match=r"1 other runs refer to files of it.*first: digits/user.*Nothing was"):
        store.delete_for_ever([*_entries(store, "other"), held])

    assert {entry.name for entry in store.runs()} == {"user", "other"}
    store.find(user.id).verify()
    store.delete_for_ever([held, *_entries(store, "user")])
    assert [entry.name for entry in store.runs()] == ["other"]
    assert store.runs(kind=RunKind.DATA_VERSION) == []


def test_a_run_that_is_being_written_is_not_deleted_and_neither_are_those_with_it(
    store: Store, log_run: LogRun, write_run: Callable[..., RunWriter]
) -> None:
    log_run(store, "sealed")
    writer = write_run(store, "written")
    with pytest.raises(FrozenRunError, match="is being written by process"):
        store.delete_for_ever(_entries(store, "sealed", "written"))

    store.find("sealed").verify()
    assert writer.seal().name == "written"


def test_a_run_whose_process_has_gone_can_be_deleted(
    store: Store, write_run: Callable[..., RunWriter], start_child: StartChild, wait_for: WaitFor
) -> None:
    assert wait_for(start_child(lambda: write_run(store, "left") and None)) == 0
    store.delete_for_ever(_entries(store, "left"))

    assert store.runs(sealed_only=False) == []
    assert _files(store.location) == []


def test_what_was_deleted_before_is_not_there_to_be_deleted(store: Store, log_run: LogRun) -> None:
    log_run(store, "first")
    entries = _entries(store, "first")
    store.delete_for_ever(entries)
    with pytest.raises(NotFoundError, match="deleted before"):
        store.delete_for_ever(entries)


def test_killed_before_any_step_of_deleting_each_run_is_whole_or_gone_and_the_rest_can_be_removed(
    store: Store, start_child: StartChild, wait_for: WaitFor
) -> None:
    names = ("first", "second")

    def delete_and_die(point: int) -> None:
        entries = _entries(store, *names)
        _die_before(point)
        store.delete_for_ever(entries)

    for point in range(1, MOST_POINTS):
        for name in {*names} - {entry.name for entry in store.runs()}:
            run = store.create_run("digits", name, kind=RunKind.MODEL_RUN)
            run.add_file(Path(__file__), "model/weights.bin")
            run.seal()
        store.close()
        code = wait_for(start_child(lambda point=point: delete_and_die(point)))  # type: ignore[misc]
        if code == 0:
            break
        assert code == -signal.SIGKILL
        for entry in store.runs():
            store.find(entry.id).verify()
        findings = diagnose(store)
        assert [finding.trouble for finding in findings] in ([], [Trouble.DELETING])
        if point % 2:
            repair(store, findings)
        else:  # asking again manages without the doctor
            store.delete_for_ever(_entries(store, *(run.name for run in store.runs(sealed_only=False))))
        assert diagnose(store) == []
        folders = {path.relative_to(store.location.artifacts).parts[1] for path in _files(store.location)}
        assert folders == {run.id for run in store.runs()}

    assert point > 8
    assert store.runs(sealed_only=False) == []
    assert _files(store.location) == []


def _die_before(point: int) -> None:
    """Kill this process just before its so manieth step: a call to MLflow, or a file that goes."""
    steps = iter(range(1, 10 * MOST_POINTS))

    def as_step(call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def step(*values: Any, **options: Any) -> Any:
            if next(steps) == point:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*values, **options)

        return step

    ask = Guarded.__getattr__
    Guarded.__getattr__ = lambda self, name: as_step(ask(self, name))  # type: ignore[method-assign]
    os.unlink = as_step(os.unlink)
    os.rmdir = as_step(os.rmdir)
    assert shutil.rmtree  # it looks these up when it is called
