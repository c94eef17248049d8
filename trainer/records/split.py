"""Which part a row plays: training, validation, test, or none yet."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Never

from trainer.records.errors import RecordError


class Split(StrEnum):
    """The part a row plays in training and measuring."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"
    UNASSIGNED = "unassigned"

    @classmethod
    def _missing_(cls, value: object) -> Never:
        raise RecordError(f"There is no split {value!r}; there are {', '.join(cls)}.")


@dataclass(frozen=True, slots=True)
class SplitRatio:
    """Shares of training, validation and test, as parts of their sum.

    A row's part follows from the hash of its key (or of its group), so that new rows never move old ones.

    Example:
        >>> SplitRatio.parse("80/10/10").assign(["cat", "dog"])
        [<Split.TRAINING: 'training'>, <Split.VALIDATION: 'validation'>]
    """

    training: float = 80
    validation: float = 10
    test: float = 10

    def __post_init__(self) -> None:
        shares = (self.training, self.validation, self.test)
        if not all(map(math.isfinite, shares)) or min(shares) < 0 or sum(shares) <= 0:
            raise RecordError(
                f"Split {'/'.join(map(str, shares))} has a share below 0 or without end, or sums to nothing; "
                "try 80/10/10."
            )

    @classmethod
    def parse(cls, text: str) -> SplitRatio:
        """Read ``80/10/10`` or ``80/20``."""
        try:
            shares = [float(part) for part in text.split("/")]
        except ValueError:
            shares = []
        if len(shares) not in (2, 3):
            raise RecordError(f"Split {text!r} is not training/validation/test shares; try 80/10/10.")
        training, validation, test = (*shares, 0.0)[:3]
        return cls(training, validation, test)

    def assign(self, keys: Sequence[str]) -> list[Split]:
        """The part of each key, in order; equal keys (or groups) go together."""
        return [self._part(key) for key in keys]

    def _part(self, key: str) -> Split:
        first_eight_bytes = hashlib.sha256(key.encode()).digest()[:8]
        point = int.from_bytes(first_eight_bytes, "big") / 2**64
        total = self.training + self.validation + self.test
        if point < self.training / total:
            return Split.TRAINING
        return Split.VALIDATION if point < (self.training + self.validation) / total else Split.TEST
