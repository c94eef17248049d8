"""What annotators looked for on each row, where not every feature was looked for everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

import numpy as np

from metrics.columns import as_codes, check_below
from metrics.errors import ColumnError
from metrics.objects.overlap import Overlaps
from metrics.objects.pairing import Pairs
from metrics.objects.ranking import among_surest

RowFeatures = Sequence[Sequence[int]] | np.ndarray
"""N pairs of a row and a feature."""

FREQUENCIES: Final = ("r", "c", "f")
"""Rare, common and frequent features, as LVIS' files call them."""


@dataclass(frozen=True, eq=False)
class Federation:
    """Which features were looked for on which rows, and how far; from `from_pairs`.

    Attributes:
        absent: int32[N, 2] row and feature: verified not to be there.
        not_exhaustive: int32[M, 2] row and feature: there, but not every one of them is in the truth.
        frequency: Of each feature "r", "c" or "f", rare, common or frequent; None: counted on the truth itself.
    """

    absent: np.ndarray
    not_exhaustive: np.ndarray
    frequency: tuple[str, ...] | None

    @classmethod
    def from_pairs(
        cls, absent: RowFeatures, not_exhaustive: RowFeatures, *, frequency: Sequence[str] | None = None
    ) -> Self:
        """What was looked for, as pairs of a row and a feature in any order.

        Args:
            absent: N pairs: the feature was looked for on the row and is not there (LVIS' `neg_category_ids`).
            not_exhaustive: M pairs: not all objects of the feature on the row are in the truth (LVIS'
                `not_exhaustive_category_ids`).
            frequency: For each feature "r", "c" or "f", on 1 to 10, 11 to 100 or more rows of the training data. Left
                out, it is counted on the truth that is measured against.

        Raises:
            ColumnError: If something else than pairs of whole numbers from 0 is given, or another frequency.

        Example:
            >>> federation = Federation.from_pairs([[0, 2], [1, 0]], [[1, 2]], frequency=["r", "f", "f"])
            >>> federation.absent.tolist(), federation.frequency
            ([[0, 2], [1, 0]], ('r', 'f', 'f'))
        """
        _check_frequency(frequency)
        return cls(
            absent=_as_pairs(absent, things="verified absences"),
            not_exhaustive=_as_pairs(not_exhaustive, things="pairs that are not exhaustive"),
            frequency=None if frequency is None else tuple(frequency),
        )

    def check_fits(self, *, rows: int, features: int) -> None:
        """Every pair names something that exists, and every feature has a frequency or none has.

        Raises:
            ColumnError: If that is not so.
        """
        for pairs, things in (
            (self.absent, "verified absences"),
            (self.not_exhaustive, "pairs that are not exhaustive"),
        ):
            check_below("row", pairs[:, 0], rows, things=things)
            check_below("feature", pairs[:, 1], features, things=things)
        if self.frequency is not None and len(self.frequency) != features:
            raise ColumnError(
                f"Frequencies are given for {len(self.frequency):,} features, but there are {features:,}. "
                "Give one for each feature, or none: Federation.from_pairs(absent, not_exhaustive)."
            )


class TakingPart(NamedTuple):
    """What is left to measure.

    Attributes:
        overlaps: The truths and predictions that take part.
        lenient: bool[ranked predictions of these overlaps]: not counted where they claim nothing.
    """

    overlaps: Overlaps
    lenient: np.ndarray


def choose_federated(overlaps: Overlaps, federation: Federation, *, most: int) -> TakingPart:
    """The `most` surest predictions of each row, less those of features that nobody looked for there.

    Equal confidences keep the order of the table. Truths and predictions without area are left out first, predictions
    only after they were counted among the surest.
    """
    whole = _Keys(overlaps)
    truths = whole.overlaps.truths.area > 0
    there = np.concatenate([whole.of_truths()[truths], whole.of_pairs(federation.absent)])
    predicted = whole.of_predictions()
    kept = overlaps.predictions.area > 0
    kept &= among_surest(overlaps.predictions, most)
    kept &= np.isin(predicted, there)
    lenient = np.isin(predicted[kept], whole.of_pairs(federation.not_exhaustive))
    return TakingPart(_narrowed(overlaps, kept, truths), lenient)


class _Keys(NamedTuple):
    """Row and feature as one number."""

    overlaps: Overlaps

    def of_pairs(self, pairs: np.ndarray) -> np.ndarray:
        return self._key(pairs[:, 0], pairs[:, 1])

    def of_truths(self) -> np.ndarray:
        return self._key(self.overlaps.truths.row, feature_of(self.overlaps.truths.starts))

    def of_predictions(self) -> np.ndarray:
        return self._key(self.overlaps.predictions.row, feature_of(self.overlaps.predictions.starts))

    def _key(self, row: np.ndarray, feature: np.ndarray) -> np.ndarray:
        return row.astype(np.int64) * self.overlaps.features + feature


def feature_of(starts: np.ndarray) -> np.ndarray:
    """int64: the feature of each place in matching order."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _narrowed(overlaps: Overlaps, predictions: np.ndarray, truths: np.ndarray) -> Overlaps:
    """Only some predictions and truths, for adding up what became of them."""
    pairs = overlaps.pairs
    known = truths[pairs.truth]
    before = np.concatenate([[0], np.cumsum(known)]).astype(np.int64)
    fewer = Pairs(before[pairs.starts], pairs.truth[known], pairs.iou[known])
    return replace(
        overlaps,
        truths=overlaps.truths.only(truths),
        predictions=overlaps.predictions.only(predictions),
        pairs=fewer.only(predictions, truths),
    )


def _as_pairs(values: RowFeatures, *, things: str) -> np.ndarray:
    given = np.asarray(values)
    if given.size == 0:
        return np.zeros((0, 2), dtype=np.int32)
    if given.ndim != 2 or given.shape[1] != 2:
        raise ColumnError(
            f"The {things} are {given.dtype}{list(given.shape)}, but pairs of a row and a feature are needed: [N, 2]. "
            "For two columns: np.column_stack([row, feature])."
        )
    return np.column_stack([as_codes(name, given[:, i], things=things) for i, name in enumerate(("row", "feature"))])


def _check_frequency(frequency: Sequence[str] | None) -> None:
    bad = [number for number, letter in enumerate(frequency or ()) if letter not in FREQUENCIES]
    if frequency is not None and bad:
        raise ColumnError(
            f"{len(bad):,} of {len(frequency):,} frequencies are none; first: that of feature {bad[0]} with "
            f"{frequency[bad[0]]!r}. They are 'r' (1 to 10 rows), 'c' (11 to 100) and 'f' (more).",
            bad=len(bad),
            first=bad[0],
        )
