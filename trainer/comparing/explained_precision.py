"""A gain in average precision and its parts on drawn rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

import metrics
from metrics.comparison.objects import standing_of_precision
from metrics.comparison.vanishing import widen_for_vanishing
from metrics.standing import count_differing
from metrics.undefined import means_of_defined
from trainer.comparing.explained_cells import ExplainedNumber
from trainer.comparing.explained_certainty import DrawnGain, PartKinds

ALL_PREDICTIONS: Final = 2**31 - 1
_MOST: Final = metrics.CocoSettings().max_detections[-1]


def draw_precision(
    counted: metrics.ExplainedGain,
    runs: Sequence[metrics.Overlaps],
    drawn: metrics.Resamples,
    *,
    kinds: PartKinds,
    number: ExplainedNumber,
    rest: Mapping[str, float],
    told_apart: bool,
) -> DrawnGain:
    """The gain that is told, its parts and what they leave, on every resample.

    Args:
        counted: The gain of the predictions that are told apart.
        runs: Both runs with all of their predictions, on the rows that were drawn.
        drawn: The draws.
        kinds: What its parts are about.
        number: The gain that is told, of the surest 100 predictions of a row and feature.
        rest: What no part explains: ``remainder``, ``below`` and ``beyond``.
        told_apart: All predictions are, because none is below the confidence.
    """
    parts = metrics.draw_precision_parts(counted, drawn)
    every = parts.gain, parts.shares, parts.widened
    if not told_apart:
        every = _gains(runs, drawn, counted.min_iou, ALL_PREDICTIONS)
    crowded = any(run.predictions.place.max(initial=0) >= _MOST for run in runs)
    gain, shares, widened = _gains(runs, drawn, counted.min_iou, _MOST) if crowded else every
    standing = (standing_of_precision(run, drawn) for run in runs)
    telling = [count_differing(*both) for both in zip(*standing, strict=True)]
    return DrawnGain(
        kinds,
        counted.parts.gains,
        replace(parts, gain=gain, shares=shares, telling_gain=np.array(telling), widened=widened),
        number.candidate - number.baseline,
        np.nan_to_num(number.shares),
        {
            "remainder": (rest["remainder"], parts.gain - parts.parts.sum(axis=1)),
            "below": (rest["below"], every[0] - parts.gain),
            "beyond": (rest["beyond"], gain - every[0]),
        },
    )


def _gains(
    runs: Sequence[metrics.Overlaps], drawn: metrics.Resamples, min_iou: float, most: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """The gain on every resample, what each feature adds, and how many times as wide intervals must be.

    So many predictions of a row and feature take part.
    """
    settings = metrics.CocoSettings(ious=(min_iou,), areas=metrics.CocoSettings().areas[:1], max_detections=(most,))
    before, after = (metrics.resampled_precision(run, drawn, settings=settings)[:, 0, 0] for run in runs)
    over = after - before
    defined = np.count_nonzero(~np.isnan(over), axis=1).astype(np.float64)
    defined[defined == 0] = np.nan
    return means_of_defined(over), np.nan_to_num(over) / defined[:, None], widen_for_vanishing(over)
