"""A body from the name of a backbone."""

from __future__ import annotations

from collections.abc import Sequence

import torchvision

from trainer.learning.bodies.feature_maps import DEEPEST, STRIDES, FeatureMap, find_feature_maps
from trainer.learning.bodies.max_vit import MAX_VIT_STEP, AnySizeAttention, free_attention
from trainer.learning.bodies.pretrained import load_pretrained
from trainer.learning.bodies.pyramid import Body, ConvolvedBody
from trainer.learning.bodies.tiny_resnet import TinyResNet
from trainer.learning.bodies.vision_transformer import OWN_STRIDE, TRANSFORMER_STRIDES, TransformerBody
from trainer.learning.families import FAMILIES, find_family
from trainer.records.design import TINY_RESNET
from trainer.records.errors import TrainingError


def make_body(name: str, *, image_size: int = 224, pretrained: str = "none", strides: Sequence[int] = STRIDES) -> Body:
    """A body of a backbone.

    Args:
        name: One of `trainer.learning.families.list_backbones`.
        image_size: The side of the canvases it will mostly see; it takes others as well.
        pretrained: ``none``, ``imagenet`` or ``coco``.
        strides: The maps that are needed; none for the deepest alone.

    Raises:
        TrainingError: If there is no such backbone, it lacks a map at one of the strides, or its weights cannot be had.
    """
    family = find_family(name)
    if family is None:
        others = "; ".join(f"{kind}: {names[0]}" for kind, names in FAMILIES.items())
        raise TrainingError(f"There is no backbone {name!r}. There are, for example, {others}.")
    if family == "ViT":
        body: Body = _make_transformer(name, image_size, strides)
    elif family == "MaxViT":
        network = torchvision.models.get_model(name, weights=None)
        free_attention(network)
        maps = find_feature_maps(network, trial=(MAX_VIT_STEP, 2 * MAX_VIT_STEP))
        body = ConvolvedBody(network, _choose(maps, strides, name), step=MAX_VIT_STEP, whole=[AnySizeAttention])
    else:
        network = TinyResNet() if name == TINY_RESNET else torchvision.models.get_model(name, weights=None)
        body = ConvolvedBody(network, _choose(find_feature_maps(network), strides, name))
    if pretrained != "none":
        load_pretrained(body, name, pretrained)
    return body


def _make_transformer(name: str, image_size: int, strides: Sequence[int]) -> TransformerBody:
    _refuse_missing([stride for stride in strides if stride not in TRANSFORMER_STRIDES], name)
    # The side of a patch is the last part of the name, as in vit_b_16.
    patch = int(name.rpartition("_")[2])
    network = torchvision.models.get_model(name, weights=None, image_size=-(-image_size // patch) * patch)
    return TransformerBody(network, strides=strides or (OWN_STRIDE,))


def _choose(maps: dict[int, FeatureMap], strides: Sequence[int], name: str) -> dict[int, FeatureMap]:
    wanted = sorted({*strides, DEEPEST})
    _refuse_missing([stride for stride in wanted if stride not in maps], name)
    return {stride: maps[stride] for stride in wanted}


def _refuse_missing(missing: Sequence[int], name: str) -> None:
    if missing:
        raise TrainingError(
            f"Backbone {name!r} yields no feature map at stride {', '.join(map(str, missing))}. "
            "Design the model with stride 8, or with another backbone."
        )
