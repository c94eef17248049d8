"""How the training of a run went, as the run keeps it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trainer.measures.number_names import word_of
from trainer.records import layout
from trainer.store import StoredRun


@dataclass(frozen=True)
class TrainingStory:
    """What a person asks of a training afterwards.

    Attributes:
        batch: Pictures a step.
        epochs: How many were done; fewer than were asked for where it stopped early.
        seconds: How long it took, reading the pictures included.
        device: Where it was computed.
        threads: CPU threads that were used.
        features: What it learned, in order.
        paths: The path of each in the run's ontology; empty where they were not kept.
        rows: Keys of the rows it trained on.
        epoch_losses: Mean loss of each epoch's steps.
        scores: Validation score after an epoch, from 1, NaN where undefined; empty where it did not validate.
        score_name: What the score is, such as ``mAP`` or ``accuracy``; None where that was not kept.
        best_epoch: The epoch of the best score; None where there is none.
        stopped_early: The score rose no more, so that epochs were left out.
        images_per_second: Training pictures a second of learning; None where that was not kept.
        processes: How many trained together.
        step_losses: Loss of each step; empty where they were not kept.
        notes: What a person should know of its data.
    """

    batch: int | None
    epochs: int
    seconds: float
    device: str
    threads: int | None
    features: tuple[str, ...]
    rows: tuple[str, ...] = field(repr=False)
    epoch_losses: tuple[float, ...]
    scores: Mapping[int, float]
    score_name: str | None = None
    best_epoch: int | None = None
    stopped_early: bool = False
    images_per_second: float | None = None
    processes: int = 1
    step_losses: tuple[float, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write it below a run folder."""
        path = folder / layout.TRAINING_LOG
        path.parent.mkdir(parents=True, exist_ok=True)
        scores = {epoch: None if math.isnan(score) else score for epoch, score in self.scores.items()}
        text = json.dumps({**asdict(self), "scores": scores}, indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")


def story_of(stored: StoredRun) -> TrainingStory | None:
    """How the training of a sealed run went; None for a run that was not trained here."""
    if not stored.has(layout.TRAINING_LOG):
        return None
    told: dict[str, Any] = json.loads(stored.path(layout.TRAINING_LOG).read_text(encoding="utf-8"))
    return TrainingStory(
        batch=told.get("batch"),
        epochs=told.get("epochs", len(told["epoch_losses"])),
        seconds=told["seconds"],
        device=told["device"],
        threads=told["threads"],
        features=tuple(told["features"]),
        rows=tuple(told["rows"]),
        epoch_losses=tuple(told["epoch_losses"]),
        scores={int(epoch): math.nan if score is None else score for epoch, score in told.get("scores", {}).items()},
        score_name=word_of(told["score_name"]) if told.get("score_name") else None,
        best_epoch=told.get("best_epoch"),
        stopped_early=told.get("stopped_early", False),
        images_per_second=told.get("images_per_second"),
        processes=told.get("processes", 1),
        step_losses=tuple(told.get("step_losses", ())),
        notes=tuple(told.get("notes", ())),
        paths=tuple(told.get("paths", ())),
    )
