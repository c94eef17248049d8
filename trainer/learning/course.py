"""How far a training is and how it went so far: losses, validation scores, the best of them."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from trainer.learning.settings import TrainingSettings
from trainer.records.errors import TrainingError

_VALIDATIONS = 10


@dataclass
class Course:
    """What a training has to remember from one epoch to the next.

    Attributes:
        losses: Loss of each step.
        epochs: How many are done, validation included.
        scores: Epoch and validation score, NaN where undefined.
        best_epoch: The epoch with the best score; 0 while there is none.
        stopped_early: The score rose no more.
        seconds: How long it took up to the last checkpoint.
        learning_seconds: How much of its time went into steps.
        pictures: How many pictures these steps saw.
    """

    losses: list[float] = field(default_factory=list)
    epochs: int = 0
    scores: list[tuple[int, float]] = field(default_factory=list)
    best_epoch: int = 0
    stopped_early: bool = False
    seconds: float = 0.0
    learning_seconds: float = 0.0
    pictures: int = 0

    def add_score(self, epoch: int, score: float) -> bool:
        """Note a validation score; whether it is the best so far."""
        best = dict(self.scores).get(self.best_epoch, -math.inf)
        self.scores.append((epoch, score))
        if score > best:
            self.best_epoch = epoch
        return score > best

    def add_losses(self, losses: list[float], settings: TrainingSettings, *, per_epoch: int) -> None:
        """Note the losses of some steps.

        Raises:
            TrainingError: If one is no number.
        """
        for loss in losses:
            self.losses.append(loss)
            if not math.isfinite(loss):
                raise TrainingError(
                    f"The loss stopped being a number in epoch {-(-len(self.losses) // per_epoch)} of "
                    f"{settings.epochs}, at step {len(self.losses)}. The learning rate {settings.learning_rate} is too "
                    "large for these pictures; try a quarter of it."
                )

    def count(self, pictures: int, seconds: float) -> None:
        """Note how long some pictures took to learn from."""
        self.pictures += pictures
        self.learning_seconds += seconds

    @property
    def images_per_second(self) -> float:
        """Pictures that a second of learning saw; NaN where there was none."""
        return self.pictures / self.learning_seconds if self.learning_seconds else math.nan

    def state(self) -> dict[str, Any]:
        """It as plain values."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Course:
        """What `state` gave."""
        return cls(**{**state, "scores": [(int(epoch), float(score)) for epoch, score in state["scores"]]})


def is_validated(epoch: int, settings: TrainingSettings) -> bool:
    """Whether the validation rows are looked at after an epoch; always after the last."""
    every = settings.validate_every or (1 if settings.early_stopping else -(-settings.epochs // _VALIDATIONS))
    return epoch % every == 0 or epoch == settings.epochs


def is_hopeless(course: Course, settings: TrainingSettings) -> bool:
    """Whether early stopping ends the training after the epochs that are done."""
    if settings.early_stopping is None or course.epochs == settings.epochs or not course.scores:
        return False
    last, _ = course.scores[-1]  # epochs that nobody looked at tell nothing
    return last - course.best_epoch >= settings.early_stopping
