"""What a training or prediction tells while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage is.

    Attributes:
        stage: What is being done: ``checking pictures``, ``reading pictures``, ``reading validation pictures``,
            ``training``, ``validating`` or ``predicting``.
        step: Steps done of this stage, counted through all epochs.
        steps: Steps of this stage.
        epoch: The epoch of the step, from 1; None where there are no epochs.
        epochs: How many there are.
        loss: Loss of the step just done; None outside training.
        score: Validation score of the epoch just done, NaN where undefined; None outside validation.
        run: Name of the run that is made; None where there is none.
        seconds_left: Expected seconds until the stage ends; None until the pace is known.
    """

    stage: str
    step: int
    steps: int
    epoch: int | None = None
    epochs: int | None = None
    loss: float | None = None
    seconds_left: float | None = None
    score: float | None = None
    run: str | None = None


Report = Callable[[Progress], None]


def ignore_progress(progress: Progress) -> None:
    """A report for those who do not want one."""
