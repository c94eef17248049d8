"""A reader asks where a candidate is worse: slices are searched for among the rows' metadata."""

from __future__ import annotations

import numpy as np

import metrics

from ..lines import Line, Lines, Options, at_most
from ..stopwatch import race
from ..workload import Size, all_overlaps, make_workload

LIMIT = 10.0
COLUMNS, VALUES = 20, 5

ABOUT = f"""\
`find_slices` over {COLUMNS} metadata columns of {VALUES} values each on 5,000 rows, pairs of conditions included, with
1,000 swaps that say what chance would show: of F1 per row, and of every truth found or missed."""


def lines(options: Options) -> Lines:
    """By rows, and by objects."""
    size = Size().times(0.02) if options.quick else Size()
    work = make_workload(size, runs=2)
    runs = [metrics.match(each, min_confidence=0.3) for each in all_overlaps(work)]
    f1 = [next(each for each in metrics.ratios_of(run) if each.name == "F1") for run in runs]
    rng = np.random.default_rng(5)
    columns = [metrics.by_value(f"column {i}", rng.integers(0, VALUES, size.rows)) for i in range(COLUMNS)]
    by_row = metrics.pair_ratios(f1[0], f1[1])
    by_object = metrics.pair_found(metrics.keep_ledger(*runs), keep=runs[0].overlaps.keep)
    rows, objects = race(
        lambda: metrics.find_slices(by_row, columns),
        lambda: metrics.find_slices(by_object, columns),
        times=options.rounds(3),
    )
    yield Line("slices of F1 by row", rows, bar=at_most(LIMIT))
    yield Line("slices of truths found or missed", objects, bar=at_most(LIMIT))
