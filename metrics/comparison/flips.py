"""How strongly two runs differ in many overlapping slices, against what swapping the runs row by row would show."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from metrics.comparison.mcnemar import mcnemar
from metrics.comparison.paired import PairedOutcomes
from metrics.errors import ThresholdError
from metrics.threads import in_shares

if TYPE_CHECKING:
    from metrics.kernels.flips import SliceSums

LARGEST_EXACT = 20_000
"""Up to so many changes of one slice the distribution under swapping is counted out."""


class Strengths(NamedTuple):
    """How strongly both runs differ in each of S slices.

    Attributes:
        pooled: float64[S] ratio of both runs together.
        spread: float64[S] standard deviation over swaps of what the candidate has more than its share; 0 where no
            outcome changed.
        strength: float64[S] what it has more by that spread; 0 where no outcome changed.
    """

    pooled: np.ndarray
    spread: np.ndarray
    strength: np.ndarray


class Support(NamedTuple):
    """What a slice must hold to be looked at: rows, and sum below the line in either run."""

    rows: int
    objects: float


class Cut(NamedTuple):
    """One way of cutting all objects into slices.

    Attributes:
        slice_of: int32[N] slice of each object, in sorted order; -1 for none.
        numbers: int64[S] what the way of cutting calls each slice.
    """

    slice_of: np.ndarray
    numbers: np.ndarray


class Family(NamedTuple):
    """Those slices of one way of cutting that have support.

    Attributes:
        number: int64[K] what the way of cutting calls each.
        strength: float64[K].
        largest: float64[swaps] largest absolute strength of them under each swap.
    """

    number: np.ndarray
    strength: np.ndarray
    largest: np.ndarray


@dataclass(frozen=True, eq=False)
class Swaps:
    """Both runs swapped on whole rows or clusters, again and again.

    Where neither run is better, each row might as well have shown their outcomes the other way round. Doing that to
    every slice at once keeps how slices overlap and how objects of a row hang together.

    Attributes:
        outcomes: What both runs made of each object, sorted by unit and row.
        order: int64[N] place of each of them before sorting.
        unit: int32[N] number of the row or cluster that is swapped as a whole.
        signs: int8[units, swaps], -1 where it is swapped.
    """

    outcomes: PairedOutcomes
    order: np.ndarray
    unit: np.ndarray
    signs: np.ndarray

    def measure(self, slice_of: np.ndarray, n: int) -> tuple[SliceSums, Strengths]:
        """Sums and strengths of n slices from the slice of each sorted object, -1 for none."""
        from metrics.kernels.flips import SliceSums, add_up

        sums = SliceSums(np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros((n, 4)), np.zeros((n, 3)))
        places, values = (self.outcomes.row, self.unit), (self.outcomes.part, self.outcomes.whole)
        add_up(slice_of, places, values, sums)
        return sums, strengths_of(sums)

    def measure_one(self, inside: np.ndarray) -> tuple[SliceSums, Strengths]:
        """The same of a single slice: bool[N] of the sorted objects."""
        return self.measure(inside.astype(np.int32) - 1, 1)

    def family(self, cut: Cut, support: Support) -> Family:
        """Strength of each slice with enough support, and the largest of them under each swap."""
        from metrics.kernels.flips import Changed, raise_largest

        n = len(cut.numbers)
        sums, strengths = self.measure(cut.slice_of, n)
        enough = (sums.rows >= support.rows) & (sums.totals[:, 2:].min(axis=1, initial=np.inf) >= support.objects)
        number = np.flatnonzero(enough & (sums.totals[:, 2:] > 0).all(axis=1))
        largest = np.zeros(self.signs.shape[1])
        again = np.full(n + 1, -1, dtype=np.int32)  # the last one stands for objects in no slice
        again[number] = np.arange(len(number))
        places, above, below = self._changed
        changed = Changed(again[cut.slice_of[places]], self.unit[places], above, below)
        raise_largest(changed, strengths.pooled[number], strengths.spread[number], self.signs, largest)
        return Family(cut.numbers[number], strengths.strength[number], largest)

    @cached_property
    def _changed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Objects whose outcome changed, and by how much above and below the line."""
        above, below = (values[:, 1] - values[:, 0] for values in (self.outcomes.part, self.outcomes.whole))
        places = np.flatnonzero((above != 0) | (below != 0))
        return places, above[places], below[places]

    def p_value(self, inside: np.ndarray) -> float:
        """Two-sided, of one slice: bool[N] of the sorted objects.

        Exact where units change by whole numbers (McNemar's where by no more than one); else from the swaps drawn.
        """
        _, (pooled, spread, strength) = self.measure_one(inside)
        if not spread[0] > 0:
            return 1.0
        above, below = (
            np.bincount(self.unit[inside], weights=(values[inside, 1] - values[inside, 0]), minlength=len(self.signs))
            for values in (self.outcomes.part, self.outcomes.whole)
        )
        change = above - pooled[0] * below
        exact = _exact_p_value(change[change != 0])
        if exact is not None:
            return exact
        signs, changed = self.signs[change != 0], change[change != 0]
        parts = [changed @ signs[:, i : i + 64].astype(np.float64) for i in range(0, signs.shape[1], 64)]
        reached = np.count_nonzero(np.abs(np.concatenate(parts)) / spread[0] >= abs(strength[0]) - 1e-9)
        return float((reached + 1) / (self.signs.shape[1] + 1))


