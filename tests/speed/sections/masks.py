"""COCO's twelve numbers for masks: run lengths in, numbers out."""

from __future__ import annotations

import numpy as np

import metrics

from ..lines import Line, Lines, Options, no_slower_than
from ..mask_workload import Masked, MaskWorkload, make_mask_workload
from ..peers import HotcocoOnMasks
from ..stopwatch import race
from ..workload import Size
from .coco_numbers import TOLERANCE

PREDICTIONS = 100_000

ABOUT = f"""\
Blobs as large as the boxes of a, in pictures of 640 x 480, as compressed run lengths; {PREDICTIONS:,} predictions.
"From checked masks" is `find_overlaps` and `coco_summary`; theirs is `evaluate` and `accumulate` on what was loaded
before. "From run lengths" is the same with `Masks.from_rle`; theirs with `COCO.from_arrays` and `load_res`."""


def lines(options: Options) -> Lines:
    """Beside hotcoco with and without its loading."""
    size = Size(predictions=PREDICTIONS)
    work = make_mask_workload(size.times(0.02) if options.quick else size)
    hotcoco, truth, found = HotcocoOnMasks(work), _as_masks(work.truth), _as_masks(work.run)
    ours = np.array([*_measure(work, truth, found).numbers().values()])
    np.testing.assert_allclose(ours, hotcoco.numbers(), rtol=0, atol=TOLERANCE)
    rounds = options.rounds(11)
    spent, theirs = race(lambda: _measure(work, truth, found), hotcoco.evaluate, times=rounds)
    yield Line("from checked masks", spent, hotcoco.name, theirs, no_slower_than(hotcoco.name, theirs))
    spent, theirs = race(
        lambda: _measure(work, _as_masks(work.truth), _as_masks(work.run)), hotcoco.load_and_evaluate, times=rounds
    )
    yield Line("from run lengths", spent, hotcoco.name, theirs, no_slower_than(hotcoco.name, theirs))


def _as_masks(masked: Masked) -> metrics.Masks:
    columns = masked.columns
    return metrics.Masks.from_rle(
        columns.row, columns.feature, masked.rle, confidence=columns.confidence, crowd=columns.crowd
    )


def _measure(work: MaskWorkload, truth: metrics.Masks, found: metrics.Masks) -> metrics.CocoSummary:
    return metrics.coco_summary(metrics.find_overlaps(truth, found, rows=work.size.rows, features=work.size.features))
