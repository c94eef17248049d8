"""Whether a job's process lives: it holds a lock from before its first moment, and its death lets go of it.

A number of a process may be given to another one, clocks may change, and a container has numbers of its own; the lock
knows of none of that. It is inherited through `subprocess`, so there is no moment between start and first breath.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trainer.records.errors import JobError

if sys.platform == "win32":

    def try_hold(path: Path) -> int | None:
        """Refuses: the lock cannot be handed to another process here."""
        raise JobError("Jobs need Linux or macOS. Train in this process instead: modelruns train ... --here")

else:
    import fcntl

    def try_hold(path: Path) -> int | None:
        """Take the lock of a job.

        Returns:
            A file descriptor that holds it until it, and all copies of it, are closed; None while another process
            holds it, or where the file system cannot say.
        """
        try:
            held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:
            return None
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(held)
            return None
        return held


@contextmanager
def held_if_dead(path: Path) -> Iterator[bool]:
    """Whether no process works on a job; if so, nobody else can start to within the ``with`` block."""
    held = try_hold(path)
    try:
        yield held is not None
    finally:
        if held is not None:
            os.close(held)


def is_held(path: Path) -> bool:
    """Whether a job's process lives. A job whose folder is gone is dead."""
    if not path.parent.is_dir():
        return False
    with held_if_dead(path) as dead:
        return not dead


def keep(held: int) -> None:
    """Hold an inherited lock for the rest of this process, and not longer: processes that it makes do not get it."""
    os.set_inheritable(held, False)

    def let_go() -> None:
        with suppress(OSError):
            os.close(held)

    os.register_at_fork(after_in_child=let_go)
