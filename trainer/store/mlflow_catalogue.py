"""Questions about a store, answered by MLflow's client: for servers, and databases of an unknown form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trainer.records.errors import NotFoundError
from trainer.store.catalogue import ExperimentRecord, MetricPoint, RunRecord, Wanted
from trainer.store.client import Guarded
from trainer.store.tags import KIND

# MLflow gathers tags, parameters and metrics of a whole page at once; larger pages are no quicker.
_RUNS_A_PAGE = 100
_EXPERIMENTS_A_PAGE = 500
_MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class MlflowCatalogue:
    """Asks MLflow.

    Attributes:
        client: MLflow's client.
    """

    client: Guarded

    def experiments(self, mark: str) -> list[ExperimentRecord]:
        """Experiments with that tag of ours which were not deleted."""
        records, token, condition = [], None, f"tags.`{KIND}` = '{mark}'"
        while True:
            page = self.client.search_experiments(
                filter_string=condition, max_results=_EXPERIMENTS_A_PAGE, page_token=token
            )
            records += [_read_experiment(experiment) for experiment in page]
            token = page.token
            if not token:
                return records

    def experiment(self, title: str) -> ExperimentRecord | None:
        """The experiment of that name, deleted or not, ours or not."""
        found = self.client.get_experiment_by_name(title)
        return None if found is None else _read_experiment(found)

    def runs(
        self, experiments: Sequence[str], wanted: Wanted, *, kind: str, most: int | None = None
    ) -> list[RunRecord]:
        """Runs of that kind in these experiments, newest first, without deleted ones."""
        conditions = " and ".join(filter(None, [f"tags.`{KIND}` = '{kind}'", wanted.conditions()]))
        return [read_run(run) for run in self._search(experiments, conditions, most)]

    def run(self, run_id: str) -> tuple[RunRecord, ExperimentRecord] | None:
        """The run of that id with its experiment, deleted or not, ours or not."""
        try:
            run = self.client.get_run(run_id)
        except NotFoundError:
            return None
        return read_run(run), _read_experiment(self.client.get_experiment(run.info.experiment_id))

    def history(self, run_id: str, metric: str) -> list[MetricPoint]:
        """All values of a metric of a run in the order of their steps; none where it was never logged."""
        try:
            found = self.client.get_metric_history(run_id, metric)
        except NotFoundError:
            return []
        points = [MetricPoint(one.step, one.value, one.timestamp) for one in found]
        return sorted(points, key=lambda point: (point.step, point.moment))

    def count_sealed(self, experiments: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Of each experiment that has any: how many sealed runs, up to 1,000, and when the last was finished."""
        counts = {}
        for experiment in experiments:
            ends = [run.info.end_time for run in self._search([experiment], Wanted(True).conditions(), _MOST_COUNTED)]
            if ends:
                counts[experiment] = (len(ends), max(ends))
        return counts

    def _search(self, experiments: Sequence[str], conditions: str, most: int | None) -> Iterator[Any]:
        token, left = None, most
        while experiments and (left is None or left > 0):
            size = _RUNS_A_PAGE if left is None else min(_RUNS_A_PAGE, left)
            page = self.client.search_runs(
                list(experiments),
                conditions,
                max_results=size,
                order_by=["attributes.start_time DESC"],
                page_token=token,
            )
            yield from page
            token, left = page.token, left and left - len(page)
            if not token:
                return


def read_run(run: Any) -> RunRecord:
    """What we need of one of MLflow's runs."""
    info, data = run.info, run.data
    return RunRecord(
        id=info.run_id,
        name=info.run_name,
        experiment_id=info.experiment_id,
        status=info.status,
        started=info.start_time,
        ended=info.end_time or None,
        artifact_uri=info.artifact_uri,
        is_active=info.lifecycle_stage == "active",
        tags=dict(data.tags),
        params=dict(data.params),
        metrics=dict(data.metrics),
    )


def _read_experiment(found: Any) -> ExperimentRecord:
    active = found.lifecycle_stage == "active"
    return ExperimentRecord(found.experiment_id, found.name, found.tags.get(KIND, ""), active, found.creation_time)
