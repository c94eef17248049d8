"""Edits of a project: each is made on the newest version, also where several are made at the same moment."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from trainer.projects import DataVersion, Report, open_version, save_version
from trainer.records.errors import NameTakenError, StoreError
from trainer.records.snapshot import Snapshot
from trainer.store import Store, open_store

_SECONDS_TO_WAIT = 60.0  # for others who make a version of the same project
_LONGEST_PAUSE = 0.5


def edit_project(
    project: str, edit: Callable[[DataVersion], Snapshot], *, store: Store | None = None, report: Report | None = None
) -> DataVersion:
    """Make a project's next version from its newest one; where another came meanwhile, again from that one.

    So of edits that are made at the same moment none is lost.

    Args:
        project: Name of the project.
        edit: Given the newest version, returns what the next one holds; may be asked several times.
        store: Where runs are kept; see `open_store`.
        report: Told of the progress of making thumbnails.

    Returns:
        The new version; the newest where nothing changed.

    Raises:
        NotFoundError: If there is no such project.
        StoreError: If others make versions of it for a minute on end.
    """
    store = store or open_store()
    given_up = time.monotonic() + _SECONDS_TO_WAIT
    while True:
        data = open_version(project, store=store)
        try:
            return save_version(project, edit(data), store=store, newest=True, after=data.stored.id, report=report)
        except NameTakenError as busy:
            if time.monotonic() > given_up:
                raise StoreError(f"Project {project!r} is being changed by others all the time: {busy}") from busy
        time.sleep(random.uniform(0, _LONGEST_PAUSE))  # noqa: S311 # no secret
