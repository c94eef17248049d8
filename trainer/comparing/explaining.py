"""Where a gain in average precision comes from: which objects changed, from which state to which."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa

import metrics
from trainer.comparing.comparison import Pair
from trainer.comparing.ledger import LedgerKeeper, ObjectLedger
from trainer.comparing.ledger_table import FALSE_ALARM, TRUTH
from trainer.measures.evaluation import Thresholds
from trainer.measures.measuring import refuse_other_measures
from trainer.records.errors import NotFoundError, RecordError
from trainer.records.measure import Measure

STATES: Final = {TRUTH: metrics.TRUTH_STATES, FALSE_ALARM: metrics.ALARM_STATES}
"""What may be said of each kind of object in one run."""
_ALL_PREDICTIONS: Final = 2**31 - 1
_LEAST_IOU: Final = 0.1  # up to which a prediction touches nothing, as `metrics.find_failures` has it


@dataclass(frozen=True, slots=True)
class Cell:
    """Objects that went from one state to another, and what they add to the gain.

    Attributes:
        kind: ``truth`` or ``false alarm``.
        before: Their state in the baseline.
        after: Their state in the candidate.
        objects: How many they are.
        gain: What they add to the gain in average precision.
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


@dataclass(frozen=True, eq=False)
class Explanation:
    """Where a gain in average precision comes from. Made by `explain_gain`.

    Only predictions from the confidence on are told apart, so that all counts are those of the object ledger at the
    same thresholds. The gain over all confidences is what the cells add, what only cells together do (`remainder`),
    and what predictions below the confidence add (`below`).

    Attributes:
        ledger: Every object at the thresholds.
        transitions: From which state to which each went, in the order of the ledger's lines.
        thresholds: Where predictions begin to count, and the IoU of everything.
        counted: The gain of the predictions that count, by cells.
        baseline: The baseline's average precision over all confidences.
        candidate: The candidate's.
    """

    ledger: ObjectLedger
    transitions: metrics.Transitions
    thresholds: Thresholds
    counted: metrics.ExplainedGain
    baseline: metrics.AveragePrecision
    candidate: metrics.AveragePrecision

    @property
    def gain(self) -> float:
        """Candidate minus baseline over all confidences; NaN where nothing has a truth."""
        return self.candidate.mean - self.baseline.mean

    @property
    def below(self) -> float:
        """What predictions below the confidence add; 0 where all count."""
        return 0.0 if self.thresholds.min_confidence == 0 else self.gain - self.counted.gain

    @property
    def remainder(self) -> float:
        """What only several cells together explain."""
        return self.counted.remainder

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell that has objects, the largest gain or loss first; then truths, then the most objects."""
        tables = {
            TRUTH: (self.transitions.truths, self.counted.truths),
            FALSE_ALARM: (self.transitions.alarms, self.counted.alarms),
        }
        cells = [
            Cell(kind, STATES[kind][i], STATES[kind][j], int(objects[i, j]), float(gains[i, j]))
            for kind, (counts, gains) in tables.items()
            for objects in [counts.sum(axis=0)]
            for i, j in np.argwhere(objects)
        ]
        return tuple(sorted(cells, key=lambda cell: (-abs(cell.gain), cell.kind != TRUTH, -cell.objects)))

    def matrix(self, kind: str = TRUTH) -> np.ndarray:
        """int64[states, states]: objects by their state in the baseline and in the candidate.

        Args:
            kind: ``truth`` for the states found, class, place, unseen; ``false alarm`` for absent, class, place, both,
                duplicate, background.
        """
        counts = self.transitions.truths if kind == TRUTH else self.transitions.alarms
        return np.asarray(counts.sum(axis=0))

    def per_feature(self) -> list[dict[str, Any]]:
        """One entry a feature that has truths or false alarms, the largest gain or loss first.

        ``baseline``, ``candidate`` and ``gain`` are average precision over all confidences, NaN without truth;
        ``share`` is what the feature adds to the gain over all; ``truths`` and ``false_alarms`` hold its counts by
        cell, without those that did not change.
        """
        measured = int(np.count_nonzero(self.candidate.truths))
        entries = []
        for code, path in enumerate(self.ledger.features):
            before, after = (float(run.per_feature[code]) for run in (self.baseline, self.candidate))
            counts = self.transitions.truths[code], self.transitions.alarms[code]
            if counts[0].any() or counts[1].any():
                entries.append(
                    {
                        "feature": path,
                        "objects": int(counts[0].sum()),
                        "baseline": before,
                        "candidate": after,
                        "gain": after - before,
                        "share": (after - before) / measured if measured else math.nan,
                        "truths": _changed(counts[0], STATES[TRUTH]),
                        "false_alarms": _changed(counts[1], STATES[FALSE_ALARM]),
                    }
                )
        return sorted(entries, key=lambda entry: -abs(np.nan_to_num(entry["gain"])))

    def objects(self, cell: str | None = None, *, features: Sequence[str] = ()) -> pa.Table:
        """Objects as the ledger's table has them, with ``before`` and ``after``, the surest first.

        Args:
            cell: Such as ``unseen:found``. Where truths and false alarms both have such states (``class:place``), the
                truths come first. All objects when left out.
            features: Paths; all when left out.

        Raises:
            RecordError: If there are no such states.
            NotFoundError: If the runs share no such feature.
        """
        table, states = self.ledger.table, (self.transitions.truth_states, self.transitions.alarm_states)
        names = [
            np.array(STATES[kind], dtype=object)[codes]
            for kind, codes in zip((TRUTH, FALSE_ALARM), states, strict=True)
        ]
        before, after = np.concatenate(names).T
        wanted = np.ones(len(table), dtype=bool)
        if cell is not None:
            one, other = split_cell(cell)
            wanted &= (before == one) & (after == other)
        if features:
            wanted &= np.isin(self._feature_codes, self._codes_of(features))
        ledger = self.ledger.ledger
        sure = np.fmax(*np.concatenate([ledger.truths.confidence, ledger.alarms.confidence]).T)
        alarm = np.arange(len(table)) >= len(ledger.truths.row)
        order = np.lexsort([-np.nan_to_num(sure, nan=-1.0), alarm])
        lines = order[wanted[order]]
        chosen = table.take(pa.array(lines))
        for name, values in (("after", after), ("before", before)):
            chosen = chosen.add_column(2, name, pa.array(values[lines].tolist(), pa.string()))
        return chosen

    @property
    def terms(self) -> dict[str, Any]:
        """What it was made of, as plain values: those of the ledger, and the rule of the parts."""
        return {**self.ledger.terms, "explained_by": self.counted.rule, "failures_by": self.transitions.rule}

    @property
    def _feature_codes(self) -> np.ndarray:
        ledger = self.ledger.ledger
        return np.concatenate([ledger.truths.feature, ledger.alarms.feature])

    def _codes_of(self, features: Sequence[str]) -> list[int]:
        strange = [path for path in features if path not in self.ledger.features]
        if strange:
            raise NotFoundError(
                f"The runs share no feature {strange[0]!r}. They share: {', '.join(self.ledger.features)}."
            )
        return [self.ledger.features.index(path) for path in features]


def explain_gain(pair: Pair, *, thresholds: Thresholds | None = None, split: str | None = None) -> Explanation:
    """Tell where a gain in average precision at one IoU comes from.

    Every truth was found in a run, or missed because it was taken for another feature (``class``), placed badly
    (``place``) or ``unseen``; every false alarm was ``absent``, or of a kind of `metrics.find_failures`. What a cell of
    truths or false alarms adds is what their exchange between the runs does to average precision; see
    `metrics.explain_gain`. The truth is the candidate's.

    Args:
        pair: From `pair_runs`.
        thresholds: From which confidence on objects are told apart, and the IoU of the average precision; 0.5 and 0.5
            when left out.
        split: ``training``, ``validation``, ``test``, ``unassigned`` or ``all``; `Pair.default_split` when left out.

    Raises:
        RecordError: If there is no such split, or no row in it, the IoU is below 0.1, or neither boxes nor masks are
            measured.
    """
    thresholds = thresholds or Thresholds()
    refuse_other_measures(pair.subject, Measure.BOXES, Measure.MASKS, asked="Where a gain in AP comes from")
    if thresholds.min_iou < _LEAST_IOU:
        raise RecordError(
            f"The IoU is {thresholds.min_iou:g}; from {_LEAST_IOU:g} on failures are told apart, since what overlaps "
            "less touches nothing."
        )
    keeper = LedgerKeeper(pair)
    ledger = keeper.at(thresholds, split=split)
    if not ledger.rows:
        raise RecordError(
            f"None of the {len(pair):,} shared rows is in the split {ledger.split!r}; ask for another one."
        )
    keep = np.zeros(len(pair.candidate.snapshot.rows), dtype=bool)
    keep[pair.candidate_rows[pair.rows_of(ledger.split)]] = True
    runs = [overlaps.on_rows(keep) for overlaps in keeper.overlaps]
    failures = [
        metrics.find_failures(run, min_iou=thresholds.min_iou, min_confidence=thresholds.min_confidence) for run in runs
    ]
    sure = [_from_confidence(overlaps, thresholds.min_confidence).on_rows(keep) for overlaps in keeper.overlaps]
    precision = [
        metrics.average_precision(run, min_iou=thresholds.min_iou, max_detections=_ALL_PREDICTIONS) for run in runs
    ]
    return Explanation(
        ledger,
        metrics.follow_failures(ledger.ledger, *failures),
        thresholds,
        metrics.explain_gain(*sure, min_iou=thresholds.min_iou),
        *precision,
    )


def split_cell(cell: str) -> tuple[str, str]:
    """The two states of a cell such as ``unseen:found``.

    Raises:
        RecordError: If neither truths nor false alarms have them both.
    """
    before, _, after = cell.partition(":")
    if not any(before in states and after in states for states in STATES.values()):
        known = "; ".join(f"of a {kind}: {', '.join(states)}" for kind, states in STATES.items())
        raise RecordError(
            f"{cell!r} is no cell. It is a state in the baseline and one in the candidate, such as unseen:found. "
            f"States {known}."
        )
    return before, after


def _changed(counts: np.ndarray, states: Sequence[str]) -> dict[str, int]:
    """Objects by cell, the most first, without those that stayed what they were."""
    cells = [(f"{states[i]}:{states[j]}", int(counts[i, j])) for i, j in np.argwhere(counts) if i != j]
    return dict(sorted(cells, key=lambda cell: -cell[1]))


def _from_confidence(overlaps: metrics.Overlaps, min_confidence: float) -> metrics.Overlaps:
    """The overlaps of those predictions alone that count."""
    shapes = overlaps.tables.predictions
    if shapes.confidence is None or not min_confidence:
        return overlaps
    counting = shapes.confidence >= min_confidence
    columns = {
        field.name: getattr(shapes, field.name)[counting]
        for field in fields(shapes)
        if field.name not in ("ones", "starts")
    }
    if isinstance(shapes, metrics.Masks):  # their stretches of pixels are not one for each
        stretches = np.diff(shapes.starts)
        columns["ones"] = shapes.ones[np.repeat(counting, stretches)]
        columns["starts"] = np.concatenate([[0], np.cumsum(stretches[counting])]).astype(np.int64)
    return metrics.find_overlaps(
        overlaps.tables.truth, replace(shapes, **columns), rows=len(overlaps.keep), features=overlaps.features
    )
