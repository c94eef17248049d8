"""Where a gain comes from: what became of objects, in the same words for everything that is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainer.comparing.comparison import Pair
from trainer.comparing.explained_cells import STATES, Balance, Cell, ExplainedNumber, MixUp, Part, size_of
from trainer.comparing.explained_certainty import Certainty, one_way
from trainer.comparing.ledger_table import FALSE_ALARM, TRUTH
from trainer.measures.evaluation import Thresholds
from trainer.records.errors import NotFoundError, RecordError


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
        certainty: How certain the gain and all of its parts are; None where no resamples were asked for.
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
    certainty: Certainty | None = None

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
        certain = {} if self.certainty is None else self.certainty.cells
        cells = [
            Cell(
                kind,
                part.states[i],
                part.states[j],
                int(objects[i, j]),
                float(part.gains[i, j]),
                certain.get((int(kind != TRUTH), i, j)),
            )
            for kind, part in self.parts.items()
            for objects in [part.counts.sum(axis=0)]
            for i, j in np.argwhere(objects).tolist()
        ]
        return tuple(sorted(cells, key=lambda cell: (-size_of(cell.gain), cell.kind != TRUTH, -cell.objects)))

    @cached_property
    def balances(self) -> tuple[Balance, ...]:
        """Every cell together with the opposite one, the largest gain or loss first.

        What only the baseline got wrong and what only the candidate does have the same part, of opposite sign, in two
        equal runs, so that here it means something that an interval does not hold 0.
        """
        certain = {} if self.certainty is None else self.certainty.balances
        sides: dict[tuple[int, ...], list[Cell]] = {}
        for cell in self.cells:
            states = self.states[cell.kind]
            key = one_way((int(cell.kind != TRUTH), states.index(cell.before), states.index(cell.after)))
            sides.setdefault(key, []).append(cell)
        balances = [Balance(tuple(both), sum(c.gain for c in both), certain.get(key)) for key, both in sides.items()]
        return tuple(sorted(balances, key=lambda each: -size_of(each.gain)))

    def matrix(self, kind: str = TRUTH) -> np.ndarray:
        """int64[states, states]: objects by their state in the baseline and in the candidate.

        Args:
            kind: ``truth`` or ``false alarm``; `states` has the states of each, and which kinds there are.
        """
        return np.asarray(self.parts[kind].counts.sum(axis=0))

    def per_feature(self) -> list[dict[str, Any]]:
        """One entry a feature that has truths or false alarms, the largest gain or loss first.

        ``baseline``, ``candidate`` and ``gain`` are the number of the feature (`number.of_feature`), NaN where
        undefined; ``share`` is what the feature adds to the gain over all, where there are resamples with
        what `PartCertainty.judged` tells; ``truths`` and ``false_alarms`` hold its counts by cell, without
        those that did not change. A false alarm stands at the feature it names.
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
                        **({} if self.certainty is None else self.certainty.shares[code].judged()),
                        "truths": changed[TRUTH],
                        "false_alarms": changed.get(FALSE_ALARM, {}),
                    }
                )
        return sorted(entries, key=lambda entry: -size_of(entry["gain"]))

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


def _changed(counts: np.ndarray, states: Sequence[str]) -> dict[str, int]:
    """Objects by cell, the most first, without those that stayed what they were."""
    cells = [(f"{states[i]}:{states[j]}", int(counts[i, j])) for i, j in np.argwhere(counts) if i != j]
    return dict(sorted(cells, key=lambda cell: -cell[1]))
