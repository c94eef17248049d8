"""One score for each row, true and given, checked once on arrival."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from metrics.columns import Numbers, as_kept_rows, as_numbers, check_lengths
from metrics.errors import ColumnError


@dataclass(frozen=True, eq=False)
class Ratings:
    """N rows with the score that a run gave each, and the true one where it is known. Make them with `from_scores`.

    A score that is missing can be neither right nor wrong by some amount: such rows are left out and counted.

    Attributes:
        score: float64[N], what the run gave; NaN where it gave none.
        truth: float64[N], the true score; NaN where it is not known.
        keep: bool[N], rows that count.
    """

    score: np.ndarray
    truth: np.ndarray
    keep: np.ndarray

    @classmethod
    def from_scores(cls, score: Numbers, *, truth: Numbers | None = None) -> Self:
        """Scores of rows, of any range.

        Args:
            score: N numbers, NaN where the run gave none.
            truth: N numbers, NaN where the truth is not known; left out if it is known for no row.

        Raises:
            ColumnError: If lengths differ, or a score is infinite or no number.

        Example:
            >>> Ratings.from_scores([7, 4, 9], truth=[8, 4, float("nan")]).error.tolist()
            [-1.0, 0.0, nan]
        """
        given = as_numbers("score", score, things="rows").copy()
        true = np.full(len(given), np.nan) if truth is None else as_numbers("truth", truth, things="rows").copy()
        check_lengths({"score": given, "truth": true}, things="rows")
        for name, column in (("score", given), ("truth", true)):
            _check_finite(name, column)
        return cls(given, true, np.ones(len(given), dtype=bool))

    def __len__(self) -> int:
        return len(self.score)

    def on_rows(self, keep: np.ndarray) -> Self:
        """The same rows with only some of them counting; they keep their numbers.

        Args:
            keep: bool[N], rows that count, of those that count now.

        Raises:
            ColumnError: If there is not one flag for each row.
        """
        return replace(self, keep=self.keep & as_kept_rows(keep, len(self)))

    @property
    def without_score(self) -> int:
        """Number of kept rows that the run gave no score."""
        return int((self.keep & np.isnan(self.score)).sum())

    @property
    def without_truth(self) -> int:
        """Number of kept rows whose true score is not known."""
        return int((self.keep & np.isnan(self.truth)).sum())

    @cached_property
    def scored(self) -> np.ndarray:
        """int64: numbers of the kept rows that have a score, rising."""
        return np.flatnonzero(self.keep & ~np.isnan(self.score))

    @cached_property
    def paired(self) -> np.ndarray:
        """int64: numbers of the kept rows that have both scores, rising."""
        return np.flatnonzero(self.keep & ~np.isnan(self.score) & ~np.isnan(self.truth))

    @property
    def error(self) -> np.ndarray:
        """float64[N]: score minus truth; NaN in rows that do not count or lack one of them."""
        return np.where(self.keep, self.score - self.truth, np.nan)


def _check_finite(name: str, column: np.ndarray) -> None:
    bad = np.flatnonzero(np.isinf(column))
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(column):,} rows have an infinite {name}; first: row {bad[0]}. For none write NaN.",
            bad=len(bad),
            first=int(bad[0]),
        )
