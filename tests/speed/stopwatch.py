"""Measuring time side by side."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

Work = Callable[[], object]


def seconds(work: Work) -> float:
    """How long one call takes; letting its result go is not counted."""
    start = time.perf_counter()
    result = work()
    spent = time.perf_counter() - start
    del result
    return spent


def race(*works: Work, times: int = 7, warm: bool = True) -> list[float]:
    """The median seconds of each, called in turn.

    Every round calls each once, every other round backwards, so that whatever else the machine does falls on all alike.

    Args:
        works: What to call.
        times: Number of rounds.
        warm: Call each once before, uncounted.
    """
    if warm:
        for work in works:
            work()
    spans: list[list[float]] = [[] for _ in works]
    gc.collect()
    gc.disable()  # as timeit does: the millions of objects that some programs make would be looked through for all
    try:
        for turn in range(times):
            for place in range(len(works))[:: -1 if turn % 2 else 1]:
                spans[place].append(seconds(works[place]))
    finally:
        gc.enable()
    return [statistics.median(each) for each in spans]
