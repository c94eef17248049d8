"""What runs say against the truth, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np

from metrics.objects.matching import Matches

DISPUTE_RULE: Final = "runs that agree against the truth, by mean confidence over all runs"


class Dispute(IntEnum):
    """What runs say against the truth, the strongest evidence first."""

    OTHER_FEATURE = 0
    NO_TRUTH = 1
    MISSED = 2


class DisputeLines(NamedTuple):
    """One line for each dispute: by kind, then falling doubt, then position of the truth, then row.

    Equally doubtful areas of painted pixels come with the largest first.

    Attributes:
        kind: int8[L], a `Dispute`: taken for the same other feature, seen where no truth is, or missed.
        truth: int32[L] position of the truth; -1 where there is none.
        row: int32[L].
        feature: int32[L] the true feature; -1 where there is no truth.
        seen_as: int32[L] the feature runs agree on; -1 where they miss it.
        runs: int32[L] number of runs that agree.
        doubt: float64[L] in [0, 1]: mean over all runs of how sure they are of it; those that do not agree count 0.
        prediction: int32[L, R] position of the prediction in each run; -1 where a run has none or does not agree.
        confidence: float64[L, R] how sure each run is against the truth; NaN where it does not agree.
    """

    kind: np.ndarray
    truth: np.ndarray
    row: np.ndarray
    feature: np.ndarray
    seen_as: np.ndarray
    runs: np.ndarray
    doubt: np.ndarray
    prediction: np.ndarray
    confidence: np.ndarray

    def only(self, chosen: np.ndarray) -> DisputeLines:
        """Some lines: bool[L] or their places in the order wanted."""
        return DisputeLines._make(column[chosen] for column in self)


@dataclass(frozen=True, eq=False)
class Disputes:
    """Truths that runs dispute. Made by `find_disputes`, `find_choice_disputes` or `find_area_disputes`.

    Attributes:
        lines: What to look through, the most doubtful first.
        runs: Number of runs that were asked.
        min_runs: Fewest runs that had to agree.
        min_doubt: Smallest doubt.
        rule: Name of the rule.
    """

    lines: DisputeLines
    runs: int
    min_runs: int
    min_doubt: float
    rule: str = DISPUTE_RULE

    def __len__(self) -> int:
        return len(self.lines.kind)

    def of_kind(self, kind: Dispute) -> DisputeLines:
        """The lines of one kind, in their order."""
        return self.lines.only(self.lines.kind == kind)

    def on_rows(self, keep: np.ndarray) -> Disputes:
        """Only the disputes on some rows: bool[rows]."""
        return Disputes(self.lines.only(keep[self.lines.row]), self.runs, self.min_runs, self.min_doubt, self.rule)


def ranked(
    lines: DisputeLines,
    runs: int,
    min_runs: int,
    min_doubt: float,
    *,
    size: np.ndarray | None = None,
    rule: str = DISPUTE_RULE,
) -> Disputes:
    """The lines with enough doubt, by kind, falling doubt, falling size if there is one, position of the truth, row."""
    enough = lines.doubt >= min_doubt
    size = np.zeros(len(enough)) if size is None else size
    order = np.lexsort([lines.row, lines.truth, -size, -lines.doubt, lines.kind])
    return Disputes(lines.only(order[enough[order]]), runs, min_runs, min_doubt, rule)


def join_lines(parts: Sequence[DisputeLines]) -> DisputeLines:
    """All lines of some lists, one list after the other."""
    return DisputeLines._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


def confidence_of(run: Matches) -> np.ndarray:
    """float64[P] confidence of each prediction in the order of its table; missing ones are 1."""
    predictions = run.overlaps.tables.predictions
    return np.ones(len(predictions)) if predictions.confidence is None else predictions.confidence


def value_at(values: np.ndarray, place: np.ndarray, *, otherwise: float) -> np.ndarray:
    """float64: the values at places, another one where the place is -1."""
    found = np.full(len(place), otherwise)
    found[place >= 0] = values[place[place >= 0]]
    return found
