"""Work on many pictures at once, in order, with progress."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Report = Callable[[int, int], None]
"""Told (how many pictures are done, of how many)."""

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")

_MOST_THREADS = 16
_AT_A_TIME = 256


def each(work: Callable[[_Given], _Made], items: Sequence[_Given], *, report: Report | None = None) -> Iterator[_Made]:
    """Results of `work` in the order of `items`; reading, decoding and hashing release the interpreter.

    Only some hundred results wait at a time, so that packing a million pictures needs no memory for a million.
    """
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as threads:
        for start in range(0, len(items), _AT_A_TIME):
            for i, made in enumerate(threads.map(work, items[start : start + _AT_A_TIME]), start + 1):
                yield made
                if report:
                    report(i, len(items))
