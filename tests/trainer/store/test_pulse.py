"""A run that is written gives signs of life whatever its training does; the thread that gives them leaves no trace."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trainer.records.errors import StoreError
from trainer.store import RunKind, RunWriter, Store
from trainer.store import pulse as beating
from trainer.store.pulse import Pulse

WriteRun = Callable[..., RunWriter]
StartChild = Callable[[Callable[[], None]], int]

Threads = Callable[[], list[threading.Thread]]

PATIENCE = 60.0

# A process that ends in the middle of a beat, as an interpreter that is taken down does.
ENDING = """
import threading, time
from trainer.store import pulse

class Work:
    def beat(self):
        begun.set()
        time.sleep(0.5)

pulse.SECONDS_BETWEEN_BEATS, begun, work = 0.01, threading.Event(), Work()
pulse.Pulse(work.beat).start()
assert begun.wait(60)
"""


class Heart:
    """Counts beats; the test waits for them."""

    def __init__(self) -> None:
        self.beats = threading.Semaphore(0)
        self.fails = False

    def beat(self) -> None:
        self.beats.release()
        if self.fails:
            raise StoreError("the server does not answer")

    def wait(self, beats: int) -> bool:
        return all(self.beats.acquire(timeout=PATIENCE) for _ in range(beats))


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Threads]:
    """The threads of this test: runs that other tests left unfinished may have some, too."""
    monkeypatch.setattr(beating, "_pulses", beating._Pulses())
    before = threading.enumerate()

    def own() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if one.name == "modelruns-heartbeat" and one not in before]

    yield own
    assert own() == []


@pytest.fixture
def quick(threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beating, "SECONDS_BETWEEN_BEATS", 0.01)


def test_it_beats_until_it_is_stopped_and_leaves_no_thread(threads: Threads, quick: None) -> None:
    heart = Heart()
    pulse = Pulse(heart.beat)
    pulse.start()

    assert heart.wait(3)
    assert [thread.daemon for thread in threads()] == [True]
    pulse.stop()
    assert threads() == []
    pulse.stop()


def test_a_beat_that_fails_does_not_end_it(quick: None) -> None:
    heart = Heart()
    heart.fails = True
    pulse = Pulse(heart.beat)
    pulse.start()

    assert heart.wait(3)
    pulse.stop()


def test_it_ends_with_the_object_that_it_beats_for(threads: Threads, quick: None) -> None:
    heart = Heart()
    gone = weakref.ref(heart)
    Pulse(heart.beat).start()
    assert heart.wait(1)
    (thread,) = threads()
    del heart
    thread.join(PATIENCE)
    gc.collect()

    assert not thread.is_alive()
    assert gone() is None


def test_a_child_has_no_thread_and_the_parent_goes_on(
    threads: Threads, quick: None, start_child: StartChild, wait_for: Callable[[int], int]
) -> None:
    heart = Heart()
    pulse = Pulse(heart.beat)
    pulse.start()

    def work() -> None:
        assert threads() == []
        pulse.stop()
        Pulse(heart.beat).start()
        heart.beats = threading.Semaphore(0)  # those before are the parent's
        assert heart.wait(3)

    child = start_child(work)
    heart.beats = threading.Semaphore(0)

    assert heart.wait(3)
    assert wait_for(child) == 0
    pulse.stop()


def test_forks_do_not_put_the_next_beat_off(threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beating, "SECONDS_BETWEEN_BEATS", 3600.0)
    heart = Heart()
    pulse = Pulse(heart.beat)
    pulse.start()
    due = pulse._due
    for _ in range(3):
        beating._before_fork()
        assert threads() == []
        beating._after_fork()

    assert pulse._due == due
    assert len(threads()) == 1
    pulse.stop()
    assert threads() == []


def test_a_process_that_ends_while_it_beats_ends_well() -> None:
    done = subprocess.run([sys.executable, "-c", ENDING], check=False, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("end", ["seal", "fail", "kill", "error"])
def test_a_run_beats_until_it_ends(threads: Threads, quick: None, store: Store, write_run: WriteRun, end: str) -> None:
    run = write_run(store, "first")
    created = store.runs(sealed_only=False)[0].last_sign
    store.connection.client.set_tag(run.run_id, "trainer.heartbeat", "2020-01-01T00:00:00+00:00")
    given_up = time.monotonic() + PATIENCE
    while store.runs(sealed_only=False)[0].last_sign < created and time.monotonic() < given_up:
        time.sleep(0.02)

    assert store.runs(sealed_only=False)[0].last_sign >= created
    match end:
        case "seal":
            run.seal()
        case "fail":
            run.fail("no")
        case "kill":
            run.kill()
        case _:
            run.end_after(ValueError("no"))
    assert threads() == []


def test_a_run_whose_end_cannot_be_told_to_the_store_stops_beating(
    threads: Threads, quick: None, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create_run("digits", "first", kind=RunKind.MODEL_RUN)

    def refuse(tags: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(run, "_set_tags", refuse)
    run.end_after(ValueError("no"))

    assert threads() == []


def test_a_run_in_a_child_that_is_killed_is_told_as_dead_and_nothing_is_written(
    store: Store, write_run: WriteRun, start_child: StartChild, wait_for: Callable[[int], int], tmp_path: Path
) -> None:
    store.close()
    child = start_child(lambda: (write_run(store, "first"), os.kill(os.getpid(), 9))[0])  # type: ignore[func-returns-value]
    assert wait_for(child) == -9
    (run,) = store.runs(sealed_only=False)

    assert (run.status, run.standing, run.is_dead) == ("running", "dead", True)
    assert run.explain_death() == f"process {child} on {run.tags['trainer.host']} ended without sealing it."
    assert store.runs(sealed_only=False)[0].tags == run.tags
