"""Run by `torchrun` in two processes: the same training twice, and gradients of shares beside those of the whole batch.

The first process writes what it found into a JSON file.
"""

from __future__ import annotations

import copy
import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from trainer.learning.batching import batches, prepare
from trainer.learning.distributed import from_first, is_first, join, rank, share_out
from trainer.learning.examples import read_examples
from trainer.learning.fitting import fit
from trainer.learning.networks import make_network
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel
from trainer.records.design import Design, Task
from trainer.records.errors import TrainingError
from trainer.records.layout import read_snapshot

CPU = torch.device("cpu")
DESIGN = Design(Task.DETECTION, ("disc", "square"))
SETTINGS = TrainingSettings(
    image_size=96, epochs=4, batch=4, threads=1, device="cpu", min_annotations=1, learning_rate=0.005, flips="none"
)


def main(folder: Path) -> None:
    """Everything that takes two processes."""
    snapshot = read_snapshot(
        *(folder / name for name in ("data/ontology.json", "data/rows.parquet", "data/truth.parquet"))
    )
    join(CPU)
    (first, log), (second, _) = (fit(snapshot, DESIGN, SETTINGS) for _ in range(2))
    found = {
        "again": _digest(second),
        "losses": log.epoch_losses,
        "world_size": log.world_size,
        "difference": _gradient_difference(snapshot),
        "told": from_first(lambda: f"by {rank()}"),
        "of_each_process": _from_all(_digest(first)),
        "failures": _from_all(_failure()),
    }
    if is_first():
        (folder / "found.json").write_text(json.dumps(found))


def _from_all(said: str) -> list[str]:
    gathered = ["", ""]
    torch.distributed.all_gather_object(gathered, said)
    return gathered


def _digest(model: TrainedModel) -> str:
    found = hashlib.sha256()
    for value in model.network.state_dict().values():
        found.update(value.numpy().tobytes())
    return found.hexdigest()


def _gradient_difference(snapshot) -> float:  # type: ignore[no-untyped-def]
    """Largest difference of a gradient of two shares and of the whole batch, without batch normalisation."""
    settings = replace(SETTINGS, augmentation="none")
    rows = snapshot.rows.in_split("training")[:4]
    examples = read_examples(snapshot, rows, DESIGN, image_size=96, threads=1)
    torch.manual_seed(0)
    network = _without_normalisation(make_network(DESIGN, image_size=96))
    alone = copy.deepcopy(network)
    (share,) = batches(examples, settings, epoch=1)
    together = share_out(network, CPU)
    sum(together(*prepare(share, settings, epoch=1, device=CPU)).values()).backward()
    shared = [weights.grad.clone() for weights in network.parameters() if weights.grad is not None]
    sum(alone(*prepare(examples.batch(range(4)), settings, epoch=1, device=CPU)).values()).backward()
    whole = [weights.grad for weights in alone.parameters() if weights.grad is not None]
    scale = max(one.abs().max().item() for one in whole)
    return max((one - other).abs().max().item() for one, other in zip(shared, whole, strict=True)) / scale


def _without_normalisation(network: nn.Module) -> nn.Module:
    for module in network.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.GroupNorm(1, child.num_features))
    return network


def _failure() -> str:
    def fail() -> None:
        raise ValueError("the disk is full")

    try:
        from_first(fail)
    except (ValueError, TrainingError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
