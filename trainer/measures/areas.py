"""Painted pixels as objects: what runs painted of each feature on each row, beside the truth of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pyarrow as pa

import metrics
from metrics.pixels.painting import AreaMeasurer, AreaShapes
from trainer.measures.painted import IGNORED, PaintedMasks, lay_masks
from trainer.measures.pixels import PixelEvaluation
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows


class SeenAreas(NamedTuple):
    """All areas of one side.

    Attributes:
        annotations: One for each area, with its box, its pixels as area, and as confidence the mean over its pixels.
        mask: int32[areas]: position of the annotation it is all of; -1 where it is of several.
    """

    annotations: Annotations
    mask: np.ndarray


@dataclass(frozen=True, eq=False)
class PaintedAreas:
    """The areas of runs and their truth, ready for any IoU: all that is visible of one feature on one row.

    Made by `painted_areas`.

    Attributes:
        runs: Which areas of the truth each run found.
        between: What each two runs painted, the former's as truth, in the order of `itertools.combinations`.
        truth: The true areas.
        predictions: The areas of each run.
    """

    runs: tuple[metrics.AreaMatches, ...]
    between: tuple[metrics.AreaMatches, ...]
    truth: SeenAreas
    predictions: tuple[SeenAreas, ...]

    def on_rows(self, keep: np.ndarray, *, min_iou: float) -> tuple[metrics.AreaMatches, ...]:
        """What each run found on some rows, at an IoU: bool[rows]; positions are those of areas."""
        return tuple(run.on_rows(keep).at(min_iou) for run in self.runs)

    def ledger(self, keep: np.ndarray, *, min_iou: float) -> metrics.Ledger:
        """What became of every area between two runs, the first the baseline, on some rows; arguments as above."""
        before, after = self.on_rows(keep, min_iou=min_iou)
        ledger = metrics.keep_area_ledger(before, after, between=self.between[0])
        # Behind the features stands nothing at all, which is no feature.
        return replace(ledger, features=ledger.features - 1)


def painted_areas(
    sides: Sequence[PixelEvaluation],
    truth: Annotations,
    predictions: Sequence[Annotations],
    *,
    rows: Rows,
) -> PaintedAreas:
    """Paint truth and two or more runs once more, and tell each area and what each two runs painted alike.

    Args:
        sides: What the pixels of each run were taken for, against the same truth.
        truth: True masks or outlines, with the row numbers and feature codes of `sides`.
        predictions: Those of each run, likewise.
        rows: The rows.
    """
    nothing = sides[-1].nothing
    layers = [lay_masks(each, rows) for each in (truth, *predictions)]
    measurers = [AreaMeasurer(each.painting.masks, each.codes, classes=nothing) for each in layers]
    pairs = _painted_pairs(layers, measurers, nothing=nothing)
    counts = metrics.count_pixels(pairs, classes=nothing + 1, ignore=IGNORED)
    shapes = [measurer.shapes() for measurer in measurers]
    runs = [
        metrics.match_areas(side.counts, without=[nothing]).surely(seen.confidence)
        for side, seen in zip(sides, shapes[1:], strict=True)
    ]
    ways = len(runs) * (len(runs) - 1) // 2
    between = [metrics.match_areas(each, without=[nothing]) for each in counts.apart(ways)]
    seen = [_as_annotations(shape, of) for shape, of in zip(shapes, (truth, *predictions), strict=True)]
    return PaintedAreas(tuple(runs), tuple(between), seen[0], tuple(seen[1:]))


def _painted_pairs(
    layers: Sequence[PaintedMasks], measurers: Sequence[AreaMeasurer], *, nothing: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What each two runs painted on one row after the other, the areas measured as they come by."""
    for row, tall in enumerate(layers[0].heights.tolist()):
        left_out = layers[0].features_on(row, nothing=nothing) == IGNORED
        painted = []
        for layer, measurer in zip(layers, measurers, strict=True):
            on_top = layer.masks_on(row)
            measurer.add(row, on_top, left_out, tall=tall)
            painted.append(layer.codes_of(on_top, nothing=nothing))
        for one, other in combinations(painted[1:], 2):
            # Where the former itself says nothing, that is no reason to leave the pixel out.
            before = np.where(one == IGNORED, nothing, one)
            yield np.where(left_out, IGNORED, before), other


def _as_annotations(shapes: AreaShapes, of: Annotations) -> SeenAreas:
    named = of.table["object"].take(pa.array(np.maximum(shapes.mask, 0), mask=shapes.mask < 0)).to_pylist()
    annotations = Annotations.from_columns(
        row=shapes.row,
        feature=shapes.feature,
        box=shapes.box,
        area=shapes.pixels,
        confidence=shapes.confidence,
        object=named,
    )
    return SeenAreas(annotations, shapes.mask)
