"""Every object and what became of it between two runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np

from metrics.comparison.ledger_lines import (
    AlarmLines,
    Alarms,
    Change,
    TruthLines,
    join_alarms,
    side_by_side,
    truth_changes,
)
from metrics.comparison.mcnemar import mcnemar
from metrics.errors import ColumnError
from metrics.objects.confusion import Confusion, confuse
from metrics.objects.matching import Matches
from metrics.objects.overlap import Overlaps, find_overlaps
from metrics.thresholds import check_iou

LineColumn = Literal["row", "feature", "change", "confidence"]
"""What lines of truths and of false alarms tell alike."""
LEDGER_RULE: Final = "truths by position, false alarms by greedy matching of predictions"


@dataclass(frozen=True, eq=False)
class Ledger:
    """Every object of two runs at the same IoU. Made by `keep_ledger`.

    Attributes:
        truths: A line for each truth that counts.
        alarms: A line for each false alarm of either run.
        features: Number of features.
        min_iou: Smallest IoU that counted as a claim.
        min_confidence: Below it predictions of the baseline, and of the candidate, did not take part.
        same_iou: Smallest IoU with which two predictions are the same false alarm.
        rule: Name of the rule.
    """

    truths: TruthLines
    alarms: AlarmLines
    features: int
    min_iou: float
    min_confidence: tuple[float, float]
    same_iou: float
    rule: str = LEDGER_RULE

    def column(self, name: LineColumn) -> np.ndarray:
        """[lines] or [lines, 2]: what stands in a column of the truths, then in that of the false alarms."""
        return np.concatenate([getattr(self.truths, name), getattr(self.alarms, name)])

    @cached_property
    def counts(self) -> np.ndarray:
        """int64[features, 7]: how many objects of each feature went through each `Change`, in its order."""
        codes = self.column("feature").astype(np.int64) * len(Change) + self.column("change")
        return np.bincount(codes, minlength=self.features * len(Change)).reshape(self.features, len(Change))

    @property
    def total(self) -> dict[str, int]:
        """How many objects went through each change, by its name."""
        return {change.name.lower(): int(n) for change, n in zip(Change, self.counts.sum(axis=0), strict=True)}

    @cached_property
    def p_values(self) -> np.ndarray:
        """float64[features]: McNemar's exact p that found and missed changed sides so unevenly; NaN without change."""
        return mcnemar(self.counts[:, Change.NEWLY_FOUND], self.counts[:, Change.NEWLY_MISSED])

    @property
    def p_value(self) -> float:
        """The same over all features."""
        sums = self.counts.sum(axis=0)
        return float(mcnemar(sums[[Change.NEWLY_FOUND]], sums[[Change.NEWLY_MISSED]])[0])

    def placed(self, *, by: float = 0.05) -> np.ndarray:
        """int8[truths]: 1 where a kept truth is placed better by at least so much IoU, -1 where worse, else 0."""
        gain = self.truths.iou[:, 1] - self.truths.iou[:, 0]
        return (gain >= by).astype(np.int8) - (gain <= -by).astype(np.int8)

    def rows_with(self, change: Change, *, rows: int) -> np.ndarray:
        """int32[rows]: how many objects of each row went through a change.

        Args:
            change: Which one.
            rows: Number of rows of the tables.
        """
        lines = self.truths if change <= Change.STILL_MISSED else self.alarms
        return np.bincount(lines.row[lines.change == change], minlength=rows).astype(np.int32)


def pair_predictions(baseline: Overlaps, candidate: Overlaps, *, same_iou: float = 0.5) -> Overlaps:
    """Find which predictions of two runs could be the same one: the expensive step of a ledger, done once.

    Args:
        baseline: The run to beat.
        candidate: The run in question, on the same rows, features and truths.
        same_iou: Smallest IoU with which two predictions can be the same.

    Raises:
        ColumnError: If the two are not on the same rows, features and truths.
    """
    if len(baseline.keep) != len(candidate.keep) or baseline.features != candidate.features:
        raise ColumnError(
            f"The baseline has {len(baseline.keep):,} rows and {baseline.features:,} features, the candidate "
            f"{len(candidate.keep):,} and {candidate.features:,}. A ledger needs both on the same ones."
        )
    if len(baseline.tables.truth) != len(candidate.tables.truth):
        raise ColumnError(
            f"The baseline was measured on {len(baseline.tables.truth):,} truths, the candidate on "
            f"{len(candidate.tables.truth):,}. Measure both on the same truth."
        )
    before, after = baseline.tables.predictions, candidate.tables.predictions
    return find_overlaps(before, after, rows=len(baseline.keep), features=baseline.features, min_overlap=same_iou)


