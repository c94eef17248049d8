"""Telling how far work on a model is: on its run's page, and to whoever asked."""

from __future__ import annotations

import time
from dataclasses import replace

from trainer.learning.progress import Progress, Report
from trainer.runs.recording import Recording

_SECONDS_BETWEEN_WORDS = 1.0


class Telling:
    """Passes progress on: to MLflow, seldom enough to cost nothing, and to whoever asked."""

    def __init__(self, recording: Recording, report: Report | None) -> None:
        self._recording = recording
        self._report = report
        self._told = 0.0
        self._stage = ""

    def __call__(self, now: Progress) -> None:
        if now.loss is not None:
            self._recording.log_metric("loss", now.loss, step=now.step)
        if now.score is not None:
            self._recording.log_metric("validation_score", now.score, step=now.epoch or now.step)
        moment = time.monotonic()
        if now.stage != self._stage or moment - self._told >= _SECONDS_BETWEEN_WORDS:
            self._stage, self._told = now.stage, moment
            self._recording.tell_progress(_words(now))
        if self._report:
            self._report(replace(now, run=self._recording.name))


def _words(now: Progress) -> str:
    parts = [
        now.stage,
        f"{now.step:,} of {now.steps:,}" if now.epochs is None else f"epoch {now.epoch}/{now.epochs}",
        None if now.loss is None else f"loss {now.loss:.4g}",
        None if now.seconds_left is None else f"{now.seconds_left:.0f} s left",
    ]
    return ", ".join(part for part in parts if part)
