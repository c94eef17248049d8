"""Promises that a candidate has to keep before it is released."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from trainer.comparing.certainty import Sampling
from trainer.measures.evaluation import Thresholds
from trainer.measures.number_names import SIZES

EVERY: Final = "every"
"""In place of a feature's path: each feature on its own."""
OBJECT_COUNTS: Final = {
    "newly_missed": "newly_missed",
    "newly_found": "newly_found",
    "new_false_alarms": "new",
    "fixed_false_alarms": "fixed",
}
"""What can be counted of objects, and the change it is in the ledger."""
COUNTS: Final = (*OBJECT_COUNTS, "truths", "rows")


@dataclass(frozen=True, slots=True)
class Bound:
    """How far something may go.

    Attributes:
        limit: The number; a share in [0, 1] where `relative`.
        upper: It may not be more; else it may not be less.
        relative: The limit is a share of the baseline's false alarms, or of the truths.
    """

    limit: float
    upper: bool
    relative: bool = False

    def __str__(self) -> str:
        shown = f"{100 * self.limit:g} %" if self.relative else f"{self.limit:,g}"
        return f"{'<=' if self.upper else '>='} {shown}"


@dataclass(frozen=True, slots=True)
class NumberPromise:
    """A promise about a number, which holds where the whole interval around it is within the bound.

    Attributes:
        name: What it is called in tables.
        line: Where it stands in the file.
        number: Which number, such as ``mAP`` or ``AP``.
        feature: Path of the feature, ``every``, or None for a number over all.
        gain: It is about the gain over the baseline, else about the candidate's own value.
        bound: How far it may go.
        level: Share of intervals that hold the true value.
        least_truths: Features with fewer truths are not judged.
        least_rows: Features that fewer rows, or clusters, hold are not judged.
        allow_undecided: The gate also passes where the rows cannot tell whether it holds.
    """

    name: str
    line: int
    number: str
    feature: str | None
    gain: bool
    bound: Bound
    level: float
    least_truths: int = 0
    least_rows: int = 0
    allow_undecided: bool = False


@dataclass(frozen=True, slots=True)
class CountPromise:
    """A promise about how many objects changed, or how many rows or truths there are, on exactly these rows.

    Attributes:
        name: What it is called in tables.
        line: Where it stands in the file.
        count: What is counted, one of `COUNTS`.
        feature: Path of the feature, ``every``, or None for all together.
        bound: How many there may be.
        larger_than: Only objects whose area is more than that of a square with such sides, in pixels.
        smaller_than: Only objects whose area is less than that.
        allow_undecided: The gate also passes where there is nothing to count on.
    """

    name: str
    line: int
    count: str
    feature: str | None
    bound: Bound
    larger_than: float = 0.0
    smaller_than: float = float("inf")
    allow_undecided: bool = False

    @property
    def sized(self) -> bool:
        """Whether only objects of some size are counted."""
        return self.larger_than > 0 or self.smaller_than < float("inf")


Promise = NumberPromise | CountPromise


@dataclass(frozen=True)
class GateRules:
    """Everything a gate is to check. Made by `read_rules`.

    Attributes:
        promises: In the order of the file.
        thresholds: Where objects and precision, recall, F1 and mean IoU are counted.
        split: The rows to measure on; None for validation, else test, else all.
        sampling: How certainty is found; promises may set a level of their own.
        allow_other_truth: Gains count also where the runs' snapshots hold different truth for the same rows.
        text: The file as it was read.
        measure: What is measured, such as ``masks`` or ``classes:weather``; None for what the runs were measured by.
        given: Of ``confidence`` and ``iou`` those that the file names.
    """

    promises: tuple[Promise, ...]
    thresholds: Thresholds = field(default_factory=Thresholds)
    split: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    allow_other_truth: bool = False
    text: str = ""
    measure: str | None = None
    given: tuple[str, ...] = ()

    @property
    def sizes(self) -> bool:
        """Whether a promise is about average precision on objects of some size."""
        return any(isinstance(each, NumberPromise) and each.number.endswith(SIZES) for each in self.promises)
