"""Progress on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from trainer.learning.progress import Progress as Training

_SECONDS_BETWEEN_LINES = 10.0
_QUIET_SECONDS = 2.0


def when_long(show: Callable[[str, int, int], None]) -> Callable[[str, int, int], None]:
    """A report that stays silent for the first two seconds: what is over by then needs no progress."""
    begun = time.monotonic()

    def tell(stage: str, done: int, total: int) -> None:
        if time.monotonic() - begun > _QUIET_SECONDS:
            show(stage, done, total)

    return tell


def note_of(now: Training, *, pace: float | None = None) -> str:
    """Epoch, loss, score, pace and time left, as far as they are known.

    Args:
        now: How far a training, or a prediction, is.
        pace: Pictures a second.
    """
    learns = now.epochs is not None  # a job keeps its last loss and score while it predicts, where they say nothing
    parts = [
        f"epoch {now.epoch}/{now.epochs}" if learns else None,
        f"loss {now.loss:.3f}" if learns and now.loss is not None else None,
        f"score {now.score:.3f}" if learns and now.score is not None else None,
        None if pace is None else f"{pace:.1f} pictures/s",
        None if now.seconds_left is None else f"{now.seconds_left:.0f} s left",
    ]
    return "  ".join(part for part in parts if part)


class ProgressDisplay:
    """Shows one stage after another, each with done and total; use it in a ``with`` block."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._last_line = 0.0

    def show(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Say how far a stage is."""
        if self._console.is_terminal:
            if stage not in self._tasks:
                self._tasks[stage] = self._bars.add_task(stage, total=total, note=note)
            self._bars.update(self._tasks[stage], completed=done, total=total, note=note)
        elif done >= total or time.monotonic() - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            print(f"{stage}: {done:,}/{total:,} {note}".rstrip(), file=sys.stderr, flush=True)

    def under(self, name: str) -> Callable[[str, int, int], None]:
        """A report that puts a name before each stage."""
        return lambda stage, done, total: self.show(f"{name}: {stage}", done, total)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()
