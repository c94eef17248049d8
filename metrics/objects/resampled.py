"""Average precision on rows that are drawn again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from metrics.errors import ColumnError
from metrics.objects.average_precision import CocoSettings, Limits, limits_of
from metrics.objects.overlap import Overlaps
from metrics.resamples import Resamples
from metrics.threads import in_shares

if TYPE_CHECKING:
    from metrics.kernels.resampling import Claimed, Side

BATCH = 16


def resampled_precision(
    overlaps: Overlaps,
    resamples: Resamples,
    *,
    settings: CocoSettings | None = None,
    reduce: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """Average precision by COCO's rule on every resample: what it would be had these rows been measured.

    A row that is drawn three times counts as three rows with the same objects, one that is not drawn is not there.
    Matching happens within a row, so that it is done once; each resample only adds up anew.

    Args:
        overlaps: From `find_overlaps`; only rows that count there are drawn.
        resamples: From `draw_rows`, drawn from rows that count.
        settings: IoUs, areas and detections; those of `coco_summary` for all areas when left out.
        reduce: From float64[n, ious, areas, features] of n resamples to an array of n entries, so that not all of it
            has to be kept; all is kept when left out.

    Returns:
        float64[resamples, ious, areas, features], NaN where a feature has no truth that counts in a resample; or what
        `reduce` made of it.

    Raises:
        ColumnError: If resamples were drawn from other rows than those that count, or there are more than eight areas.

    Example:
        >>> from metrics import Boxes, draw_rows, find_overlaps
        >>> truth = Boxes.from_sizes([0, 1], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> found = Boxes.from_sizes([0], [0], [[0, 0, 10, 10]], confidence=[0.9])
        >>> overlaps = find_overlaps(truth, found, rows=2, features=1)
        >>> drawn = draw_rows(overlaps.keep, count=5)
        >>> drawn.weights(0, 5).tolist()
        [[0, 2], [0, 2], [1, 1], [0, 2], [1, 1]]
        >>> resampled_precision(overlaps, drawn)[:, 0, 0, 0].round(3).tolist()
        [0.0, 0.0, 0.505, 0.0, 0.505]
    """
    if resamples.keep.shape != overlaps.keep.shape or (resamples.keep & ~overlaps.keep).any():
        raise ColumnError("The rows were drawn from others than those that count: draw_rows(overlaps.keep, ...).")
    settings = settings or CocoSettings(areas=CocoSettings().areas[:1])
    limits = limits_of(overlaps, settings)
    sides, claimed = _prepared(overlaps, limits)
    shape = len(limits.floors), len(limits.areas), overlaps.features

    def weigh_share(first: int, last: int) -> np.ndarray:
        from metrics.kernels.resampling import weigh

        parts = []
        for batch in range(first, last, BATCH):
            weights = resamples.weights(batch, min(batch + BATCH, last))
            scores = np.full((len(weights), *shape), np.nan)
            weigh(sides, claimed, limits.recall_levels, weights, scores)
            parts.append(scores if reduce is None else reduce(scores))
        return np.concatenate(parts)

    return np.concatenate(in_shares(weigh_share, resamples.count, smallest=BATCH))


def _prepared(overlaps: Overlaps, limits: Limits) -> tuple[tuple[Side, Side], Claimed]:
    """Both sides with the ranges in which they count, and every claim."""
    from metrics.kernels.matching import list_candidates, list_claims
    from metrics.kernels.resampling import Claimed, Side

    if len(limits.areas) > 8:
        raise ColumnError(f"{len(limits.areas)} ranges of areas were asked for; eight fit.")
    truths, ranked = overlaps.truths, overlaps.predictions
    candidates = list_candidates(overlaps.sides, limits, np.zeros(0, dtype=bool))
    starts, log = list_claims(overlaps.sides, candidates, limits)
    taking_part = (ranked.place < limits.most[-1]) & (ranked.confidence >= limits.min_confidence)
    sides = (
        Side(truths.row, _ranges(truths.area, ~truths.ignored, limits), truths.starts),
        Side(ranked.row, _ranges(ranked.area, taking_part, limits), ranked.starts),
    )
    return sides, Claimed(starts, candidates.place[log.candidate], log.found)


def _ranges(area: np.ndarray, counting: np.ndarray, limits: Limits) -> np.ndarray:
    """uint8[N]: a bit for each range of areas in which something counts."""
    inside = np.zeros(len(area), dtype=np.uint8)
    for a, (smallest, largest) in enumerate(limits.areas):
        inside |= (counting & (area >= smallest) & (area <= largest)).astype(np.uint8) << np.uint8(a)
    return inside
