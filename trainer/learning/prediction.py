"""What a detector says about pictures."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np
import torch
from torch import Tensor

from trainer.learning.backbones import STRIDES
from trainer.learning.detector import Detector, count_threads, repeatable_numbers
from trainer.learning.embedding import embed
from trainer.learning.examples import read_pictures, stack_pictures
from trainer.learning.frames import Frame
from trainer.learning.peaks import Found, find_boxes
from trainer.learning.progress import Progress, Report, ignore_progress
from trainer.records.annotations import Annotations
from trainer.records.errors import TrainingError
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Detections:
    """What a detector said about a snapshot's rows.

    Attributes:
        predictions: Boxes with confidence, in the pictures' own pixels, with feature codes of the snapshot's ontology.
        embeddings: float16[rows, channels] vectors of length 1, in row order.
    """

    predictions: Annotations
    embeddings: np.ndarray


def detect(
    detector: Detector,
    snapshot: Snapshot,
    *,
    min_confidence: float = 0.05,
    nms_iou: float = 0.5,
    batch: int = 8,
    device: str = "auto",
    threads: int | None = None,
    report: Report | None = None,
) -> Detections:
    """Let a detector look at every row of a snapshot.

    Every batch has the same number of canvases, the last one filled up, and a canvas depends on its row's size alone:
    so what is said about a row does not depend on the other rows.

    Args:
        detector: What `train_detector` or `load_detector` returned.
        snapshot: Rows with pictures; its truth is not looked at.
        min_confidence: Boxes below it are not kept, in [0, 1].
        nms_iou: Of two boxes of one feature that overlap more than this, only the surer is kept.
        batch: Canvases a batch, at least 1.
        device: ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
        threads: CPU threads; one a core, at most 8, when left out.
        report: Told of every batch.

    Returns:
        At most 100 boxes a row, cut at the picture's border, and one embedding a row.

    Raises:
        TrainingError: If rows have no picture.
        NotFoundError: If the snapshot's ontology lacks a feature of the detector.
    """
    _refuse_out_of_range(min_confidence=min_confidence, nms_iou=nms_iou, batch=batch)
    codes = np.array([snapshot.ontology.code(path) for path in detector.features], dtype=np.int16)
    tell = report or ignore_progress
    total = len(snapshot.rows)
    channels = detector.network.body.maps[STRIDES[-1]].channels
    vectors = np.zeros((total, channels), dtype=np.float16)
    columns: list[Columns] = []
    began = time.monotonic()
    with repeatable_numbers(device=device, threads=threads) as place, torch.inference_mode():
        # torchvision's graph modules forget in a copy that they were set to predict.
        network = copy.deepcopy(detector.network).eval().to(place).to(memory_format=torch.channels_last)
        for rows, frames, pictures in _batches(
            snapshot.rows, detector.settings.image_size, batch=batch, threads=count_threads(threads)
        ):
            maps = network(pictures.to(place, memory_format=torch.channels_last))
            boxes = find_boxes(maps, stride=network.stride, min_confidence=min_confidence, nms_iou=nms_iou)
            columns += [_on_picture(*each) for each in zip(rows, frames, boxes, strict=False)]
            vectors[rows] = embed(maps.deepest)[: len(rows)]
            left = (time.monotonic() - began) / len(columns) * (total - len(columns))
            tell(Progress("predicting", len(columns), total, seconds_left=left))
    return Detections(_gather(columns, codes), vectors)


def _batches(
    rows: Rows, image_size: int, *, batch: int, threads: int
) -> Iterator[tuple[list[int], list[Frame], Tensor]]:
    """Row numbers, frames and canvases; the canvases are always `batch` many, empty ones at the end."""
    sizes = zip(rows.widths.tolist(), rows.heights.tolist(), strict=True)
    canvases = [Frame.fit(width, height, image_size=image_size).canvas for width, height in sizes]
    order = sorted(range(len(rows)), key=canvases.__getitem__)
    pictures = read_pictures(rows, np.array(order, dtype=np.int64), image_size=image_size, threads=threads)
    empty = np.empty((0, 0, 3), dtype=np.uint8)
    for canvas, same in groupby(order, key=canvases.__getitem__):
        while chosen := list(islice(same, batch)):
            frames, read = zip(*islice(pictures, len(chosen)), strict=True)
            filled = [*read, *[empty] * (batch - len(chosen))]
            yield chosen, list(frames), stack_pictures(filled, canvas)


def _on_picture(row: int, frame: Frame, found: Found) -> Columns:
    """Row, feature, box and confidence of what lies on the picture itself, not on the padding."""
    corners = frame.to_picture(found.corners)
    box = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    kept = (box[:, 2:] > 0).all(axis=1)
    return np.full(kept.sum(), row), found.feature[kept], box[kept], found.confidence[kept]


def _gather(columns: list[Columns], codes: np.ndarray) -> Annotations:
    if not columns:
        return Annotations.empty()
    row, feature, box, confidence = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    return Annotations.from_columns(row=row, feature=codes[feature], box=box, confidence=confidence)


def _refuse_out_of_range(*, min_confidence: float, nms_iou: float, batch: int) -> None:
    if not (0 <= min_confidence <= 1 and 0 <= nms_iou <= 1 and batch >= 1):
        raise TrainingError(
            f"Cannot predict with min_confidence {min_confidence}, nms_iou {nms_iou} and batch {batch}: "
            "the first two lie between 0 and 1, a batch holds at least one picture."
        )
