"""The parts of an explained gain: cells of objects, both ways together, and what was taken for what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

import metrics
from trainer.comparing.explained_certainty import PartCertainty
from trainer.comparing.ledger_table import FALSE_ALARM, TRUTH

STATES: Final = {TRUTH: metrics.TRUTH_STATES, FALSE_ALARM: metrics.ALARM_STATES}
"""What may be said of each kind of object in one run; not every measure has every state."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Objects that went from one state to another, and what they add to the gain.

    Attributes:
        kind: ``truth`` or ``false alarm``.
        before: Their state in the baseline.
        after: Their state in the candidate.
        objects: How many they are.
        gain: What they add to the gain in the number that is explained.
        certainty: Its interval; None without resamples. It tells how much they add. That it is not 0 tells nothing:
            equal runs err on different objects, too. See `Balance`.
    """

    kind: str
    before: str
    after: str
    objects: int
    gain: float
    certainty: PartCertainty | None = None

    @property
    def name(self) -> str:
        """How it is asked for: ``unseen:found``."""
        return f"{self.before}:{self.after}"


@dataclass(frozen=True, slots=True)
class Balance:
    """Objects that went from one state to another, and those that went back: of two equal runs, as many on average.

    Attributes:
        cells: The cell that adds more, and the opposite one where it has objects.
        gain: What both add together.
        certainty: Its interval, and whether it is certainly better or worse; None without resamples.
    """

    cells: tuple[Cell, ...]
    gain: float
    certainty: PartCertainty | None = None


@dataclass(frozen=True, slots=True)
class MixUp:
    """Objects of one feature that baseline and candidate took for different things.

    Attributes:
        feature: What they are; None for pixels that are of no feature.
        before: Their state in the baseline.
        after: Their state in the candidate.
        said: The features that baseline and candidate took them for: their own where they were found or badly placed,
            None where nothing was said.
        objects: How many they are.
        gain: What they add to the gain; NaN where that is undefined.
        back: How many went the other way.
        both: What those and these add together.
        certainty: Interval of `gain`; None without resamples. As of a cell it is about how much they add.
        both_certainty: That of `both`, and whether it is certainly better or worse.
    """

    feature: str | None
    before: str
    after: str
    said: tuple[str | None, str | None]
    objects: int
    gain: float
    back: int = 0
    both: float = math.nan
    certainty: PartCertainty | None = None
    both_certainty: PartCertainty | None = None


@dataclass(frozen=True, eq=False)
class ExplainedNumber:
    """The number whose gain is explained.

    Attributes:
        name: ``AP``, ``accuracy``, ``F1`` or ``mean IoU``.
        of_feature: The number that stands for one feature: ``AP``, ``recall``, ``F1`` or ``IoU``.
        baseline: Of the run to beat; NaN where undefined.
        candidate: Of the run in question.
        per_feature: float64[2, features]: of each feature in the baseline and in the candidate, NaN where undefined.
        shares: float64[features]: what each feature adds to the gain.
        rule: How the gain is parted.
    """

    name: str
    of_feature: str
    baseline: float
    candidate: float
    per_feature: np.ndarray
    shares: np.ndarray
    rule: str


@dataclass(frozen=True, eq=False)
class Part:
    """Objects of one kind by their states in both runs.

    Attributes:
        states: What may be said of them in one run.
        counts: int64[features, states, states]: how many, by state in the baseline and in the candidate.
        gains: float64[states, states]: what they add to the gain.
    """

    states: tuple[str, ...]
    counts: np.ndarray
    gains: np.ndarray


def sorted_mix_ups(mix_ups: Sequence[MixUp]) -> tuple[MixUp, ...]:
    """Those of the largest gain or loss first, then those of the most objects."""
    return tuple(sorted(mix_ups, key=lambda each: (-size_of(each.gain), -each.objects)))


def size_of(gain: float) -> float:
    """How much a part adds or takes away; 0 where it is undefined."""
    return 0.0 if math.isnan(gain) else abs(gain)
