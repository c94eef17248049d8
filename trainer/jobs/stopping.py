"""How a job learns that it is to stop, and what happens if it cannot answer."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any

from trainer.jobs.folder import JobFolder

GRACE = 30.0
_PAUSE = 0.2


def ask_to_stop(job: JobFolder, *, grace: float) -> None:
    """Leave word that a job is to stop; the first to ask says how long it may take.

    Args:
        job: The job.
        grace: Seconds after which it is ended, if it does not end itself.
    """
    if not job.cancel.exists():
        job.write(job.cancel, {"asked": time.time(), "grace": grace})


class StopWatch:
    """Watches, in a job's own process, for the word to stop: the job's file, or a signal to end."""

    def __init__(self, job: JobFolder) -> None:
        self._job = job
        self._asked = threading.Event()
        signal.signal(signal.SIGTERM, self._heed)
        signal.signal(signal.SIGINT, self._heed)
        threading.Thread(target=self._watch, name="modelruns-stop", daemon=True).start()

    def asked(self) -> bool:
        """Whether the job is to stop."""
        return self._asked.is_set()

    def sleep(self, seconds: float) -> None:
        """Wait, or be woken by the word to stop."""
        self._asked.wait(seconds)

    def _heed(self, number: int, frame: FrameType | None) -> None:
        self._begin_to_stop(_read_grace(self._job.read(self._job.cancel)))

    def _watch(self) -> None:
        while not self._asked.wait(_PAUSE):
            if self._job.cancel.exists():
                self._begin_to_stop(_read_grace(self._job.read(self._job.cancel)))

    def _begin_to_stop(self, grace: float) -> None:
        if not self._asked.is_set():
            self._asked.set()
            # The system ends the process when the time is up, whatever our own code is doing then.
            signal.setitimer(signal.ITIMER_REAL, max(grace, 0.1))


def _read_grace(asked: dict[str, Any] | None) -> float:
    grace = (asked or {}).get("grace", GRACE)
    return float(grace) if isinstance(grace, int | float) else GRACE