def draw_swaps(outcomes: PairedOutcomes, *, clusters: np.ndarray | None, count: int, seed: int) -> Swaps:
    """Draw which rows (or clusters, where rows have a cluster number) are swapped, `count` times."""
    unit_of = outcomes.row if clusters is None else np.asarray(clusters)[outcomes.row]
    order = np.lexsort([outcomes.row, unit_of])
    units, unit = np.unique(unit_of[order], return_inverse=True)
    signs = np.random.default_rng(seed).integers(0, 2, (len(units), count), dtype=np.int8) * np.int8(2) - np.int8(1)
    return Swaps(outcomes.only(order), order, unit.astype(np.int32), signs)


def strengths_of(sums: SliceSums) -> Strengths:
    """What the candidate has more than the ratio of both together would give it, by its spread under swapping.

    The ratio of both together stays as it is when runs are swapped, so that swapping is exact for ratios, too.
    """
    part, whole = sums.totals[:, :2], sums.totals[:, 2:]
    pooled = _divide(part.sum(axis=1), whole.sum(axis=1))
    excess = (part[:, 1] - part[:, 0]) - pooled * (whole[:, 1] - whole[:, 0])
    square = sums.squares[:, 0] - 2 * pooled * sums.squares[:, 1] + pooled**2 * sums.squares[:, 2]
    # Rounding leaves a trace where changes above and below the line make up for each other.
    square[square <= 1e-12 * (sums.squares[:, 0] + pooled**2 * sums.squares[:, 2])] = 0.0
    spread = np.sqrt(square)
    return Strengths(pooled, spread, _divide(excess, spread))


def largest_of(swaps: Swaps, ways: Sequence[Callable[[], Cut]], support: Support) -> tuple[list[Family], np.ndarray]:
    """The families of many ways of cutting, and float64[swaps] the largest strength in any of them."""

    def work(first: int, last: int) -> list[Family]:
        return [swaps.family(ways[i](), support) for i in range(first, last)]

    families = [family for share in in_shares(work, len(ways), smallest=8) for family in share]
    largest = np.zeros(swaps.signs.shape[1])
    for family in families:
        np.maximum(largest, family.largest, out=largest)
    return [family._replace(largest=np.zeros(0)) for family in families], largest


def how_rare(strength: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """Share of swaps, the observed one among them, in which some slice is as strong."""
    rising = np.sort(largest)
    reached = len(rising) - np.searchsorted(rising, np.abs(strength) - 1e-9, side="left")
    return (reached + 1) / (len(rising) + 1)


def check_level(level: float) -> float:
    """The share of searches that are to name nothing without cause.

    Raises:
        ThresholdError: If it does not lie between 0 and 1.
    """
    if not 0 < level < 1:
        raise ThresholdError(
            f"level is {level}; it is the share of searches that name nothing without cause, between 0 and 1, "
            "such as 0.95.",
            value=level,
            lowest=0.0,
            highest=1.0,
        )
    return level


def _exact_p_value(change: np.ndarray) -> float | None:
    """Chance that signs thrown by a coin make the sum as large; None where it cannot be counted out."""
    size = np.abs(change)
    if (size == size[0]).all():
        better = np.count_nonzero(change > 0)
        return float(mcnemar(np.array([better]), np.array([len(change) - better]))[0])
    if (size != np.round(size)).any() or size.sum() > LARGEST_EXACT:
        return None
    chance = np.ones(1)  # of each sum of the sizes that stay positive
    for step, n in zip(*np.unique(size.astype(np.int64), return_counts=True), strict=True):
        part = np.zeros(step * n + 1)
        part[::step] = [math.exp(_log_choose(int(n), k) - n * math.log(2)) for k in range(n + 1)]
        chance = np.convolve(chance, part)
    sums = 2 * np.arange(len(chance)) - size.sum()
    return float(min(1.0, chance[np.abs(sums) >= abs(change.sum())].sum()))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _divide(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0)
