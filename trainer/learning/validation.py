"""How good a network is on the validation rows, in one number a task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pycocotools import mask as coco_mask

import metrics
from trainer.learning.canvas import NOT_LEARNED, CanvasFound, CanvasObjects, CanvasTruth
from trainer.learning.examples import Examples, normalise
from trainer.learning.learner import uses_bf16
from trainer.learning.networks import MicroNetwork, decode
from trainer.learning.picture_space import cut_at_border
from trainer.learning.settings import TrainingSettings
from trainer.records.design import CLASSES, MASKS, OBJECTS, PAINTED, Design, Task

_MIN_CONFIDENCE = 0.05
_NMS_IOU = 0.5
_NAMES = {
    Task.CLASSIFICATION: "accuracy",
    Task.DETECTION: "mAP_50_95",
    Task.INSTANCE_SEGMENTATION: "mask_mAP_50_95",
    Task.SEMANTIC_SEGMENTATION: "mean_IoU",
    Task.DETECTION_AND_SEGMENTATION: "mean_of_mAP_50_95_and_mean_IoU",
}


def name_of_score(task: Task) -> str:
    """What the validation score of a task is called."""
    return _NAMES[task]


def validate(network: MicroNetwork, examples: Examples, settings: TrainingSettings, *, device: torch.device) -> float:
    """The score of a network on some rows, measured on their canvases; in [0, 1], NaN where it is undefined.

    What was found is cut at the pictures' borders, as predictions are.

    Objects: COCO's average precision over IoU .5 to .95, of masks where the model outlines them. Painted features: the
    mean IoU over them. Answers: the share of rows whose most probable feature is the true one; for checklists the
    share of answers that are on the right side of one half. What a task has two of is averaged.

    Args:
        network: It is set to predict, and back to what it was afterwards.
        examples: The rows.
        settings: Batch size and arithmetic.
        device: Where the network is.
    """
    was_training = network.training
    network.eval()
    try:
        return score_of(_look(network, examples, settings, device=device), network.design)
    finally:
        network.train(was_training)


def score_of(pairs: Iterable[tuple[CanvasTruth, CanvasFound]], design: Design) -> float:
    """The score of what was said about canvases, beside their truth; each pair is looked at once and let go."""
    judged = _Judged(design)
    if PAINTED in design.task.heads:
        counts = metrics.count_pixels(
            judged.painted(pairs), classes=len(design.painted_features) + 1, ignore=NOT_LEARNED
        )
        judged.scores.append(metrics.segmentation_summary(counts, without=(0,)).mean_iou)
    else:
        for truth, found in pairs:
            judged.add(truth, found)
    return judged.score()


@torch.inference_mode()
def _look(
    network: MicroNetwork, examples: Examples, settings: TrainingSettings, *, device: torch.device
) -> Iterator[tuple[CanvasTruth, CanvasFound]]:
    for start in range(0, len(examples), settings.batch):
        batch = examples.batch(range(start, min(start + settings.batch, len(examples))))
        pictures = normalise(batch.pictures.to(device)).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=uses_bf16(settings.mixed_precision, device)):
            outputs = network(pictures)
        found = decode(network, outputs, min_confidence=_MIN_CONFIDENCE, nms_iou=_NMS_IOU)
        for number, (truth, one) in enumerate(zip(batch.truths, found, strict=True), start):
            yield truth, cut_at_border(one, examples.frames[number])


class _Judged:
    """What the canvases seen so far hold and what was said about them, in the columns that `metrics` reads."""

    def __init__(self, design: Design) -> None:
        self.design, self.rows = design, 0
        self.truths: list[_Objects] = []
        self.founds: list[_Objects] = []
        self.answers: list[tuple[np.ndarray, np.ndarray]] = []
        self.scores: list[float] = []

    def painted(self, pairs: Iterable[tuple[CanvasTruth, CanvasFound]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The painted maps of truth and prediction, one pair a canvas; the rest of it is noted."""
        for truth, found in pairs:
            self.add(truth, found)
            assert truth.painted is not None
            assert found.painted is not None
            yield truth.painted.numpy(), found.painted

    def add(self, truth: CanvasTruth, found: CanvasFound) -> None:
        """Note a canvas's objects and answers."""
        if truth.objects is not None:
            self.truths.append(_true_objects(self.rows, truth.objects))
            self.founds.append(_found_objects(self.rows, found))
        if truth.answers is not None and found.answers is not None:
            self.answers.append((truth.answers.numpy(), found.answers))
        self.rows += 1

    def score(self) -> float:
        """The mean of the scores that the task has."""
        if OBJECTS in self.design.task.heads:
            self.scores.append(self._average_precision())
        if CLASSES in self.design.task.heads:
            self.scores.append(self._accuracy())
        return float(np.mean(self.scores))

    def _average_precision(self) -> float:
        masks = MASKS in self.design.task.heads
        truth, found = (_table(each, masks=masks) for each in (self.truths, self.founds))
        overlaps = metrics.find_overlaps(truth, found, rows=self.rows, features=len(self.design.found_features))
        return metrics.coco_summary(overlaps).ap

    def _accuracy(self) -> float:
        if not self.answers:
            return float("nan")
        truth, found = (np.stack(each) for each in zip(*self.answers, strict=True))
        if not self.design.several:
            return float((truth.argmax(axis=1) == found.argmax(axis=1)).mean())
        return float(((truth > 0.5) == (found >= 0.5)).mean())


@dataclass(frozen=True, slots=True)
class _Objects:
    """Objects of one canvas: columns, with masks as run lengths."""

    row: np.ndarray
    feature: np.ndarray
    corners: np.ndarray
    confidence: np.ndarray
    ignored: np.ndarray
    masks: list[dict[str, Any]]


def _true_objects(row: int, objects: CanvasObjects) -> _Objects:
    n = len(objects.corners)
    masks = [] if objects.masks is None else _in_run_lengths(objects.masks.numpy())
    corners = objects.corners.numpy().astype(np.float64)
    return _Objects(np.full(n, row), objects.feature.numpy(), corners, np.ones(n), objects.ignored.numpy(), masks)


def _found_objects(row: int, found: CanvasFound) -> _Objects:
    assert found.corners is not None
    assert found.feature is not None
    assert found.confidence is not None
    n = len(found.corners)
    masks = [] if found.masks is None else _in_run_lengths(found.masks)
    return _Objects(np.full(n, row), found.feature, found.corners, found.confidence, np.zeros(n, bool), masks)


def _in_run_lengths(masks: np.ndarray) -> list[dict[str, Any]]:
    """Run lengths of bool[m, h, w]."""
    return [coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8)) for mask in masks]


def _table(objects: list[_Objects], *, masks: bool) -> metrics.Boxes | metrics.Masks:
    row, feature, corners, confidence, ignored = (
        np.concatenate([getattr(one, name) for one in objects])
        for name in ("row", "feature", "corners", "confidence", "ignored")
    )
    if not masks:
        sized = np.concatenate([corners[:, :2], (corners[:, 2:] - corners[:, :2]).clip(min=0)], axis=1)
        return metrics.Boxes.from_sizes(row, feature, sized, confidence=confidence, ignored=ignored)
    drawn = [mask for one in objects for mask in one.masks]
    sizes = [mask["size"] for mask in drawn]
    return metrics.Masks.from_coco(row, feature, drawn, sizes, confidence=confidence, ignored=ignored)
