"""Who writes a run, and whether that process is still there."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trainer.store.tags import HEARTBEAT, HOST, PID, PROCESS

SILENT_AFTER = timedelta(hours=12)


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
    here = Owner.here()
    if owner.host != here.host or _namespace(owner.process) != _namespace(here.process):
        return False
    return _process(owner.pid) != owner.process or not _is_alive(owner.pid)


def is_silent(tags: Mapping[str, str], *, since: timedelta = SILENT_AFTER) -> bool:
    """Whether a run's last heartbeat is long ago, or missing."""
    try:
        last = datetime.fromisoformat(tags.get(HEARTBEAT, ""))
    except ValueError:
        return True
    return datetime.now(UTC) - last > since


def heartbeat() -> dict[str, str]:
    """The tag that says that a run's process is alive now."""
    return {HEARTBEAT: datetime.now(UTC).isoformat(timespec="seconds")}


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
