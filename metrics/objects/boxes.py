"""Boxes, true or predicted, checked once on arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from metrics.columns import Flags, Numbers, as_lines
from metrics.errors import ColumnError
from metrics.objects.shapes import Shapes, shared_columns

Corners = Sequence[Sequence[float]] | np.ndarray


@dataclass(frozen=True, eq=False)
class Boxes(Shapes):
    """N boxes on pictures, true or predicted, in any order; the order settles ties.

    Make them with `from_sizes` or `from_corners`. The columns that every shape has are told at `Shapes`.
    """

    kind: ClassVar[str] = "boxes"

    @property
    def measured_area(self) -> np.ndarray:
        """float64[N]: width times height."""
        return self.box[:, 2] * self.box[:, 3]

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
            ColumnError: If lengths differ, a box is not of four numbers, one is negative or not finite, or a confidence
                lies outside [0, 1].

        Example:
            >>> Boxes.from_sizes([0, 0], [2, 1], [[4, 4, 10, 20], [30, 8, 5, 5]]).area.tolist()
            [200.0, 25.0]
        """
        sizes = as_lines("box", box, 4, things=cls.kind)
        with np.errstate(over="ignore"):  # told as an unknown area
            stated = sizes[:, 2] * sizes[:, 3] if area is None else area
        shared = shared_columns(
            row, feature, things=cls.kind, confidence=confidence, area=stated, crowd=crowd, ignored=ignored
        )
        return cls(*shared, box=sizes)

    @classmethod
    def from_corners(
        cls,
        row: Numbers,
        feature: Numbers,
        box: Corners,
        *,
        inclusive: bool = False,
        confidence: Numbers | None = None,
        area: Numbers | None = None,
        crowd: Flags | None = None,
        ignored: Flags | None = None,
    ) -> Self:
        """Boxes given as left, top, right, bottom; otherwise as `from_sizes`.

        Args:
            row: N picture numbers, from 0.
            feature: N feature codes, from 0.
            box: N boxes as left, top, right, bottom.
            inclusive: The right and bottom pixels belong to the box, as in Pascal VOC's files: a box from 3 to 3 is
                one pixel wide.
            confidence: N numbers in [0, 1]; left out for truth.
            area: N areas in squares of that unit; width times height when left out.
            crowd: N flags; all false when left out.
            ignored: N flags; all false when left out.

        Raises:
            ColumnError: As `from_sizes`, or if a box ends before it starts.

        Example:
            >>> Boxes.from_corners([0], [0], [[4, 4, 14, 24]]).box.tolist()
            [[4.0, 4.0, 10.0, 20.0]]
        """
        corners = as_lines("box", box, 4, things=cls.kind)
        _check_corners(corners, np.asarray(row))
        sizes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2] + inclusive], axis=1)
        return cls.from_sizes(row, feature, sizes, confidence=confidence, area=area, crowd=crowd, ignored=ignored)

    def _check_shape(self) -> None:
        bad = np.flatnonzero(~np.isfinite(self.box).all(axis=1) | (self.box[:, 2:] < 0).any(axis=1))
        if len(bad):
            first = int(bad[0])
            raise ColumnError(
                f"{len(bad):,} of {len(self):,} boxes have a negative or unknown length; first: number {first} "
                f"(row {self.row[first]}) with {tuple(self.box[first].tolist())}. "
                "Boxes are left, top, width, height. If yours are left, top, right, bottom: Boxes.from_corners(...).",
                bad=len(bad),
                first=first,
            )


def _check_corners(corners: np.ndarray, row: np.ndarray) -> None:
    bad = np.flatnonzero((corners[:, 2:] < corners[:, :2]).any(axis=1))
    if len(bad):
        first = int(bad[0])
        place = f"number {first} (row {row[first]})" if first < len(row) else f"number {first}"
        raise ColumnError(
            f"{len(bad):,} of {len(corners):,} boxes end before they start; "
            f"first: {place} with corners {tuple(corners[first].tolist())}. "
            "Corners are left, top, right, bottom. If yours are left, top, width, height: Boxes.from_sizes(...).",
            bad=len(bad),
            first=first,
        )
