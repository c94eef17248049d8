"""Every error that measuring can raise.

    MetricsError (a ValueError)
    ├── ColumnError       a table's columns do not fit together, or hold values they may not hold
    └── ThresholdError    a threshold lies outside what can be answered

Messages say what is wrong with counts and the first place, the rule, and the way out.
"""

from __future__ import annotations


class MetricsError(ValueError):
    """Base of all errors that measuring raises on purpose."""


class ColumnError(MetricsError):
    """Columns that do not fit together, or hold values they may not hold.

    Attributes:
        bad: Number of bad entries; 0 where the column as a whole is meant.
        first: Index of the first bad entry; None where the column as a whole is meant.
    """

    def __init__(self, message: str, *, bad: int = 0, first: int | None = None) -> None:
        super().__init__(message)
        self.bad = bad
        self.first = first


class ThresholdError(MetricsError):
    """A threshold outside the range in which there is an answer.

    Attributes:
        value: What was asked for.
        lowest: Smallest value allowed.
        highest: Largest value allowed.
    """

    def __init__(self, message: str, *, value: float, lowest: float, highest: float) -> None:
        super().__init__(message)
        self.value = value
        self.lowest = lowest
        self.highest = highest
