"""A sealed run can be called otherwise and be written about; its files stay what they were."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any

import pytest

from trainer.records.errors import FrozenRunError, NameTakenError, NotFoundError, RecordError
from trainer.store import RunKind, RunWriter, Store, StoredRun, Trouble, diagnose, repair
from trainer.store.client import Guarded
from trainer.store.connection import Connection

LogRun = Callable[..., StoredRun]
StartChild = Callable[[Callable[[], None]], int]
WaitFor = Callable[[int], int]

MOST_POINTS = 40


def _entry(store: Store, run: StoredRun) -> Any:
    return next(entry for entry in store.runs() if entry.id == run.id)


def test_tags_of_a_sealed_run_come_and_go_and_the_seal_stays(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first", tags={"note": "old", "gone": "x"})
    store.set_tags(_entry(store, run), {"note": "new", "more": "1"}, without=["gone", "never there"])

    found = store.find("first")
    assert {key: found.tags.get(key) for key in ("note", "more", "gone")} == {"note": "new", "more": "1", "gone": None}
    assert found.manifest_sha256 == run.manifest_sha256
    found.verify()


@pytest.mark.parametrize("tag", ["trainer.state", "trainer.manifest_sha256", "trainer.kind", "mlflow.runName"])
def test_what_the_store_itself_writes_can_be_neither_set_nor_taken_away(
    store: Store, log_run: LogRun, tag: str
) -> None:
    entry = _entry(store, log_run(store, "first"))
    with pytest.raises(RecordError, match="written by the store itself"):
        store.set_tags(entry, {tag: "sealed"})
    with pytest.raises(RecordError, match="written by the store itself"):
        store.set_tags(entry, {}, without=[tag])

    assert store.find("first").tags == entry.tags


def test_a_renamed_run_is_found_by_its_new_name_and_gives_the_old_one_back(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first")
    store.rename(_entry(store, run), "second")

    assert store.find("digits/second").id == run.id
    with pytest.raises(NotFoundError):
        store.find("digits/first")
    assert log_run(store, "first").id != run.id
    assert diagnose(store, every_byte=True) == []


def test_a_name_in_use_and_names_that_cannot_be_kept_are_refused(store: Store, write_run: Any, log_run: LogRun) -> None:
    entry = _entry(store, log_run(store, "first"))
    log_run(store, "second")
    log_run(store, "third", experiment="other")
    write_run(store, "written")
    for name in ("second", "written"):
        with pytest.raises(NameTakenError):
            store.rename(entry, name)
    for name in ("", "a/b", ' "'):
        with pytest.raises(RecordError):
            store.rename(entry, name)
    store.rename(entry, "third")  # names are unique in their experiment
    store.rename(_entry(store, store.find(entry.id)), "third")

    assert sorted(str(run).split(" ")[0] for run in store.runs()) == ["digits/second", "digits/third", "other/third"]


def test_a_run_that_is_not_sealed_or_was_deleted_is_not_renamed(store: Store, write_run: Any, log_run: LogRun) -> None:
    write_run(store, "failed").fail("no")
    (failed,) = store.runs(sealed_only=False)
    with pytest.raises(FrozenRunError, match="only sealed runs"):
        store.rename(failed, "better")
    entry = _entry(store, log_run(store, "first"))
    store.connection.client.delete_run(entry.id)
    with pytest.raises(NotFoundError, match="deleted"):
        store.rename(entry, "better")
    with pytest.raises(NotFoundError, match="deleted"):
        store.set_tags(entry, {"note": "x"})


@pytest.mark.parametrize("lock", [True, False], ids=["with a lock", "without one, as on a server"])
def test_of_processes_that_rename_runs_to_one_name_at_once_exactly_one_gets_it(
    store: Store,
    log_run: LogRun,
    lock: bool,
    start_child: StartChild,
    wait_for: WaitFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries = [_entry(store, log_run(store, f"run {number}")) for number in range(3)]
    if not lock:
        monkeypatch.setattr(Connection, "alone", lambda _: nullcontext())

    def rename(number: int) -> None:
        try:
            store.rename(entries[number], "wanted")
        except NameTakenError:
            raise SystemExit(3) from None

    store.close()
    children = [start_child(lambda number=number: rename(number)) for number in range(3)]  # type: ignore[misc]
    codes = sorted(wait_for(child) for child in children)

    names = [entry.name for entry in store.runs()]
    assert names.count("wanted") == 1
    assert codes == [0, 3, 3]
    assert len(names) == 3


def test_killed_before_any_step_of_renaming_the_run_is_whole_under_one_of_its_names(
    store: Store, log_run: LogRun, start_child: StartChild, wait_for: WaitFor
) -> None:
    run = log_run(store, "first")

    def rename_and_die(point: int) -> None:
        _die_before(point)
        store.rename(_entry(store, run), "second")

    for point in range(1, MOST_POINTS):
        store.close()
        code = wait_for(start_child(lambda point=point: rename_and_die(point)))  # type: ignore[misc]
        if code == 0:
            break
        assert code == -signal.SIGKILL
        (entry,) = store.runs()
        assert entry.name in ("first", "second")
        store.find(entry.id).verify()
        findings = diagnose(store)
        assert [finding.trouble for finding in findings] in ([], [Trouble.ABANDONED])
        if point % 2:
            repair(store, findings)
            assert diagnose(store) == []
        store.rename(entry, "first")

    assert point > 4
    assert [entry.name for entry in store.runs()] == ["second"]


def _die_before(point: int) -> None:
    steps = iter(range(1, 10 * MOST_POINTS))
    ask = Guarded.__getattr__

    def asked(self: Guarded, name: str) -> Callable[..., Any]:
        call = ask(self, name)

        @wraps(call)
        def step(*values: Any, **options: Any) -> Any:
            if next(steps) == point:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*values, **options)

        return step

    Guarded.__getattr__ = asked  # type: ignore[method-assign]


def test_runs_are_listed_by_tag_name_and_the_beginning_of_their_id(store: Store, log_run: LogRun) -> None:
    first = log_run(store, "first", tags={"model": "a"})
    second = log_run(store, "second", experiment="other", tags={"model": "a"})
    log_run(store, "third", tags={"model": "b"})
    writer: RunWriter = store.create_run("digits", "fourth", kind=RunKind.MODEL_RUN, tags={"model": "a"})

    assert [run.id for run in store.runs(tagged=("model", "a"))] == [second.id, first.id]
    assert {run.id for run in store.runs(tagged=("model", "a"), sealed_only=False)} == {
        first.id,
        second.id,
        writer.run_id,
    }
    assert [run.id for run in store.runs("digits", tagged=("model", "a"))] == [first.id]
    assert [run.id for run in store.runs(name="first")] == [first.id]
    assert [run.id for run in store.runs(id_start=second.id[:8])] == [second.id]
    assert store.runs(tagged=("model", "c")) == []
