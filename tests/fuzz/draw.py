"""Random columns that all arenas share: few different values, so that ties are common."""

from __future__ import annotations

from typing import Any

import numpy as np

Chance = np.random.Generator


def sizes(chance: Chance) -> tuple[int, int, int, int]:
    """Rows, features, truths, predictions; now and then more than a hundred predictions of a row and feature."""
    if chance.random() < 0.05:
        return int(chance.integers(1, 3)), 1, int(chance.choice([0, 3, 40])), int(chance.integers(90, 260))
    rows, features = int(chance.integers(1, 7)), int(chance.integers(1, 5))
    most = int(chance.choice([3, 10, 40]))
    return rows, features, int(chance.integers(0, most)), int(chance.integers(0, 2 * most))


def codes(chance: Chance, n: int, size: int) -> list[int]:
    """Numbers of rows or features, some of them left out now and then."""
    known = np.flatnonzero(chance.random(size) < chance.choice([0.6, 1.0]))
    return chance.choice(known if len(known) else np.arange(size), n).tolist()


def flags(chance: Chance, n: int, shares: tuple[float, ...] = (0, 0, 0.15, 0.5, 1)) -> list[bool]:
    """True for none, some or all."""
    return (chance.random(n) < chance.choice(shares)).tolist()


def confidences(chance: Chance, n: int) -> list[float]:
    """Few levels, neighbouring numbers, limits, or anything."""
    kind = chance.integers(0, 6)
    if kind == 0:
        return np.full(n, chance.choice([0.0, 0.5, 1.0])).tolist()
    if kind == 1:
        return chance.choice([0.5, np.nextafter(0.5, 0), np.nextafter(0.5, 1), 0.0, 5e-324, 1.0], n).tolist()
    if kind == 2:
        return chance.random(n).tolist()
    if kind == 3:
        return chance.random(n).astype(np.float32).tolist()
    return (chance.integers(0, 6, n) / 5).tolist()


def stated_areas(chance: Chance, measured: np.ndarray) -> list[float]:
    """The measured area, a share of it, or something on or beside one of COCO's limits."""
    n = len(measured)
    limits = np.array([0.0, 32.0**2, 96.0**2, 1e10])
    beside = np.nextafter(chance.choice(limits, n), chance.choice([0.0, 1e300], n))
    choices = [measured, measured / 2, chance.choice(limits, n), beside]
    which = chance.integers(0, 4, n) * (chance.random() < 0.5)
    return np.choose(which, choices).astype(float).tolist() if n else []


def columns(chance: Chance, n: int, rows: int, features: int) -> dict[str, Any]:
    """Row and feature of n objects."""
    return {"row": codes(chance, n, rows), "feature": codes(chance, n, features)}
