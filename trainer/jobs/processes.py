"""Processes of jobs: starting one that outlives us, and telling it from a later one of the same number."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from trainer.jobs.folder import JobFolder
from trainer.records.errors import JobError
from trainer.store.owner import Owner, has_surely_ended

WORKER = "trainer.jobs.worker"
AFTERMATH = "trainer.jobs.aftermath"

_ROOT = Path(__file__).parent.parent.parent
_NAMES = {"host": "trainer.host", "pid": "trainer.pid", "process": "trainer.process"}


def this_process() -> dict[str, str]:
    """What tells this process from any other, also after the machine was restarted."""
    tags = Owner.here().tags()
    return {name: tags[tag] for name, tag in _NAMES.items()} | {"boot": _boot()}


def owner_of(process: Mapping[str, str]) -> Owner:
    """The same as the store knows it."""
    return Owner.of({tag: process.get(name, "") for name, tag in _NAMES.items()})


def is_process(process: Mapping[str, str]) -> bool:
    """Whether that very process is alive on this machine, so that it may be sent a signal."""
    owner, here = owner_of(process), Owner.here()
    same_place = owner.host == here.host and owner.process.partition("@")[2] == here.process.partition("@")[2]
    return same_place and not has_restarted_since(process) and not has_surely_ended(owner)


def has_restarted_since(process: Mapping[str, str]) -> bool:
    """Whether the machine of a process was restarted since; False where that cannot be known."""
    then, boot = process.get("boot", ""), _boot()
    return bool(then and boot) and process.get("host") == Owner.here().host and then != boot


def start_worker(job: JobFolder, *, held: int, store: str) -> None:
    """Start the process that does a job; it goes on when we, our terminal or our session end.

    Args:
        job: The job.
        held: The lock that says that it lives; the process inherits it.
        store: Where runs are kept.

    Raises:
        JobError: If no process can be started.
    """
    try:
        with job.log.open("ab") as log:
            _start((WORKER, str(job.path), str(held)), output=log.fileno(), inherited=(held,), store=store)
    except OSError as error:
        raise JobError(f"Job {job.id} cannot be started: {error.strerror or error}.") from error


def clean_up_after(job: JobFolder) -> None:
    """Have the run that a dead job left half-written marked as failed, without waiting for that."""
    _start((AFTERMATH, str(job.path)), output=subprocess.DEVNULL, inherited=(), store=None)


def _start(arguments: Sequence[str], *, output: int, inherited: tuple[int, ...], store: str | None) -> None:
    # The same code as ours, wherever that was imported from; -P: not what lies in the current folder.
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin while they wait slow down all others
    if store is not None:
        environment["MLFLOW_TRACKING_URI"] = store
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=inherited,
        start_new_session=True,
        env=environment,
    )
    # Somebody has to take note of its end, or it stays in the table of processes as long as we live.
    threading.Thread(target=process.wait, name=f"modelruns-{process.pid}", daemon=True).start()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
