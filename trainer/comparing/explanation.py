"""Where a gain comes from: what became of objects, in the same words for everything that is measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import metrics
from trainer.comparing.comparison import Pair
from trainer.comparing.ledger_table import FALSE_ALARM, TRUTH
from trainer.measures.evaluation import Thresholds
from trainer.records.errors import NotFoundError, RecordError

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
    """

    kind: str
    before: str
    after: str
    objects: int
    gain: float

    @property
    def name(self) -> str:
        """How it is asked for: ``unseen:found``."""
        return f"{self.before}:{self.after}"


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
        gain: What they add to the gain; NaN of boxes and masks, where only all of a cell together can be told.
    """

    feature: str | None
    before: str
    after: str
    said: tuple[str | None, str | None]
    objects: int
    gain: float


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


@dataclass(frozen=True, eq=False)
class Explanation:
    """Where a gain comes from. Made by `explain_gain`.

    Of boxes and masks it is the gain in average precision, of classes that in accuracy, of checklists and spans that in
    F1 over all features, and of pixels that in mean IoU. It is what the `cells` add, and of boxes and masks what only
    cells together do (`remainder`), what predictions below the confidence add (`below`), and what the limit of
    COCO's average precision does (`beyond`). Counts are those of the object ledger at the same thresholds; of pixels
    they are pixels.

    Of classes a wrong choice is told once, as the row whose truth was missed. Of pixels one that is of a feature is a
    truth, and one that is of none a false alarm where a run says otherwise.

    Attributes:
        pair: The two runs.
        features: Paths of the features, in code order.
        split: The rows that were looked at: a split, or ``all``.
        rows: How many they are.
        thresholds: Where predictions begin to count, and the IoU of shapes; they mean nothing for classes and pixels.
        number: What is explained.
        parts: Truths, and false alarms where there are any to be told, by kind.
        mix_ups: What was taken for different things, by feature; the largest gain or loss first, then the most.
        terms: What it was made of, as plain values.
        tell_objects: Makes the table of all objects.
        remainder: What only several cells together explain; 0 of all but boxes and masks.
        below: What predictions below the confidence add; 0 of all but boxes and masks, and where all count.
        beyond: What is added by looking at no more than the 100 surest predictions of each feature on a row, as COCO
            and `compare` do; 0 where no row has more, and of all but boxes and masks.
    """

    pair: Pair
    features: tuple[str, ...]
    split: str
    rows: int
    thresholds: Thresholds
    number: ExplainedNumber
    parts: Mapping[str, Part]
    mix_ups: tuple[MixUp, ...]
    terms: dict[str, Any]
    tell_objects: Callable[[], pa.Table]
    remainder: float = 0.0
    below: float = 0.0
    beyond: float = 0.0

    @property
    def baseline(self) -> float:
        """The explained number of the run to beat; NaN where undefined."""
        return self.number.baseline

    @property
    def candidate(self) -> float:
        """The same of the run in question."""
        return self.number.candidate

    @property
    def gain(self) -> float:
        """Candidate minus baseline; NaN where undefined."""
        return self.candidate - self.baseline

    @property
    def states(self) -> dict[str, tuple[str, ...]]:
        """What may be said here of each kind of object in one run."""
        return {kind: part.states for kind, part in self.parts.items()}

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell that has objects, the largest gain or loss first; then truths, then the most objects."""
        cells = [
            Cell(kind, part.states[i], part.states[j], int(objects[i, j]), float(part.gains[i, j]))
            for kind, part in self.parts.items()
            for objects in [part.counts.sum(axis=0)]
            for i, j in np.argwhere(objects)
        ]
        return tuple(sorted(cells, key=lambda cell: (-_size(cell.gain), cell.kind != TRUTH, -cell.objects)))

    def matrix(self, kind: str = TRUTH) -> np.ndarray:
        """int64[states, states]: objects by their state in the baseline and in the candidate.

        Args:
            kind: ``truth`` or ``false alarm``; `states` has the states of each, and which kinds there are.
        """
        return np.asarray(self.parts[kind].counts.sum(axis=0))

    def per_feature(self) -> list[dict[str, Any]]:
        """One entry a feature that has truths or false alarms, the largest gain or loss first.

        ``baseline``, ``candidate`` and ``gain`` are the number of the feature (`number.of_feature`), NaN where
        undefined; ``share`` is what the feature adds to the gain over all; ``truths`` and ``false_alarms`` hold its
        counts by cell, without those that did not change. A false alarm stands at the feature it names.
        """
        entries = []
        for code, path in enumerate(self.features):
            before, after = self.number.per_feature[:, code].tolist()
            counts = {kind: part.counts[code] for kind, part in self.parts.items()}
            if any(each.any() for each in counts.values()):
                changed = {kind: _changed(each, self.parts[kind].states) for kind, each in counts.items()}
                entries.append(
                    {
                        "feature": path,
                        "objects": int(counts[TRUTH].sum()),
                        "baseline": before,
                        "candidate": after,
                        "gain": after - before,
                        "share": float(self.number.shares[code]),
                        "truths": changed[TRUTH],
                        "false_alarms": changed.get(FALSE_ALARM, {}),
                    }
                )
        return sorted(entries, key=lambda entry: -_size(entry["gain"]))

    def objects(self, cell: str | None = None, *, features: Sequence[str] = ()) -> pa.Table:
        """Objects as the ledger's table has them, with ``before`` and ``after``, the surest first.

        Of spans there is also where each run put them: ``baseline_start``, ``baseline_end`` and the candidate's.
        Of pixels there is one line for each row and what its pixels were taken for, with their number (``pixels``), the
        most first; ``baseline_said`` and ``candidate_said`` are features, null where nothing was said.

        Args:
            cell: Such as ``unseen:found``. Where truths and false alarms both have such states (``class:place``), the
                truths come first. All objects when left out.
            features: Paths; all when left out.

        Raises:
            RecordError: If there are no such states.
            NotFoundError: If the runs share no such feature.
        """
        strange = [path for path in features if path not in self.features]
        if strange:
            raise NotFoundError(f"The runs share no feature {strange[0]!r}. They share: {', '.join(self.features)}.")
        chosen = self._lines
        if cell is not None:
            before, after = split_cell(cell, states=self.states)
            chosen = chosen.filter(pc.and_(pc.equal(chosen["before"], before), pc.equal(chosen["after"], after)))
        if features:
            chosen = chosen.filter(pc.is_in(chosen["feature"], value_set=pa.array(features, pa.string())))
        return chosen

    @cached_property
    def _lines(self) -> pa.Table:
        return self.tell_objects()


