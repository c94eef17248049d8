"""How slices of two runs are searched: by what, with which support and at which rate of false discoveries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from trainer.records.errors import RecordError

Number = Literal["F1", "recall", "precision"]
NUMBERS: Final[tuple[Number, ...]] = get_args(Number)

WEIGHTS: Final[dict[Number, tuple[int, int, int]]] = {"F1": (2, 1, 1), "recall": (1, 1, 0), "precision": (1, 0, 1)}
"""What a found truth, a missed truth and a false alarm add below the line; above it a found truth adds as much."""


@dataclass(frozen=True, slots=True)
class SliceSearch:
    """How slices are searched.

    Attributes:
        number: ``F1``, ``recall`` or ``precision`` at the thresholds.
        rate: Share of searches that name anything where runs are equal, in (0, 1).
        conditions: Most conditions of a slice, 1 to 3.
        min_rows: Fewest rows of a slice.
        min_objects: Fewest objects of a slice in either run: truths for recall, predictions for precision, both
            together for F1.
        swaps: How often runs are swapped by chance.
        seed: Where the random numbers start, those of k-means too.
        clusters: Metadata column of rows that are not independent, such as ``video``; None where rows are.
    """

    number: Number = "F1"
    rate: float = 0.05
    conditions: int = 2
    min_rows: int = 30
    min_objects: float = 30
    swaps: int = 1000
    seed: int = 0
    clusters: str | None = None

    def __post_init__(self) -> None:
        if self.number not in NUMBERS:
            raise RecordError(
                f"{self.number!r} is nothing that slices are searched by; there are {', '.join(NUMBERS)}."
            )
        if not 0 < self.rate < 1:
            raise RecordError(f"The rate of false discoveries is {self.rate:g}; it lies between 0 and 1.")
        if self.rate * (self.swaps + 1) < 1:
            raise RecordError(
                f"{self.swaps:,} swaps cannot show anything at a rate of {self.rate:g}; "
                f"{int(np.ceil(1 / self.rate)) - 1:,} are the fewest."
            )
        if self.min_rows < 1 or self.min_objects < 1 or self.seed < 0:
            raise RecordError("A slice has at least one row and one object, and a seed is a whole number from 0.")
