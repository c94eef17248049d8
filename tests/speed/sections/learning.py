"""How quickly a network learns, beside the barest loop around the same network."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..lines import Bar, Line, Lines, Options
from ..stopwatch import race

ABOUT = """\
Pictures a second of one epoch, the steps alone: our loop beside one of ten lines around the same network, optimiser,
batch and size, on tensors that lie in memory ready made. Bar: at least 0.95 times the bare loop without augmentation.
The bare loop with augmentation varies its batches with our own code."""

SHARE = 0.95


def lines(options: Options) -> Lines:
    """On the CPU, and on a GPU where there is one."""
    import torch

    with tempfile.TemporaryDirectory() as folder:
        count = 8 if options.quick else 64
        rounds = options.rounds(11)
        for augmentation in ("none", "light"):
            yield _race(
                Path(folder), count, rounds, backbone="tiny_resnet", size=320, batch=8, augmentation=augmentation
            )
        if torch.cuda.is_available():
            yield _race(Path(folder), 4 * count, rounds, backbone="resnet50", size=640, batch=16, augmentation="light")


def _race(folder: Path, count: int, rounds: int, *, backbone: str, size: int, batch: int, augmentation: str) -> Line:
    """Epochs of both loops in turn; the median of each."""
    from trainer.learning.devices import count_threads, repeatable_numbers
    from trainer.learning.settings import TrainingSettings

    settings = TrainingSettings(
        image_size=size, batch=batch, epochs=rounds + 1, augmentation=augmentation, flips="none", min_annotations=1
    )
    with repeatable_numbers(device="auto", threads=count_threads(None)) as device:
        ours, theirs = (
            make(_examples(folder, count, size), settings, backbone, device) for make in (_our_loop, _bare_loop)
        )
        our_pace, their_pace = (count / span for span in race(_epochs(ours), _epochs(theirs), times=rounds))
    bar = Bar(f"at least {SHARE} times the bare loop", SHARE * their_pace, least=True)
    what = f"{backbone}, {size} pixels, batch {batch}, {device.type}, augmentation {augmentation}"
    return Line(what, our_pace, "bare loop", their_pace, bar if augmentation == "none" else None, "a second")


def _epochs(loop: Callable[[int], object]) -> Callable[[], object]:
    """The next epoch at each call."""
    numbers = itertools.count(1)
    return lambda: loop(next(numbers))


def _design(backbone: str) -> Any:
    from trainer.records.design import Design, Task

    return Design(Task.DETECTION, ("dark",), backbone=backbone)


def _examples(folder: Path, count: int, size: int) -> Any:
    """Pictures of noise with ten boxes each, read as a training reads them."""
    from PIL import Image

    from trainer.learning.examples import read_examples
    from trainer.records.annotations import Annotations
    from trainer.records.ontology import Ontology
    from trainer.records.rows import Rows
    from trainer.records.snapshot import Snapshot

    rng = np.random.default_rng(0)
    keys = [f"{size}-{number:04d}.png" for number in range(count)]
    for key in keys:
        if not (folder / key).exists():
            Image.fromarray(rng.integers(0, 255, (size, size, 3), dtype=np.uint8)).save(folder / key, compress_level=0)
    uris = [str(folder / key) for key in keys]
    rows = Rows.from_columns(keys=keys, widths=[size] * count, heights=[size] * count, uris=uris)
    boxes = np.concatenate(
        [rng.uniform(0, size * 0.7, (count * 10, 2)), rng.uniform(8, size * 0.3, (count * 10, 2))], 1
    )
    truth = Annotations.from_columns(row=np.repeat(np.arange(count), 10), feature=np.zeros(count * 10, int), box=boxes)
    snapshot = Snapshot(Ontology.flat({"dark": "box"}), rows, truth)
    return read_examples(snapshot, np.arange(count), _design("tiny_resnet"), image_size=size, threads=2)


def _our_loop(examples: Any, settings: Any, backbone: str, device: Any) -> Callable[[int], object]:
    from trainer.learning.batching import batches, prepare
    from trainer.learning.learner import Learner
    from trainer.learning.networks import make_network

    network = make_network(_design(backbone), image_size=settings.image_size)
    learner = Learner(network, settings, device=device, steps=settings.epochs * len(examples))

    def epoch(number: int) -> list[float]:
        pinned = device.type == "cuda"
        losses = [
            learner.learn(*prepare(batch, settings, epoch=number, device=device))
            for batch in batches(examples, settings, epoch=number, pinned=pinned)
        ]
        return [loss.item() for loss in losses]

    return epoch


def _bare_loop(examples: Any, settings: Any, backbone: str, device: Any) -> Callable[[int], object]:
    import torch

    from trainer.learning.batching import prepare
    from trainer.learning.learner import uses_bf16
    from trainer.learning.networks import make_network

    network = make_network(_design(backbone), image_size=settings.image_size).to(device)
    network = network.to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, fused=True)
    mixed, varied = uses_bf16("auto", device), settings.augmentation != "none"
    starts = range(0, len(examples), settings.batch)
    raw = [examples.batch(range(start, min(start + settings.batch, len(examples)))) for start in starts]
    ready = [prepare(one, settings, epoch=0, device=device) for one in raw]

    def epoch(number: int) -> float:
        total = torch.zeros((), device=device)
        for place, kept in enumerate(ready):
            pictures, truths = prepare(raw[place], settings, epoch=number, device=device) if varied else kept
            with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
                losses = network(pictures, truths)
            loss = sum(losses.values())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.detach()
        return float(total)

    return epoch
