"""Who writes a run, and whether that process is still there."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trainer.store.tags import HEARTBEAT, HOST, PID, PROCESS

SILENT_AFTER = timedelta(minutes=15)
"""A run whose process cannot be seen from here gives a sign of life every two minutes: seven of them failed, or the
clocks of two machines differ by as much."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that writes a run.

    Attributes:
        host: Its machine.
        pid: Its number there.
        process: What tells it from a later process of the same number, and from one in another container.
    """

    host: str
    pid: int
    process: str

    @classmethod
    def here(cls) -> Owner:
        """This very process."""
        return cls(socket.gethostname(), os.getpid(), _process(os.getpid()))

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> Owner:
        """The process that a run's tags name."""
        pid = tags.get(PID, "")
        return cls(tags.get(HOST, "unknown host"), int(pid) if pid.isdigit() else -1, tags.get(PROCESS, ""))

    def tags(self) -> dict[str, str]:
        """What `of` reads."""
        return {HOST: self.host, PID: str(self.pid), PROCESS: self.process}

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def has_surely_ended(owner: Owner) -> bool:
    """Whether a process ran on this machine, where we would see it, and is no longer there."""
    return _is_seen(owner) and (_process(owner.pid) != owner.process or not _is_alive(owner.pid))


def seems_dead(tags: Mapping[str, str], *, silent_after: timedelta = SILENT_AFTER) -> bool:
    """Whether nobody writes a run any more: its process is gone, or cannot be seen from here and is silent.

    Args:
        tags: The run's.
        silent_after: How long a process of another machine, or another container, may give no sign of life.
    """
    owner = Owner.of(tags)
    if _is_seen(owner):
        return has_surely_ended(owner)
    last = last_sign(tags)
    return last is None or datetime.now(UTC) - last > silent_after


def last_sign(tags: Mapping[str, str]) -> datetime | None:
    """When a run gave its last sign of life; None where it gave none."""
    try:
        return datetime.fromisoformat(tags.get(HEARTBEAT, "")).astimezone(UTC)
    except ValueError:
        return None


def explain_death(tags: Mapping[str, str]) -> str:
    """Why nobody seems to write a run any more, in a sentence."""
    owner, last = Owner.of(tags), last_sign(tags)
    if has_surely_ended(owner):
        return f"{owner} ended without sealing it."
    since = "at all" if last is None else f"since {last:%Y-%m-%d %H:%M} UTC"
    return f"{owner} has given no sign of life {since}."


def heartbeat() -> dict[str, str]:
    """The tag that says that a run's process is alive now."""
    return {HEARTBEAT: datetime.now(UTC).isoformat(timespec="seconds")}


def _is_seen(owner: Owner) -> bool:
    """Whether a process would be seen from here if it were there."""
    here = Owner.here()
    return owner.host == here.host and _namespace(owner.process) == _namespace(here.process)


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)  # asks whether it is there, and sends nothing
    except ProcessLookupError:
        return False
    except OSError:
        return True  # there, but somebody else's
    return True


def _process(pid: int) -> str:
    """When a process started, and the number space its pid is from, where the system says so."""
    try:
        # Fields after the name, which may hold spaces itself: state is the first, the start time the twentieth.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else f"{fields[19]}@{Path('/proc/self/ns/pid').readlink()}"
    except (OSError, IndexError):
        return f"@{_own_namespace()}"


def _own_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _namespace(process: str) -> str:
    return process.partition("@")[2]
