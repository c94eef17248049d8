"""Which of many overlapping slices say something of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from metrics.comparison.flips import Swaps

SAME = 2.0
"""Gains that differ by less than so many standard errors are taken for the same when a slice is told in fewer words."""

Conditions = tuple[tuple[int, int], ...]
"""Column and code of each condition, in the order of the columns; none for all objects."""


class Suspect(NamedTuple):
    """A slice in which the runs differ.

    Attributes:
        conditions: What is in it.
        strength: How strongly they differ, with the sign of the gain.
    """

    conditions: Conditions
    strength: float


class Kept(NamedTuple):
    """A suspect and what it holds: bool[N]."""

    suspect: Suspect
    here: np.ndarray


def tell_apart(
    swaps: Swaps, suspects: Sequence[Suspect], inside: Callable[[Conditions], np.ndarray], *, critical: float, most: int
) -> list[Suspect]:
    """Keep the suspects that say something of their own, the strongest first.

    In order of falling strength (then fewer conditions, then the order of columns), a suspect is kept if what it holds
    outside all kept ones still differs by at least `critical`, or if its gain goes at least `critical` standard errors
    beyond the rest of every kept one that it shares objects with. What is kept is told in as few conditions as will
    do: a suspect that consists of fewer of its conditions stands for it if what that one holds besides has about the
    same gain. In the end, beginning with the one of most objects, those are dropped that by the same rule say nothing
    beside the others: what was only kept for a part that has since been named by itself.

    Args:
        swaps: Both runs.
        suspects: What differs.
        inside: bool[N] objects that meet conditions.
        critical: Strength that chance alone seldom reaches anywhere.
        most: Stop after so many.
    """
    known = {each.conditions: each for each in suspects}
    kept: list[Kept] = []
    for suspect in sorted(suspects, key=lambda each: (-abs(each.strength), len(each.conditions), each.conditions)):
        this = Kept(suspect, inside(suspect.conditions))
        if _says_more(swaps, this, kept, critical):
            shorter = (Kept(part, inside(part.conditions)) for part in _parts(suspect, known))
            alike = (part for part in shorter if abs(beyond(swaps, this.here, part.here & ~this.here)) < SAME)
            kept.append(next((part for part in alike if _says_more(swaps, part, kept, critical)), this))
        if len(kept) == most:
            break
    for each in sorted(kept, key=lambda each: -np.count_nonzero(each.here)):
        others = [other for other in kept if other is not each]
        if not _says_more(swaps, each, others, critical):
            kept = others
    return sorted((each.suspect for each in kept), key=lambda each: -abs(each.strength))


def beyond(swaps: Swaps, one: np.ndarray, other: np.ndarray) -> float:
    """How many standard errors the gain on some objects lies above that on others; 0 where either says nothing.

    Outcomes are taken around the gain that both have in common, so that few objects never look certain. The error is
    the larger one of two: with a spread that all units share, and with each unit's own pull on the difference, which
    counts what objects of a row have in common.
    """
    sizes = [swaps.outcomes.whole[each].sum(axis=0) for each in (one, other)]
    if min(size.min() for size in sizes) <= 0:
        return 0.0
    gains = [
        _gain(swaps.outcomes.part[each].sum(axis=0) / size) for each, size in zip((one, other), sizes, strict=True)
    ]
    both = one | other
    left, unit = _left(swaps, both), swaps.unit[both]
    weights = [size.mean() for size in sizes]
    shared = _squared(_gain(left / sum(sizes)), unit) * sum(weights) * (1 / weights[0] + 1 / weights[1])
    own = _squared(np.where(one[both], _gain(left / sizes[0]), -_gain(left / sizes[1])), unit)
    variance = max(shared, own)
    return float((gains[0] - gains[1]) / np.sqrt(variance)) if variance > 0 else 0.0


def gain_variance(swaps: Swaps, inside: np.ndarray) -> float:
    """Variance of the gain on some objects, drawing units anew; by linearisation of both ratios."""
    size = swaps.outcomes.whole[inside].sum(axis=0)
    if not (size > 0).all():
        return float("nan")
    return _squared(_gain(_left(swaps, inside) / size), swaps.unit[inside])


def _left(swaps: Swaps, inside: np.ndarray) -> np.ndarray:
    """float64[n, 2]: what each object has above the line beyond its share in the ratio of all."""
    part, whole = swaps.outcomes.part[inside], swaps.outcomes.whole[inside]
    return part - whole * (part.sum(axis=0) / whole.sum(axis=0))


def _gain(sides: np.ndarray) -> np.ndarray:
    return sides[..., 1] - sides[..., 0]


def _squared(pulls: np.ndarray, unit: np.ndarray) -> float:
    """Sum over units of the square of what each adds up to."""
    return float((np.bincount(unit, weights=pulls) ** 2).sum())


def _says_more(swaps: Swaps, this: Kept, kept: Sequence[Kept], critical: float) -> bool:
    sign = np.sign(this.suspect.strength)
    outside = this.here.copy()
    for each in kept:
        outside &= ~each.here
    if outside.any() and swaps.measure_one(outside)[1].strength[0] * sign >= critical:
        return True
    touched = [each.here for each in kept if (each.here & this.here).any()]
    return bool(touched) and all(
        beyond(swaps, this.here & there, there & ~this.here) * sign >= critical for there in touched
    )


def _parts(suspect: Suspect, known: dict[Conditions, Suspect]) -> Iterator[Suspect]:
    """Suspects with fewer of its conditions and the same sign, fewest first."""
    for n in range(len(suspect.conditions)):
        for some in combinations(suspect.conditions, n):
            part = known.get(some)
            if part is not None and part.strength * suspect.strength > 0:
                yield part
