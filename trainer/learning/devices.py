"""Where torch computes, with how many threads, and how to get the same numbers again."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.utils.deterministic

from trainer.records.errors import TrainingError

# torch describes this module by a class made at import, which type checkers cannot see into.
fresh_memory: Any = torch.utils.deterministic
DEVICES = ("auto", "cpu", "cuda")
MOST_USEFUL_THREADS = 8
_CONTAINER_MEMORY = Path("/sys/fs/cgroup/memory.max")


def choose_device(name: str) -> torch.device:
    """The device of a setting; ``auto`` takes a GPU where there is one.

    Of several processes on one machine each takes the GPU of its local rank, as `torchrun` numbers them.

    Raises:
        TrainingError: If ``cuda`` is asked for where there is none, or something else than the three.
    """
    if name not in DEVICES:
        raise TrainingError(f"There is no device {name!r}; there are {', '.join(DEVICES)}.")
    has_gpu = torch.cuda.is_available() if name != "cpu" else False
    if name == "cuda" and not has_gpu:
        raise TrainingError("There is no CUDA device here. Use device cpu, or auto.")
    if not has_gpu:
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())


def check_device(device: str, mixed_precision: str) -> None:
    """Check that a training can compute as it is set to, before a picture is read.

    Raises:
        TrainingError: If there is no such device, or 16-bit arithmetic is demanded of a CPU: it is emulated there, many
            times slower.
    """
    if choose_device(device).type == "cpu" and mixed_precision == "bf16":
        raise TrainingError(
            "mixed_precision bf16 needs a GPU; on a CPU it only costs time, about twelve times as much. Use auto, "
            "which takes it where there is a GPU, or off."
        )


def count_threads(stated: int | None) -> int:
    """How many CPU threads are used: as stated, else `OMP_NUM_THREADS`, else one a core but no more than pay off."""
    wished = os.environ.get("OMP_NUM_THREADS", "")
    return stated or (int(wished) if wished.isdigit() else 0) or min(_count_cores(), MOST_USEFUL_THREADS)


def _count_cores() -> int:
    """The cores that this process may use; a container may have fewer than its machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine_memory() -> int:
    """Bytes of memory that this process may use: the machine's, or what its container is allowed."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        return min(whole, int(_CONTAINER_MEMORY.read_text(encoding="ascii")))  # "max" where nothing is set
    return whole


@contextmanager
def repeatable_numbers(*, device: str, threads: int | None, seed: int = 0) -> Iterator[torch.device]:
    """Inside, torch computes on the device with that many threads from that seed; afterwards all is as before.

    On a CPU the same seed and number of threads give the same bits; on a GPU the last bits may differ.

    Args:
        device: ``auto``, ``cpu`` or ``cuda``.
        threads: CPU threads; see `count_threads`.
        seed: Of the random numbers of torch, numpy and Python.
    """
    chosen = choose_device(device)
    threads_before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[chosen] if chosen.type == "cuda" else []), _one_order_of_sums(chosen):
        numpy_before, python_before = np.random.get_state(), random.getstate()  # noqa: NPY002 - libraries draw from it
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        torch.set_num_threads(count_threads(threads))
        try:
            yield chosen
        finally:
            torch.set_num_threads(threads_before)
            np.random.set_state(numpy_before)  # noqa: NPY002
            random.setstate(python_before)


@contextmanager
def _one_order_of_sums(device: torch.device) -> Iterator[None]:
    """Refuse operations whose result depends on timing, on a CPU; torch has no such option for single models."""
    # torch.use_deterministic_algorithms does the same, and brings in torch's compiler: seconds for nothing.
    was_deterministic, filled = torch.get_deterministic_debug_mode(), fresh_memory.fill_uninitialized_memory
    torch.set_deterministic_debug_mode("error" if device.type == "cpu" else "default")
    fresh_memory.fill_uninitialized_memory = False  # it costs time and guards against bugs that torch itself has not
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(was_deterministic)
        fresh_memory.fill_uninitialized_memory = filled
