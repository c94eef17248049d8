"""Trained models as files: weights as safetensors and as PyTorch's own state dict, and a card for what they mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from trainer.learning.learner import State
from trainer.learning.networks import make_network
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel, refuse_other_features
from trainer.learning.training_log import versions_of_learning
from trainer.records import layout
from trainer.records.design import Design, Task
from trainer.records.errors import RecordError, RunDamagedError, TrainingError

FORMAT = 2
ARCHITECTURE = "micro-model"
_FIRST_FORMAT = (1, "centre-detector")
# torchvision publishes its weights under the licence of its code.
_LICENCE_OF_START = {"none": None, "imagenet": "BSD-3-Clause", "coco": "BSD-3-Clause"}


def save_model(model: TrainedModel, folder: Path) -> None:
    """Write a model below a folder: its weights twice, and a card.

    ``model/weights.safetensors`` is what `load_model` reads; ``model/weights.pt`` is the same state dict as
    ``torch.load(path, weights_only=True)`` gives it; ``model/card.json`` tells design, settings and licence.
    """
    (folder / layout.WEIGHTS).parent.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().cpu().contiguous() for name, value in model.network.state_dict().items()}
    save_file(state, folder / layout.WEIGHTS)
    torch.save(state, folder / layout.TORCH_WEIGHTS)
    text = json.dumps(_describe(model), indent=2, ensure_ascii=False)
    (folder / layout.WEIGHTS_CARD).write_text(text + "\n", encoding="utf-8")


def load_model(folder: Path, *, features: Sequence[str] | None = None) -> TrainedModel:
    """Read a model that `save_model` wrote, or an older modelruns.

    Args:
        folder: The one that holds ``model/``.
        features: The features it is wanted for, in order; other ones, or another order, are refused.

    Raises:
        TrainingError: If it knows other features, or was written by a newer modelruns.
        RunDamagedError: If card and weights do not belong together.
    """
    card = _read_card(folder / layout.WEIGHTS_CARD)
    design, settings = _design_and_settings(card, folder / layout.WEIGHTS_CARD)
    if features is not None:
        refuse_other_features(design.features, tuple(features))
    network = make_network(design, image_size=settings.image_size)
    path = folder / layout.WEIGHTS
    try:
        network.load_state_dict(_renamed(load_file(path), card["format"]))
    except (RuntimeError, OSError, SafetensorError) as error:
        raise RunDamagedError(f"{path} does not hold the weights its card tells of: {error}") from error
    return TrainedModel(design, settings, network.eval())


def _describe(model: TrainedModel) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "architecture": ARCHITECTURE,
        "design": model.design.to_json(),
        "settings": asdict(model.settings),
        "parameters": sum(weights.numel() for weights in model.network.parameters()),
        "licence_of_pretrained_weights": _LICENCE_OF_START[model.settings.pretrained],
        "versions": versions_of_learning(),
    }


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise RunDamagedError(f"{path} cannot be read as JSON: {error}.") from error
    kind = (card.get("format"), card.get("architecture"))
    if kind not in ((FORMAT, ARCHITECTURE), _FIRST_FORMAT):
        raise TrainingError(
            f"{path} tells of {kind[1]!r} in format {kind[0]!r}; "
            f"this version of modelruns reads {ARCHITECTURE!r} up to format {FORMAT}."
        )
    return card


def _design_and_settings(card: Mapping[str, Any], path: Path) -> tuple[Design, TrainingSettings]:
    """What a card tells of; cards of format 1 kept the design among the settings and knew detectors only."""
    try:
        settings = TrainingSettings.from_values(card["settings"])
        if card["format"] == FORMAT:
            return Design.from_json(card["design"]), settings
        names = ("backbone", "stride")
        body = {name: card["settings"][name] for name in names}
        return Design(Task.DETECTION, tuple(card["features"]), **body), settings
    except (KeyError, TypeError, RecordError) as error:
        raise RunDamagedError(f"{path} does not tell what the weights are: {error}.") from error


def _renamed(state: State, format: int) -> State:
    """Weights under the names they have now; in format 1 the parts of a network had other owners."""
    if format == FORMAT:
        return state
    owners = {"narrow": "fusion.", "smooth": "fusion.", "heat": "centres.", "distances": "centres."}
    return {owners.get(name.partition(".")[0], "") + name: value for name, value in state.items()}
