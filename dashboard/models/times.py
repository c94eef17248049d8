"""Durations, in a reader's words."""

from __future__ import annotations

import math


def say_seconds(seconds: float) -> str:
    """A duration with the two largest units that matter.

    Args:
        seconds: Not below 0.

    Example:
        >>> [say_seconds(value) for value in (0.4, 42, 80, 3600, 5000, 90_000)]
        ['less than 1 s', '42 s', '1 min 20 s', '1 h', '1 h 23 min', '1 d 1 h']
    """
    if not math.isfinite(seconds):
        return "unknown"
    whole = int(seconds)
    if whole < 1:
        return "less than 1 s"
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    largest = next(i for i, (_, size) in enumerate(units) if whole >= size)
    parts = []
    for name, size in units[largest : largest + 2]:
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts)
