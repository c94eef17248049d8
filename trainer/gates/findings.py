"""What the rows say about promises."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from trainer.gates.promises import Bound, Promise

_ROUNDING: Final = 1e-12


class Verdict(StrEnum):
    """What the rows say about a promise."""

    KEPT = "kept"
    BROKEN = "broken"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was measured for a promise, over all features or for one.

    Attributes:
        feature: Path of the feature; None for all together.
        measured: The number; NaN where undefined.
        low: Lower end of its interval; the number itself for a count, NaN where there is no interval to go by.
        high: Upper end of it.
        limit: The bound as a number: a share is taken of what it is a share of.
        support: Truths, or baseline's false alarms, that it is about.
        verdict: What they say.
        reason: Why it is undecided; empty where it is not.
    """

    feature: str | None
    measured: float
    low: float
    high: float
    limit: float
    support: int
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one promise.

    Attributes:
        promise: The promise.
        findings: What was measured: one finding, or one for each feature that is judged.
        not_judged: Features that the promise's own least numbers leave out.
    """

    promise: Promise
    findings: tuple[Finding, ...]
    not_judged: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Broken where any finding is, else undecided where any is, or there is none; else kept."""
        there = {finding.verdict for finding in self.findings}
        if Verdict.BROKEN in there:
            return Verdict.BROKEN
        return Verdict.KEPT if there == {Verdict.KEPT} else Verdict.UNDECIDED

    @property
    def passes(self) -> bool:
        """Kept, or undecided where the promise allows that."""
        return self.verdict is Verdict.KEPT or (self.verdict is Verdict.UNDECIDED and self.promise.allow_undecided)

    @property
    def worst(self) -> Finding | None:
        """The finding nearest to breaking the promise, of those with the worst verdict; None where there is none."""
        rank = (Verdict.BROKEN, Verdict.UNDECIDED, Verdict.KEPT)
        return min(self.findings, key=lambda each: (rank.index(each.verdict), self._room(each)), default=None)

    def _room(self, finding: Finding) -> float:
        room = finding.limit - finding.measured if self.promise.bound.upper else finding.measured - finding.limit
        return float("inf") if np.isnan(room) else room


def within(low: float, high: float, bound: Bound) -> Verdict:
    """Kept where a whole interval keeps a bound, broken where none of it does, else undecided; NaN is undecided.

    Example:
        >>> [within(low, 0.02, Bound(-0.01, upper=False)).value for low in (-0.01, -0.02)]
        ['kept', 'undecided']
    """
    if bound.upper:
        low, high, limit = -high, -low, -bound.limit
    else:
        limit = bound.limit
    if low >= limit - _ROUNDING:
        return Verdict.KEPT
    return Verdict.BROKEN if high < limit - _ROUNDING else Verdict.UNDECIDED
