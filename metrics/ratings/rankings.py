"""Candidates of each row, their true worth and the score a run gave them, checked once on arrival."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np

from metrics.columns import Numbers, as_codes, as_kept_rows, as_numbers, check_below, check_count, check_lengths
from metrics.errors import ColumnError

LARGEST_BLOCK = 4_000_000
"""So many comparisons of two candidates are held in memory at a time."""


class Block(NamedTuple):
    """Rows of one number of candidates, as tables.

    Attributes:
        row: int64[R], their numbers.
        worth: float64[R, n], true worth of each candidate.
        score: float64[R, n], what the run gave; -inf where it gave none.
    """

    row: np.ndarray
    worth: np.ndarray
    score: np.ndarray


@dataclass(frozen=True, eq=False)
class Rankings:
    """M candidates of some rows, such as the answers to a message, ordered by worth and by a run.

    Make them with `from_scores` or `from_places`. Candidates whose worth is not known are left out and counted;
    those that the run did not score come last, all at once. Rows without any known candidate are left out.

    Attributes:
        row: int32[M], row of each candidate.
        worth: float64[M], true worth, higher is better; NaN where it is not known.
        score: float64[M], what the run gave, higher is better; NaN where it gave none.
        rows: Number of rows.
        keep: bool[rows], rows that count.
    """

    row: np.ndarray
    worth: np.ndarray
    score: np.ndarray
    rows: int
    keep: np.ndarray

    @classmethod
    def from_scores(cls, row: Numbers, worth: Numbers, score: Numbers, *, rows: int) -> Self:
        """Candidates given by their worth and score, in any order.

        Args:
            row: M row numbers, from 0.
            worth: M numbers, higher is better, NaN where not known; for NDCG they must not be below 0.
            score: M numbers of any range, higher is better, NaN where the run gave none.
            rows: Number of rows.

        Raises:
            ColumnError: If lengths differ, a row does not exist, or a number is infinite.

        Example:
            >>> rankings = Rankings.from_scores([0, 0, 1], [3, 0, 1], [0.2, 0.7, 0.5], rows=2)
            >>> len(rankings), rankings.rows
            (3, 2)
        """
        code = as_codes("row", row, things="candidates")
        columns = {
            name: as_numbers(name, given, things="candidates").copy()
            for name, given in (("worth", worth), ("score", score))
        }
        check_lengths({"row": code, **columns}, things="candidates")
        check_count("rows", rows)
        check_below("row", code, rows, things="candidates")
        for name, column in columns.items():
            _check_finite(name, column)
        return cls(code, columns["worth"], columns["score"], rows, np.ones(rows, dtype=bool))

    @classmethod
    def from_places(cls, row: Numbers, true_place: Numbers, place: Numbers, *, rows: int) -> Self:
        """Candidates given by their places, 1 the best; equal places are ties.

        The worth of a candidate is the number of candidates of its row with a higher place, so that the last is
        worth nothing.

        Args:
            row: M row numbers, from 0.
            true_place: M places, NaN where not known.
            place: M places that the run gave, NaN where it gave none.
            rows: Number of rows.

        Raises:
            ColumnError: If lengths differ, a row does not exist, or a place is infinite.

        Example:
            >>> Rankings.from_places([0, 0, 0], [1, 2, 3], [2, 1, 3], rows=1).worth.tolist()
            [2.0, 1.0, 0.0]
        """
        true = as_numbers("true_place", true_place, things="candidates")
        given = cls.from_scores(row, -true, -as_numbers("place", place, things="candidates"), rows=rows)
        return replace(given, worth=_candidates_below(given.row, given.worth))

    def __len__(self) -> int:
        return len(self.row)

    def on_rows(self, keep: np.ndarray) -> Self:
        """The same candidates with only some rows counting; rows and candidates keep their numbers.

        Args:
            keep: bool[rows], rows that count, of those that count now.

        Raises:
            ColumnError: If there is not one flag for each row.
        """
        return replace(self, keep=self.keep & as_kept_rows(keep, self.rows))

    @cached_property
    def places(self) -> np.ndarray:
        """int64: numbers of the candidates that count, by rising row."""
        counting = np.flatnonzero(self.keep[self.row] & ~np.isnan(self.worth))
        return counting[np.argsort(self.row[counting], kind="stable")]

    @property
    def without_worth(self) -> int:
        """Number of candidates of kept rows whose worth is not known, in no other number."""
        return int((self.keep[self.row] & np.isnan(self.worth)).sum())

    @property
    def without_score(self) -> int:
        """Number of counting candidates that the run did not score."""
        return int(np.isnan(self.score[self.places]).sum())

    def blocks(self) -> Iterator[Block]:
        """The rows that count, those of one number of candidates together, a limited number at a time."""
        row, first, candidates = np.unique(self.row[self.places], return_index=True, return_counts=True)
        score = np.where(np.isnan(self.score), -np.inf, self.score)
        for n in np.unique(candidates).tolist():
            chosen = np.flatnonzero(candidates == n)
            most = max(1, LARGEST_BLOCK // n**2)
            for part in np.split(chosen, np.arange(most, len(chosen), most)):
                places = self.places[first[part, None] + np.arange(n)]
                yield Block(row[part], self.worth[places], score[places])


def _candidates_below(row: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """float64[M]: number of candidates of the same row that are worth less; NaN where the worth is not known."""
    order = np.lexsort((worth, row))  # what is not known comes last within its row
    ordered = np.arange(len(order))
    new_row = np.diff(row[order], prepend=-1) != 0
    new_worth = new_row | (np.diff(worth[order], prepend=-np.inf) != 0)
    first_of_row, first_of_equals = (np.maximum.accumulate(np.where(new, ordered, 0)) for new in (new_row, new_worth))
    below = np.empty(len(order))
    below[order] = first_of_equals - first_of_row
    return np.where(np.isnan(worth), np.nan, below)


def _check_finite(name: str, column: np.ndarray) -> None:
    bad = np.flatnonzero(np.isinf(column))
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(column):,} candidates have an infinite {name}; first: number {bad[0]}. "
            "For none write NaN.",
            bad=len(bad),
            first=int(bad[0]),
        )
