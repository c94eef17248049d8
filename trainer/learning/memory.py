"""Running out of memory, told with what helps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from trainer.learning.settings import TrainingSettings
from trainer.records.errors import TrainingError


@contextmanager
def memory_explained(settings: TrainingSettings) -> Iterator[None]:
    """Inside, running out of memory is told with a batch and a picture size that need less.

    Raises:
        TrainingError: In place of what PyTorch or Python raise then.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
        smaller = max((size for size in (224, 320, 416, 512, 640, 1024) if size < settings.image_size), default=64)
        raise TrainingError(
            f"There is not enough memory for batches of {settings.batch} pictures of {settings.image_size} pixels. "
            f"Try batch {max(1, settings.batch // 2)}, or image_size {smaller}."
        ) from error


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(words in str(error) for words in ("not enough memory", "DefaultCPUAllocator", "CUDA out of memory"))
