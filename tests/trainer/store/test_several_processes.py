"""Several processes use one store at once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from trainer.micro_models.models import create_model, list_models
from trainer.records.design import Design, Task
from trainer.records.errors import NameTakenError, StoreError
from trainer.store import RunKind, RunWriter, Store, open_store
from trainer.store.connection import Connection
from trainer.store.lock import locked

StartChild = Callable[[Callable[[], None]], int]
WaitFor = Callable[[int], int]
WriteRun = Callable[..., RunWriter]

TAKEN = 3


def test_four_processes_make_the_first_store_at_once(
    tmp_path: Path, empty_store: Path, write_run: WriteRun, start_child: StartChild, wait_for: WaitFor
) -> None:
    def log(number: int) -> None:
        write_run(open_store(tmp_path / "mlruns"), f"run {number}").seal()

    children = [start_child(lambda number=number: log(number)) for number in range(4)]  # type: ignore[misc]

    assert [wait_for(child) for child in children] == [0, 0, 0, 0]
    store = open_store(tmp_path / "mlruns")
    assert sorted(entry.name for entry in store.runs("digits")) == ["run 0", "run 1", "run 2", "run 3"]
    assert len(store.experiments()) == 1
    store.close()


def test_several_writers_do_not_disturb_each_other(
    store: Store, write_run: WriteRun, start_child: StartChild, wait_for: WaitFor
) -> None:
    def log(writer: int) -> None:
        for number in range(3):
            write_run(store, f"run {writer}.{number}", experiment=f"experiment {number}").seal()

    store.close()
    children = [start_child(lambda writer=writer: log(writer)) for writer in range(3)]  # type: ignore[misc]

    assert [wait_for(child) for child in children] == [0, 0, 0]
    assert len(store.runs()) == 9
    for entry in store.runs():
        store.find(entry.id).verify()


@pytest.mark.parametrize("lock", [True, False], ids=["with a lock", "without one, as on a server"])
def test_of_processes_that_want_one_name_at_once_exactly_one_gets_it(
    store: Store,
    lock: bool,
    tmp_path: Path,
    start_child: StartChild,
    wait_for: WaitFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost = tmp_path / "lost"
    lost.mkdir()

    def log() -> None:
        try:
            store.create_run("digits", "first", kind=RunKind.MODEL_RUN)
        except NameTakenError:
            (lost / str(os.getpid())).touch()
            raise SystemExit(TAKEN) from None
        while len(list(lost.iterdir())) < 3:  # a run of a process that has ended would give its name back
            time.sleep(0.02)

    if not lock:
        monkeypatch.setattr(Connection, "alone", lambda _: nullcontext())
    store.close()
    children = [start_child(log) for _ in range(4)]

    assert sorted(wait_for(child) for child in children) == [0, TAKEN, TAKEN, TAKEN]
    assert [entry.name for entry in store.runs(sealed_only=False)] == ["first"]


def test_a_process_that_inherits_an_open_store_can_write_to_it(
    store: Store, write_run: WriteRun, start_child: StartChild, wait_for: WaitFor
) -> None:
    write_run(store, "mother").seal()

    assert wait_for(start_child(lambda: (write_run(store, "child").seal(), None)[1])) == 0
    write_run(store, "mother again").seal()
    assert {entry.name for entry in store.runs()} == {"mother", "child", "mother again"}


def test_a_lock_that_is_held_for_too_long_says_so(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), pytest.raises(StoreError, match="holding"), locked(tmp_path / "lock", seconds=0.1):
        pass

    with locked(tmp_path / "lock", seconds=0.1):
        pass


@pytest.mark.parametrize("lock", [True, False], ids=["with a lock", "without one, as on a server"])
def test_processes_that_register_one_title_at_once_make_one_model_whose_design_is_that_of_the_first(
    store: Store, lock: bool, start_child: StartChild, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = ("a", "b", "b", "b")

    def register(number: int) -> None:
        try:
            model = create_model("finder", Design(Task.DETECTION, (features[number],)), store=store)
        except NameTakenError:
            raise SystemExit(TAKEN) from None
        assert model.design.features == (features[number],)

    if not lock:
        monkeypatch.setattr(Connection, "alone", lambda _: nullcontext())
    store.close()
    children = [start_child(lambda number=number: register(number)) for number in range(4)]  # type: ignore[misc]
    codes = [wait_for(child) for child in children]

    (model,) = list_models(store=store)
    assert codes == [0 if (feature,) == model.design.features else TAKEN for feature in features]
