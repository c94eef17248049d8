"""Spans, true or predicted, as a table checked once on arrival."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from metrics.columns import Flags, Numbers, as_codes, check_below, check_confidence, check_lengths
from metrics.errors import ColumnError
from metrics.objects.boxes import Boxes

THINGS = "spans"


@dataclass(frozen=True, eq=False)
class Spans:
    """N spans of texts, true or predicted, in any order; the order settles ties. Make them with `from_offsets`.

    Spans may overlap each other. Offsets count tokens, or characters, or bytes, the same on both sides.

    Attributes:
        row: int32[N] number of the row (text), from 0.
        feature: int32[N] code of what was found, from 0.
        start: int32[N] offset of the first token.
        end: int32[N] offset behind the last token.
        confidence: float64[N] in [0, 1], or None, which counts as 1.
        ignored: bool[N]: neither counts when found nor when missed.
    """

    row: np.ndarray
    feature: np.ndarray
    start: np.ndarray
    end: np.ndarray
    confidence: np.ndarray | None
    ignored: np.ndarray

    @classmethod
    def from_offsets(
        cls,
        row: Numbers,
        feature: Numbers,
        start: Numbers,
        end: Numbers,
        *,
        confidence: Numbers | None = None,
        ignored: Flags | None = None,
    ) -> Self:
        """Spans from where each starts to before it ends.

        Args:
            row: N numbers of texts, from 0.
            feature: N feature codes, from 0.
            start: N offsets of the first token (or character), from 0.
            end: N offsets behind the last one.
            confidence: N numbers in [0, 1]; left out for truth.
            ignored: N flags; all false when left out.

        Raises:
            ColumnError: If lengths differ, a number is negative or has a fraction, a span is empty, or a confidence
                lies outside [0, 1].

        Example:
            >>> spans = Spans.from_offsets([0, 0], [1, 0], [0, 3], [2, 4])
            >>> len(spans), spans.length.tolist()
            (2, [2, 1])
        """
        texts, codes, first, behind = (
            as_codes(name, values, things=THINGS)
            for name, values in (("row", row), ("feature", feature), ("start", start), ("end", end))
        )
        sure = None if confidence is None else np.asarray(confidence, dtype=np.float64)
        flags = np.zeros(len(texts), dtype=bool) if ignored is None else np.asarray(ignored, dtype=bool)
        return cls(texts, codes, first, behind, sure, flags)

    def __post_init__(self) -> None:
        check_lengths(vars(self), things=THINGS)
        check_confidence(self.confidence, things=THINGS)
        bad = np.flatnonzero(self.end <= self.start)
        if len(bad):
            first = int(bad[0])
            raise ColumnError(
                f"{len(bad):,} of {len(self):,} spans end at or before their start; first: number {first} (row "
                f"{self.row[first]}) from {self.start[first]} to {self.end[first]}. The end is the offset behind the "
                "last token; if yours is that of the last token itself, add 1.",
                bad=len(bad),
                first=first,
            )

    def __len__(self) -> int:
        return len(self.row)

    @property
    def length(self) -> np.ndarray:
        """int32[N]: end - start."""
        return self.end - self.start

    @property
    def sureness(self) -> np.ndarray:
        """float64[N]: the confidence, 1 where there is none."""
        return np.ones(len(self)) if self.confidence is None else self.confidence

    def only(self, positions: np.ndarray) -> Spans:
        """The spans at these positions, in their order."""
        return Spans(
            row=self.row[positions],
            feature=self.feature[positions],
            start=self.start[positions],
            end=self.end[positions],
            confidence=None if self.confidence is None else self.confidence[positions],
            ignored=self.ignored[positions],
        )

    def as_boxes(self) -> Boxes:
        """The spans as boxes of height 1, whose IoU is that of the spans: shared tokens by tokens of either.

        Example:
            >>> Spans.from_offsets([0], [0], [3], [5]).as_boxes().box.tolist()
            [[3.0, 0.0, 2.0, 1.0]]
        """
        box = np.column_stack([self.start, np.zeros(len(self)), self.length, np.ones(len(self))])
        return Boxes.from_sizes(self.row, self.feature, box, confidence=self.confidence, ignored=self.ignored)


def check_sides(truth: Spans, predictions: Spans, *, rows: int, features: int | None = None) -> None:
    """Both sides name rows and features that exist.

    Raises:
        ColumnError: If one does not.
    """
    for side, name in ((truth, "true"), (predictions, "predicted")):
        check_below("row", side.row, rows, things=f"{name} spans")
        if features is not None:
            check_below("feature", side.feature, features, things=f"{name} spans")


def check_keep(keep: np.ndarray, rows: int) -> np.ndarray:
    """bool[rows]: flags of rows, as given.

    Raises:
        ColumnError: If there is not one flag for each row.
    """
    flags = np.asarray(keep)
    if flags.dtype != np.bool_ or flags.shape != (rows,):
        raise ColumnError(
            f"Rows to keep are {flags.dtype}{list(flags.shape)}, but one flag (bool) is needed for each of {rows:,} "
            "rows. For row numbers: keep = np.zeros(rows, bool); keep[numbers] = True."
        )
    return flags
