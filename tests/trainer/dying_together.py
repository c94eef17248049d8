"""Run by `torchrun` in two processes: a training in which the process of a given rank is killed at the tenth step."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import trainer
from trainer.learning.learner import Learner
from trainer.learning.settings import TrainingSettings

_learn = Learner.learn


def learn(self: Learner, *lesson: Any) -> Any:
    """A step, or the end."""
    if self.step == 10 and os.environ["RANK"] == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    return _learn(self, *lesson)


if __name__ == "__main__":
    Learner.learn = learn  # type: ignore[method-assign]
    quick = TrainingSettings(image_size=64, epochs=200, batch=4, threads=1, min_annotations=1, device="cpu")
    trainer.train("squares", model="finder", settings=quick)
