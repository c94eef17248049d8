"""Folders of an embedded store that belong to no run."""

from __future__ import annotations

import re
from pathlib import Path

from trainer.records.errors import StoreError
from trainer.store.database import open_database
from trainer.store.location import Location

ASIDE = "stray"

_RUN_ID = re.compile(r"[0-9a-f]{32}")


def find_stray_folders(location: Location) -> list[Path]:
    """Folders that look like a run's, where MLflow knows no such run, not even a deleted one."""
    # Folders first: a run is known before it has one, so a run begun meanwhile is not taken for stray.
    folders = [path for path in location.artifacts.glob("*/*") if _RUN_ID.fullmatch(path.name)]
    with open_database(location) as database:
        known = {run_id for (run_id,) in database.execute("SELECT run_uuid FROM runs")}
    return sorted(path for path in folders if path.name not in known)


def set_aside(location: Location, folder: Path) -> str:
    """Move a stray folder out of the way; returns what was done."""
    target = location.folder / ASIDE / folder.parent.name / folder.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(target)
    except OSError as error:
        raise StoreError(f"{folder} cannot be moved to {target}: {error.strerror or error}.") from error
    return f"{folder} was set aside as {target}."
