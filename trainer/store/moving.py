"""An embedded store that was moved: MLflow keeps absolute addresses, and has no way to change them."""

from __future__ import annotations

import sqlite3

from trainer.store.database import open_database
from trainer.store.location import Location
from trainer.store.places import RUN_FILES
from trainer.store.tags import KIND

_OURS = (
    "SELECT experiment_id, artifact_location FROM experiments "
    "WHERE experiment_id IN (SELECT experiment_id FROM experiment_tags WHERE key = ?)"
)


def find_old_addresses(location: Location) -> list[str]:
    """Places of experiments that are not below the store's folder."""
    with open_database(location) as database:
        return [old for _, old, _ in _read_moves(location, database)]


def correct_addresses(location: Location) -> str:
    """Let all experiments and runs name the place where the store is now; returns what was done."""
    with open_database(location) as database, database:  # the second one makes it one transaction
        moves = _read_moves(location, database)
        for experiment, _, new in moves:
            database.execute("UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?", (new, experiment))
            database.execute(
                "UPDATE runs SET artifact_uri = ? || '/' || run_uuid || ? WHERE experiment_id = ?",
                (new, f"/{RUN_FILES}", experiment),
            )
    return f"Addresses corrected: {len(moves):,} of experiments, and those of their runs."


def _read_moves(location: Location, database: sqlite3.Connection) -> list[tuple[int, str, str]]:
    """Id, old and new place of every experiment of ours that names a place elsewhere."""
    rows = database.execute(_OURS, (KIND,)).fetchall()
    places = ((experiment, old, old.replace("\\", "/").rstrip("/").rpartition("/")[2]) for experiment, old in rows)
    moves = ((experiment, old, str(location.artifacts / folder)) for experiment, old, folder in places)
    return [(experiment, old, new) for experiment, old, new in moves if old != new]
