"""The rows of two snapshots as one list of keys, drawn alike for both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

import metrics
from trainer.comparing.certainty import Sampling
from trainer.comparing.comparison import Pair
from trainer.comparing.sharing import number_clusters


@dataclass(frozen=True, eq=False)
class CrossedRows:
    """The rows that both snapshots have, in the order of `Pair`, then the baseline's own, then the candidate's own.

    A row that both have is drawn for both, as often for one as for the other. One that only one of them has is drawn
    for that one: it might as well have been another row of its kind.

    Attributes:
        pair: The two runs.
    """

    pair: Pair

    @cached_property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """int64[rows of a snapshot] for the baseline and the candidate: where each row stands in the one list."""
        shared, found, own = len(self.pair), [], 0
        for run, rows in (
            (self.pair.baseline, self.pair.baseline_rows),
            (self.pair.candidate, self.pair.candidate_rows),
        ):
            place = np.full(len(run.snapshot.rows), -1)
            place[rows] = np.arange(shared)
            alone = np.flatnonzero(place < 0)
            place[alone] = shared + own + np.arange(len(alone))
            own += len(alone)
            found.append(place)
        return found[0], found[1]

    def __len__(self) -> int:
        return sum(self.pair.left_out) + len(self.pair)

    def flags(self, side: int, keep: np.ndarray) -> np.ndarray:
        """bool[all rows]: which rows are meant by flags over the rows of one snapshot (0 baseline, 1 candidate)."""
        flags = np.zeros(len(self), dtype=bool)
        flags[self.places[side][keep]] = True
        return flags

    def clusters(self, column: str) -> np.ndarray:
        """int32[all rows]: equal numbers for rows with the same value in a metadata column.

        Of rows that both have, the candidate's value counts.

        Raises:
            RecordError: If no row has the column.
        """
        texts = np.empty(len(self), dtype=object)
        for run, place in zip((self.pair.baseline, self.pair.candidate), self.places, strict=True):
            texts[place] = run.snapshot.rows.table["metadata"].to_pylist()
        return number_clusters(texts.tolist(), column)

    def draw(self, keep: np.ndarray, sampling: Sampling) -> metrics.Resamples:
        """Draw from some of all rows: bool[all rows]."""
        return sampling.draw(keep, None if sampling.clusters is None else self.clusters(sampling.clusters))

    def on(self, drawn: metrics.Resamples, side: int, keep: np.ndarray) -> metrics.Resamples:
        """The same draws for some rows of one snapshot: bool[rows of the snapshot]."""
        rows = np.full(len(self), -1)
        rows[self.places[side][keep]] = np.flatnonzero(keep)
        return drawn.at(rows, of=len(keep))
