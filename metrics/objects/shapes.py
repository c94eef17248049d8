"""What boxes, masks and keypoints have in common."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, NamedTuple

import numpy as np

from metrics.columns import Flags, Numbers, as_codes, as_flags, as_numbers, check_confidence, check_lengths
from metrics.errors import ColumnError


@dataclass(frozen=True, eq=False)
class Shapes:
    """N objects in rows, true or predicted, in any order; the order settles ties.

    They are made as `Boxes`, `Masks` or `Keypoints`.

    Attributes:
        row: int32[N] number of the row (picture), from 0.
        feature: int32[N] code of what was found, from 0.
        confidence: float64[N] in [0, 1], or None, which counts as 1.
        area: float64[N] stated area of the object; what COCO compares with its size limits.
        crowd: bool[N]: the shape holds many objects and may absorb any number of predictions.
        ignored: bool[N]: neither counts when found nor when missed.
        box: float64[N, 4]: left, top, width, height of the box around the shape.
    """

    kind: ClassVar[str] = "shapes"

    row: np.ndarray
    feature: np.ndarray
    confidence: np.ndarray | None
    area: np.ndarray
    crowd: np.ndarray
    ignored: np.ndarray
    box: np.ndarray

    def __post_init__(self) -> None:
        check_lengths({field.name: getattr(self, field.name) for field in fields(Shapes)}, things=self.kind)
        check_confidence(self.confidence, things=self.kind)
        self._check_shape()
        self._check_area()

    def __len__(self) -> int:
        return len(self.row)

    @property
    def measured_area(self) -> np.ndarray:
        """float64[N]: area of the shape itself, which COCO compares with its size limits for predictions."""
        raise NotImplementedError

    def _check_shape(self) -> None:
        """Lengths and places are what they may be."""

    def _check_area(self) -> None:
        bad = np.flatnonzero(~(np.isfinite(self.area) & (self.area >= 0)))
        if len(bad):
            first = int(bad[0])
            raise ColumnError(
                f"{len(bad):,} of {len(self):,} {self.kind} have a negative or unknown area; "
                f"first: number {first} (row {self.row[first]}) with {self.area[first]}.",
                bad=len(bad),
                first=first,
            )


class Shared(NamedTuple):
    """The columns that every kind of shape is told, as arrays of the types that `Shapes` names."""

    row: np.ndarray
    feature: np.ndarray
    confidence: np.ndarray | None
    area: np.ndarray
    crowd: np.ndarray
    ignored: np.ndarray


def shared_columns(
    row: Numbers,
    feature: Numbers,
    *,
    things: str,
    confidence: Numbers | None,
    area: Numbers,
    crowd: Flags | None,
    ignored: Flags | None,
) -> Shared:
    """The columns that every kind of shape is told, flags that were left out filled in.

    Raises:
        ColumnError: If a row number or feature code is negative or has a fraction, or a column holds no numbers.
    """
    rows = as_codes("row", row, things=things)
    crowds, ignoring = (
        np.zeros(len(rows), dtype=bool) if flags is None else as_flags(name, flags, things=things)
        for name, flags in (("crowd", crowd), ("ignored", ignored))
    )
    return Shared(
        row=rows,
        feature=as_codes("feature", feature, things=things),
        confidence=None if confidence is None else as_numbers("confidence", confidence, things=things),
        area=as_numbers("area", area, things=things),
        crowd=crowds,
        ignored=ignoring,
    )
