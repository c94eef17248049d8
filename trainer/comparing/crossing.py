"""Two runs scored on each other's truth, rows, split and features, wherever that is possible."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

import metrics
from trainer.comparing.certainty import Sampling
from trainer.comparing.comparison import Pair
from trainer.comparing.crossed_rows import CrossedRows
from trainer.comparing.placing import features_onto, place, rows_onto
from trainer.measures.evaluation import Thresholds, rows_of_split
from trainer.measures.measuring import Measurable, evaluate_sides, overlaps_in
from trainer.projects import Report
from trainer.runs.model_runs import ModelRun

NUMBERS: Final = ("mAP", "AP50", "AP75", "precision", "recall", "F1", "mean IoU")
"""What is scored: COCO's three, and four at the thresholds."""
GROUNDS: Final = 14
"""So many grounds there are at most: four ways to have rows and features on either side, and six more between."""
SIDES: Final = ("baseline", "candidate")


class Ground(NamedTuple):
    """What a run is scored on; each side is 0 for the baseline's snapshot and 1 for the candidate's.

    Attributes:
        run: Whose predictions.
        truth: Whose truth; the run's own wherever the rows or the features are.
        split: Whose split says which rows are measured.
        own_rows: All rows of that split, and not only those that the other snapshot has too.
        own_features: All features of the ontology, and not only those that the other one has too.
    """

    run: int
    truth: int
    split: int
    own_rows: bool = False
    own_features: bool = False


@dataclass(frozen=True, eq=False)
class Crossing:
    """Scores of two runs on any ground that both snapshots give. Each is computed once.

    Attributes:
        pair: The two runs.
        splits: The split that is measured in the baseline's and in the candidate's snapshot.
        thresholds: Where precision, recall, F1 and mean IoU are taken.
        sampling: How often rows are drawn again, and how.
        report: Told which ground is measured; at most `GROUNDS` are.
    """

    pair: Pair
    splits: tuple[str, str]
    thresholds: Thresholds
    sampling: Sampling = field(default_factory=lambda: Sampling(resamples=0))
    report: Report | None = None
    _scores: dict[Ground, dict[str, np.ndarray]] = field(default_factory=dict)

    def score(self, ground: Ground) -> dict[str, np.ndarray]:
        """Every number of `NUMBERS` on a ground: float64[1 + resamples], on its rows and on every resample of them.

        NaN where undefined. The resamples are the same on every ground, so that they can be added and subtracted.
        """
        if ground not in self._scores:
            if self.report:
                self.report("measuring on other data", len(self._scores), GROUNDS)
            keep = self.rows_of(ground)
            self._scores[ground] = self._score(ground, keep)
        return self._scores[ground]

    def score_without(self, ground: Ground, keys: frozenset[str]) -> dict[str, np.ndarray]:
        """The same without the rows of some keys."""
        keep = self.rows_of(ground)
        positions = self._runs[ground.truth].snapshot.rows.positions
        keep[[positions[key] for key in keys if key in positions]] = False
        return self._score(ground, keep)

    def rows_of(self, ground: Ground) -> np.ndarray:
        """bool[rows of the truth's snapshot]: the rows that are measured on a ground."""
        if ground.own_rows:
            return rows_of_split(self._runs[ground.truth].snapshot.rows, self.splits[ground.truth])
        keep = np.zeros(len(self._runs[ground.truth].snapshot.rows), dtype=bool)
        keep[self._numbers[ground.truth][self.measured[ground.split]]] = True
        return keep

    @cached_property
    def measured(self) -> tuple[np.ndarray, np.ndarray]:
        """bool[n] twice: which shared rows are measured by the baseline's split, and by the candidate's."""
        before, after = (
            rows_of_split(run.snapshot.rows, split)[numbers]
            for run, split, numbers in zip(self._runs, self.splits, self._numbers, strict=True)
        )
        return before, after

    @cached_property
    def edited(self) -> np.ndarray:
        """bool[n]: on which shared rows the truth of the shared features differs, in any order of the objects."""
        before, after = (self._truth_columns(side) for side in (0, 1))
        counts = [np.bincount(columns[0].astype(np.int64), minlength=len(self.pair)) for columns in (before, after)]
        edited = counts[0] != counts[1]
        alike = [columns[:, ~edited[columns[0].astype(np.int64)]] for columns in (before, after)]
        differs = (alike[0] != alike[1]).any(axis=0)
        edited[alike[0][0, differs].astype(np.int64)] = True
        return edited

    @property
    def _runs(self) -> tuple[ModelRun, ModelRun]:
        return self.pair.baseline, self.pair.candidate

    @property
    def _numbers(self) -> tuple[np.ndarray, np.ndarray]:
        return self.pair.baseline_rows, self.pair.candidate_rows

    @cached_property
    def rows(self) -> CrossedRows:
        """All rows of both snapshots."""
        return CrossedRows(self.pair)

    @cached_property
    def drawn(self) -> metrics.Resamples:
        """The draws of all rows that are measured on any ground."""
        own = [self.rows.flags(side, self.rows_of(Ground(side, side, side, own_rows=True))) for side in (0, 1)]
        return self.rows.draw(own[0] | own[1], self.sampling)

    def _score(self, ground: Ground, keep: np.ndarray) -> dict[str, np.ndarray]:
        overlaps = self._overlaps[ground.run, ground.truth, ground.own_features].on_rows(keep)
        measured = metrics.measure_objects(
            overlaps,
            self.rows.on(self.drawn, ground.truth, keep),
            min_iou=self.thresholds.min_iou,
            min_confidence=self.thresholds.min_confidence,
        )
        taken = self.sampling.resamples
        return {
            each.name: np.concatenate([[each.value], each.resampled[:taken]])
            for each in measured
            if each.feature is None
        }

    @cached_property
    def _overlaps(self) -> _Overlaps:
        return _Overlaps(self.pair)

    def _truth_columns(self, side: int) -> np.ndarray:
        """float64[8, truths]: shared row, feature and all that measuring reads, in an order that both sides share."""
        snapshot, numbers = self._runs[side].snapshot, self._numbers[side]
        shared = rows_onto(numbers, np.arange(len(self.pair)), rows=len(snapshot.rows))
        truth = place(snapshot.truth, rows=shared, features=features_onto(snapshot.ontology, self.pair.features))
        shapes = truth.annotations
        flags = shapes.crowd * 2 + shapes.ignored
        columns = np.vstack([shapes.row, shapes.feature, shapes.box.T, shapes.area, flags])
        return columns[:, np.lexsort(columns[::-1])]


