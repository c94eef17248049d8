"""What two runs said of the same rows, or the same pixels, laid beside the truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from metrics.classes.choices import Choices
from metrics.errors import ColumnError
from metrics.pixels.label_maps import NONE, read_pair

Maps = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Answers:
    """Things by row, by what they are, and by what baseline and candidate said: M entries, by rising row.

    Combinations that do not occur have no entry. Make them with `of_choices`, where a thing is a row, or with
    `of_maps`, where it is a pixel.

    Attributes:
        row: int32[M].
        truth: int32[M], code of the true class.
        before: int32[M], code of what the baseline said; -1 for nothing.
        after: int32[M], likewise of the candidate.
        count: int64[M], rows or pixels.
        classes: Number of classes.

    Example:
        >>> from metrics import Choices
        >>> runs = [Choices.from_codes([0, 1, 1], chosen, classes=2) for chosen in ([1, 1, -1], [0, 1, 1])]
        >>> both = Answers.of_choices(*runs)
        >>> [(each.tolist()) for each in (both.truth, both.before, both.after)]
        [[0, 1, 1], [1, 1, -1], [0, 1, 1]]
    """

    row: np.ndarray
    truth: np.ndarray
    before: np.ndarray
    after: np.ndarray
    count: np.ndarray
    classes: int

    def __len__(self) -> int:
        return len(self.row)

    @property
    def things(self) -> int:
        """Number of rows, or pixels."""
        return int(self.count.sum())

    def confusion(self, side: int) -> np.ndarray:
        """int64[classes, classes + 1]: things by truth and by what a run said; the last column is for nothing.

        Args:
            side: 0 for the baseline, 1 for the candidate.
        """
        said = (self.before, self.after)[side]
        size = self.classes + 1
        cell = self.truth.astype(np.int64) * size + np.where(said == NONE, self.classes, said)
        counts = np.bincount(cell, weights=self.count, minlength=self.classes * size)  # exact up to 2 ** 53 things
        return counts.astype(np.int64).reshape(self.classes, size)

    @classmethod
    def of_choices(cls, baseline: Choices, candidate: Choices) -> Self:
        """What two classifiers chose on each row that counts.

        Raises:
            ColumnError: If rows, classes or truths differ.
        """
        alike = baseline.classes == candidate.classes and np.array_equal(baseline.truth, candidate.truth)
        if not alike or not np.array_equal(baseline.keep, candidate.keep):
            raise ColumnError(
                f"Answers need both runs on the same rows, classes and truths; the baseline has {len(baseline):,} rows "
                f"and {baseline.classes:,} classes, the candidate {len(candidate):,} and {candidate.classes:,}."
            )
        rows = candidate.places
        return cls(
            row=rows.astype(np.int32),
            truth=candidate.truth[rows],
            before=baseline.predicted[rows],
            after=candidate.predicted[rows],
            count=np.ones(len(rows), dtype=np.int64),
            classes=candidate.classes,
        )

    @classmethod
    def of_maps(cls, maps: Iterable[Maps], *, classes: int, ignore: int | None = None) -> Self:
        """What two segmentations took each pixel for.

        Pixels are read as by `count_pixels`: those that the truth ignores are left out, and where a prediction has the
        ignored label it says nothing. Maps are taken one row after the other and not kept.

        Args:
            maps: For each row the true map, the baseline's and the candidate's: whole numbers in arrays of one shape.
            classes: Number of classes, those without any pixel included.
            ignore: Label of pixels that are left out.

        Raises:
            ColumnError: If the maps of a row differ in shape, are not of whole numbers, or hold a class that does not
                exist.

        Example:
            >>> truth, before, after = np.array([0, 0, 1, 9]), np.array([0, 1, 1, 0]), np.array([0, 0, 9, 0])
            >>> both = Answers.of_maps([(truth, before, after)], classes=2, ignore=9)
            >>> [(each.tolist()) for each in (both.truth, both.before, both.after, both.count)]
            [[0, 0, 1], [0, 1, 1], [0, 0, -1], [1, 1, 1]]
        """
        size, keys, counts, rows = classes + 1, [], [], []
        for row, (truth, *said) in enumerate(maps):
            before, after = (read_pair(row, (truth, each), classes=classes, ignore=ignore) for each in said)
            key, count = _count_stretches(before.truth, before.predicted, after.predicted, size)
            keys.append(key)
            counts.append(count)
            rows.append(np.full(len(key), row, dtype=np.int32))
        none = np.zeros(0, dtype=np.int64)
        key, count = np.concatenate([none, *keys]), np.concatenate([none, *counts])
        truth_of, both = np.divmod(key, size * size)
        return cls(
            row=np.concatenate([none.astype(np.int32), *rows]),
            truth=truth_of.astype(np.int32),
            before=(both // size - 1).astype(np.int32),
            after=(both % size - 1).astype(np.int32),
            count=count,
            classes=classes,
        )


def _count_stretches(truth: np.ndarray, before: np.ndarray, after: np.ndarray, size: int) -> tuple[np.ndarray, ...]:
    """The combinations of a picture and their pixels; equal neighbours are counted together, which is quick."""
    labels = [each.reshape(-1) for each in (truth, before, after)]
    new = np.zeros(labels[0].size, dtype=bool)
    new[:1] = True
    for each in labels:
        new[1:] |= each[1:] != each[:-1]
    starts = np.flatnonzero(new)
    length = np.diff(starts, append=new.size)
    known = labels[0][starts] != NONE
    was, old, now = (each[starts][known].astype(np.int64) for each in labels)
    key, place = np.unique((was * size + old + 1) * size + now + 1, return_inverse=True)
    return key, np.bincount(place, weights=length[known], minlength=len(key)).astype(np.int64)
