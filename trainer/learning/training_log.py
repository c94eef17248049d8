"""How a training went, as it is kept with a run."""

from __future__ import annotations

import math
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from trainer.learning.settings import TrainingSettings


@dataclass(frozen=True)
class TrainingLog:
    """How a training went.

    Attributes:
        settings: How it was done, with the device and the number of threads that were used.
        features: The features it learned, in order.
        keys: Keys of the rows it trained on.
        step_losses: Loss of each step.
        epoch_losses: Mean loss of each epoch's steps.
        scores: Epoch and validation score, NaN where undefined; empty without validation rows.
        score_name: What the score is: ``mAP_50_95``, ``mask_mAP_50_95``, ``mean_IoU``, ``accuracy`` or, for a model
            that finds and paints, the mean of the first and the third.
        best_epoch: The epoch with the best score; 0 where there is none.
        stopped_early: The score rose no more, so that epochs were left out.
        batch: Pictures a step, over all processes.
        epochs: How many epochs were done.
        seconds: How long it took, reading the pictures and validating included, over all its processes in time.
        images_per_second: How many training pictures a second of learning saw.
        world_size: How many processes trained together.
        versions: Of Python and the libraries that computed.
    """

    settings: TrainingSettings
    features: tuple[str, ...]
    keys: tuple[str, ...]
    step_losses: tuple[float, ...]
    epoch_losses: tuple[float, ...]
    scores: tuple[tuple[int, float], ...]
    score_name: str
    best_epoch: int
    stopped_early: bool
    batch: int
    epochs: int
    seconds: float
    images_per_second: float
    world_size: int
    versions: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """It as plain values; undefined scores are None."""
        scores = [[epoch, None if math.isnan(score) else score] for epoch, score in self.scores]
        return {**asdict(self), "scores": scores}


def versions_of_learning() -> dict[str, str]:
    """Of Python and the libraries that compute."""
    return {"python": platform.python_version()} | {name: version(name) for name in ("torch", "torchvision", "numpy")}
