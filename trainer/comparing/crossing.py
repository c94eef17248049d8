"""Two runs scored on each other's truth, rows, split and features, wherever that is possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

import metrics
from metrics.comparison.measured import units_telling
from trainer.comparing.certainty import Sampling
from trainer.comparing.comparison import Pair
from trainer.comparing.crossed_rows import CrossedRows
from trainer.comparing.edits import edited_rows
from trainer.comparing.own_numbers import NumberOf, counting, on_other_rows, own_numbers, refuse_opposite
from trainer.comparing.placing import features_onto, place, rows_onto
from trainer.measures.evaluation import Thresholds, rows_of_split
from trainer.measures.measuring import Measurable, evaluate_sides
from trainer.projects import Report
from trainer.runs.model_runs import ModelRun

GROUNDS: Final = 14
"""So many grounds there are at most: four ways to have rows and features on either side, and six more between."""
MEASURING: Final = "measuring on other data"
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
        made: Functions that make numbers of one's own, beside those that were logged with both runs.
    """

    pair: Pair
    splits: tuple[str, str]
    thresholds: Thresholds
    sampling: Sampling = field(default_factory=lambda: Sampling(resamples=0))
    report: Report | None = None
    made: Sequence[NumberOf] = ()
    _scores: dict[Ground, dict[str, metrics.Measured]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Names of the numbers over all features that both runs have on their own data."""
        before, after = (self.score(self.own(side)) for side in (0, 1))
        return tuple(name for name in before if name in after)

    @cached_property
    def own_numbers(self) -> tuple[dict[str, metrics.RowRatio], dict[str, metrics.RowRatio]]:
        """Numbers of one's own of the baseline, and of the candidate, by name and over all rows of the run.

        Raises:
            RecordError: If one is wrong, or the runs do not agree on which way is better.
        """
        before, after = (own_numbers(run, self.made) for run in self._runs)
        refuse_opposite([before, after])
        return {each.name: each for each in before}, {each.name: each for each in after}

    def lower_is_better(self, number: str) -> bool:
        """Whether it is an error."""
        return self.score(self.own(1))[number].lower_is_better

    def furthest(self, number: str) -> float:
        """How far two values of a number can lie apart."""
        return self.score(self.own(1))[number].furthest

    def own(self, side: int) -> Ground:
        """A run on all of its own data."""
        return Ground(side, side, side, own_rows=True, own_features=True)

    def values(self, ground: Ground, number: str) -> np.ndarray:
        """float64[1 + resamples, 1 + features]: a number on the rows of a ground, and on every resample of them.

        Where the number is a mean over features that may vanish from resamples, each of them stands behind it; the
        features are those of either run, so that all numbers on the way can be added and subtracted. NaN where
        undefined. The resamples are the same on every ground.
        """
        measured, taken = self.score(ground).get(number), self.sampling.resamples
        over = None if measured is None else measured.over
        values = np.full((1 + taken, 1 if over is None else 1 + len(self._paths)), np.nan)
        if measured is not None:
            values[:, 0] = np.concatenate([[measured.value], measured.resampled[:taken]])
        if over is not None:
            features = self._evaluations[ground.run, ground.truth, ground.own_features].features
            values[1:, [1 + self._paths.index(path) for path in features]] = over[:taken]
        return values

    def units_telling(self, one: Ground, other: Ground, number: str) -> int:
        """On how many of the rows, or clusters, that are drawn the runs differ on two grounds with the same truth."""
        scores = [self.score(ground).get(number) for ground in (one, other)]
        return units_telling([score for score in scores if score is not None]) if None not in scores else 0

    def score(self, ground: Ground) -> dict[str, metrics.Measured]:
        """Every number over all features on a ground, by its name."""
        ground = self._simplest(ground)
        if ground not in self._scores:
            if self.report:
                self.report(MEASURING, len(self._scores), GROUNDS)
            self._scores[ground] = self._score(ground, self.rows_of(ground))
        return self._scores[ground]

    def score_without(self, ground: Ground, keys: frozenset[str]) -> dict[str, metrics.Measured]:
        """The same without the rows of some keys."""
        keep = self.rows_of(ground)
        positions = self._runs[ground.truth].snapshot.rows.positions
        left_out = [positions[key] for key in keys if key in positions]
        if not keep[left_out].any():
            return self.score(ground)
        keep[left_out] = False
        return self._score(ground, keep)

    def rows_of(self, ground: Ground) -> np.ndarray:
        """bool[rows of the truth's snapshot]: the rows that are measured on a ground."""
        rows = self._runs[ground.truth].snapshot.rows
        if ground.own_rows:
            keep = rows_of_split(rows, self.splits[ground.truth])
        else:
            keep = np.zeros(len(rows), dtype=bool)
            keep[self._numbers[ground.truth][self.measured[ground.split]]] = True
        return keep & self._evaluations[ground.run, ground.truth, ground.own_features].known

    @cached_property
    def measured(self) -> tuple[np.ndarray, np.ndarray]:
        """bool[n] twice: which shared rows are measured by the baseline's split, and by the candidate's.

        Of one choice among classes only those whose true class either of the two knows.
        """
        sides = list(zip(self._runs, self.splits, self._numbers, (0, 1), strict=True))
        known = np.logical_or.reduce([self._evaluations[side, side, True].known[rows] for *_, rows, side in sides])
        before, after = (rows_of_split(run.snapshot.rows, split)[rows] & known for run, split, rows, _ in sides)
        return before, after

    @cached_property
    def alone(self) -> tuple[np.ndarray, np.ndarray]:
        """bool[rows of a snapshot] of the baseline and of the candidate: measured rows that only it has."""
        found = []
        for side in (0, 1):
            keep = self.rows_of(self.own(side))
            keep[self._numbers[side]] = False
            found.append(keep)
        return found[0], found[1]

    @cached_property
    def edited(self) -> np.ndarray:
        """bool[n]: on which shared rows the truth differs; see `edited_rows`."""
        return edited_rows(self.pair)

    @property
    def _runs(self) -> tuple[ModelRun, ModelRun]:
        return self.pair.baseline, self.pair.candidate

    @property
    def _numbers(self) -> tuple[np.ndarray, np.ndarray]:
        return self.pair.baseline_rows, self.pair.candidate_rows

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        """The features of either run."""
        features = [self.pair.subject.features_of(run.snapshot.ontology) for run in self._runs]
        return tuple(dict.fromkeys((*features[0], *features[1])))

    @cached_property
    def rows(self) -> CrossedRows:
        """All rows of both snapshots."""
        return CrossedRows(self.pair)

    @cached_property
    def drawable(self) -> np.ndarray:
        """bool[all rows]: those that are measured on any ground."""
        keep = self.rows.flags(0, self.alone[0]) | self.rows.flags(1, self.alone[1])
        keep[: len(self.pair)] |= self.measured[0] | self.measured[1]
        return keep

    @cached_property
    def drawn(self) -> metrics.Resamples:
        """The draws of all rows that are measured on any ground."""
        return self.rows.draw(self.drawable, self.sampling)

    def _simplest(self, ground: Ground) -> Ground:
        """The first ground with the very same rows and features: where nothing is alone, own ones are shared ones."""
        side = ground.truth
        features = self.pair.subject.features_of(self._runs[side].snapshot.ontology)
        return ground._replace(
            own_rows=ground.own_rows and bool(self.alone[side].any()),
            own_features=ground.own_features and features != self.pair.features,
        )

    def _score(self, ground: Ground, keep: np.ndarray) -> dict[str, metrics.Measured]:
        evaluation = self._evaluations[ground.run, ground.truth, ground.own_features].on_rows(keep)
        drawn = self.rows.on(self.drawn, ground.truth, keep)
        measured = evaluation.measured(drawn, thresholds=self.thresholds)
        own = (self.own_on(name, ground.run, ground.truth) for name in self.own_numbers[ground.run])
        measured += [each for number in own for each in metrics.measure_ratio(counting(number, keep), drawn)]
        return {each.name: each for each in measured if each.feature is None}

    def own_on(self, name: str, run: int, side: int) -> metrics.RowRatio:
        """A number of one's own of a run on the rows of a side's snapshot: as it is for the run, whatever the truth."""
        number = self.own_numbers[run][name]
        if run == side:
            return number
        places = np.full(len(self._runs[side].snapshot.rows), -1)
        places[self._numbers[side]] = self._numbers[run]
        return on_other_rows(number, places)

    @cached_property
    def _evaluations(self) -> _Evaluations:
        return _Evaluations(self.pair)


class _Evaluations:
    """Either run's predictions matched with either truth, when first asked for."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._found: dict[tuple[int, int, bool], Measurable] = {}

    def __getitem__(self, asked: tuple[int, int, bool]) -> Measurable:
        if asked not in self._found:
            run, truth, own_features = asked
            runs = (self._pair.baseline, self._pair.candidate)
            self._found[asked] = (
                self._find(runs[run], own_features) if run == truth else self._find_across(runs[run], runs[truth])
            )
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
