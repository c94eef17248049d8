"""What is wrong in a store is found, named, and put right where it can be."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trainer.records.errors import FrozenRunError, NotFoundError
from trainer.store import RunState, RunWriter, Store, StoredRun, Trouble, diagnose, open_store, repair

WriteRun = Callable[..., RunWriter]
LogRun = Callable[..., StoredRun]
StartChild = Callable[[Callable[[], None]], int]


def test_a_sound_store_has_no_findings(store: Store, log_run: LogRun, write_run: WriteRun, tmp_path: Path) -> None:
    log_run(store, "first")
    write_run(store, "second")
    write_run(store, "third").fail("no")
    seen: list[tuple[int, int]] = []

    assert diagnose(store, every_byte=True, report=lambda done, total: seen.append((done, total))) == []
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert diagnose(open_store(tmp_path / "nothing")) == []


def test_a_run_whose_process_is_gone_is_found_and_marked_as_killed(
    store: Store, write_run: WriteRun, start_child: StartChild, wait_for: Callable[[int], int]
) -> None:
    store.close()
    child = start_child(lambda: (write_run(store, "first"), os.kill(os.getpid(), signal.SIGKILL))[0])  # type: ignore[func-returns-value]
    assert wait_for(child) == -signal.SIGKILL
    (finding,) = diagnose(store)

    assert finding.trouble is Trouble.ABANDONED
    assert f"process {child} on " in str(finding)
    assert repair(store, [finding]) == [f"Run {finding.run} was marked as killed."]
    assert diagnose(store) == []
    assert [entry.state for entry in store.runs(sealed_only=False)] == [RunState.KILLED]


def test_a_run_that_lacks_only_the_last_step_of_sealing_is_sealed(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first")
    store.connection.client.update_run(run.id, status="RUNNING")
    _give_to_a_dead_process(store, run.id)
    (finding,) = diagnose(store)

    assert repair(store, [finding]) == [f"Run {finding.run} was sealed."]
    assert store.find("first").id == run.id


def test_a_run_that_was_sealed_in_name_only_loses_its_seal(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first")
    run.path("README.md").unlink()
    store.connection.client.update_run(run.id, status="RUNNING")
    _give_to_a_dead_process(store, run.id)

    assert repair(store, diagnose(store)) == [f"Run digits/first ({run.id[:8]}) was marked as killed."]
    assert diagnose(store) == []


def test_a_process_of_another_machine_is_believed_dead_only_after_long_silence(
    store: Store, write_run: WriteRun
) -> None:
    run = write_run(store, "first")
    store.connection.client.set_tag(run.run_id, "trainer.host", "elsewhere")

    assert diagnose(store) == []
    long_ago = datetime.now(UTC) - timedelta(hours=20)
    store.connection.client.set_tag(run.run_id, "trainer.heartbeat", long_ago.isoformat())
    (finding,) = diagnose(store)
    assert "process " in finding.facts
    assert "no sign of life" in finding.facts
    assert diagnose(store, silent_after=timedelta(hours=24)) == []


def test_a_later_process_with_the_number_of_the_dead_one_is_not_taken_for_it(store: Store, write_run: WriteRun) -> None:
    run = write_run(store, "first")
    process = store.runs(sealed_only=False)[0].tags["trainer.process"]
    if not process.partition("@")[0]:
        pytest.skip("this system does not say when a process started")
    store.connection.client.set_tag(run.run_id, "trainer.process", f"1@{process.partition('@')[2]}")

    assert [finding.trouble for finding in diagnose(store)] == [Trouble.ABANDONED]


def test_a_damaged_run_is_found_and_left_for_a_person(store: Store, log_run: LogRun) -> None:
    log_run(store, "first").path("README.md").unlink()
    (finding,) = diagnose(store)

    assert finding.trouble is Trouble.DAMAGED
    assert "'README.md' is missing" in finding.facts
    assert not finding.repairable
    assert repair(store, [finding]) == []


def test_a_changed_byte_is_found_when_every_byte_is_read(store: Store, log_run: LogRun) -> None:
    log_run(store, "first").path("README.md").write_bytes(b"# B run\n")

    assert diagnose(store) == []
    assert [finding.trouble for finding in diagnose(store, every_byte=True)] == [Trouble.DAMAGED]


def test_files_of_no_run_are_set_aside(store: Store, log_run: LogRun, tmp_path: Path) -> None:
    run = log_run(store, "first")
    experiment = run.path("README.md").parents[2]
    shutil.copytree(experiment / run.id, experiment / ("ab" * 16))
    (finding,) = diagnose(store)

    assert finding.trouble is Trouble.STRAY
    repair(store, [finding])
    assert (tmp_path / "mlruns/stray" / experiment.name / ("ab" * 16) / "artifacts/README.md").is_file()
    assert diagnose(store) == []


def test_a_run_that_was_deleted_in_mlflow_is_not_stray(store: Store, log_run: LogRun) -> None:
    store.connection.client.delete_run(log_run(store, "first").id)

    assert diagnose(store) == []
    assert store.runs() == []


def test_a_moved_store_is_noticed_and_mlflow_finds_the_files_again(
    store: Store, log_run: LogRun, tmp_path: Path
) -> None:
    log_run(store, "first")
    store.close()
    shutil.move(tmp_path / "mlruns", tmp_path / "moved here")
    moved = open_store(tmp_path / "moved here")
    (finding,) = diagnose(moved)

    assert finding.trouble is Trouble.MOVED
    assert str(tmp_path / "mlruns") in finding.facts
    assert repair(moved, [finding]) == ["Addresses corrected: 1 of experiments, and those of their runs."]
    assert diagnose(moved) == []
    run = moved.find("first")
    listed = [file.path for file in moved.connection.client.list_artifacts(run.id, "logs")]
    assert listed == ["logs/train.log"]
    moved.close()


def test_only_runs_that_came_to_nothing_can_be_deleted(store: Store, log_run: LogRun, write_run: WriteRun) -> None:
    sealed = log_run(store, "first")
    write_run(store, "second").fail("no")
    second, first = store.runs(sealed_only=False)
    folder = sealed.path("README.md").parents[2]

    with pytest.raises(FrozenRunError, match="is sealed; only runs that failed or were killed"):
        store.delete_run(first)
    store.delete_run(second)
    assert [entry.name for entry in store.runs(sealed_only=False)] == ["first"]
    assert [path.name for path in folder.iterdir()] == [sealed.id]
    with pytest.raises(NotFoundError):
        store.find("second")
    assert diagnose(store) == []


def _give_to_a_dead_process(store: Store, run_id: str) -> None:
    with closing(sqlite3.connect(store.location.file)) as database, database:
        database.execute(
            "UPDATE tags SET value = '1' || value WHERE key = 'trainer.process' AND run_uuid = ?", [run_id]
        )
