"""A sign of life in even intervals, from a thread of its own, for as long as a run is written."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import cache

SECONDS_BETWEEN_BEATS = 120.0
"""A run asks for one small change in two minutes, whatever it does: a hundred runs together for one in a second."""
_LONGEST_BEAT = 60.0  # a server that does not answer is given up before
_LONGEST_WAIT_OF_A_FORK = 5.0


class Pulse:
    """Calls a method every two minutes until it is stopped, or the method's object is gone.

    A beat that fails is no reason to end the work: the next one may do. Before this process forks, the thread ends, and
    begins again in the parent: a child inherits no lock that the thread held, and gives no sign in its parent's name.
    """

    def __init__(self, beat: Callable[[], None]) -> None:
        self._beat = weakref.WeakMethod(beat)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._due = 0.0

    def start(self) -> None:
        """Begin; the first beat comes after one interval."""
        _prepare()
        self._due = time.monotonic() + SECONDS_BETWEEN_BEATS
        with _pulses.lock:
            _pulses.beating.add(self)
            self.go_on()

    def stop(self) -> None:
        """End, and wait for a beat that is being given."""
        with _pulses.lock:
            _pulses.beating.discard(self)
            self._stopped.set()
        self.wait(_LONGEST_BEAT)

    def pause(self) -> None:
        """Ask the thread to end, without waiting for it."""
        self._stopped.set()

    def wait(self, seconds: float) -> None:
        """Wait for the end of the thread."""
        if self._thread is not None:
            self._thread.join(seconds)
            self._thread = None

    def go_on(self) -> None:
        """Begin a thread; pauses do not put the next beat off."""
        self._stopped = threading.Event()
        work = (self._stopped,)
        self._thread = threading.Thread(target=self._keep_beating, args=work, name="modelruns-heartbeat", daemon=True)
        self._thread.start()

    def _keep_beating(self, stopped: threading.Event) -> None:
        while not stopped.wait(max(0.0, self._due - time.monotonic())):
            self._due = time.monotonic() + SECONDS_BETWEEN_BEATS
            beat = self._beat()
            if beat is None:
                _pulses.beating.discard(self)
                return
            with suppress(Exception):
                beat()
            del beat  # or its object would live for as long as this thread waits


class _Pulses:
    """Those of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.beating: set[Pulse] = set()


_pulses = _Pulses()


@cache
def _prepare() -> None:
    atexit.register(_stop_all)  # a thread that is there when the interpreter is taken down can abort the process
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)


def _stop_all() -> None:
    for pulse in list(_pulses.beating):
        pulse.stop()


def _before_fork() -> None:
    _pulses.lock.acquire()
    pulses = list(_pulses.beating)
    for pulse in pulses:
        pulse.pause()
    for pulse in pulses:
        pulse.wait(_LONGEST_WAIT_OF_A_FORK)


def _after_fork() -> None:
    for pulse in list(_pulses.beating):
        pulse.go_on()
    _pulses.lock.release()


def _in_child() -> None:
    _pulses.beating.clear()
    _pulses.lock = threading.Lock()
