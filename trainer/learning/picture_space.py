"""From what a network says about a canvas to annotations in the picture's own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from trainer.learning.canvas import CanvasFound
from trainer.learning.frames import Frame, nearest_places
from trainer.learning.run_lengths import encode_part, outline_of
from trainer.records.annotations import Annotations
from trainer.records.design import Design

_NO_PLACE = (np.nan, np.nan, np.nan, np.nan)


@dataclass(slots=True)
class PictureFound:
    """What was said about one picture, one entry an annotation.

    Attributes:
        feature: Positions in the design's `features`.
        confidence: In [0, 1].
        box: Left, top, width, height in the picture's pixels; NaN for an answer, which has no place.
        area: Pixels inside the mask; None where there is none.
        rle: Compressed COCO run lengths of the picture's size; None where there is no mask.
    """

    feature: list[int] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    box: list[Sequence[float]] = field(default_factory=list)
    area: list[float | None] = field(default_factory=list)
    rle: list[str | None] = field(default_factory=list)

    def add(
        self,
        feature: int,
        confidence: float,
        *,
        box: Sequence[float] = _NO_PLACE,
        area: float | None = None,
        rle: str | None = None,
    ) -> None:
        """Add one annotation."""
        self.feature.append(feature)
        self.confidence.append(min(max(float(confidence), 0.0), 1.0))
        self.box.append(box)
        self.area.append(area)
        self.rle.append(rle)


def to_picture(found: CanvasFound, frame: Frame, design: Design) -> PictureFound:
    """What was found on a canvas, on its picture: objects as they come, then what is painted, then the answers.

    Boxes and masks are cut at the picture's border; an object of which nothing is left there, or whose mask is empty,
    is left out.

    Args:
        found: What the network said.
        frame: How the picture lies on the canvas.
        design: Which features it speaks of.
    """
    said = PictureFound()
    _add_objects(said, found, frame, design)
    _add_painted(said, found, frame, design)
    if found.answers is not None:
        for position, probability in enumerate(found.answers.tolist()):
            said.add(position, probability)
    return said


def cut_at_border(found: CanvasFound, frame: Frame) -> CanvasFound:
    """What was found on a canvas without what lies beyond its picture, as `to_picture` tells it.

    Args:
        found: What the network said.
        frame: How the picture lies on the canvas.
    """
    if found.corners is None or found.feature is None or found.confidence is None:
        return found
    corners, masks = frame.cut(found.corners), found.masks
    left = (corners[:, 2:] > corners[:, :2]).all(axis=1)
    if masks is not None:
        inside = np.zeros(masks.shape[1:], dtype=bool)
        inside[: frame.inner_height, : frame.inner_width] = True
        left &= (masks & inside).any(axis=(1, 2))
        masks = masks[left] & inside
    return replace(
        found, corners=corners[left], feature=found.feature[left], confidence=found.confidence[left], masks=masks
    )


def gather(said: Sequence[PictureFound], rows: Sequence[int], codes: np.ndarray) -> Annotations:
    """The annotations of several pictures as one table.

    Args:
        said: What was said about each.
        rows: The row number of each.
        codes: int[features]: code of each of the design's features in an ontology.
    """
    row = np.repeat(np.asarray(rows, dtype=np.int32), [len(one.feature) for one in said])
    if not len(row):
        return Annotations.empty()
    box = np.array([box for one in said for box in one.box], dtype=np.float64)
    return Annotations.from_columns(
        row=row,
        feature=codes[[position for one in said for position in one.feature]],
        box=box,
        placed=~np.isnan(box[:, 0]),
        confidence=[confidence for one in said for confidence in one.confidence],
        area=[area for one in said for area in one.area],
        rle=[rle for one in said for rle in one.rle],
    )


def _add_objects(said: PictureFound, found: CanvasFound, frame: Frame, design: Design) -> None:
    if found.corners is None or found.feature is None or found.confidence is None:
        return
    positions = [design.features.index(name) for name in design.found_features]
    corners = frame.to_picture(found.corners)
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    for i in np.flatnonzero((boxes[:, 2:] > 0).all(axis=1)).tolist():
        rle, area = (None, None) if found.masks is None else outline_of(found.masks[i], frame)
        if area != 0:
            said.add(positions[found.feature[i]], found.confidence[i], box=boxes[i].tolist(), area=area, rle=rle)


def _add_painted(said: PictureFound, found: CanvasFound, frame: Frame, design: Design) -> None:
    if found.painted is None or found.painted_confidence is None:
        return
    # Every pixel takes the feature of the canvas pixel that its middle falls on, so that features never overlap.
    down = nearest_places(frame.height, of=frame.inner_height)
    across = nearest_places(frame.width, of=frame.inner_width)
    painted = found.painted[down][:, across]
    for number, name in enumerate(design.painted_features):
        mask = painted == number + 1
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows):
            top, left, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
            part = mask[top:bottom, left:right]
            said.add(
                design.features.index(name),
                found.painted_confidence[number],
                box=[float(left), float(top), float(right - left), float(bottom - top)],
                area=float(part.sum()),
                rle=encode_part(part, left=int(left), top=int(top), size=(frame.height, frame.width)),
            )