class _Overlaps:
    """Overlaps of either run's predictions with either truth, found when first asked for."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._found: dict[tuple[int, int, bool], metrics.Overlaps] = {}

    def __getitem__(self, asked: tuple[int, int, bool]) -> metrics.Overlaps:
        if asked not in self._found:
            run, truth, own_features = asked
            runs = (self._pair.baseline, self._pair.candidate)
            found = self._find(runs[run], own_features) if run == truth else self._find_across(runs[run], runs[truth])
            self._found[asked] = overlaps_in(found, asked="What a gain is made of")
        return self._found[asked]

    def _find(self, run: ModelRun, own_features: bool) -> Measurable:
        """A run's predictions against its own truth, on all features or on those that both have."""
        return run.evaluation(self._pair.subject, features=None if own_features else self._pair.features)

    def _find_across(self, run: ModelRun, other: ModelRun) -> Measurable:
        """A run's predictions against the other one's truth, on the rows and features that both have."""
        numbers = {self._pair.baseline.id: self._pair.baseline_rows, self._pair.candidate.id: self._pair.candidate_rows}
        moved = rows_onto(numbers[run.id], numbers[other.id], rows=len(run.snapshot.rows))
        features = self._pair.features
        predictions = place(run.predictions, rows=moved, features=features_onto(run.snapshot.ontology, features))
        unmoved = np.arange(len(other.snapshot.rows), dtype=np.int32)
        truth = place(other.snapshot.truth, rows=unmoved, features=features_onto(other.snapshot.ontology, features))
        return evaluate_sides(
            truth.annotations,
            predictions.annotations,
            rows=other.snapshot.rows,
            features=features,
            subject=self._pair.subject,
        )
