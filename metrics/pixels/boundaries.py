"""Pixels near the edge of their class, which tell how well outlines are followed."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np

from metrics.errors import ColumnError, ThresholdError
from metrics.pixels.counts import ClassPixels, RowClasses

BOUNDARY_RULE: Final = "Boundary IoU: inner boundaries within a share of the diagonal, in squares"
BOUNDARY_SHARE: Final = 0.02
"""How far from an edge a pixel may lie, as a share of the picture's diagonal: the paper's."""


@dataclass(frozen=True, eq=False)
class BoundaryCounts:
    """Edge pixels of each class in each row, right, false and missed; from `count_pixels`.

    Attributes:
        per_row_class: tp are pixels near the edge of the class in truth and in prediction, fp only in the prediction,
            missed only in the truth; for rows and classes where there are any.
        share: How far from an edge pixels count, as a share of the picture's diagonal.
        rule: Name of the rule.
    """

    per_row_class: RowClasses
    share: float
    rule: str = BOUNDARY_RULE

    def on_rows(self, keep: np.ndarray) -> BoundaryCounts:
        """Only some rows: bool[rows]; rows left out earlier stay out."""
        return replace(self, per_row_class=self.per_row_class.on_rows(keep))

    @cached_property
    def per_class(self) -> ClassPixels:
        """Summed over the rows that count; int64[classes] each."""
        return self.per_row_class.per_class


def boundary(mask: np.ndarray, *, share: float = BOUNDARY_SHARE) -> np.ndarray:
    """The pixels of a mask that lie near its edge.

    Those that have a pixel outside of the mask at most d rows and d columns away; beyond the picture's end is outside.
    d is `share` of the picture's diagonal, rounded (halves to the even number), and at least 1.

    Args:
        mask: bool[height, width].
        share: How far from the edge, as a share of the diagonal; above 0.

    Returns:
        bool[height, width].

    Raises:
        ColumnError: If the mask has other than two dimensions.
        ThresholdError: If `share` is not positive.

    Example:
        >>> boundary(np.ones((4, 5), dtype=bool)).astype(int).tolist()
        [[1, 1, 1, 1, 1], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1], [1, 1, 1, 1, 1]]

    Source:
        Cheng et al. 2021, arXiv:2103.16562, with squares for distance as in the authors' own program.
    """
    inside = np.asarray(mask).astype(bool)
    return inside & _edges(inside.astype(np.int32), _check_share(share))


def boundary_iou(truth: np.ndarray, predicted: np.ndarray, *, share: float = BOUNDARY_SHARE) -> float:
    """How well the outlines of two masks agree: what both have near their edges, by what either has.

    Args:
        truth: bool[height, width], the true mask.
        predicted: bool[height, width], the predicted mask.
        share: How far from the edge, as a share of the diagonal; above 0.

    Returns:
        A number in [0, 1]; NaN where both masks are empty.

    Raises:
        ColumnError: If the masks differ in shape or have other than two dimensions.
        ThresholdError: If `share` is not positive.

    Example:
        >>> truth, predicted = np.ones((4, 5), dtype=bool), np.zeros((4, 5), dtype=bool)
        >>> predicted[:, :3] = True
        >>> round(boundary_iou(truth, predicted), 4)
        0.5

    Source:
        Cheng et al. 2021, arXiv:2103.16562.
    """
    if np.shape(truth) != np.shape(predicted):
        raise ColumnError(f"The masks differ in shape: {list(np.shape(truth))} and {list(np.shape(predicted))}.")
    one, other = boundary(truth, share=share), boundary(predicted, share=share)
    either = int(np.count_nonzero(one | other))
    return int(np.count_nonzero(one & other)) / either if either else math.nan


def reach_of(shape: tuple[int, ...], share: float) -> int:
    """How many pixels from an edge count."""
    return max(1, round(share * math.sqrt(shape[0] ** 2 + shape[1] ** 2)))


@dataclass
class BoundaryCounter:
    """Edge pixels picture by picture."""

    classes: int
    share: float
    row: array[int] = field(default_factory=lambda: array("i"))
    code: array[int] = field(default_factory=lambda: array("i"))
    pixels: array[int] = field(default_factory=lambda: array("q"))

    def __post_init__(self) -> None:
        self.share = _check_share(self.share)

    def add(self, row: int, truth: np.ndarray, predicted: np.ndarray) -> None:
        """Count a picture, int32[height, width] on either side with -1 for no class."""
        from metrics.kernels.pixels import count_edges

        counted = np.zeros((self.classes, 3), dtype=np.int64)
        count_edges(truth, predicted, (_edges(truth, self.share), _edges(predicted, self.share)), counted)
        found = np.flatnonzero(counted.any(axis=1)).astype(np.int32)
        self.row.frombytes(np.full(len(found), row, dtype=np.int32).tobytes())
        self.code.frombytes(found.tobytes())
        self.pixels.frombytes(counted[found].tobytes())

    def counts(self, rows: int) -> BoundaryCounts:
        """What was counted so far."""
        pixels = np.frombuffer(self.pixels, dtype=np.int64).reshape(-1, 3)
        row, code = np.frombuffer(self.row, dtype=np.int32), np.frombuffer(self.code, dtype=np.int32)
        columns = ClassPixels(*np.ascontiguousarray(pixels.T))
        return BoundaryCounts(RowClasses(row, code, columns, self.classes, np.ones(rows, dtype=bool)), self.share)


def _edges(labels: np.ndarray, share: float) -> np.ndarray:
    """bool[height, width]: pixels near another label, or near the picture's end."""
    from metrics.kernels.pixels import mark_edges

    if labels.ndim != 2:
        raise ColumnError(
            f"A map has {labels.ndim} dimensions, but distance from an edge is told in pictures of [height, width]."
        )
    edge = np.empty(labels.shape, dtype=bool)
    mark_edges(labels, reach_of(labels.shape, share), np.zeros(labels.shape[1], dtype=np.int64), edge)
    return edge


def _check_share(share: float) -> float:
    if not 0 < share < math.inf:
        raise ThresholdError(
            f"The share of the diagonal is {share}; it must lie above 0. The paper's is {BOUNDARY_SHARE}.",
            value=share,
            lowest=0.0,
            highest=math.inf,
        )
    return float(share)
