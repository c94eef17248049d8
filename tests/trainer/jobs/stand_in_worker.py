"""A job's process whose training is a stand-in that needs no torch; the model's name says what it does."""

from __future__ import annotations

import os
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

from trainer.jobs.folder import JobFolder
from trainer.jobs.request import TrainingRequest
from trainer.learning.progress import Progress


def train_as_asked(
    job: JobFolder,
    request: TrainingRequest,
    *,
    report: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> types.SimpleNamespace:
    """Pretend to train; leaves a line of its begin and end in the file that the environment names."""
    model, checkpoint = request.model, job.checkpoint
    _note(f"{model} begins")
    if model.startswith("bad"):
        raise ValueError("this cannot be learned")
    if model.startswith("recorder"):
        from trainer import start_run  # only this one is worth the wait for MLflow

        start_run("recorded", model).__enter__().log_metric("loss", 1.0)
        _note("recording")
    if model.startswith(("deaf", "recorder")):
        time.sleep(600)
    begun = int(checkpoint.read_text()) if checkpoint.exists() else 0
    steps = 30_000 if model.startswith("slow") else 3
    for step in range(begun + 1, steps + 1):
        checkpoint.write_text(str(step))
        report(Progress("training", step, steps, 1, 1, 0.5, 1.0, run="named-3" if model == "named" else None))
        if should_stop():
            raise KeyboardInterrupt
        if model.startswith("brief") and step == 2 and not begun:
            os._exit(9)
        time.sleep(0.02)
    _note(f"{model} ends after step {begun}")
    return types.SimpleNamespace(id=os.environ["STAND_IN_RUN"])


def _note(text: str) -> None:
    with Path(os.environ["STAND_IN_NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(text + "\n")


if __name__ == "__main__":
    doing = types.ModuleType("trainer.jobs.doing")
    doing.train_as_asked = train_as_asked  # type: ignore[attr-defined]
    sys.modules["trainer.jobs.doing"] = doing
    from trainer.jobs.worker import main

    os._exit(main(sys.argv[1:]))
