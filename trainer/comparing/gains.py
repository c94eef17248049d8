"""What candidates gain over a baseline in every number, and how certain each gain is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

import metrics
from metrics.comparison.corrections import MAX_T_RULE
from metrics.gains import BOOTSTRAP_RULE
from trainer.comparing.certainty import CertainGain, Sampling, least_units
from trainer.comparing.comparison import Pair
from trainer.comparing.measured_runs import MeasuredRun, RunMeasurer
from trainer.comparing.own_numbers import NumberOf, own_numbers, refuse_opposite
from trainer.comparing.sharing import SharedRows, cluster_numbers, share_rows
from trainer.measures.evaluation import Thresholds, measured_split
from trainer.measures.measuring import refuse_sizes
from trainer.projects import Report
from trainer.records.errors import RecordError
from trainer.runs.model_runs import ModelRun

if TYPE_CHECKING:
    import pandas as pd

_NOTHING = (math.nan, math.nan, math.nan)


@dataclass(frozen=True, eq=False)
class Gains:
    """What candidates gain over a baseline, all on the same rows. Made by `measure_gains`.

    Attributes:
        shared: The runs, the baseline first, and the rows and features they share.
        split: The split that was measured.
        chosen: bool[n] over the shared rows: those that were measured, without rows whose true class is not known.
        thresholds: Where precision, recall, F1 and mean IoU were taken.
        sampling: How certainty was found.
        units: How many rows, or clusters of rows, were drawn independently.
        holding: int64[features + 1]: how many of these hold a truth of each feature; the last one, of any. Where
            snapshots differ, in the one of all in which it is least.
        measured: For each run its numbers with what they are on every resample; features are codes into `features`.
        holding_own: How many of the units hold a value of each number of one's own, likewise.
    """

    shared: SharedRows
    split: str
    chosen: np.ndarray
    thresholds: Thresholds
    sampling: Sampling
    units: int
    holding: np.ndarray
    measured: tuple[tuple[metrics.Measured, ...], ...]
    holding_own: Mapping[str, int] = field(default_factory=dict)
    # Never taken over by a copy with other numbers.
    _told: dict[float, tuple[tuple[CertainGain, ...], ...]] = field(default_factory=dict, init=False, repr=False)

    @property
    def baseline(self) -> ModelRun:
        """The run to beat."""
        return self.shared.runs[0]

    @property
    def candidates(self) -> tuple[ModelRun, ...]:
        """The runs in question."""
        return self.shared.runs[1:]

    @property
    def features(self) -> tuple[str, ...]:
        """Paths of the features that all runs know."""
        return self.shared.features

    @property
    def rows(self) -> int:
        """Number of rows measured, those without truth or predictions included."""
        return int(self.chosen.sum())

    @property
    def without_truth(self) -> int:
        """Number of the split's shared rows that are left out because a run does not know their true class."""
        return int(self.shared.in_split(self.split).sum()) - self.rows

    @property
    def terms(self) -> dict[str, Any]:
        """On what, at which thresholds and by which draws everything was measured, as plain values."""
        shared = self.shared
        return {
            "runs": [
                {
                    "id": run.id,
                    "experiment": run.stored.experiment,
                    "name": run.name,
                    "snapshot": run.snapshot.digest,
                    "manifest_sha256": run.stored.manifest_sha256,
                    "rows_left_out": left_out,
                    "training_rows": trained_on,
                }
                for run, left_out, trained_on in zip(
                    shared.runs, shared.left_out, shared.trained_on(self.chosen), strict=True
                )
            ],
            "measure": str(shared.subject),
            "split": self.split,
            "rows": self.rows,
            "rows_without_truth": self.without_truth,
            "features_left_out": list(shared.left_out_features),
            "same_snapshot": shared.same_snapshot,
            "same_truth": self.same_truth,
            "thresholds": asdict(self.thresholds),
            "sampling": {
                **asdict(self.sampling),
                "units": self.units,
                "rule": BOOTSTRAP_RULE,
                "together": MAX_T_RULE,
            },
        }

    @cached_property
    def same_truth(self) -> bool:
        """Whether the truth on the rows that were measured is equal in all snapshots, whatever else they hold."""
        return self.shared.same_truth(self.chosen)

    def of(self, candidate: int = 0, *, level: float | None = None) -> tuple[CertainGain, ...]:
        """Every gain of one candidate, numbers over all features first.

        Where there are several candidates, `CertainGain.together` holds for all of them at once.

        Args:
            candidate: Its place among `candidates`.
            level: Share of intervals that are to hold the true gain; that of `sampling` when left out.
        """
        return self._of_all(self.sampling.level if level is None else level)[candidate]

    def _of_all(self, level: float) -> tuple[tuple[CertainGain, ...], ...]:
        """Every gain of every candidate, worked out once for each level."""
        if level not in self._told:
            self._told[level] = self._tell(level)
        return self._told[level]

    def _tell(self, level: float) -> tuple[tuple[CertainGain, ...], ...]:
        # Features that too few rows hold would only widen what holds for all the others at once.
        enough = self.holding >= least_units(level)
        judged = [number.feature is None or bool(enough[number.feature]) for number in self.measured[0]]
        sure, unsure = (
            self._gains(level, [at for at, here in enumerate(judged) if here is side]) for side in (True, False)
        )
        order = {(number.name, number.feature): at for at, number in enumerate(self.measured[0])}

        def place(gain: metrics.MeasuredGain) -> tuple[bool, int]:
            return gain.feature is not None, order[gain.name, gain.feature]

        return tuple(
            tuple(map(self._named, sorted([*ours, *(replace(gain, together=_NOTHING) for gain in others)], key=place)))
            for ours, others in zip(sure, unsure, strict=True)
        )

    def pair(self, candidate: int = 0) -> Pair:
        """The baseline and one candidate on the rows that were measured, and no others."""
        rows = self.shared.rows
        sides = rows[0][self.chosen], rows[1:][candidate][self.chosen]
        return Pair(self.baseline, self.candidates[candidate], *sides, self.shared.subject)

    def to_pandas(self) -> pd.DataFrame:
        """One line for each candidate and number, with the columns of `CertainGain.columns`."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"run": f"{run.stored.experiment}/{run.name}", "run_id": run.id, **gain.columns()}
                for place, run in enumerate(self.candidates)
                for gain in self.of(place)
            ]
        )

    def _gains(self, level: float, places: Sequence[int]) -> tuple[tuple[metrics.MeasuredGain, ...], ...]:
        before, *after = ([numbers[at] for at in places] for numbers in self.measured)
        return metrics.gains_of_several(before, after, level=level)

    def _named(self, gain: metrics.MeasuredGain) -> CertainGain:
        feature, place = (None, -1) if gain.feature is None else (self.features[gain.feature], gain.feature)
        units = self.holding_own.get(gain.name, int(self.holding[place]))
        return CertainGain(gain.name, feature, gain.gain, gain.together, gain.support, units, gain.rule)


def measure_gains(
    baseline: ModelRun,
    candidates: ModelRun | Sequence[ModelRun],
    *,
    measure: str | None = None,
    thresholds: Thresholds | None = None,
    split: str | None = None,
    sampling: Sampling | None = None,
    sizes: bool = False,
    numbers: Sequence[NumberOf] = (),
    report: Report | None = None,
) -> Gains:
    """Measure what candidates gain over a baseline, and how certain that is.

    All runs are measured on the rows and features that every one of them has, joined by key and path, each against
    the truth of its own snapshot. Certainty comes from the paired bootstrap: the same rows are drawn for all runs, so
    that rows hard for all do not blur a gain. Of several candidates one would look better by chance: what holds for all
    of them at once is in `CertainGain.together`, by which they are called better or worse.

    Args:
        baseline: The run to beat.
        candidates: One run in question, or any number of them.
        measure: ``boxes``, ``masks``, ``classes``, ``pixels`` or ``spans``; what the runs were measured by when they
            were sealed, when left out. Of several questions ``classes:weather`` names one.
        thresholds: Where precision, recall, F1 and mean IoU are taken; 0.5 and 0.5 when left out. A choice among
            classes, and pixels, have none.
        split: ``training``, ``validation``, ``test``, ``unassigned`` or ``all``, as the candidates' snapshots have it;
            validation when left out, else test, else all.
        sampling: Resamples, level, seed and clusters; see `Sampling`.
        sizes: Average precision on small, medium and large objects too, which takes four times as long.
        numbers: Functions that make numbers of your own of a run, see `NumberOf`; those that were logged with all runs
            are measured without being asked for.
        report: Told of the progress.

    Raises:
        RecordError: If there is no candidate, the split has no shared row, or none whose true class all know, no row
            has the column to cluster by, there is nothing of the kind to measure, sizes are asked for where nothing has
            one, or a number of your own is wrong.
        SnapshotMismatchError: If the runs share no row or no feature.
    """
    thresholds, sampling = thresholds or Thresholds(), sampling or Sampling()
    shared = share_rows(baseline, [candidates] if isinstance(candidates, ModelRun) else candidates, measure=measure)
    if sizes:
        refuse_sizes(shared.subject)
    split = split or measured_split(shared.runs[1].snapshot.rows)
    chosen = _with_answers(shared, shared.in_split(split), split)
    drawn = _draw(shared, chosen, sampling)
    own = [own_numbers(run, numbers) for run in shared.runs]
    refuse_opposite(own)
    measurer = RunMeasurer(drawn, thresholds, sizes=sizes, certain=sampling.resamples > 0, report=report)
    found: dict[str, MeasuredRun] = {}
    for run, rows, ours in zip(shared.runs, shared.rows, own, strict=True):
        if run.id not in found:
            found[run.id] = measurer.measure(shared.evaluation(run), ours, rows=rows, name=run.name)
    each = [found[run.id] for run in shared.runs]
    holding = np.min([one.holding for one in each], axis=0)
    holding_own = {name: min(one.holding_own.get(name, 0) for one in each) for name in each[0].holding_own}
    numbers_of = _alike([one.measured for one in each])
    return Gains(shared, split, chosen, thresholds, sampling, drawn.units, holding, numbers_of, holding_own)


def _with_answers(shared: SharedRows, chosen: np.ndarray, split: str) -> np.ndarray:
    """The chosen rows without those whose true class is not known to all: they are in no number and not drawn."""
    for run, rows in zip(shared.runs, shared.rows, strict=True):
        chosen = chosen & shared.evaluation(run).known[rows]
    if not chosen.any():
        raise RecordError(
            f"None of the rows ({split}) has a true answer to {shared.subject.question!r} that all runs know, so "
            "nothing can be measured."
        )
    return chosen


def _alike(measured: Sequence[tuple[metrics.Measured, ...]]) -> tuple[tuple[metrics.Measured, ...], ...]:
    """The numbers that all runs have: without probabilities there is no log loss."""
    common = set.intersection(*({(each.name, each.feature) for each in numbers} for numbers in measured))
    return tuple(tuple(each for each in numbers if (each.name, each.feature) in common) for numbers in measured)


def _draw(shared: SharedRows, chosen: np.ndarray, sampling: Sampling) -> metrics.Resamples:
    clusters = None
    if sampling.clusters is not None:
        clusters = cluster_numbers(shared.runs[1].snapshot.rows, sampling.clusters)[shared.rows[1]]
    return sampling.draw(chosen, clusters)
