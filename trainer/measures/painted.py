"""Masks of rows laid over each other, and the map of one row at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from metrics.pixels.painting import Painting
from trainer.measures.masks import masks_of
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows

IGNORED: Final = -1
"""The code of pixels that the truth leaves out."""
_NO_MASK: Final = -1


@dataclass(frozen=True, eq=False)
class PaintedMasks:
    """Masks laid over each other: the surer one on top, of equally sure ones, as truths are, the later one.

    Made by `lay_masks`.

    Attributes:
        painting: As `metrics` lays them.
        codes: int32[n]: feature of each mask; `IGNORED` for crowds and truths that are ignored.
        heights: int64[rows], in pixels.
        pixels: int64[rows], height times width.
    """

    painting: Painting
    codes: np.ndarray
    heights: np.ndarray
    pixels: np.ndarray

    def features_on(self, row: int, *, nothing: int) -> np.ndarray:
        """int32[pixels] feature of each pixel of a row, column by column; `nothing` where no mask is."""
        return self.painting.paint(row, self.codes, pixels=int(self.pixels[row]), nothing=nothing)

    def map_of(self, row: int, *, nothing: int) -> np.ndarray:
        """int32[height, width]: what `features_on` tells, as the picture lies."""
        tall, pixels = int(self.heights[row]), int(self.pixels[row])
        return self.features_on(row, nothing=nothing).reshape((tall, pixels // max(tall, 1)), order="F")

    def masks_on(self, row: int) -> np.ndarray:
        """int32[pixels] position of the mask on top of each pixel of a row, -1 where none is."""
        positions = np.arange(len(self.codes), dtype=np.int32)
        return self.painting.paint(row, positions, pixels=int(self.pixels[row]), nothing=_NO_MASK)

    def codes_of(self, on_top: np.ndarray, *, nothing: int) -> np.ndarray:
        """The features that `features_on` tells, from what `masks_on` told."""
        return np.append(self.codes, np.int32(nothing))[on_top]


def lay_masks(annotations: Annotations, rows: Rows, *, only: np.ndarray | None = None) -> PaintedMasks:
    """Lay the masks or outlines of each row over each other.

    Args:
        annotations: Masks or outlines.
        rows: The rows they are on.
        only: int[n]: the rows that are wanted; the others stay empty. All of them when left out.

    Raises:
        ColumnError: If an annotation has neither mask nor outline.
    """
    if only is not None:
        annotations = annotations.take(np.flatnonzero(np.isin(annotations.row, only)))
    masks = masks_of(annotations, rows)
    codes = np.where(masks.crowd | masks.ignored, IGNORED, masks.feature).astype(np.int32)
    heights = rows.heights.astype(np.int64)
    return PaintedMasks(Painting.of(masks, rows=len(rows)), codes, heights, heights * rows.widths)
