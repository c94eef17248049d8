"""The numbers of a training as they come: all of them in a file, a readable part live in MLflow."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from trainer.store import RunWriter

_SECONDS_BETWEEN_LIVE_POINTS = 0.5


@dataclass
class MetricLog:
    """Metric histories of one run.

    Every point is kept for the run's own file. Of each name, at most two points a second go to MLflow while the run
    is being made, and the last one at its end: its charts stay readable, a short step is not slowed down by a
    database, and what a list of runs shows is where each number ended.
    """

    writer: RunWriter
    _points: list[tuple[str, int, float, float]] = field(default_factory=list)
    _last_live: dict[str, float] = field(default_factory=dict)
    _not_live: dict[str, tuple[float, int]] = field(default_factory=dict)

    def log(self, name: str, value: float, *, step: int) -> None:
        """Take one point in."""
        now = time.time()
        self._points.append((name, step, float(value), now))
        if now - self._last_live.get(name, 0.0) >= _SECONDS_BETWEEN_LIVE_POINTS:
            self._last_live[name] = now
            self._not_live.pop(name, None)
            self.writer.log_metrics({name: float(value)}, step=step)
        else:
            self._not_live[name] = (float(value), step)

    def write(self, path: Path) -> None:
        """Write every point as columns name, step, value, time (seconds since 1970)."""
        if not self._points:
            return
        for name, (value, step) in self._not_live.items():
            self.writer.log_metrics({name: value}, step=step)
        self._not_live.clear()
        names, steps, values, times = zip(*self._points, strict=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.table({"name": names, "step": steps, "value": values, "time": times})
        pq.write_table(table, path, compression="zstd")
