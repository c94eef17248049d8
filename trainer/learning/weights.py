"""Detectors as files: safetensors for the weights, a card for what they mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
import torchvision
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from trainer.learning.detector import Detector, make_network, refuse_other_features
from trainer.learning.settings import TrainingSettings
from trainer.records import layout
from trainer.records.errors import RunDamagedError, TrainingError

FORMAT = 1
ARCHITECTURE = "centre-detector"
# torchvision publishes its ImageNet weights under the licence of its code.
_LICENCE_OF_START = {"none": None, "imagenet": "BSD-3-Clause"}


def save_detector(detector: Detector, folder: Path) -> None:
    """Write a detector as ``model/weights.safetensors`` and ``model/card.json`` below a folder."""
    (folder / layout.WEIGHTS).parent.mkdir(parents=True, exist_ok=True)
    state = {name: value.contiguous() for name, value in detector.network.state_dict().items()}
    save_file(state, folder / layout.WEIGHTS)
    text = json.dumps(_describe(detector), indent=2, ensure_ascii=False)
    (folder / layout.WEIGHTS_CARD).write_text(text + "\n", encoding="utf-8")


def load_detector(folder: Path, *, features: Sequence[str] | None = None) -> Detector:
    """Read a detector that `save_detector` wrote.

    Args:
        folder: The one that holds ``model/``.
        features: The features it is wanted for, in order; other ones, or another order, are refused.

    Raises:
        TrainingError: If it knows other features, or was written by a newer modelruns.
        RunDamagedError: If card and weights do not belong together.
    """
    card = _read_card(folder / layout.WEIGHTS_CARD)
    held = tuple(card["features"])
    if features is not None:
        refuse_other_features(held, tuple(features))
    settings = TrainingSettings(**card["settings"])
    network = make_network(held, replace(settings, pretrained="none"))
    try:
        network.load_state_dict(load_file(folder / layout.WEIGHTS))
    except (RuntimeError, SafetensorError) as error:
        raise RunDamagedError(
            f"{folder / layout.WEIGHTS} does not hold the weights its card tells of: {error}"
        ) from error
    return Detector(held, settings, network.eval())


def _describe(detector: Detector) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "architecture": ARCHITECTURE,
        "features": list(detector.features),
        "settings": asdict(detector.settings),
        "parameters": sum(weights.numel() for weights in detector.network.parameters()),
        "licence_of_pretrained_weights": _LICENCE_OF_START[detector.settings.pretrained],
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
    }


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunDamagedError(f"{path} is no JSON: {error}.") from error
    if (card.get("format"), card.get("architecture")) != (FORMAT, ARCHITECTURE):
        raise TrainingError(
            f"{path} tells of {card.get('architecture')!r} in format {card.get('format')!r}; "
            f"this version of modelruns reads {ARCHITECTURE!r} in format {FORMAT}."
        )
    return card
