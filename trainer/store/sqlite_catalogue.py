"""Questions about an embedded store, answered by its database: in milliseconds, where MLflow needs seconds to come in.

Only reading goes this way, and only in a form of the database that is known here; for others MLflow is asked.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from trainer.records.errors import StoreError
from trainer.store.catalogue import ExperimentRecord, MetricPoint, RunRecord, Wanted
from trainer.store.database import open_database
from trainer.store.location import Location
from trainer.store.tags import KIND, STATE, RunState

# MLflow's names of the forms whose tables are read here; 3.17.2 makes the first.
KNOWN_FORMS = frozenset({"dc11669786a5"})

_EXPERIMENTS = (
    "SELECT e.experiment_id, e.name, COALESCE(t.value, ''), e.lifecycle_stage = 'active', e.creation_time "
    "FROM experiments e LEFT JOIN experiment_tags t ON t.experiment_id = e.experiment_id AND t.key = ? "
)
_RUNS = (
    "SELECT r.run_uuid, r.name, r.experiment_id, r.status, r.start_time, r.end_time, r.artifact_uri, "
    "r.lifecycle_stage = 'active' FROM runs r "
)
_SEALED_COUNTS = (
    "SELECT r.experiment_id, COUNT(*), MAX(r.end_time) FROM runs r JOIN tags t ON t.run_uuid = r.run_uuid "
    "WHERE t.key = ? AND t.value = ? AND r.status = 'FINISHED' AND r.lifecycle_stage = 'active' "
    "GROUP BY r.experiment_id"
)
_HISTORY = (
    "SELECT step, CASE WHEN is_nan THEN NULL ELSE value END, timestamp FROM metrics WHERE run_uuid = ? AND key = ? "
    "ORDER BY step, timestamp"
)
_HAS_TAG = "EXISTS (SELECT 1 FROM tags t WHERE t.run_uuid = r.run_uuid AND t.key = ? AND t.value = ?)"
_AT_ONCE = 500  # SQLite takes a limited number of values

Values = list[str | int]


@dataclass(frozen=True, slots=True)
class SqliteCatalogue:
    """Asks the database of an embedded store.

    Attributes:
        location: Where it is.
    """

    location: Location

    def experiments(self, mark: str) -> list[ExperimentRecord]:
        """Experiments with that tag of ours which were not deleted."""
        return self._experiments("WHERE t.value = ? AND e.lifecycle_stage = 'active'", mark)

    def experiment(self, title: str) -> ExperimentRecord | None:
        """The experiment of that name, deleted or not, ours or not."""
        return next(iter(self._experiments("WHERE e.name = ?", title)), None)

    def runs(
        self, experiments: Sequence[str], wanted: Wanted, *, kind: str, most: int | None = None
    ) -> list[RunRecord]:
        """Runs of that kind in these experiments, newest first, without deleted ones."""
        condition, values = _conditions(experiments, wanted, kind)
        order = f"WHERE {condition} ORDER BY r.start_time DESC, r.run_uuid LIMIT {-1 if most is None else int(most)}"
        with _reading(self.location) as database:
            return list(_read_runs(database, database.execute(_RUNS + order, values).fetchall()))

    def run(self, run_id: str) -> tuple[RunRecord, ExperimentRecord] | None:
        """The run of that id with its experiment, deleted or not, ours or not."""
        with _reading(self.location) as database:
            found = database.execute(f"{_RUNS} WHERE r.run_uuid = ?", [run_id]).fetchall()
            runs = list(_read_runs(database, found))
        if not runs:
            return None
        return runs[0], self._experiments("WHERE e.experiment_id = ?", int(runs[0].experiment_id))[0]

    def history(self, run_id: str, metric: str) -> list[MetricPoint]:
        """All values of a metric of a run in the order of their steps; none where it was never logged."""
        with _reading(self.location) as database:
            rows = database.execute(_HISTORY, (run_id, metric)).fetchall()
        return [MetricPoint(step, math.nan if value is None else value, moment) for step, value, moment in rows]

    def count_sealed(self, experiments: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Of each experiment that has any: how many sealed runs, and when the last was finished, in milliseconds."""
        with _reading(self.location) as database:
            rows = database.execute(_SEALED_COUNTS, (STATE, RunState.SEALED)).fetchall()
        return {str(experiment): (count, last) for experiment, count, last in rows if str(experiment) in experiments}

    def _experiments(self, condition: str, value: str | int) -> list[ExperimentRecord]:
        with _reading(self.location) as database:
            rows = database.execute(f"{_EXPERIMENTS} {condition}", (KIND, value)).fetchall()
        return [
            ExperimentRecord(str(id_), title, mark, bool(active), created) for id_, title, mark, active, created in rows
        ]


def knows_form(location: Location) -> bool:
    """Whether the database has a form whose tables are known here."""
    try:
        with open_database(location) as database:
            forms = database.execute("SELECT version_num FROM alembic_version").fetchall()
    except StoreError:  # MLflow, asked next, finds the words for what is wrong with it
        return False
    return len(forms) == 1 and forms[0][0] in KNOWN_FORMS


@contextmanager
def _reading(location: Location) -> Iterator[sqlite3.Connection]:
    """One state of the database for all questions, whoever writes meanwhile."""
    with open_database(location) as database:
        database.isolation_level = None
        database.execute("BEGIN")
        yield database


def _conditions(experiments: Sequence[str], wanted: Wanted, kind: str) -> tuple[str, Values]:
    parts = ["r.lifecycle_stage = 'active'", f"r.experiment_id IN ({_marks(experiments)})", _HAS_TAG]
    values: Values = [*map(int, experiments), KIND, kind]
    if wanted.sealed:
        parts += [_HAS_TAG, "r.status = 'FINISHED'"]
        values += [STATE, RunState.SEALED]
    if wanted.name is not None:
        parts.append("r.name = ?")
        values.append(wanted.name)
    if wanted.id_start is not None:
        parts.append("substr(r.run_uuid, 1, ?) = ?")
        values += [len(wanted.id_start), wanted.id_start]
    if wanted.tagged is not None:
        parts.append(_HAS_TAG)
        values += wanted.tagged
    return " AND ".join(parts), values


def _read_runs(database: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> Iterator[RunRecord]:
    ids = [row[0] for row in rows]
    tags = _gather(database, "SELECT run_uuid, key, value FROM tags", ids)
    params = _gather(database, "SELECT run_uuid, key, value FROM params", ids)
    metrics = _gather(
        database, "SELECT run_uuid, key, CASE WHEN is_nan THEN NULL ELSE value END FROM latest_metrics", ids
    )
    for run_id, name, experiment, status, started, ended, artifact_uri, active in rows:
        yield RunRecord(
            id=run_id,
            name=name,
            experiment_id=str(experiment),
            status=status,
            started=started,
            ended=ended or None,
            artifact_uri=artifact_uri,
            is_active=bool(active),
            tags=tags.get(run_id, {}),
            params=params.get(run_id, {}),
            metrics={key: math.nan if value is None else value for key, value in metrics.get(run_id, {}).items()},
        )


def _gather(database: sqlite3.Connection, query: str, run_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    gathered: dict[str, dict[str, Any]] = {}
    for start in range(0, len(run_ids), _AT_ONCE):
        part = run_ids[start : start + _AT_ONCE]
        for run_id, key, value in database.execute(f"{query} WHERE run_uuid IN ({_marks(part)})", part):
            gathered.setdefault(run_id, {})[key] = value
    return gathered


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
