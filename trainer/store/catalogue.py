"""What a store can be asked about experiments and runs; `mlflow_catalogue` and `sqlite_catalogue` answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from trainer.store.tags import STATE, RunState


@dataclass(frozen=True, slots=True)
class ExperimentRecord:
    """One of MLflow's experiments.

    Attributes:
        id: MLflow's id.
        title: MLflow's name of it.
        mark: Our tag on it; empty on those that we did not make.
        is_active: Whether it was not deleted.
        created: Milliseconds since 1970.
    """

    id: str
    title: str
    mark: str
    is_active: bool
    created: int


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One of MLflow's runs.

    Attributes:
        id: 32 hex digits.
        name: MLflow's name of it.
        experiment_id: MLflow's id of its experiment.
        status: MLflow's word, like ``FINISHED``.
        started: Milliseconds since 1970.
        ended: Milliseconds since 1970, or None.
        artifact_uri: Where its files are.
        is_active: Whether it was not deleted.
        tags: All of them.
        params: All of them.
        metrics: The last value of each.
    """

    id: str
    name: str
    experiment_id: str
    status: str
    started: int
    ended: int | None
    artifact_uri: str
    is_active: bool
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One value of a metric, as it was logged.

    Attributes:
        step: The step it was logged for.
        value: NaN where undefined.
        moment: When it was logged, in milliseconds since 1970.
    """

    step: int
    value: float
    moment: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs are asked for; all conditions hold together.

    Attributes:
        sealed: Only those that are sealed and finished.
        name: Only those of this name.
        id_start: Only those whose id starts so.
        tagged: Only those with this tag of this value; neither holds a quotation mark.
    """

    sealed: bool = False
    name: str | None = None
    id_start: str | None = None
    tagged: tuple[str, str] | None = None

    def conditions(self) -> str:
        """The same in MLflow's search language."""
        parts = []
        if self.sealed:
            parts.append(f"tags.`{STATE}` = '{RunState.SEALED}' and attributes.status = 'FINISHED'")
        if self.name is not None:
            parts.append(f'attributes.run_name = "{self.name}"')
        if self.id_start is not None:
            parts.append(f"attributes.run_id LIKE '{self.id_start}%'")
        if self.tagged is not None:
            parts.append(f"tags.`{self.tagged[0]}` = '{self.tagged[1]}'")
        return " and ".join(parts)


class Catalogue(Protocol):
    """Answers questions about a store, and changes nothing."""

    def experiments(self, mark: str) -> list[ExperimentRecord]:
        """Experiments with that tag of ours which were not deleted."""

    def experiment(self, title: str) -> ExperimentRecord | None:
        """The experiment of that name, deleted or not, ours or not."""

    def runs(
        self, experiments: Sequence[str], wanted: Wanted, *, kind: str, most: int | None = None
    ) -> list[RunRecord]:
        """Runs of that kind in these experiments, newest first, without deleted ones."""

    def run(self, run_id: str) -> tuple[RunRecord, ExperimentRecord] | None:
        """The run of that id with its experiment, deleted or not, ours or not."""

    def history(self, run_id: str, metric: str) -> list[MetricPoint]:
        """All values of a metric of a run in the order of their steps; none where it was never logged."""

    def count_sealed(self, experiments: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Of each experiment that has any: how many sealed runs, and when the last was finished, in milliseconds."""
