"""What trainings have logged so far: read anew every second while they go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import streamlit as st

from dashboard.live_charts import Logged
from dashboard.loading import store
from trainer.jobs import JobState
from trainer.jobs.state import JOB_TAG
from trainer.store import MetricPoint, RunEntry

_SECONDS: Final = 1
_LOSS: Final = "loss"
_SCORE: Final = "validation_score"


@dataclass(frozen=True, slots=True)
class LiveCurves:
    """The numbers that a training logs.

    Attributes:
        losses: The loss by the training's step.
        scores: The score on the validation rows by epoch.
    """

    losses: Logged
    scores: Logged


def curves_of_job(job: JobState) -> LiveCurves | None:
    """What a job's training has logged, earlier attempts included; None before it has begun its run."""
    begun = None if job.progress is None else job.progress.run
    return None if begun is None else _curves_of(_runs_of(job.id, job.attempt, begun))


def curves_of_run(run: RunEntry) -> LiveCurves:
    """What a run has logged, sealed or not."""
    return _curves_of((run,))


def join_attempts(histories: Sequence[Sequence[MetricPoint]]) -> Logged:
    """One history of several attempts: each goes on from a checkpoint, so it tells anew what came after that.

    Args:
        histories: Of each attempt the points in the order of their steps, the first attempt first.

    Example:
        >>> first = [MetricPoint(1, 0.9, 0), MetricPoint(2, 0.8, 0), MetricPoint(3, 0.7, 0)]
        >>> join_attempts([first, [MetricPoint(3, 0.6, 9)]]).values.tolist()
        [0.9, 0.8, 0.6]
    """
    kept: list[MetricPoint] = []
    for points in histories:
        if points:
            kept = [point for point in kept if point.step < points[0].step] + list(points)
    return Logged(np.array([point.step for point in kept], dtype=np.int64), np.array([point.value for point in kept]))


@st.cache_resource(max_entries=256, show_spinner=False)
def _runs_of(job_id: str, attempt: int, begun: str) -> tuple[RunEntry, ...]:
    """The run of each attempt of a job that began one, the first attempt first; each attempt begins another run."""
    return tuple(reversed(store().runs(sealed_only=False, tagged=(JOB_TAG, job_id), most=None)))


def _curves_of(runs: tuple[RunEntry, ...]) -> LiveCurves:
    return _curves(tuple(run.id for run in runs), runs)


@st.cache_resource(ttl=_SECONDS, max_entries=64, show_spinner=False)
def _curves(ids: tuple[str, ...], _runs: tuple[RunEntry, ...]) -> LiveCurves:
    losses, scores = ([store().metric_history(run, name) for run in _runs] for name in (_LOSS, _SCORE))
    return LiveCurves(join_attempts(losses), join_attempts(scores))
