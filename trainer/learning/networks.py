"""The network of a micro-model: a body and the heads that its task needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from trainer.learning.bodies.feature_maps import STRIDES
from trainer.learning.bodies.making import make_body
from trainer.learning.bodies.pyramid import Body
from trainer.learning.canvas import CanvasFound, CanvasObjects, CanvasTruth
from trainer.learning.families import ONLY_CLASSIFICATION, find_family
from trainer.learning.heads.centre_loss import centre_loss
from trainer.learning.heads.centres import CentreHead, CentreMaps
from trainer.learning.heads.classes import ClassHead, class_loss, find_answers
from trainer.learning.heads.fusion import Fusion
from trainer.learning.heads.masks import MaskHead, mask_loss, paste
from trainer.learning.heads.painting import PaintingHead, find_painted, painting_loss
from trainer.learning.heads.peaks import MOST_PER_PICTURE, find_boxes
from trainer.records.design import CLASSES, MASKS, OBJECTS, PAINTED, Design, Task
from trainer.records.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a network says about n canvases, before it is decoded; None for the heads it does not have.

    Attributes:
        size: Height and width of the canvases.
        deepest: float[n, channels, h, w]: the map that sums up a picture, for embeddings.
        fused: float[n, 64, h, w] at the design's stride, of which outlines are made.
        centres: Where objects are.
        painted: float[n, 1 + painted features, h, w] logits at the design's stride.
        answers: float[n, features] logits.
    """

    size: tuple[int, int]
    deepest: Tensor
    fused: Tensor | None = None
    centres: CentreMaps | None = None
    painted: Tensor | None = None
    answers: Tensor | None = None


class MicroNetwork(nn.Module):
    """A body and the heads of a design's task.

    Args:
        body: Maps at the design's stride and coarser; for classification its deepest map is enough.
        design: Task, features and stride.
        image_size: The longest side of the canvases it learns from; others are taken as well.
    """

    def __init__(self, body: Body, *, design: Design, image_size: int) -> None:
        super().__init__()
        self.design = design
        self.image_size = image_size
        heads = design.task.heads
        self.body = body
        self.fusion = None if heads == (CLASSES,) else Fusion(body.maps, stride=design.stride)
        self.centres = CentreHead(len(design.found_features), stride=design.stride) if OBJECTS in heads else None
        self.masks = MaskHead(stride=design.stride) if MASKS in heads else None
        self.painting = PaintingHead(len(design.painted_features)) if PAINTED in heads else None
        channels = body.maps[body.deepest].channels
        self.classes = ClassHead(channels, features=len(design.features)) if CLASSES in heads else None

    def forward(self, pictures: Tensor, truths: Sequence[CanvasTruth] | None = None) -> dict[str, Tensor] | Outputs:
        """One loss a head, by the head's name, where truths are given; without them, what the network says.

        Args:
            pictures: float[n, 3, h, w] normalised; h and w are multiples of 32.
            truths: What should be said about each of the n canvases.

        Raises:
            TrainingError: If a truth lacks what one of the heads learns from.
        """
        maps = self.body(pictures)
        fused = None if self.fusion is None else self.fusion(maps)
        outputs = Outputs(
            (pictures.shape[2], pictures.shape[3]),
            maps[self.body.deepest],
            fused=fused,
            centres=None if self.centres is None else self.centres(fused),
            painted=None if self.painting is None else self.painting(fused),
            answers=None if self.classes is None else self.classes(maps[self.body.deepest]),
        )
        return outputs if truths is None else self._lose(outputs, truths)

    def _lose(self, outputs: Outputs, truths: Sequence[CanvasTruth]) -> dict[str, Tensor]:
        losses: dict[str, Tensor] = {}
        with torch.autocast(outputs.deepest.device.type, enabled=False):
            if outputs.centres is not None:
                objects: list[CanvasObjects] = _collect(truths, "objects")
                losses[OBJECTS] = centre_loss(outputs.centres, objects, stride=self.design.stride)
            if outputs.painted is not None:
                losses[PAINTED] = painting_loss(outputs.painted, _collect(truths, "painted"))
            if outputs.answers is not None:
                losses[CLASSES] = class_loss(outputs.answers, _collect(truths, "answers"), several=self.design.several)
        if self.masks is not None and outputs.fused is not None:
            losses[MASKS] = mask_loss(self.masks, outputs.fused, _collect(truths, "objects"))
        return losses


