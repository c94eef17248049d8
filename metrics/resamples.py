"""Drawing rows again and again: what else might have been measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from metrics.errors import ColumnError
from metrics.threads import in_shares

KEPT: Final = 20_000_000
"""Up to so many weights (80 MB) are kept instead of drawn anew."""

AT_ONCE: Final = 1_000_000
"""So many weights (4 MB) are worked on at a time: they are still near the processor when they are added up."""


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

    @cached_property
    def unit_of(self) -> np.ndarray:
        """int32[rows of the tables]: with which row, or cluster, each is drawn, from 0; -1 where it is not."""
        rows, unit = self._places
        units = np.full(len(self.keep), -1, dtype=np.int32)
        units[rows] = unit
        return units

    def weights(self, first: int, last: int) -> np.ndarray:
        """int32[last - first, rows of the tables]: how often each row was drawn in these resamples."""
        return self._all[first:last] if self.count * len(self.keep) <= KEPT else self._draw(first, last)

    def add_up(self, work: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """What `work` makes of the weights of some resamples, for all of them in order; on all processors.

        Whoever adds up several things does so in one `work`, because drawing takes longer than adding up.

        Args:
            work: From int32[n, rows of the tables], the weights of n resamples, to an array of n entries.

        Example:
            >>> drawn = draw_rows(np.array([True, True, True]), count=100)
            >>> drawn.add_up(lambda weights: weights.sum(axis=1)).tolist() == [3] * 100
            True
        """
        batch = max(1, min(64, AT_ONCE // max(len(self.keep), 1)))

        def share(first: int, last: int) -> np.ndarray:
            return np.concatenate([work(self.weights(i, min(i + batch, last))) for i in range(first, last, batch)])

        return np.concatenate(in_shares(share, self.count, smallest=batch))

    @cached_property
    def _all(self) -> np.ndarray:
        """The draws, kept where they are not many: every number of a run asks for them."""
        return self._draw(0, self.count)  # in one thread: draws placed elsewhere wait here for those they are of

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """int32[rows to draw from] each: the number of the row, and of the unit with which it is drawn."""
        rows = np.flatnonzero(self.keep).astype(np.int32)
        if self.clusters is None:
            return rows, np.arange(len(rows), dtype=np.int32)
        return rows, np.unique(self.clusters[rows], return_inverse=True)[1].astype(np.int32)

    def _draw(self, first: int, last: int) -> np.ndarray:
        from metrics.kernels.draws import place_draws, tally_draws

        rows, unit = self._places
        weights = np.zeros((last - first, len(self.keep)), dtype=np.int32)
        for i, weight in enumerate(weights):
            random = np.random.default_rng([self.seed, first + i])
            drawn = random.integers(0, max(self.units, 1), self.units, dtype=np.int32)
            times = np.zeros(self.units, dtype=np.int32)
            tally_draws(drawn, times)
            place_draws(times, unit, rows, weight)
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

    @cached_property
    def unit_of(self) -> np.ndarray:
        """int32[rows of the tables]: with which row, or cluster, each is drawn, from 0; -1 where it is not."""
        taken, places = self._taken
        units = np.full(len(self.keep), -1, dtype=np.int32)
        units[places] = self.drawn.unit_of[taken]
        return units

    def _draw(self, first: int, last: int) -> np.ndarray:
        from metrics.kernels.draws import place_draws

        taken, places = self._taken
        weights = np.zeros((last - first, len(self.keep)), dtype=np.int32)
        for weight, drawn in zip(weights, self.drawn.weights(first, last), strict=True):
            place_draws(drawn, taken, places, weight)
        return weights

    @cached_property
    def _taken(self) -> tuple[np.ndarray, np.ndarray]:
        """int32[rows with a place] each: the rows of the draws that have one, and where."""
        taken = np.flatnonzero(self.drawn.keep & (self.rows >= 0)).astype(np.int32)
        return taken, self.rows[taken].astype(np.int32)


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
