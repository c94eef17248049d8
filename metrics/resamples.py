"""Drawing rows again and again: what else might have been measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from metrics.errors import ColumnError

KEPT: Final = 20_000_000
"""Up to so many weights (80 MB) are kept instead of drawn anew."""


@dataclass(frozen=True, eq=False)
class Resamples:
    """Rows drawn with replacement, again and again; as many each time as there are. Made by `draw_rows`.

    Attributes:
        keep: bool[rows of the tables]: the rows to draw from.
        count: How often all are drawn.
        seed: Where the random numbers start; equal seeds draw equal rows, on every machine.
        clusters: int32[rows of the tables] or None: rows with the same number are drawn together.
    """

    keep: np.ndarray
    count: int
    seed: int
    clusters: np.ndarray | None

    @cached_property
    def units(self) -> int:
        """Number of rows, or of clusters, that are drawn independently."""
        return int(self.keep.sum()) if self.clusters is None else len(np.unique(self.clusters[self.keep]))

    def weights(self, first: int, last: int) -> np.ndarray:
        """int32[last - first, rows of the tables]: how often each row was drawn in these resamples."""
        return self._all[first:last] if self.count * len(self.keep) <= KEPT else self._draw(first, last)

    @cached_property
    def _all(self) -> np.ndarray:
        """The draws, kept where they are not many: every number of a run asks for them."""
        return self._draw(0, self.count)

    def _draw(self, first: int, last: int) -> np.ndarray:
        kept = np.flatnonzero(self.keep)
        weights = np.zeros((last - first, len(self.keep)), dtype=np.int32)
        if self.clusters is None:
            unit, units = np.arange(len(kept)), len(kept)
        else:
            groups, unit = np.unique(self.clusters[kept], return_inverse=True)
            units = len(groups)
        for i in range(last - first):
            random = np.random.default_rng([self.seed, first + i])
            weights[i, kept] = np.bincount(random.integers(0, max(units, 1), units), minlength=units)[unit]
        return weights

    def at(self, rows: np.ndarray, *, of: int) -> PlacedResamples:
        """The same draws for a run that keeps these rows in other places.

        Args:
            rows: int[rows of the tables]: where each row stands in the tables of that run; -1 where it has none, whose
                draws are lost to it.
            of: Number of rows in the tables of that run.

        Example:
            >>> drawn = draw_rows(np.array([True, True]), count=1)
            >>> drawn.weights(0, 1).tolist(), drawn.at(np.array([3, 1]), of=4).weights(0, 1).tolist()
            ([[0, 2]], [[0, 2, 0, 0]])
        """
        keep = np.zeros(of, dtype=bool)
        keep[rows[self.keep & (rows >= 0)]] = True
        return PlacedResamples(keep, self.count, self.seed, None, self, rows)

    def batches(self, size: int) -> Iterator[tuple[slice, np.ndarray]]:
        """The weights of `size` resamples after the other, with their place among all."""
        for first in range(0, self.count, size):
            last = min(first + size, self.count)
            yield slice(first, last), self.weights(first, last)


@dataclass(frozen=True, eq=False)
class PlacedResamples(Resamples):
    """Draws whose rows stand in other places; from `Resamples.at`.

    Attributes:
        drawn: The draws themselves.
        rows: int[rows of the draws' tables]: where each row stands; -1 where it does not.
    """

    drawn: Resamples
    rows: np.ndarray

    @cached_property
    def units(self) -> int:
        """Number of rows, or of clusters, that are drawn independently."""
        return self.drawn.units

    def _draw(self, first: int, last: int) -> np.ndarray:
        weights = np.zeros((last - first, len(self.keep)), dtype=np.int32)
        kept = self.drawn.keep & (self.rows >= 0)
        weights[:, self.rows[kept]] = self.drawn.weights(first, last)[:, kept]
        return weights


def draw_rows(keep: np.ndarray, *, count: int = 1000, seed: int = 0, clusters: np.ndarray | None = None) -> Resamples:
    """Draw rows with replacement, again and again, as the bootstrap does.

    Measuring two runs on the same draws gives their paired bootstrap: rows that are hard for both do not blur the gain.

    Args:
        keep: bool[rows of the tables]: the rows to draw from, such as `Overlaps.keep`.
        count: How often as many rows are drawn as there are.
        seed: Where the random numbers start.
        clusters: Whole numbers for the rows of the tables; rows of one video, site or patient bear the same number and
            are drawn together, because they are not independent.

    Raises:
        ColumnError: If the columns do not hold one value for every row, or nothing is to be drawn.

    Example:
        >>> draw_rows(np.array([True, True, False, True]), count=2).weights(0, 2).sum(axis=1).tolist()
        [3, 3]

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 6 and 13.
    """
    keep = np.array(keep)
    if keep.dtype != np.bool_ or keep.ndim != 1:
        raise ColumnError(f"Rows to draw from are {keep.dtype}{list(keep.shape)}; one flag (bool) is needed for each.")
    if clusters is not None and np.shape(clusters) != keep.shape:
        raise ColumnError(f"There are {len(clusters):,} cluster numbers for {len(keep):,} rows; each row needs one.")
    for name, given, least in (("count", count, 1), ("seed", seed, 0)):
        if not isinstance(given, (int, np.integer)) or given < least:
            raise ColumnError(f"{name} is {given!r}; it must be a whole number from {least} on.")
    return Resamples(keep, count, seed, None if clusters is None else np.array(clusters))
