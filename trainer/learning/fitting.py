"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from trainer.learning.batching import batches, prepare
from trainer.learning.checkpoints import Checkpoint, identify
from trainer.learning.course import Course, is_hopeless, is_validated
from trainer.learning.devices import check_device, count_threads, repeatable_numbers
from trainer.learning.distributed import from_first, is_first, join, mean_over_processes, share_buffers, world_size
from trainer.learning.examples import Examples, memory_for_pictures, read_examples
from trainer.learning.learner import Learner, State
from trainer.learning.memory import memory_explained
from trainer.learning.progress import Progress, Report, ignore_progress
from trainer.learning.selection import choose_training_rows, choose_validation_rows, refuse_scarce
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel, start_network
from trainer.learning.training_log import TrainingLog, versions_of_learning
from trainer.learning.truths import answers_of
from trainer.learning.validation import name_of_score, validate
from trainer.records.design import Design, Task
from trainer.records.errors import TrainingError, TrainingStoppedError
from trainer.records.snapshot import Snapshot

__all__ = ["Progress", "TrainedModel", "TrainingLog", "fit"]

# A GPU works ahead of the program; asking it for each loss would make it wait.
_LOSSES_ASKED_AT_ONCE = 16


def fit(
    snapshot: Snapshot,
    design: Design,
    settings: TrainingSettings,
    *,
    rows: np.ndarray | None = None,
    initial: TrainedModel | None = None,
    checkpoint: Path | None = None,
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[TrainedModel, TrainingLog]:
    """Train a model on the training rows of a snapshot.

    On a CPU the same snapshot, design, settings, threads and processes give the same weights to the last bit, also
    where the training was stopped in between and went on from its checkpoint. Under `torchrun` all processes call it
    alike, and each gets the outcome.

    Args:
        snapshot: Rows with pictures and truth; the design's features are paths of its ontology. Validation rows, where
            there are any, are scored now and then and not learned from. For classification, rows without an answer
            are left out.
        design: What is trained.
        settings: How to train.
        rows: int[m] numbers of the rows to train on; the training rows when left out.
        initial: A model to start from; it is not changed. Its picture size may differ, and where its design does, only
            what both have in common goes on: the body, and outputs for features of the same name.
        checkpoint: A file to keep the training in while it goes on. Where it exists already, the training goes on from
            it. It stays afterwards.
        report: Told of every picture read, every step and every validation; in the first process alone.
        should_stop: Asked after every step; once it says yes, a checkpoint is written and the training ends.

    Returns:
        The model, its weights on the CPU, and how the training went. With early stopping the weights are those of the
        best validation; where a running mean of the weights is kept, it is the mean.

    Raises:
        TrainingError: If there is too little to learn from, rows have no picture, `initial` or `checkpoint` does not
            fit, the device is not there or cannot do the arithmetic, memory runs out, or the loss stops being a number.
        TrainingStoppedError: If `should_stop` ended it.
    """
    began = time.monotonic()
    tell = report if report and is_first() else ignore_progress
    check_device(settings.device, settings.mixed_precision)
    chosen = _choose_rows(snapshot, design, settings, rows)
    with (
        repeatable_numbers(device=settings.device, threads=settings.threads, seed=settings.seed) as device,
        memory_explained(settings),
    ):
        join(device)
        training = _Training(snapshot, design, settings, chosen, device, tell)
        training.begin(initial, checkpoint)
        before = training.course.seconds
        training.go_on(should_stop or (lambda: False))
        model = training.outcome()
    return model, training.log(model.settings, before + time.monotonic() - began)


def _choose_rows(snapshot: Snapshot, design: Design, settings: TrainingSettings, rows: np.ndarray | None) -> np.ndarray:
    """Numbers of the rows to learn from, rising; there is enough on them."""
    if rows is None:
        rows = choose_training_rows(snapshot.rows, most=settings.training_rows)
    chosen = np.unique(np.asarray(rows, dtype=np.int64))
    refuse_scarce(snapshot, chosen, design, least=settings.min_annotations)
    answered = _answered(snapshot, chosen, design)
    if not len(answered):
        raise TrainingError(
            f"None of the {len(chosen):,} training rows answers the question with exactly one option, as the model "
            "does. See to the answers, or make a model with several."
        )
    return answered


def _answered(snapshot: Snapshot, rows: np.ndarray, design: Design) -> np.ndarray:
    """Those rows that say something about the design; an empty picture says that there is nothing on it."""
    if design.task is not Task.CLASSIFICATION:
        return rows
    return rows[~np.isnan(answers_of(snapshot, rows, design)).any(axis=1)]


@dataclass
class _Training:
    """One training while it goes on."""

    snapshot: Snapshot
    design: Design
    settings: TrainingSettings
    rows: np.ndarray
    device: torch.device
    tell: Report
    course: Course = field(default_factory=Course)
    best: State | None = None

    def begin(self, initial: TrainedModel | None, checkpoint: Path | None) -> None:
        """Read the pictures, make the network, and take up what a checkpoint holds."""
        room = memory_for_pictures()
        self.examples = self._read(self.rows, "reading pictures", room)
        self.validation_rows = _answered(
            self.snapshot, choose_validation_rows(self.snapshot.rows, without=self.rows), self.design
        )
        self._refuse_blind_stopping()
        looks = is_first() and len(self.validation_rows)
        room -= self.examples.kept_bytes
        self.held_out = self._read(self.validation_rows, "reading validation pictures", room) if looks else None
        self.per_epoch = math.ceil(len(self.rows) / self.settings.batch)
        self.steps = self.per_epoch * self.settings.epochs
        self.network = start_network(self.design, self.settings, initial=initial)
        self.learner = Learner(self.network, self.settings, device=self.device, steps=self.steps)
        self._resume(checkpoint, initial)

    def _read(self, rows: np.ndarray, stage: str, room: int) -> Examples:
        return read_examples(
            self.snapshot,
            rows,
            self.design,
            image_size=self.settings.image_size,
            threads=count_threads(self.settings.threads),
            keep_bytes=room,
            report=lambda done, total: self.tell(Progress(stage, done, total)),
        )

    def _refuse_blind_stopping(self) -> None:
        if self.settings.early_stopping and not len(self.validation_rows):
            raise TrainingError(
                "Early stopping needs validation rows to know when it helps no more, and there are none. "
                "Put some rows into the validation split, or train without early_stopping."
            )

    def _resume(self, checkpoint: Path | None, initial: TrainedModel | None) -> None:
        identity = {}
        if checkpoint:
            start = self.network.state_dict() if initial else None
            identity = identify(self.snapshot, self.rows, design=self.design, settings=self.settings, start=start)
        self.checkpoint = Checkpoint(checkpoint, identity)
        if (kept := self.checkpoint.read(self.learner)) is not None:
            self.course, self.best = kept
        if mean_over_processes(torch.tensor([float(self.done)], device=self.device)).item() != self.done:
            raise TrainingError(f"Not every process sees the checkpoint {checkpoint}; put it where all of them can.")

    @property
    def done(self) -> int:
        """Steps done."""
        return len(self.course.losses)

    def go_on(self, should_stop: Callable[[], bool]) -> None:
        """Learn until the last epoch, or until it helps no more."""
        self.began, self.done_before = time.monotonic(), self.done
        while self.course.epochs < self.settings.epochs and not self.course.stopped_early:
            epoch = self.course.epochs + 1
            self._learn(epoch, should_stop)
            if len(self.validation_rows) and is_validated(epoch, self.settings):
                self._validate(epoch)
            self.course.epochs = epoch
            self.course.stopped_early = is_hopeless(self.course, self.settings)
            if self.checkpoint.is_due(epoch_ended=True) or epoch == self.settings.epochs or self.course.stopped_early:
                self._keep()

    def _learn(self, epoch: int, should_stop: Callable[[], bool]) -> None:
        """Learn what is left of an epoch, batch by batch."""
        on_gpu = self.device.type == "cuda"
        waiting: list[Tensor] = []
        stop, seen, since = False, 0, time.monotonic()
        skip = self.done - (epoch - 1) * self.per_epoch
        for batch in batches(self.examples, self.settings, epoch=epoch, skip=skip, pinned=on_gpu):
            waiting.append(self.learner.learn(*prepare(batch, self.settings, epoch=epoch, device=self.device)))
            seen += len(batch.rows) * world_size()
            stop = stop or should_stop()
            epoch_ended = self.learner.step == epoch * self.per_epoch
            if epoch_ended or not on_gpu or len(waiting) >= _LOSSES_ASKED_AT_ONCE or (stop and world_size() == 1):
                stop = self._note(waiting, stop)
                self.course.count(seen, time.monotonic() - since)
                self._after_steps(epoch, stop)
                seen, since = 0, time.monotonic()

    def _note(self, waiting: list[Tensor], stop: bool) -> bool:
        """Take the losses that wait, averaged over processes; whether any process wants to stop."""
        flag = torch.tensor([float(stop)], device=self.device)
        *losses, stopped = mean_over_processes(torch.cat([torch.stack(waiting).float(), flag])).tolist()
        waiting.clear()
        self.course.add_losses(losses, self.settings, per_epoch=self.per_epoch)
        return stopped > 0

    def _after_steps(self, epoch: int, stop: bool) -> None:
        spent = time.monotonic() - self.began
        left = spent / (self.done - self.done_before) * (self.steps - self.done)
        self.tell(
            Progress("training", self.done, self.steps, epoch, self.settings.epochs, self.course.losses[-1], left)
        )
        if stop or self.checkpoint.is_due(epoch_ended=False):
            self._keep()
        if stop:
            raise TrainingStoppedError(
                f"The training was stopped in epoch {epoch} of {self.settings.epochs}, after step {self.done}"
                f"{'; it can go on from its checkpoint.' if self.checkpoint.path else '.'}"
            )

    def _validate(self, epoch: int) -> None:
        score = from_first(self._score)
        self._refuse_stopping_by_nothing(score)
        is_best = self.course.add_score(epoch, score)
        if is_best and self.settings.early_stopping:
            self.best = {name: value.detach().cpu().clone() for name, value in self.learner.weights().items()}
        self.tell(Progress("validating", epoch, self.settings.epochs, epoch, self.settings.epochs, score=score))

    def _refuse_stopping_by_nothing(self, score: float) -> None:
        if self.settings.early_stopping and math.isnan(score):
            raise TrainingError(
                "Early stopping needs a validation score, and it is undefined: the validation rows show nothing of "
                "what the model learns. Annotate some of them, or train without early_stopping."
            )

    def _score(self) -> float:
        assert self.held_out is not None
        with self.learner.mean_taken():
            return validate(self.network, self.held_out, self.settings, device=self.device)

    def _keep(self) -> None:
        if is_first():
            self.course.seconds += time.monotonic() - self.began
            self.began = time.monotonic()
            self.done_before = self.done
            self.checkpoint.write(self.learner, self.course, self.best)

    def outcome(self) -> TrainedModel:
        """The model with the weights worth keeping, on the CPU."""
        self.network.load_state_dict(self.best or self.learner.weights())
        share_buffers(self.network)
        used = replace(self.settings, device=self.device.type, threads=count_threads(self.settings.threads))
        return TrainedModel(self.design, used, self.network.cpu().eval())

    def log(self, used: TrainingSettings, seconds: float) -> TrainingLog:
        """How it went."""
        losses, epochs = self.course.losses, self.course.epochs
        return TrainingLog(
            settings=used,
            features=self.design.features,
            keys=tuple(self.snapshot.rows.keys[row] for row in self.rows),
            step_losses=tuple(losses),
            epoch_losses=tuple(np.reshape(losses, (epochs, -1)).mean(axis=1).tolist()),
            scores=tuple(self.course.scores),
            score_name=name_of_score(self.design.task),
            best_epoch=self.course.best_epoch,
            stopped_early=self.course.stopped_early,
            batch=self.settings.batch,
            epochs=epochs,
            seconds=seconds,
            images_per_second=self.course.images_per_second,
            world_size=world_size(),
            versions=versions_of_learning(),
        )
