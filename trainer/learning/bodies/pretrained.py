"""Weights a body starts from: torchvision's, through torchvision's own download and cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import Tensor

from trainer.learning.bodies.pyramid import Body
from trainer.learning.families import PRETRAINED, WITH_COCO, WITHOUT_IMAGENET
from trainer.records.design import TINY_RESNET
from trainer.records.errors import TrainingError


@dataclass(frozen=True, slots=True)
class _CocoModel:
    """A model that torchvision trained on COCO, and where it keeps the body."""

    name: str
    prefix: str
    body_prefix: str = ""


_COCO_MODELS = {
    "mobilenet_v3_large": _CocoModel("fasterrcnn_mobilenet_v3_large_fpn", "backbone.body.", "features."),
    "resnet50": _CocoModel("fasterrcnn_resnet50_fpn_v2", "backbone.body."),
    "resnet101": _CocoModel("deeplabv3_resnet101", "backbone."),
}


def load_pretrained(body: Body, backbone: str, pretrained: str) -> None:
    """Give a body the weights its backbone learned on ImageNet or COCO.

    Args:
        body: A body of that backbone.
        backbone: Name of a torchvision classifier.
        pretrained: ``imagenet`` or ``coco``.

    Raises:
        TrainingError: If there are no such weights for the backbone, they can neither be found in torch's cache nor
            downloaded, or the file holds something else.
    """
    _check_offer(backbone, pretrained)
    choice: Any
    if pretrained == "coco":
        choice = torchvision.models.get_model_weights(_COCO_MODELS[backbone].name).DEFAULT
    else:
        choice = torchvision.models.get_model_weights(backbone).DEFAULT
    state = _fetch(choice, backbone, pretrained)
    if pretrained == "coco":
        state = _take_body(state, _COCO_MODELS[backbone])
    _fill(body, state, file=_cache() / Path(choice.url).name)


def _check_offer(backbone: str, pretrained: str) -> None:
    if pretrained not in PRETRAINED:
        raise TrainingError(f"pretrained is {pretrained!r}; it is one of {', '.join(PRETRAINED)}.")
    if backbone == TINY_RESNET:
        raise TrainingError("tiny_resnet has no pretrained weights; choose a torchvision backbone, or pretrained none.")
    if pretrained == "coco" and backbone not in WITH_COCO:
        raise TrainingError(
            f"There are no COCO weights of {backbone!r}; there are of {', '.join(WITH_COCO)}. "
            "Choose one of these, or pretrained imagenet or none."
        )
    if pretrained == "imagenet" and backbone in WITHOUT_IMAGENET:
        raise TrainingError(
            f"The ImageNet weights of {backbone!r} may not be used commercially and are not offered. "
            "Choose a smaller backbone of its family, or pretrained none."
        )


def _fetch(choice: Any, backbone: str, pretrained: str) -> dict[str, Tensor]:
    file = _cache() / Path(choice.url).name
    try:
        return dict(choice.get_state_dict(progress=False, check_hash=True, weights_only=True))
    except OSError as error:
        raise TrainingError(
            f"The {pretrained} weights of {backbone!r} are not here and cannot be downloaded ({error}). "
            f"Put {choice.url} at {file} (the environment variable TORCH_HOME moves that folder), or train with "
            "pretrained none."
        ) from error
    except Exception as error:  # half a file makes the unpickler fail in any way
        raise TrainingError(
            f"{file} is damaged and cannot be read as weights ({error}). Delete it, and it is downloaded again."
        ) from error


def _cache() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"


def _take_body(state: Mapping[str, Tensor], model: _CocoModel) -> dict[str, Tensor]:
    return {
        model.body_prefix + name.removeprefix(model.prefix): weights
        for name, weights in state.items()
        if name.startswith(model.prefix)
    }


def _fill(body: Body, state: Mapping[str, Tensor], *, file: Path) -> None:
    # Frozen normalisation does not count the batches it has seen; the count changes nothing.
    wanted = body.layers.state_dict()
    missing = [name for name in wanted if name not in state and not name.endswith("num_batches_tracked")]
    try:
        body.layers.load_state_dict({name: state[name] for name in wanted if name in state}, strict=False)
    except RuntimeError as error:
        raise TrainingError(f"{file} holds weights of another network ({error}). Delete it.") from error
    if missing:
        raise TrainingError(
            f"{file} lacks {len(missing):,} of {len(wanted):,} weights, first {missing[0]!r}: it belongs to another "
            "network. Delete it, and it is downloaded again."
        )