def keep_ledger(baseline: Matches, candidate: Matches, *, between: Overlaps | None = None) -> Ledger:
    """Tell what became of every object between two runs.

    A truth is kept, newly found, newly missed or still missed. A false alarm of the candidate is persistent where the
    baseline has one of the same feature in the same place, and new otherwise; the baseline's that are not there any
    more are fixed. False alarms are told apart in order of falling confidence of the candidate's; each stands for the
    free one of the baseline that it overlaps most (ties as in `match`).

    Sums reconcile with the counts of both runs: kept + newly found are the candidate's found truths, kept + newly
    missed the baseline's; persistent + new are the candidate's false alarms, persistent + fixed the baseline's.

    Args:
        baseline: Matches of the run to beat.
        candidate: Matches of the run in question, on the same truths and at the same IoU; the confidences may differ.
        between: From `pair_predictions`; found now when left out, which takes longer than everything else.

    Raises:
        ColumnError: If the two are not on the same rows, features and truths, or not at the same IoU.

    Example:
        >>> from metrics import Boxes, find_overlaps, match
        >>> truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> before = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [80, 80, 9, 9]])
        >>> after = Boxes.from_sizes([0, 0], [0, 0], [[50, 50, 10, 10], [80, 80, 9, 9]])
        >>> runs = [match(find_overlaps(truth, found, rows=1, features=1)) for found in (before, after)]
        >>> {name: n for name, n in keep_ledger(*runs).total.items() if n}
        {'newly_found': 1, 'newly_missed': 1, 'persistent': 1}
    """
    _check_alike(baseline, candidate)
    between = pair_predictions(baseline.overlaps, candidate.overlaps) if between is None else between
    runs, confusions = (baseline, candidate), (confuse(baseline), confuse(candidate))
    return Ledger(
        _truth_lines(runs, confusions),
        _alarm_lines(runs, confusions, between),
        features=candidate.overlaps.features,
        min_iou=candidate.min_iou,
        min_confidence=(baseline.min_confidence, candidate.min_confidence),
        same_iou=between.min_overlap,
    )


def _check_alike(baseline: Matches, candidate: Matches) -> None:
    before, after = (
        (each.min_iou, len(each.overlaps.tables.truth), each.overlaps.features) for each in (baseline, candidate)
    )
    if before != after or not np.array_equal(baseline.overlaps.keep, candidate.overlaps.keep):
        raise ColumnError(
            "A ledger needs both runs at the same IoU and on the same rows, features and truths; "
            f"IoU, truths and features are {before} in the baseline and {after} in the candidate, "
            f"with {baseline.overlaps.rows:,} and {candidate.overlaps.rows:,} rows that count."
        )


def _truth_lines(runs: tuple[Matches, Matches], confusions: tuple[Confusion, Confusion]) -> TruthLines:
    overlaps = runs[1].overlaps
    truth = overlaps.tables.truth
    counting = np.zeros(len(truth), dtype=bool)
    counting[overlaps.truths.position[~overlaps.truths.ignored]] = True
    lines = np.flatnonzero(counting).astype(np.int32)
    found = np.stack([~run.missed[lines] for run in runs], axis=1)
    prediction = np.stack([confusion.prediction_of[lines] for confusion in confusions], axis=1)
    return TruthLines(
        lines,
        truth.row[lines],
        truth.feature[lines],
        truth_changes(found),
        prediction,
        side_by_side([run.overlaps.tables.predictions.feature for run in runs], prediction),
        np.where(found, side_by_side([run.iou for run in runs], prediction), np.nan),
        side_by_side([_confidence(run) for run in runs], prediction),
    )


def _alarm_lines(
    runs: tuple[Matches, Matches], confusions: tuple[Confusion, Confusion], between: Overlaps
) -> AlarmLines:
    sides = [
        Alarms(
            run.overlaps.tables.predictions.row,
            run.overlaps.tables.predictions.feature,
            run.fp,
            confusion.truth_of,
            _confidence(run),
        )
        for run, confusion in zip(runs, confusions, strict=True)
    ]
    return join_alarms(sides[0], sides[1], _same_alarms(runs, between))


def _same_alarms(runs: tuple[Matches, Matches], between: Overlaps) -> np.ndarray:
    """int32[candidate's predictions]: position of the baseline's false alarm that each one stands for, or -1."""
    from metrics.kernels import ledger

    floor = check_iou(between.min_overlap, lowest=between.min_overlap)
    alarms = runs[0].fp[between.truths.position], runs[1].fp[between.predictions.position]
    joined = ledger.join_alarms(between.sides, alarms, floor)
    same = np.full(between.table_sizes[1], -1, dtype=np.int32)
    places = np.flatnonzero(joined >= 0)
    same[between.predictions.position[places]] = between.truths.position[joined[places]]
    return same


def _confidence(run: Matches) -> np.ndarray:
    predictions = run.overlaps.tables.predictions
    return np.ones(len(predictions)) if predictions.confidence is None else predictions.confidence
