"""How the training of a run went, as the run keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

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
        rows: Keys of the rows it trained on.
        epoch_losses: Mean loss of each epoch's steps.
        scores: Validation score after an epoch, from 1; empty where it did not validate.
        best_epoch: The epoch whose weights were kept; None where that is the last one.
        notes: What a person should know of its data.
    """

    batch: int | None
    epochs: int
    seconds: float
    device: str
    threads: int | None
    features: tuple[str, ...]
    rows: tuple[str, ...]
    epoch_losses: tuple[float, ...]
    scores: Mapping[int, float]
    best_epoch: int | None = None
    notes: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write it below a run folder."""
        path = folder / layout.TRAINING_LOG
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


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
        scores={int(epoch): score for epoch, score in told.get("scores", {}).items()},
        best_epoch=told.get("best_epoch"),
        notes=tuple(told.get("notes", ())),
    )
