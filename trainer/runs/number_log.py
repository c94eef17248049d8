"""Numbers of one's own as they are logged: by the keys of rows, which may be logged later."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from trainer.measures.number_names import refuse_taken
from trainer.records.errors import RecordError
from trainer.records.own_numbers import OwnNumber
from trainer.records.rows import Rows


@dataclass
class NumberLog:
    """Collects values by key until the run ends.

    Attributes:
        rows: The rows of the project that the run is on; None where the run brings its own.
    """

    rows: Rows | None
    _values: dict[str, dict[str, float]] = field(default_factory=dict)
    _lower: set[str] = field(default_factory=set)

    def add(self, name: str, values: Mapping[str, float], *, lower_is_better: bool) -> None:
        """Take one number in; what cannot be right is refused here, at the caller's line."""
        refuse_taken(name)
        if name in self._values:
            raise RecordError(f"Number {name!r} was logged before; log all of its values at once.")
        taken = {key: _as_number(name, key, value) for key, value in values.items()}
        if self.rows is not None:
            _refuse_foreign(name, taken, self.rows)
        self._values[name] = taken
        if lower_is_better:
            self._lower.add(name)

    def collect(self, rows: Rows) -> tuple[OwnNumber, ...]:
        """All numbers in row order.

        Raises:
            RecordError: If a value is of a row that the run does not have.
        """
        numbers = []
        for name, values in self._values.items():
            _refuse_foreign(name, values, rows)
            column = np.full(len(rows), np.nan)
            for key, value in values.items():
                column[rows.position(key)] = value
            numbers.append(OwnNumber(name, column, lower_is_better=name in self._lower))
        return tuple(numbers)


def _as_number(name: str, key: str, value: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise RecordError(f"Number {name!r}, row {key!r}: {value!r} is no number.") from None
    if math.isinf(number):
        raise RecordError(
            f"Number {name!r}, row {key!r}: an infinite value has no mean; leave the row out, or use NaN."
        )
    return number


def _refuse_foreign(name: str, values: Mapping[str, float], rows: Rows) -> None:
    foreign = [key for key in values if key not in rows.positions]
    if foreign:
        raise RecordError(
            f"Number {name!r} has values of {len(foreign):,} rows that the run does not have: "
            f"{', '.join(map(repr, foreign[:5]))}."
        )
