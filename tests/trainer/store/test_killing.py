"""Killed at any moment while logging, a run is whole or absent, and its name can be used again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

from trainer.records.errors import NameTakenError
from trainer.store import RunKind, RunState, RunWriter, Store, Trouble, diagnose, open_store, repair
from trainer.store.client import Guarded

WriteRun = Callable[..., RunWriter]
LogRun = Callable[..., Any]
StartChild = Callable[[Callable[[], None]], int]
WaitFor = Callable[[int], int]

FEWEST_POINTS = 30
MOST_POINTS = 200


def _die_before(point: int) -> None:
    """Kill this process just before its so manieth step: a call to MLflow, or a change of the disk."""
    steps = iter(range(1, MOST_POINTS))

    def as_step(call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def step(*values: Any, **options: Any) -> Any:
            if next(steps) == point:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*values, **options)

        return step

    ask = Guarded.__getattr__
    Guarded.__getattr__ = lambda self, name: as_step(ask(self, name))  # type: ignore[method-assign]
    os.fsync = as_step(os.fsync)  # between the bytes of a file and its name
    os.link = as_step(os.link)
    Path.mkdir = as_step(Path.mkdir)  # type: ignore[method-assign]
    Path.replace = as_step(Path.replace)  # type: ignore[method-assign]


def _read_whole_runs(store: Store) -> set[str]:
    """Names of the runs that a reader sees, each of which is complete."""
    sealed = store.runs()
    for entry in sealed:
        run = store.find(entry.id)
        run.verify()

        assert len(run.manifest.files) == 4
        assert run.params == {"backbone": "resnet18", "epochs": "2"}
        assert run.metrics["mAP_50_95"] == 0.25
    return {entry.name for entry in sealed}


def test_killed_before_any_step_a_run_is_whole_or_absent_and_its_name_is_free(
    store: Store, write_run: WriteRun, log_run: LogRun, start_child: StartChild, wait_for: WaitFor
) -> None:
    version = log_run(store, "1", experiment="cells", kind=RunKind.DATA_VERSION)

    def log(point: int) -> None:
        run = write_run(store, "run", experiment=f"experiment {point}")
        run.reference(version, ["predictions/predictions.bin"])
        run.add_file(version.path("README.md"), "last.md")
        run.seal()

    def log_and_die(point: int) -> None:
        _die_before(point)
        log(point)

    for point in range(1, MOST_POINTS):
        store.close()
        code = wait_for(start_child(lambda point=point: log_and_die(point)))  # type: ignore[misc]
        if code == 0:
            break
        assert code == -signal.SIGKILL
        seen = _read_whole_runs(store)
        findings = diagnose(store)
        assert [finding.trouble for finding in findings] in ([], [Trouble.ABANDONED])
        assert not (seen and findings)
        if point % 2:  # after the other points the next run of that name has to manage without the doctor
            repair(store, findings)
            assert diagnose(store) == []
        with suppress(NameTakenError):  # only when all but the last step of sealing was done
            log(point)
        assert _read_whole_runs(store) == {"run"}
        for entry in store.runs(sealed_only=False):  # so that each point looks at its own run
            assert entry.state in (RunState.SEALED, RunState.KILLED)
            store.connection.client.delete_run(entry.id)

    assert point > FEWEST_POINTS
    assert diagnose(store) == []


def test_killed_at_a_random_time_a_run_is_whole_or_absent(
    store: Store, tmp_path: Path, write_run: WriteRun, start_child: StartChild, wait_for: WaitFor
) -> None:
    chance = random.Random(20)
    kept: set[str] = set()

    def log_for_ever(attempt: int) -> None:
        for number in range(10_000):
            run = write_run(store, f"run {attempt}.{number}")
            run.add_file(Path(__file__), "last.md")
            run.seal()
            (tmp_path / f"sealed {attempt}").touch()

    for attempt in range(6):
        store.close()
        child = start_child(lambda attempt=attempt: log_for_ever(attempt))  # type: ignore[misc]
        given_up = time.monotonic() + 120
        while not (tmp_path / f"sealed {attempt}").exists():
            assert time.monotonic() < given_up, "no run was sealed"
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.5))
        os.kill(child, signal.SIGKILL)
        assert wait_for(child) == -signal.SIGKILL
        seen = _read_whole_runs(store)
        assert seen >= kept
        kept = seen
        findings = diagnose(store)
        assert len(findings) <= 1
        repair(store, findings)
        assert diagnose(store) == []

    assert len(kept) >= 6


def test_killed_while_making_the_store_the_next_one_makes_it(
    tmp_path: Path, empty_store: Path, start_child: StartChild, wait_for: WaitFor
) -> None:
    def make() -> None:
        assert open_store(tmp_path / "mlruns").connection.client is not None
        time.sleep(60)

    child = start_child(make)
    time.sleep(0.6)  # of the second or two that it takes
    os.kill(child, signal.SIGKILL)
    wait_for(child)
    store = open_store(tmp_path / "mlruns")
    run = store.create_run("digits", "first", kind=RunKind.MODEL_RUN).seal()

    assert store.find("first") == run
    store.close()