def _collect(truths: Sequence[CanvasTruth], name: str) -> list[Any]:
    found = [getattr(truth, name) for truth in truths]
    if any(one is None for one in found):
        raise TrainingError(f"Canvas {found.index(None)} of the batch has no {name} to learn from.")
    return found


def make_network(design: Design, *, image_size: int, pretrained: str = "none") -> MicroNetwork:
    """A network with fresh weights from torch's random numbers; the body's are pretrained where asked for.

    Args:
        design: What the model says, and its backbone.
        image_size: The longest side of the canvases it will learn from.
        pretrained: ``none``, ``imagenet`` or ``coco``; see `trainer.learning.families.list_weights`.

    Raises:
        TrainingError: If the backbone does not serve the task or the stride, or its weights cannot be had.
    """
    family = find_family(design.backbone)
    classifies = design.task is Task.CLASSIFICATION
    if family in ONLY_CLASSIFICATION and not classifies:
        raise TrainingError(
            f"Backbone {design.backbone!r} serves classification alone. For {design.task} choose another family, such "
            "as resnet18."
        )
    strides = () if classifies else tuple(stride for stride in STRIDES if stride >= design.stride)
    body = make_body(design.backbone, image_size=image_size, pretrained=pretrained, strides=strides)
    return MicroNetwork(body, design=design, image_size=image_size)


@torch.no_grad()
def decode(
    network: MicroNetwork,
    outputs: Outputs,
    *,
    min_confidence: float,
    nms_iou: float,
    most: int = MOST_PER_PICTURE,
) -> list[CanvasFound]:
    """What the network found on each canvas of a batch; canvases do not influence each other.

    Args:
        network: The network that said it.
        outputs: What it said.
        min_confidence: Objects below it are not kept, in [0, 1]. Painted pixels and answers are all kept.
        nms_iou: Of two boxes of one feature that overlap more than this, only the surer is kept.
        most: How many places of a canvas may speak for an object.
    """
    count = len(outputs.deepest)
    found = [CanvasFound() for _ in range(count)]
    if outputs.centres is not None:
        stride = network.design.stride
        boxes = find_boxes(outputs.centres, stride=stride, min_confidence=min_confidence, nms_iou=nms_iou, most=most)
        found = [
            replace(one, corners=box.corners, feature=box.feature, confidence=box.confidence)
            for one, box in zip(found, boxes, strict=True)
        ]
    if network.masks is not None:
        found = _outline(network.masks, outputs, found)
    if outputs.painted is not None:
        drawn = [find_painted(logits, size=outputs.size) for logits in outputs.painted]
        found = [
            replace(one, painted=painted, painted_confidence=confidence)
            for one, (painted, confidence) in zip(found, drawn, strict=True)
        ]
    if outputs.answers is not None:
        answers = find_answers(outputs.answers, several=network.design.several).cpu().numpy()
        found = [replace(one, answers=answer) for one, answer in zip(found, answers, strict=True)]
    return found


def _outline(head: MaskHead, outputs: Outputs, found: Sequence[CanvasFound]) -> list[CanvasFound]:
    """What was found with the masks of its objects, a canvas at a time: masks are large."""
    assert outputs.fused is not None
    outlined = []
    for number, one in enumerate(found):
        corners = torch.from_numpy(one.corners).float().to(outputs.fused.device)
        grids = head(outputs.fused[number : number + 1], [corners]).sigmoid()
        with torch.autocast(corners.device.type, enabled=False):
            masks = paste(grids, corners, size=outputs.size) >= 0.5
        outlined.append(replace(one, masks=masks.cpu().numpy()))
    return outlined
