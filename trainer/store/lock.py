"""A lock between processes that its holder's death releases."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from trainer.records.errors import StoreError

_PAUSE = 0.02


@contextmanager
def locked(path: Path, *, seconds: float = 120) -> Iterator[None]:
    """Be the only one, of all processes and threads of this machine, that holds this file.

    The system lets go of the lock when the process ends, however it ends.

    Args:
        path: A file that serves nothing else; it is made, and stays.
        seconds: How long to wait for others.

    Raises:
        StoreError: If the file cannot be written, or another process holds it for too long.
    """
    try:
        file = path.open("ab")
    except OSError as error:
        raise StoreError(f"{path.parent} cannot be written: {error.strerror}. Choose a folder that can.") from error
    with file:
        _wait(file, path, seconds)
        try:
            yield
        finally:
            _release(file)


def _wait(file: IO[bytes], path: Path, seconds: float) -> None:
    given_up = time.monotonic() + seconds
    while not _try(file):
        if time.monotonic() > given_up:
            raise StoreError(
                f"Another process has been holding {path} for {seconds:.0f} seconds. "
                f"Wait for it, or end it, and try again."
            )
        time.sleep(_PAUSE)


if sys.platform == "win32":
    import msvcrt

    def _try(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
