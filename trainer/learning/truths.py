"""What people said about rows, small enough to be kept for all of them, and as a network learns it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from pycocotools import mask as coco_mask

from trainer.learning.canvas import NOT_LEARNED, CanvasObjects, CanvasTruth
from trainer.learning.frames import Frame, nearest_places
from trainer.learning.packed_masks import Runs, pack, read_runs, unpack
from trainer.learning.selection import has_area, has_outline
from trainer.records.annotations import Annotations
from trainer.records.design import CLASSES, MASKS, OBJECTS, PAINTED, Design
from trainer.records.errors import TrainingError
from trainer.records.snapshot import Snapshot

MOST_PAINTED = NOT_LEARNED - 1


@dataclass(frozen=True, slots=True)
class RowTruth:
    """The truth of one row on its resized picture; None for what a design does not ask.

    Attributes:
        objects: The objects, without their masks.
        masks: One an object; an empty one where its outline is not known.
        layers: Painted regions in the order of painting, each with what it paints.
        answers: float32[features]: 1 for those that hold.
    """

    objects: CanvasObjects | None = None
    masks: tuple[Runs, ...] | None = None
    layers: tuple[tuple[int, Runs], ...] | None = None
    answers: np.ndarray | None = None

    def on_canvas(self, frame: Frame, canvas: tuple[int, int]) -> CanvasTruth:
        """The truth as a network learns it.

        Args:
            frame: How the row's picture was resized.
            canvas: Height and width of the canvas in whose left top corner it lies.
        """
        objects = self.objects
        if objects is not None and self.masks is not None:
            masks = torch.from_numpy(_draw(self.masks, frame, canvas))
            objects = CanvasObjects(objects.corners, objects.feature, objects.ignored, masks)
        painted = None if self.layers is None else torch.from_numpy(_paint(self.layers, frame, canvas))
        return CanvasTruth(objects, painted, None if self.answers is None else torch.from_numpy(self.answers))


def gather_truths(snapshot: Snapshot, rows: np.ndarray, design: Design, frames: list[Frame]) -> list[RowTruth]:
    """The truth of some rows, as far as a design learns it.

    An object whose outline is to be learned but is not known is ignored; so is, for painting, the box of such a shape.
    Crowds and ignored truths are not learned from. Where painted features overlap, the later one of the design wins.

    Args:
        snapshot: Where ontology and truth are.
        rows: int[m] numbers of the rows, rising.
        design: What is learned.
        frames: How the m pictures are resized.
    """
    if len(design.painted_features) > MOST_PAINTED:
        raise TrainingError(f"A model paints at most {MOST_PAINTED} features; this one {len(design.painted_features)}.")
    truth = snapshot.truth.on_rows(rows)
    truths = [RowTruth() for _ in frames]
    if OBJECTS in design.task.heads:
        found = _objects(snapshot, truth, design, frames)
        truths = [replace(one, objects=here, masks=masks) for one, (here, masks) in zip(truths, found, strict=True)]
    if PAINTED in design.task.heads:
        painted = _layers(snapshot, truth, design, frames)
        truths = [replace(one, layers=here) for one, here in zip(truths, painted, strict=True)]
    if CLASSES in design.task.heads:
        answers = answers_of(snapshot, rows, design)
        truths = [replace(one, answers=here) for one, here in zip(truths, answers, strict=True)]
    return truths


def answers_of(snapshot: Snapshot, rows: np.ndarray, design: Design) -> np.ndarray:
    """float32[m, features] of m rows: 1 for the features that a row's answers name, 0 for the others.

    A row without any answer to the question says nothing, not that nothing holds, and is NaN; so is one that answers
    a question for exactly one option twice.
    """
    place = _places(snapshot, design.features)
    truth = snapshot.truth.on_rows(rows)
    taken = ~truth.placed & (place[truth.feature] >= 0) & ~truth.ignored
    answers = np.zeros((len(rows), len(design.features)), dtype=np.float32)
    answers[truth.row[taken], place[truth.feature[taken]]] = 1
    said = answers.sum(axis=1)
    answers[(said == 0) if design.several else (said != 1)] = np.nan
    return answers


def _objects(
    snapshot: Snapshot, truth: Annotations, design: Design, frames: list[Frame]
) -> Iterator[tuple[CanvasObjects, tuple[Runs, ...] | None]]:
    """For each row its objects in canvas pixels, with their masks where these are learned."""
    place = _places(snapshot, design.found_features)
    corners = np.concatenate([truth.box[:, :2], truth.box[:, :2] + truth.box[:, 2:]], axis=1)
    outlined, wanted = has_outline(truth), MASKS in design.task.heads
    ignored = truth.crowd | truth.ignored | (~outlined if wanted else False)
    taken = (place[truth.feature] >= 0) & has_area(truth)
    for frame, here in zip(frames, _by_row(truth, taken, len(frames)), strict=True):
        found = CanvasObjects(
            torch.from_numpy(frame.to_canvas(corners[here])).float(),
            torch.from_numpy(place[truth.feature[here]]).long(),
            torch.from_numpy(ignored[here]),
        )
        yield found, tuple(_outline(truth, one, frame) for one in here.tolist()) if wanted else None


def _layers(
    snapshot: Snapshot, truth: Annotations, design: Design, frames: list[Frame]
) -> Iterator[tuple[tuple[int, Runs], ...]]:
    """For each row what is painted on it, in order."""
    place = _places(snapshot, design.painted_features)
    skipped = truth.crowd | truth.ignored | ~has_outline(truth)
    value = np.where(skipped, NOT_LEARNED, place[truth.feature] + 1)
    taken = (place[truth.feature] >= 0) & has_area(truth)
    for frame, here in zip(frames, _by_row(truth, taken, len(frames)), strict=True):
        ordered = here[np.argsort(value[here], kind="stable")]
        yield tuple((int(value[one]), _outline(truth, one, frame, or_box=True)) for one in ordered.tolist())


def _by_row(truth: Annotations, taken: np.ndarray, rows: int) -> Iterator[np.ndarray]:
    """For each row the positions of its annotations that are taken."""
    for start, end in itertools.pairwise(truth.offsets(rows)):
        yield np.flatnonzero(taken[start:end]) + start


def _places(snapshot: Snapshot, features: tuple[str, ...]) -> np.ndarray:
    """int[codes]: where a feature of the ontology stands among some; -1 for those that are not among them."""
    place = np.full(len(snapshot.ontology.paths), -1)
    place[[snapshot.ontology.code(path) for path in features]] = np.arange(len(features))
    return place


def _outline(truth: Annotations, position: int, frame: Frame, *, or_box: bool = False) -> Runs:
    """The mask of an annotation on the resized picture."""
    height, width = frame.inner_height, frame.inner_width
    text, rings = truth.table["rle"][position].as_py(), truth.table["polygons"][position].as_py()
    if text:
        full = unpack(read_runs(text), frame.height, frame.width)
        down, across = nearest_places(height, of=frame.height), nearest_places(width, of=frame.width)
        return pack(full[down][:, across])
    if not rings and or_box:
        left, top, wide, high = truth.box[position].tolist()
        rings = [[left, top, left + wide, top, left + wide, top + high, left, top + high]]
    if not rings:
        return pack(np.zeros((height, width), dtype=bool))
    scaled = [(np.reshape(ring, (-1, 2)) * frame.scale[:2]).ravel().tolist() for ring in rings]
    drawn = coco_mask.merge(coco_mask.frPyObjects(scaled, height, width))
    return read_runs(str(drawn["counts"], "ascii"))


def _draw(masks: tuple[Runs, ...], frame: Frame, canvas: tuple[int, int]) -> np.ndarray:
    """bool[m, h, w]."""
    drawn = np.zeros((len(masks), *canvas), dtype=bool)
    for place, mask in zip(drawn, masks, strict=True):
        place[: frame.inner_height, : frame.inner_width] = unpack(mask, frame.inner_height, frame.inner_width)
    return drawn


def _paint(layers: tuple[tuple[int, Runs], ...], frame: Frame, canvas: tuple[int, int]) -> np.ndarray:
    """int64[h, w]."""
    painted = np.full(canvas, NOT_LEARNED, dtype=np.int64)
    inner = painted[: frame.inner_height, : frame.inner_width]
    inner[:] = 0
    for value, mask in layers:
        inner[unpack(mask, *inner.shape)] = value
    return painted
