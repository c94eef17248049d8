"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from trainer.learning.augmentation import draw_variation, vary
from trainer.learning.centre_head import CentreNetwork
from trainer.learning.centre_loss import CanvasObjects, centre_loss
from trainer.learning.detector import Detector, continue_from, count_threads, make_network, repeatable_numbers
from trainer.learning.examples import Example, read_examples, stack_pictures
from trainer.learning.progress import Progress, Report, ignore_progress
from trainer.learning.selection import choose_features, choose_training_rows
from trainer.learning.settings import TrainingSettings
from trainer.records.errors import TrainingError
from trainer.records.snapshot import Snapshot

__all__ = ["Progress", "TrainingLog", "train_detector"]

WARM_UP_STEPS = 20
WEIGHT_DECAY = 0.01
LONGEST_GRADIENT = 5.0


@dataclass(frozen=True)
class TrainingLog:
    """How a training went.

    Attributes:
        settings: How it was done, with the device and the number of threads that were used.
        features: The features it learned, in order.
        keys: Keys of the rows it trained on.
        step_losses: Loss of each step.
        epoch_losses: Mean loss of each epoch's steps.
        seconds: How long it took, reading the pictures included.
    """

    settings: TrainingSettings
    features: tuple[str, ...]
    keys: tuple[str, ...]
    step_losses: tuple[float, ...]
    epoch_losses: tuple[float, ...]
    seconds: float


def train_detector(
    snapshot: Snapshot,
    settings: TrainingSettings,
    *,
    features: Sequence[str] | None = None,
    initial: Detector | None = None,
    report: Report | None = None,
) -> tuple[Detector, TrainingLog]:
    """Train a detector on the training rows of a snapshot.

    On a CPU the same snapshot, settings and number of threads give the same weights to the last bit.

    Args:
        snapshot: Rows with pictures and truth. Rows of other splits are not looked at.
        settings: How to train.
        features: Paths of the features to learn, in order; when left out, those of `initial`, else every box, polygon
            or mask annotated on the training rows. All become boxes.
        initial: A detector to start from, of the same features and architecture; it is not changed.
        report: Told of every picture read and every step.

    Returns:
        The detector, its weights on the CPU, and how the training went.

    Raises:
        TrainingError: If there is too little to learn from, rows have no picture, `initial` does not fit, or the loss
            stops being a number.
    """
    began = time.monotonic()
    tell = report or ignore_progress
    rows = choose_training_rows(snapshot.rows, most=settings.training_rows)
    wanted = features if features is not None or initial is None else initial.features
    learned = choose_features(snapshot, rows, wanted=wanted, least=settings.min_annotations)
    with repeatable_numbers(device=settings.device, threads=settings.threads, seed=settings.seed) as device:
        network = continue_from(initial, learned, settings) if initial else make_network(learned, settings)
        examples = read_examples(
            snapshot,
            rows,
            [snapshot.ontology.code(path) for path in learned],
            image_size=settings.image_size,
            threads=count_threads(settings.threads),
            report=lambda done, total: tell(Progress("reading pictures", done, total)),
        )
        losses = _fit(
            network.to(device).to(memory_format=torch.channels_last), examples, settings, device=device, report=tell
        )
    used = replace(settings, device=device.type, threads=count_threads(settings.threads))
    log = TrainingLog(
        settings=used,
        features=learned,
        keys=tuple(snapshot.rows.keys[row] for row in rows),
        step_losses=tuple(losses),
        epoch_losses=tuple(np.reshape(losses, (settings.epochs, -1)).mean(axis=1).tolist()),
        seconds=time.monotonic() - began,
    )
    return Detector(learned, used, network.cpu().eval()), log


def _fit(
    network: CentreNetwork, examples: list[Example], settings: TrainingSettings, *, device: torch.device, report: Report
) -> list[float]:
    """Change the network's weights step by step; the loss of each step."""
    steps = math.ceil(len(examples) / settings.batch) * settings.epochs
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=WEIGHT_DECAY, fused=True
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: pace(step, steps))
    network.train()
    losses: list[float] = []
    began = time.monotonic()
    for epoch in range(1, settings.epochs + 1):
        for pictures, objects in _batches(examples, settings, epoch):
            maps = network(pictures.to(device, memory_format=torch.channels_last))
            loss = centre_loss(maps, [one.to(device) for one in objects], stride=settings.stride)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), LONGEST_GRADIENT)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            _refuse_no_number(losses, epoch, settings)
            left = (time.monotonic() - began) / len(losses) * (steps - len(losses))
            report(Progress("training", len(losses), steps, epoch, settings.epochs, losses[-1], left))
    return losses


def pace(step: int, steps: int) -> float:
    """Share of the learning rate at a step: a short climb, then half a cosine down to zero."""
    return min(1.0, (step + 1) / WARM_UP_STEPS) * (1 + math.cos(math.pi * step / steps)) / 2


def _batches(
    examples: list[Example], settings: TrainingSettings, epoch: int
) -> Iterator[tuple[Tensor, list[CanvasObjects]]]:
    """All examples once, in an order and with variations that depend on seed, epoch and row alone."""
    canvas = (max(one.frame.canvas[0] for one in examples), max(one.frame.canvas[1] for one in examples))
    order = np.random.default_rng((settings.seed, epoch)).permutation(len(examples))
    for start in range(0, len(order), settings.batch):
        chosen = [examples[number] for number in order[start : start + settings.batch]]
        variations = [
            draw_variation((settings.seed, epoch, one.row), augmentation=settings.augmentation, flips=settings.flips)
            for one in chosen
        ]
        yield vary(stack_pictures([one.picture for one in chosen], canvas), [one.objects for one in chosen], variations)


def _refuse_no_number(losses: list[float], epoch: int, settings: TrainingSettings) -> None:
    if not math.isfinite(losses[-1]):
        raise TrainingError(
            f"The loss stopped being a number in epoch {epoch} of {settings.epochs}, at step {len(losses)}. "
            f"The learning rate {settings.learning_rate} is too large for these pictures; try a quarter of it."
        )
