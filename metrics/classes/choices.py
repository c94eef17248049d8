"""One class for each row, true and predicted, checked once on arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

import numpy as np

from metrics.classes.rows import all_rows, check_table, flags_of_rows
from metrics.columns import Numbers, as_column, check_confidence, check_lengths
from metrics.errors import ColumnError

Table = Sequence[Sequence[float]] | np.ndarray

NONE: Final = -1
"""Code of a row that has no truth, or no prediction."""

OFF_BY: Final = 1e-3
"""So far from 1 the probabilities of a row may add up; those of half precision come within half of it."""


@dataclass(frozen=True, eq=False)
class Choices:
    """N rows of which each has one of C classes. Make them with `from_codes` or `from_scores`.

    Rows without truth are left out of every number and counted in `without_truth`. Rows with truth and without
    prediction count as wrong: missed for their class, and a false alarm for none.

    Attributes:
        truth: int32[N], code of the true class; -1 where it is not known.
        predicted: int32[N], code of the predicted class; -1 where nothing was predicted.
        classes: Number of classes C.
        scores: float64[N, C], probability of each class, NaN in rows without; None if no row has them.
        confidence: float64[N], probability of the predicted class, NaN in rows without prediction; None if not known.
        keep: bool[N], rows that count.
    """

    truth: np.ndarray
    predicted: np.ndarray
    classes: int
    scores: np.ndarray | None
    confidence: np.ndarray | None
    keep: np.ndarray

    @classmethod
    def from_codes(cls, truth: Numbers, predicted: Numbers, *, classes: int, confidence: Numbers | None = None) -> Self:
        """Predictions given as the class that was chosen.

        Args:
            truth: N codes of classes from 0, -1 where the truth is not known.
            predicted: N codes of classes from 0, -1 where nothing was predicted.
            classes: Number of classes.
            confidence: N numbers in [0, 1], how sure the prediction is; any number where nothing was predicted.

        Raises:
            ColumnError: If lengths differ, a code names no class, or a confidence lies outside [0, 1].

        Example:
            >>> Choices.from_codes([0, 1, 1, -1], [0, 1, -1, 1], classes=2).correct.tolist()
            [1.0, 1.0, 0.0, nan]
        """
        known, chosen = _codes("truth", truth, classes), _codes("prediction", predicted, classes)
        check_lengths({"truth": known, "predicted": chosen}, things="rows")
        sure = None if confidence is None else np.array(confidence, dtype=np.float64)
        if sure is not None:
            check_lengths({"truth": known, "confidence": sure}, things="rows")
            check_confidence(np.where(chosen == NONE, 0.0, sure), things="rows")
            sure[chosen == NONE] = np.nan
        return cls(known, chosen, classes, None, sure, all_rows(known))

    @classmethod
    def from_scores(cls, truth: Numbers, scores: Table, *, predicted: Numbers | None = None) -> Self:
        """Predictions given as the probability of each class.

        Args:
            truth: N codes of classes from 0, -1 where the truth is not known.
            scores: Probability of each class in each of N rows, [N, C], adding up to 1; a row of NaN where nothing was
                predicted.
            predicted: N codes of the class that was chosen, where it is not the most probable one; left out, it is,
                and of equally probable classes the one with the lowest code.

        Raises:
            ColumnError: If lengths differ, a code names no class, or a row holds no probabilities.

        Example:
            >>> choices = Choices.from_scores([0, 1, 1], [[0.7, 0.3], [0.5, 0.5], [0.1, 0.9]])
            >>> choices.predicted.tolist(), choices.confidence.tolist()
            ([0, 0, 1], [0.7, 0.5, 0.9])
        """
        sure = check_table("scores", scores)
        known = _codes("truth", truth, sure.shape[1])
        check_lengths({"truth": known, "scores": sure}, things="rows")
        unanswered = np.isnan(sure[:, 0]) if sure.shape[1] else np.ones(len(sure), dtype=bool)
        _check_probabilities(sure, unanswered)
        if predicted is None:
            chosen = np.argmax(sure, axis=1).astype(np.int32) if sure.size else np.zeros(len(sure), dtype=np.int32)
        else:
            chosen = _codes("prediction", predicted, sure.shape[1])
            check_lengths({"truth": known, "predicted": chosen}, things="rows")
            unanswered |= chosen == NONE
        chosen[unanswered] = NONE
        confidence = np.full(len(known), np.nan)
        answered = np.flatnonzero(~unanswered)
        confidence[answered] = sure[answered, chosen[answered]]
        return cls(known, chosen, sure.shape[1], sure, confidence, all_rows(known))

    def __len__(self) -> int:
        return len(self.truth)

    def on_rows(self, keep: np.ndarray) -> Self:
        """The same rows with only some of them counting; they keep their numbers.

        Args:
            keep: bool[N], rows that count, of those that count now.
        """
        return replace(self, keep=self.keep & flags_of_rows(keep, len(self)))

    @property
    def without_truth(self) -> int:
        """Number of kept rows without truth, in no other number."""
        return int((self.keep & (self.truth == NONE)).sum())

    @property
    def without_prediction(self) -> int:
        """Number of counting rows without prediction, which are wrong."""
        return int((self.predicted[self.places] == NONE).sum())

    @cached_property
    def places(self) -> np.ndarray:
        """int64[rows that count]: numbers of the kept rows with truth, rising."""
        return np.flatnonzero(self.keep & (self.truth != NONE))

    @property
    def correct(self) -> np.ndarray:
        """float64[N]: 1 where the prediction is the truth, 0 where it is not, NaN in rows that do not count."""
        column = np.full(len(self), np.nan)
        column[self.places] = self.truth[self.places] == self.predicted[self.places]
        return column

    def needed_scores(self) -> np.ndarray:
        """float64[rows that count, C]: their scores.

        Raises:
            ColumnError: If the table has none.
        """
        if self.scores is None:
            raise ColumnError(
                "These choices hold codes without scores, and this number needs the probability of every class: "
                "Choices.from_scores(...)."
            )
        return self.scores if len(self.places) == len(self) else self.scores[self.places]


def _codes(name: str, values: Numbers, classes: int) -> np.ndarray:
    given = as_column(name, values, things="rows")
    with np.errstate(invalid="ignore"):
        codes = np.array(given, dtype=np.int32)
    bad = np.flatnonzero((codes < NONE) | (codes >= classes) | (codes != given))
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(given):,} rows have a {name} that is no class; first: row {bad[0]} with "
            f"{given[bad[0]]}, where there are {classes:,} classes (numbered from 0). For none write -1.",
            bad=len(bad),
            first=int(bad[0]),
        )
    return codes


def _check_probabilities(scores: np.ndarray, unanswered: np.ndarray) -> None:
    sums = scores.sum(axis=1)
    right = (scores.min(axis=1, initial=0) >= 0) & (np.abs(sums - 1) <= OFF_BY)
    empty = unanswered & np.isnan(scores).all(axis=1) if unanswered.any() else unanswered
    bad = np.flatnonzero(~(right | empty))
    if len(bad):
        first = int(bad[0])
        raise ColumnError(
            f"{len(bad):,} of {len(scores):,} rows hold scores that are no probabilities adding up to 1; first: row "
            f"{first}, from {scores[first].min()} to {scores[first].max()}, adding up to {sums[first]}. If yours are "
            "logits, pass them through a softmax first; if each class is scored for itself, use "
            "Checklists.from_scores(...). Where nothing was predicted, the whole row is NaN.",
            bad=len(bad),
            first=first,
        )
