"""Work spread over the machine's processors."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np

Result = TypeVar("Result")

SMALLEST_SHARE: Final = 20_000
"""Below so many entries, starting a thread costs more than it saves."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_shares(work: Callable[[int, int], Result], n: int, *, smallest: int = SMALLEST_SHARE) -> list[Result]:
    """Call `work(first, last)` on equal shares of n entries side by side; the results in order.

    Only what releases Python's lock runs side by side: numpy and the compiled loops do.

    Args:
        work: What to do with a range of entries.
        n: How many there are.
        smallest: Shares are no smaller than this, because starting a thread costs more than few entries.
    """
    return _side_by_side(work, np.linspace(0, n, _shares(n, smallest) + 1).astype(np.int64))


def in_groups(work: Callable[[int, int], Result], starts: np.ndarray) -> list[Result]:
    """As `in_shares`, with groups kept whole: `work(first, last)` is about the groups from first to before last.

    Args:
        work: What to do with a range of groups.
        starts: int64[groups + 1]: entries of the g-th group stand at starts[g]:starts[g + 1].
    """
    ends = np.linspace(0, starts[-1], _shares(int(starts[-1]), SMALLEST_SHARE) + 1)
    return _side_by_side(work, np.append(np.searchsorted(starts, ends[:-1]), len(starts) - 1))


def _shares(n: int, smallest: int) -> int:
    return max(1, min(processors(), n // smallest))


def _side_by_side(work: Callable[[int, int], Result], bounds: np.ndarray) -> list[Result]:
    parts = list(pairwise(bounds.tolist()))
    if len(parts) == 1:
        return [work(*parts[0])]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(lambda part: work(*part), parts))
