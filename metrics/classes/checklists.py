"""Any number of classes for each row, true and predicted, checked once on arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from metrics.classes.rows import all_rows, check_table, flags_of_rows
from metrics.columns import Flags, as_flags, check_lengths
from metrics.errors import ColumnError

Ticks = Sequence[Sequence[bool]] | np.ndarray
Scores = Sequence[Sequence[float]] | np.ndarray


@dataclass(frozen=True, eq=False)
class Checklists:
    """N rows of which each has any of C classes. Make them with `from_decisions` or `from_scores`.

    Rows without truth are left out of every number and counted in `without_truth`. In rows without prediction nothing
    is ticked, so that every true class is missed, and the row as a whole is never right.

    Attributes:
        truth: bool[N, C], what is true; false throughout where the truth is not known.
        known: bool[N], rows whose truth is known.
        scores: float64[N, C], confidence that each class is true; NaN in rows without prediction.
        keep: bool[N], rows that count.
    """

    truth: np.ndarray
    known: np.ndarray
    scores: np.ndarray
    keep: np.ndarray

    @classmethod
    def from_scores(cls, truth: Ticks, scores: Scores, *, known: Flags | None = None) -> Self:
        """Predictions given as the confidence of each class for itself.

        Args:
            truth: What is true, [N, C].
            scores: Confidence that each class is true, [N, C] in [0, 1]; a row of NaN where nothing was predicted.
            known: N flags, rows whose truth is known; all when left out.

        Raises:
            ColumnError: If the tables differ in shape, or a confidence lies outside [0, 1].

        Example:
            >>> lists = Checklists.from_scores([[1, 0], [1, 1]], [[0.9, 0.2], [0.4, 0.5]])
            >>> lists.decided(min_confidence=0.5).tolist()
            [[True, False], [False, True]]
        """
        ticks, sure = check_table("truth", truth, bool), check_table("scores", scores)
        if ticks.shape != sure.shape:
            raise ColumnError(
                f"The truth has {len(ticks):,} rows and {ticks.shape[1]:,} classes, but the scores have {len(sure):,} "
                f"and {sure.shape[1]:,}. Each row needs one value of both for each class."
            )
        _check_scores(sure)
        seen = all_rows(ticks) if known is None else as_flags("known", known, things="rows")
        check_lengths({"truth": ticks, "known": seen}, things="rows")
        return cls(ticks if seen.all() else ticks & seen[:, None], seen, sure, all_rows(ticks))

    @classmethod
    def from_decisions(cls, truth: Ticks, decisions: Ticks, *, known: Flags | None = None) -> Self:
        """Predictions given as what was ticked, with full confidence.

        Args:
            truth: What is true, [N, C].
            decisions: What was ticked, [N, C].
            known: N flags, rows whose truth is known; all when left out.

        Raises:
            ColumnError: If the tables differ in shape.

        Example:
            >>> Checklists.from_decisions([[1, 0]], [[1, 1]]).scores.tolist()
            [[1.0, 1.0]]
        """
        return cls.from_scores(truth, check_table("decisions", decisions, bool).astype(np.float64), known=known)

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def classes(self) -> int:
        """Number of classes C."""
        return int(self.truth.shape[1])

    def on_rows(self, keep: np.ndarray) -> Self:
        """The same rows with only some of them counting; they keep their numbers.

        Args:
            keep: bool[N], rows that count, of those that count now.
        """
        return replace(self, keep=self.keep & flags_of_rows(keep, len(self)))

    @property
    def without_truth(self) -> int:
        """Number of kept rows without truth, in no other number."""
        return int((self.keep & ~self.known).sum())

    @property
    def without_prediction(self) -> int:
        """Number of counting rows without prediction."""
        return int((~self.answered[self.places]).sum())

    @cached_property
    def places(self) -> np.ndarray:
        """int64[rows that count]: numbers of the kept rows with truth, rising."""
        return np.flatnonzero(self.keep & self.known)

    @property
    def answered(self) -> np.ndarray:
        """bool[N]: rows with prediction."""
        return ~np.isnan(self.scores[:, 0]) if self.classes else all_rows(self.truth)

    def decided(self, *, min_confidence: float) -> np.ndarray:
        """bool[N, C]: what is ticked at this confidence.

        Args:
            min_confidence: Smallest confidence that ticks a class, in [0, 1].
        """
        return self.scores >= min_confidence

    def counting(self, column: np.ndarray) -> np.ndarray:
        """The lines of the rows that count."""
        return column if len(self.places) == len(self) else column[self.places]


def _check_scores(scores: np.ndarray) -> None:
    right = ((scores >= 0) & (scores <= 1)).all(axis=1)
    if right.all():
        return
    bad = np.flatnonzero(~(right | np.isnan(scores).all(axis=1)))
    if len(bad):
        first = int(bad[0])
        raise ColumnError(
            f"{len(bad):,} of {len(scores):,} rows have confidences outside [0, 1]; first: row {first} with "
            f"{scores[first].tolist()}. If yours are logits, pass them through a sigmoid first; where nothing was "
            "predicted, the whole row is NaN.",
            bad=len(bad),
            first=first,
        )
