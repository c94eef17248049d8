"""Pixels counted without the areas that runs dispute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

import metrics
from trainer.measures.painted import IGNORED, PaintedMasks, lay_masks
from trainer.measures.pixels import PixelEvaluation
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows


def count_undisputed(
    pair: tuple[int, int],
    sides: Sequence[PixelEvaluation],
    lines: metrics.DisputeLines,
    *,
    truth: Annotations,
    predictions: Sequence[Annotations],
    rows: Rows,
) -> tuple[metrics.PixelCounts, metrics.PixelCounts]:
    """Count the pixels of two runs once more, those of disputed areas ignored for both.

    Left out are all pixels of a true area that is disputed; where there is none, all that any run that agrees painted.
    Rows without disputes keep their counts.

    Args:
        pair: Places of the two among the runs.
        sides: What the pixels of each run were taken for.
        lines: Disputes of all the runs.
        truth: True masks or outlines, with the row numbers and feature codes of `sides`.
        predictions: Those of each run, likewise.
        rows: The rows.
    """
    one, other = (sides[each].counts for each in pair)
    anew = np.unique(lines.row)
    if not len(anew):
        return one, other
    layers = [lay_masks(each, rows, only=anew) for each in (truth, *predictions)]
    nothing = sides[-1].nothing
    pairs = _maps(layers, lines, pair, nothing=nothing)
    counted = metrics.count_pixels(pairs, classes=nothing + 1, ignore=IGNORED).apart(2)
    return one.with_rows(anew, counted[0]), other.with_rows(anew, counted[1])


def _maps(
    layers: Sequence[PaintedMasks], lines: metrics.DisputeLines, pair: tuple[int, int], *, nothing: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Truth and prediction of both runs in turn, on each row that has disputes."""
    for row in np.unique(lines.row).tolist():
        truth, *painted = (layer.features_on(row, nothing=nothing) for layer in layers)
        known = truth.copy()
        for line in np.flatnonzero(lines.row == row):
            if lines.truth[line] >= 0:
                known[truth == lines.feature[line]] = IGNORED
                continue
            for run in np.flatnonzero(lines.prediction[line] >= 0):
                known[painted[run] == lines.seen_as[line]] = IGNORED
        for each in pair:
            yield known, painted[each]
