"""What a metric reads: columns of boxes, checked once on arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from metrics.errors import ColumnError

Numbers = Sequence[float] | np.ndarray
Flags = Sequence[bool] | np.ndarray
Corners = Sequence[Sequence[float]] | np.ndarray


@dataclass(frozen=True, eq=False)
class Boxes:
    """N boxes on pictures, true or predicted, in any order; the order settles ties.

    Make them with `from_sizes` or `from_corners`.

    Attributes:
        row: int32[N] number of the picture, from 0.
        feature: int32[N] code of what was found, from 0.
        box: float64[N, 4]: left, top, width, height, as in COCO's files.
        confidence: float64[N] in [0, 1], or None, which counts as 1.
        area: float64[N] stated area of the object; what COCO compares with its size limits.
        crowd: bool[N]: the box holds many objects and may absorb any number of predictions.
        ignored: bool[N]: neither counts when found nor when missed.
    """

    row: np.ndarray
    feature: np.ndarray
    box: np.ndarray
    confidence: np.ndarray | None
    area: np.ndarray
    crowd: np.ndarray
    ignored: np.ndarray

    def __post_init__(self) -> None:
        _check_lengths(self)
        _check_numbers(self)
        _check_sizes(self)
        _check_confidence(self)

    @classmethod
    def from_sizes(
        cls,
        row: Numbers,
        feature: Numbers,
        box: Corners,
        *,
        confidence: Numbers | None = None,
        area: Numbers | None = None,
        crowd: Flags | None = None,
        ignored: Flags | None = None,
    ) -> Self:
        """Boxes given as left, top, width, height.

        Args:
            row: N picture numbers, from 0.
            feature: N feature codes, from 0.
            box: N boxes as left, top, width, height, in pixels or any other unit of length.
            confidence: N numbers in [0, 1]; left out for truth.
            area: N areas in squares of that unit; width times height when left out.
            crowd: N flags; all false when left out.
            ignored: N flags; all false when left out.

        Raises:
            ColumnError: If lengths differ, a number is negative or not finite, or a confidence lies outside [0, 1].

        Example:
            >>> Boxes.from_sizes([0, 0], [2, 1], [[4, 4, 10, 20], [30, 8, 5, 5]]).area.tolist()
            [200.0, 25.0]
        """
        n = len(row)
        sizes = np.asarray(box, dtype=np.float64).reshape(-1, 4)
        return cls(
            row=np.asarray(row, dtype=np.int32),
            feature=np.asarray(feature, dtype=np.int32),
            box=sizes,
            confidence=None if confidence is None else np.asarray(confidence, dtype=np.float64),
            area=sizes[:, 2] * sizes[:, 3] if area is None else np.asarray(area, dtype=np.float64),
            crowd=np.zeros(n, dtype=bool) if crowd is None else np.asarray(crowd, dtype=bool),
            ignored=np.zeros(n, dtype=bool) if ignored is None else np.asarray(ignored, dtype=bool),
        )

    @classmethod
    def from_corners(
        cls,
        row: Numbers,
        feature: Numbers,
        box: Corners,
        *,
        confidence: Numbers | None = None,
        area: Numbers | None = None,
        crowd: Flags | None = None,
        ignored: Flags | None = None,
    ) -> Self:
        """Boxes given as left, top, right, bottom; otherwise as `from_sizes`.

        Raises:
            ColumnError: As `from_sizes`, or if a box ends before it starts.

        Example:
            >>> Boxes.from_corners([0], [0], [[4, 4, 14, 24]]).box.tolist()
            [[4.0, 4.0, 10.0, 20.0]]
        """
        corners = np.asarray(box, dtype=np.float64).reshape(-1, 4)
        _check_corners(corners, np.asarray(row))
        sizes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
        return cls.from_sizes(row, feature, sizes, confidence=confidence, area=area, crowd=crowd, ignored=ignored)

    def __len__(self) -> int:
        return len(self.row)


def _check_lengths(boxes: Boxes) -> None:
    for column in fields(boxes):
        values = getattr(boxes, column.name)
        if values is not None and len(values) != len(boxes):
            raise ColumnError(
                f"Column {column.name!r} has {len(values):,} values, but there are {len(boxes):,} row numbers. "
                "Every column needs one value for each box."
            )


def _check_numbers(boxes: Boxes) -> None:
    for name in ("row", "feature"):
        values = getattr(boxes, name)
        bad = np.flatnonzero(values < 0)
        if len(bad):
            raise ColumnError(
                f"{len(bad):,} of {len(values):,} boxes have a negative {name}; "
                f"first: box {bad[0]} with {values[bad[0]]}. Numbers of {name}s start at 0.",
                bad=len(bad),
                first=int(bad[0]),
            )


def _check_sizes(boxes: Boxes) -> None:
    numbers = np.column_stack([boxes.box, boxes.area])
    bad = np.flatnonzero(~np.isfinite(numbers).all(axis=1) | (numbers[:, 2:] < 0).any(axis=1))
    if len(bad):
        first = int(bad[0])
        raise ColumnError(
            f"{len(bad):,} of {len(boxes):,} boxes have a negative or unknown length or area; first: box {first} "
            f"(row {boxes.row[first]}) with {tuple(boxes.box[first].tolist())} and area {boxes.area[first]}. "
            "Boxes are left, top, width, height. If yours are left, top, right, bottom: Boxes.from_corners(...).",
            bad=len(bad),
            first=first,
        )


def _check_confidence(boxes: Boxes) -> None:
    if boxes.confidence is None:
        return
    bad = np.flatnonzero(~((boxes.confidence >= 0) & (boxes.confidence <= 1)))
    if len(bad):
        first = int(bad[0])
        raise ColumnError(
            f"{len(bad):,} of {len(boxes):,} confidences lie outside [0, 1]; first: box {first} "
            f"(row {boxes.row[first]}) with {boxes.confidence[first]}. "
            "If yours are logits, pass them through a sigmoid or softmax first.",
            bad=len(bad),
            first=first,
        )


def _check_corners(corners: np.ndarray, row: np.ndarray) -> None:
    bad = np.flatnonzero((corners[:, 2:] < corners[:, :2]).any(axis=1))
    if len(bad):
        first = int(bad[0])
        place = f"box {first} (row {row[first]})" if first < len(row) else f"box {first}"
        raise ColumnError(
            f"{len(bad):,} of {len(corners):,} boxes end before they start; "
            f"first: {place} with corners {tuple(corners[first].tolist())}. "
            "Corners are left, top, right, bottom. If yours are left, top, width, height: Boxes.from_sizes(...).",
            bad=len(bad),
            first=first,
        )
