"""How every loop is compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
from filelock import FileLock, Timeout
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher

Loop = TypeVar("Loop", bound=Callable[..., object])

_PATIENCE: Final = 30.0  # seconds; writing takes milliseconds, so that only a process that stands still lasts longer


def compiled(loop: Loop) -> Loop:
    """The loop as machine code, made on its first call and kept on disk where that can be written to."""
    made = numba.njit(nogil=True, error_model="numpy")(loop)
    if isinstance(made, Dispatcher):  # not where numba is told to leave Python as it is, NUMBA_DISABLE_JIT
        with suppress(RuntimeError):  # neither this folder nor the user's cache folder can be written to
            made._cache = OneAtATime(loop)  # type: ignore[attr-defined] # what njit(cache=True) sets to numba's own
    return cast(Loop, made)


class OneAtATime(FunctionCache):  # type: ignore[misc] # numba carries no types
    """Compiled loops on disk, of which one process at a time reads or writes.

    numba reads the list of what there is, takes the next free number, writes the list and then the code. Two processes
    that compile one loop for arguments of different types at once both take the same number, and whoever looks next
    runs code for other types than those it has.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What was compiled for arguments of these types; None where nothing was."""
        with self._alone() as alone:
            return super().load_overload(sig, target_context) if alone else None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled for arguments of these types."""
        with self._alone() as alone:
            if alone:
                super().save_overload(sig, data)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether nobody else reads or writes; without that a loop is compiled anew, for this process alone."""
        lock = FileLock(Path(self.cache_path) / "loops.lock", timeout=_PATIENCE)
        try:
            lock.acquire()
        except (Timeout, OSError, NotImplementedError):
            yield False
            return
        try:
            yield True
        finally:
            lock.release()