def split_cell(cell: str, *, states: Mapping[str, Sequence[str]] = STATES) -> tuple[str, str]:
    """The two states of a cell such as ``unseen:found``.

    Args:
        cell: A state in the baseline and one in the candidate, with a colon between.
        states: What may be said of each kind of object.

    Raises:
        RecordError: If no kind of object has them both.
    """
    before, _, after = cell.partition(":")
    if not any(before in named and after in named for named in states.values()):
        known = "; ".join(f"of a {kind}: {', '.join(named)}" for kind, named in states.items())
        raise RecordError(
            f"{cell!r} is no cell. It is a state in the baseline and one in the candidate, such as unseen:found. "
            f"States {known}."
        )
    return before, after


def sorted_mix_ups(mix_ups: Sequence[MixUp]) -> tuple[MixUp, ...]:
    """Those of the largest gain or loss first, then those of the most objects."""
    return tuple(sorted(mix_ups, key=lambda each: (-_size(each.gain), -each.objects)))


def _size(gain: float) -> float:
    return 0.0 if math.isnan(gain) else abs(gain)


def _changed(counts: np.ndarray, states: Sequence[str]) -> dict[str, int]:
    """Objects by cell, the most first, without those that stayed what they were."""
    cells = [(f"{states[i]}:{states[j]}", int(counts[i, j])) for i, j in np.argwhere(counts) if i != j]
    return dict(sorted(cells, key=lambda cell: -cell[1]))
