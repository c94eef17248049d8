"""A reader filters the rows, and everything that the page shows follows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import metrics

from ..lines import Line, Lines, Options, at_most
from ..stopwatch import race
from ..workload import Size, Workload, all_overlaps, make_workload
from .sliders import LIMIT, answer

QUESTION = (0.55, 0.1)

ABOUT = """\
A reader filters the rows: `on_rows` with a choice of half of them that was not made before, then all of b. Checked
before: every number equals that of measuring these rows alone."""


def lines(options: Options) -> Lines:
    """The filter and the answers together, and the filter alone."""
    work = make_workload(Size().times(0.02) if options.quick else Size(), runs=2)
    runs = all_overlaps(work)
    _check(work, runs)
    chance, pool, rounds = np.random.default_rng(0), ThreadPoolExecutor(len(runs)), options.rounds(15)

    def half() -> np.ndarray:
        return chance.permutation(work.size.rows) < work.size.rows // 2

    def filter_and_ask() -> object:
        keep = half()
        return list(pool.map(lambda run: answer(run.on_rows(keep), *QUESTION), runs))

    def filter_only() -> object:
        keep = half()
        return list(pool.map(lambda run: run.on_rows(keep), runs))

    together, alone = race(filter_and_ask, filter_only, times=rounds)
    yield Line("`on_rows` and all of b, both runs side by side", together, bar=at_most(LIMIT))
    yield Line("`on_rows` alone", alone)


def _check(work: Workload, runs: list[metrics.Overlaps]) -> None:
    """What is said on half of the rows is what is said when there are no others."""
    keep = np.arange(work.size.rows) % 2 == 0
    for whole, part in zip(runs, all_overlaps(work.on_rows(keep)), strict=True):
        *filtered, found, false, missed = answer(whole.on_rows(keep), *QUESTION)
        *alone, found_alone, false_alone, missed_alone = answer(part, *QUESTION)
        for ours, expected in zip(filtered, alone, strict=True):
            np.testing.assert_array_equal(ours, expected)
        for ours, expected in ((found, found_alone), (false, false_alone), (missed, missed_alone)):
            np.testing.assert_array_equal(np.asarray(ours)[keep], expected)
            assert not np.asarray(ours)[~keep].any()
