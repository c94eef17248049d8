"""The order in which a training sees its examples, and batches made ready while the network is busy."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from trainer.learning.augmentation import draw_variation, vary
from trainer.learning.canvas import CanvasTruth
from trainer.learning.distributed import rank, world_size
from trainer.learning.examples import Batch, Examples, normalise
from trainer.learning.settings import TrainingSettings

_AHEAD = 3
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


def batches(
    examples: Examples, settings: TrainingSettings, *, epoch: int, skip: int = 0, pinned: bool = False
) -> Iterator[Batch]:
    """All examples of an epoch once, in an order that depends on seed and epoch alone.

    Where not all pictures are in memory, or a GPU waits for them, they are put together in a thread ahead of their use.

    Args:
        examples: What is learned from.
        settings: Batch size and seed.
        epoch: Number of the epoch.
        skip: So many batches of it are done already.
        pinned: Make pictures that travel to a GPU in the background.
    """
    order = np.random.default_rng((settings.seed, epoch)).permutation(len(examples))
    shares = [share_of(order[start : start + settings.batch]) for start in range(0, len(order), settings.batch)]

    def assemble(numbers: Sequence[int]) -> Batch:
        batch = examples.batch(numbers)
        return Batch(batch.rows, batch.pictures.pin_memory(), batch.truths) if pinned else batch

    todo = [share.tolist() for share in shares[skip:]]
    return map(assemble, todo) if examples.all_kept and not pinned else ahead(assemble, todo)


def share_of(numbers: np.ndarray) -> np.ndarray:
    """This process's share of a batch.

    All processes get equally many: where a batch does not divide, its first examples are seen twice.
    """
    processes = world_size()
    return np.resize(numbers, -(-len(numbers) // processes) * processes)[rank() :: processes]


def ahead(work: Callable[[_Given], _Made], items: Iterable[_Given]) -> Iterator[_Made]:
    """Results of `work` in order, a few of them made in a thread before they are asked for."""
    with ThreadPoolExecutor(1) as thread:
        waiting: deque[Future[_Made]] = deque()
        try:
            for item in items:
                waiting.append(thread.submit(work, item))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def prepare(
    batch: Batch, settings: TrainingSettings, *, epoch: int, device: torch.device
) -> tuple[Tensor, list[CanvasTruth]]:
    """A batch on the device, normalised and varied by seed, epoch and row."""
    variations = [
        draw_variation((settings.seed, epoch, row), augmentation=settings.augmentation, flips=settings.flips)
        for row in batch.rows
    ]
    pictures = normalise(batch.pictures.to(device, non_blocking=True))
    pictures, truths = vary(pictures, batch.truths, variations)
    return pictures.contiguous(memory_format=torch.channels_last), truths
