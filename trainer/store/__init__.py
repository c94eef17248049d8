"""Runs and data versions, kept in MLflow: the only place that knows it, and only once it is used."""

from trainer.store.catalogue import MetricPoint
from trainer.store.doctor import Finding, Trouble, diagnose, repair
from trainer.store.experiments import ExperimentEntry
from trainer.store.left_behind import fail_runs_of, find_dead_runs
from trainer.store.listing import RunEntry
from trainer.store.opening import Store, open_store
from trainer.store.reading import StoredRun
from trainer.store.tags import RunKind, RunState
from trainer.store.writing import RunWriter

__all__ = [
    "ExperimentEntry",
    "Finding",
    "MetricPoint",
    "RunEntry",
    "RunKind",
    "RunState",
    "RunWriter",
    "Store",
    "StoredRun",
    "Trouble",
    "diagnose",
    "fail_runs_of",
    "find_dead_runs",
    "open_store",
    "repair",
]
