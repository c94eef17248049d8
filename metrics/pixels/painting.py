"""Masks laid over each other as one map of each picture, and what can be seen of them there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from metrics.objects.masks import Masks


@dataclass(frozen=True, eq=False)
class Painting:
    """Masks of many pictures that lie over each other: the surer one on top, of equally sure ones the later one.

    Attributes:
        masks: The masks.
        order: int64[N] their positions, picture after picture, in the order in which they are painted.
        starts: int64[rows + 1]: those of row r stand at starts[r]:starts[r + 1] in `order`.
    """

    masks: Masks
    order: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, masks: Masks, *, rows: int) -> Self:
        """The masks on so many rows, laid over each other."""
        sure = np.ones(len(masks)) if masks.confidence is None else masks.confidence
        order = np.lexsort((sure, masks.row))
        return cls(masks, order, np.searchsorted(masks.row[order], np.arange(rows + 1)))

    def paint(self, row: int, values: np.ndarray, *, pixels: int, nothing: int) -> np.ndarray:
        """int32[pixels]: the value of the mask on top of each pixel, its columns one below the other.

        Args:
            row: Which picture.
            values: int32[N], one for each mask, such as its class.
            pixels: Height times width of the picture.
            nothing: What stands where no mask is.
        """
        from metrics.kernels.pixels import paint

        canvas = np.full(pixels, nothing, dtype=np.int32)
        order = self.order[self.starts[row] : self.starts[row + 1]]
        paint(self.masks.ones, self.masks.starts, order, values, canvas)
        return canvas


class AreaShapes(NamedTuple):
    """What can be seen of each class on a row: areas by rising row, then class, as in `Areas`.

    Attributes:
        row: int32[A].
        feature: int32[A], the class.
        pixels: int64[A].
        box: float64[A, 4]: left, top, width, height of the smallest box around it, in pixels.
        confidence: float64[A]: mean over its pixels of the confidence of the mask on top; 1 for masks without one.
        mask: int32[A] position of the mask that it is all of; -1 where it is of several.
    """

    row: np.ndarray
    feature: np.ndarray
    pixels: np.ndarray
    box: np.ndarray
    confidence: np.ndarray
    mask: np.ndarray


class AreaMeasurer:
    """Measures areas picture after picture.

    Args:
        masks: The masks that are painted.
        codes: int32[N]: class of each; negative for those that are of none.
        classes: Number of classes.
    """

    def __init__(self, masks: Masks, codes: np.ndarray, *, classes: int) -> None:
        self._codes, self._classes = codes, classes
        self._sure = np.ones(len(masks)) if masks.confidence is None else masks.confidence
        self._parts: list[AreaShapes] = []

    def add(self, row: int, on_top: np.ndarray, ignored: np.ndarray, *, tall: int) -> None:
        """Measure one picture.

        Args:
            row: Its number, larger than those before.
            on_top: int32[pixels] position of the mask on top of each pixel, -1 for none, its columns one below the
                other.
            ignored: bool[pixels], those that are left out.
            tall: Height of the picture.
        """
        from metrics.kernels.pixels import add_areas

        n = self._classes
        pixels, sums = np.zeros(n, dtype=np.int64), np.zeros(n)
        corners, only = np.zeros((n, 4), dtype=np.int32), np.zeros(n, dtype=np.int32)
        add_areas((on_top, self._codes, self._sure), ignored, tall, (pixels, sums, corners, only))
        there = np.flatnonzero(pixels)
        box = corners[there].astype(np.float64)
        box[:, 2:] -= box[:, :2]
        rows = np.full(len(there), row, dtype=np.int32)
        mean = np.minimum(sums[there] / pixels[there], 1.0)
        # One mask alone has its own confidence, to the last digit.
        alone = only[there] >= 0
        mean[alone] = self._sure[only[there][alone]]
        self._parts.append(AreaShapes(rows, there.astype(np.int32), pixels[there], box, mean, only[there]))

    def shapes(self) -> AreaShapes:
        """All of them so far."""
        none = np.zeros(0, dtype=np.int32)
        empty = AreaShapes(none, none, none.astype(np.int64), np.zeros((0, 4)), np.zeros(0), none)
        return AreaShapes._make(np.concatenate(columns) for columns in zip(empty, *self._parts, strict=True))
