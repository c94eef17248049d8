"""One of several runs measured on drawn rows: its numbers on every resample, and how many rows hold each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

import metrics
from trainer.comparing.own_numbers import counting, says_something
from trainer.comparing.told import told_draws
from trainer.measures.evaluation import Thresholds
from trainer.measures.measuring import Measurable
from trainer.projects import Report


@dataclass(frozen=True, eq=False)
class MeasuredRun:
    """What was measured of one run, and how many of the rows, or clusters, that were drawn hold it.

    Attributes:
        measured: Its numbers; features are codes.
        holding: int64[features + 1]: how many hold a truth of each feature; the last one, of any.
        holding_own: How many hold a value of each number of one's own.
    """

    measured: tuple[metrics.Measured, ...]
    holding: np.ndarray
    holding_own: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class RunMeasurer:
    """Measures runs alike: on the same draws of the same rows, and at the same thresholds.

    Attributes:
        drawn: The draws of the n rows that all runs share.
        thresholds: Where precision, recall, F1 and mean IoU are taken.
        sizes: Average precision on small, medium and large objects too.
        certain: Whether to keep what the numbers are on the resamples.
        report: Told of the progress.
    """

    drawn: metrics.Resamples
    thresholds: Thresholds
    sizes: bool
    certain: bool
    report: Report | None

    def measure(
        self, evaluation: Measurable, own: Sequence[metrics.RowRatio], *, rows: np.ndarray, name: str
    ) -> MeasuredRun:
        """Measure one run.

        Args:
            evaluation: Of the run, on all of its rows and the features that all runs share.
            own: Numbers of one's own, on all of its rows.
            rows: int32[n]: which of its rows the shared ones are.
            name: What the run is called in reports.
        """
        placed = self.drawn.at(rows, of=len(evaluation.known))
        told = told_draws(placed, f"resampling {name}", self.report if self.certain else None)
        evaluation = evaluation.on_rows(placed.keep)
        counted = [counting(number, placed.keep) for number in own]
        measured = evaluation.measured(told, thresholds=self.thresholds, sizes=self.sizes)
        measured += [each for number in counted for each in metrics.measure_ratio(number, placed)]
        return MeasuredRun(
            tuple(measured if self.certain else map(_without_resamples, measured)),
            units_holding(evaluation, placed.unit_of),
            {number.name: len(np.unique(placed.unit_of[says_something(number)])) for number in counted},
        )


def units_holding(evaluation: Measurable, unit: np.ndarray) -> np.ndarray:
    """int64[features + 1]: how many rows, or clusters, hold a truth that counts of each feature, and of any.

    Args:
        evaluation: On the rows that count.
        unit: int[rows]: number of the row, or cluster, that each row belongs to.
    """
    row, features = evaluation.held()
    units, many = unit[row], len(evaluation.features)
    held = np.unique(np.stack([features, units]), axis=1)[0]
    return np.append(np.bincount(held, minlength=many), len(np.unique(units)))


def _without_resamples(number: metrics.Measured) -> metrics.Measured:
    return replace(number, resampled=number.resampled[:0], over=None)
