"""One gain with its certainty, and how certainty is found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

import metrics
from trainer.records.errors import RecordError


@dataclass(frozen=True, slots=True)
class Sampling:
    """How certainty is found.

    Attributes:
        resamples: How often as many rows are drawn with replacement as there are; 0 for no certainty, at once.
        level: Share of intervals that are to hold the true gain, in (0, 1).
        seed: Where the random numbers start; equal seeds give equal intervals.
        clusters: Metadata column of rows that are drawn together, such as ``video``; None to draw rows.
    """

    resamples: int = 1000
    level: float = 0.95
    seed: int = 0
    clusters: str | None = None

    def __post_init__(self) -> None:
        if self.resamples < 0:
            raise RecordError(f"{self.resamples} resamples were asked for; 1000 is usual, 0 leaves certainty out.")
        if not 0 < self.level < 1:
            raise RecordError(
                f"The level is {self.level:g}; it is the share of intervals that hold the true gain, between 0 and 1."
            )
        if self.seed < 0:
            raise RecordError(f"The seed is {self.seed}; it is a whole number from 0.")

    def draw(self, keep: np.ndarray, clusters: np.ndarray | None) -> metrics.Resamples:
        """Draw from some rows: bool[rows], and int[rows], equal for those drawn together.

        Where no resamples are asked for it is one, to be thrown away: numbers alone are made by the same steps.
        """
        return metrics.draw_rows(keep, count=max(self.resamples, 1), seed=self.seed, clusters=clusters)


def least_units(level: float) -> int:
    """The smallest number of rows, or clusters, that can show anything at a level.

    Were two runs equal, k rows would still all speak for the same one by chance once in 2 ** (k - 1); and a bootstrap
    of fewer rows draws what it has seen, again and again, and calls it certain.

    Example:
        >>> least_units(0.95), least_units(0.99)
        (6, 8)
    """
    return math.ceil(1 - math.log2(1 - level))


@dataclass(frozen=True, slots=True)
class CertainGain:
    """The gain of a candidate over the baseline in one number.

    Attributes:
        number: What was measured, such as ``mAP`` or ``AP``.
        feature: Path of the feature it is about; None for a number over all.
        values: Both values and the gain, with its own interval, P(better) and p-value.
        together: Low, high and p-value that hold at once for all features of this number, and for all candidates that
            were measured with this one; None for a number over all of a single candidate, NaN for a feature that too
            few rows hold.
        support: What the candidate's number rests on: truths that count, or predictions for precision.
        units: How many of the rows, or clusters, that were drawn hold a truth of it.
        rule: Name of the rule that made both values.
    """

    number: str
    feature: str | None
    values: metrics.Gain
    together: tuple[float, float, float] | None
    support: float
    units: int
    rule: str

    @property
    def too_few(self) -> bool:
        """Whether so few rows hold a truth of it that nothing can be certain; see `least_units`."""
        return self.units < least_units(self.values.level)

    @property
    def untold(self) -> bool:
        """Whether a gain has no interval as too few rows hold a truth of it, or the runs differ on too few."""
        unknown = self.values.resamples > 0 and math.isnan(self.interval[0]) and not math.isnan(self.gain)
        return self.too_few or unknown

    @property
    def gain(self) -> float:
        """Candidate minus baseline; NaN where either is undefined."""
        return self.values.gain

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high: for all features and candidates at once where it is one of many, else its own."""
        return (self.values.low, self.values.high) if self.together is None else self.together[:2]

    @property
    def p_value(self) -> float:
        """That of `interval`."""
        return self.values.p_value if self.together is None else self.together[2]

    @property
    def certain(self) -> str | None:
        """``better`` or ``worse`` where `interval` does not hold 0; None where it does, or rests on too few rows."""
        low, high = self.interval
        if self.too_few or not (low > 0 or high < 0):
            return None
        return "better" if (low > 0) != self.values.lower_is_better else "worse"

    def columns(self) -> dict[str, Any]:
        """The gain as one line of a table; undefined numbers are NaN."""
        low, high, p_value = self.together or (math.nan,) * 3
        return {
            "number": self.number,
            "feature": self.feature,
            "baseline": self.values.baseline,
            "candidate": self.values.candidate,
            "gain": self.gain,
            "low": self.values.low,
            "high": self.values.high,
            "p_better": self.values.p_better,
            "p_value": self.values.p_value,
            "together_low": low,
            "together_high": high,
            "together_p_value": p_value,
            "certain": self.certain,
            "support": self.support,
            "units": self.units,
            "too_few": self.too_few,
            "widened": self.values.widened,
            "telling": self.values.telling,
            "defined_resamples": self.values.resamples,
            "lower_is_better": self.values.lower_is_better,
            "rule": self.rule,
        }
