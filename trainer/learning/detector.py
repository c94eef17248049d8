"""A detector: a network together with the ordered features it knows."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.utils.deterministic

from trainer.learning.backbones import make_body
from trainer.learning.centre_head import CentreNetwork
from trainer.learning.settings import TrainingSettings
from trainer.records.errors import TrainingError

# torch describes this module by a class made at import, which type checkers cannot see into.
fresh_memory: Any = torch.utils.deterministic
ARCHITECTURE = ("backbone", "stride")
MOST_USEFUL_THREADS = 8


@dataclass(frozen=True, eq=False)
class Detector:
    """A trained network. Class i of the network is the i-th feature, for life.

    Attributes:
        features: Paths of the features, in order.
        settings: How it was trained, with the device and the number of threads that were used.
        network: Its weights, on the CPU.
    """

    features: tuple[str, ...]
    settings: TrainingSettings
    network: CentreNetwork


def make_network(features: tuple[str, ...], settings: TrainingSettings) -> CentreNetwork:
    """A network with fresh weights, the backbone's pretrained where the settings say so."""
    body = make_body(settings.backbone, pretrained=settings.pretrained)
    return CentreNetwork(body, features=len(features), stride=settings.stride)


def continue_from(initial: Detector, features: tuple[str, ...], settings: TrainingSettings) -> CentreNetwork:
    """A copy of a detector's network, to be trained further.

    Raises:
        TrainingError: If features or architecture are not the same.
    """
    refuse_other_features(initial.features, features)
    for name in ARCHITECTURE:
        before, wanted = getattr(initial.settings, name), getattr(settings, name)
        if before != wanted:
            raise TrainingError(
                f"The weights to start from have {name} {before}, this training wants {wanted}. "
                f"Train with {name} {before}, or without weights to start from."
            )
    return copy.deepcopy(initial.network)


def refuse_other_features(held: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    """Check that weights are used under the features they were trained on, in the same order.

    Raises:
        TrainingError: If they differ.
    """
    if held != wanted:
        raise TrainingError(
            f"These weights know the features {', '.join(held)}, in this order; asked for: {', '.join(wanted)}. "
            "Features and their order are fixed for a model's life; train a new model for others."
        )


def choose_device(name: str) -> torch.device:
    """The device of a setting; ``auto`` takes a GPU where there is one.

    Raises:
        TrainingError: If ``cuda`` is asked for where there is none.
    """
    has_gpu = torch.cuda.is_available() if name != "cpu" else False
    if name == "cuda" and not has_gpu:
        raise TrainingError("There is no CUDA device here. Use device cpu, or auto.")
    return torch.device("cuda" if has_gpu else "cpu")


def count_threads(stated: int | None) -> int:
    """How many CPU threads are used: as stated, else `OMP_NUM_THREADS`, else one a core but no more than pay off."""
    wished = os.environ.get("OMP_NUM_THREADS", "")
    return stated or (int(wished) if wished.isdigit() else 0) or min(os.cpu_count() or 1, MOST_USEFUL_THREADS)


@contextmanager
def repeatable_numbers(*, device: str, threads: int | None, seed: int = 0) -> Iterator[torch.device]:
    """Inside, torch computes on the device with that many threads from that seed; afterwards all is as before.

    On a CPU the same seed and number of threads give the same bits; on a GPU the last bits may differ.

    Args:
        device: ``auto``, ``cpu`` or ``cuda``.
        threads: CPU threads; see `count_threads`.
        seed: Of torch's random numbers.
    """
    chosen = choose_device(device)
    threads_before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[chosen] if chosen.type == "cuda" else []), _one_order_of_sums(chosen):
        torch.manual_seed(seed)
        torch.set_num_threads(count_threads(threads))
        try:
            yield chosen
        finally:
            torch.set_num_threads(threads_before)


@contextmanager
def _one_order_of_sums(device: torch.device) -> Iterator[None]:
    """Refuse operations whose result depends on timing, on a CPU; torch has no such option for single models."""
    was_deterministic, filled = torch.are_deterministic_algorithms_enabled(), fresh_memory.fill_uninitialized_memory
    torch.use_deterministic_algorithms(device.type == "cpu")
    fresh_memory.fill_uninitialized_memory = False  # it costs time and guards against bugs that torch itself has not
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was_deterministic)
        fresh_memory.fill_uninitialized_memory = filled
