"""Where the jobs of a store are kept, and where the jobs of a machine stand in line."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from trainer.jobs.folder import JobFolder
from trainer.store import Store

JOBS = "jobs"


def jobs_folder(store: Store) -> Path:
    """The folder of a store's jobs: below an embedded store, and for a server among this user's own files.

    A job belongs to the machine that works on it, so a server's jobs are only seen where they were started.
    """
    if store.location.database is not None:
        return store.location.folder / JOBS
    return state_folder() / JOBS / hashlib.sha256(store.location.uri.encode()).hexdigest()[:12]


def state_folder() -> Path:
    """This user's folder for what programs remember: ``MODELRUNS_JOBS``, else where the system keeps such things."""
    chosen = os.environ.get("MODELRUNS_JOBS", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/modelruns").expanduser()
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "modelruns"


def job_folders(store: Store) -> list[JobFolder]:
    """The folders of all jobs of a store, in no order."""
    try:
        with os.scandir(jobs_folder(store)) as entries:
            return [JobFolder(Path(entry.path)) for entry in entries if entry.is_dir()]
    except FileNotFoundError:
        return []
