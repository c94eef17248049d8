"""Several runs of each model: what training anew changes, apart from what other rows would change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from metrics.columns import Numbers
from metrics.custom import RowRatio
from metrics.errors import ColumnError

VARIANCE_RULE: Final = "runs x rows, both drawn at random; components by equating mean squares"


@dataclass(frozen=True)
class VarianceSplit:
    """Where the differences between runs of one model on the same rows come from.

    A value of run s on row r is taken as mean + run effect + row effect + rest.

    Attributes:
        mean: Mean of the runs' numbers.
        seeds: Number of runs.
        rows: Number of rows, or of clusters.
        of_seeds: Variance of the run effect: how much training anew moves the number itself.
        of_rows: Variance of the row effect: some rows are harder than others for every run.
        of_both: Variance of the rest: rows that only some runs get right.
        rule: Name of the rule.
    """

    mean: float
    seeds: int
    rows: int
    of_seeds: float
    of_rows: float
    of_both: float
    rule: str = VARIANCE_RULE

    @property
    def seed_spread(self) -> float:
        """Standard deviation of the number of one run by training anew, were there rows without end."""
        return math.sqrt(self.of_seeds)

    @property
    def row_spread(self) -> float:
        """Standard deviation of the number of one run by measuring as many other rows."""
        return math.sqrt((self.of_rows + self.of_both) / self.rows)

    @property
    def seed_share(self) -> float:
        """Share of training anew in the variance of one run's number; NaN where nothing varies."""
        whole = self.seed_spread**2 + self.row_spread**2
        return self.seed_spread**2 / whole if whole else float("nan")


def run_values(runs: Sequence[RowRatio], *, clusters: np.ndarray | None = None) -> np.ndarray:
    """Each run's number, row by row, such that the mean over rows is the number itself.

    For a mean over rows these are the rows' values. For a ratio of sums they are its value and each row's pull on it,
    so that differences between rows tell how much other rows would move the ratio (linearisation).

    Args:
        runs: The same number of every run, on the same rows.
        clusters: Whole numbers for the rows of the tables: rows of one video, site or patient make one value.

    Returns:
        float64[runs, rows that count], or [runs, clusters] in rising order of their numbers.

    Raises:
        ColumnError: If there are no runs, they are not of one number on the same rows, or one is undefined.

    Example:
        >>> from metrics import ratio
        >>> run_values([ratio("found", [1, 1, 2], [1, 2, 2])]).round(2).tolist()
        [[0.92, 0.44, 1.04]]
    """
    if not runs:
        raise ColumnError("No runs were given; at least one is needed, and two to split what they differ by.")
    keep = runs[0].keep
    for run in runs:
        if run.name != runs[0].name or not np.array_equal(run.keep, keep) or np.isnan(run.value):
            raise ColumnError(
                f"{run.name!r} and {runs[0].name!r} are not the same number on the same rows, or it is undefined; "
                "runs are split apart by one number: ....on_rows(keep)."
            )
    unit = (
        np.arange(np.count_nonzero(keep))
        if clusters is None
        else np.unique(np.asarray(clusters)[keep], return_inverse=True)[1]
    )
    return np.array([_pulls(run, unit) for run in runs]).reshape(len(runs), -1)


def split_variance(values: Numbers) -> VarianceSplit:
    """Tell what training anew changes apart from what other rows would change.

    Args:
        values: float64[runs, rows], from `run_values` or any number that is a mean over rows; at least two of both.

    Raises:
        ColumnError: If there are fewer than two runs or rows, or a value is not finite.

    Example:
        >>> split = split_variance([[1, 0, 1, 0], [3, 2, 3, 2]])
        >>> split.mean, round(split.of_seeds, 2), round(split.of_rows, 2), split.of_both
        (1.5, 2.0, 0.33, 0.0)

    Source:
        Two-way random effects by analysis of variance: Searle, Casella and McCulloch, Variance Components, 1992,
        chapter 4. Components that come out negative are 0.
    """
    table = checked_runs(values)
    seeds, rows = table.shape
    of_run, of_row = table.mean(axis=1), table.mean(axis=0)
    left = table - of_run[:, None] - of_row + table.mean()
    rest = float((left**2).sum() / ((seeds - 1) * (rows - 1)))
    return VarianceSplit(
        mean=float(table.mean()),
        seeds=seeds,
        rows=rows,
        of_seeds=max(0.0, float(of_run.var(ddof=1)) - rest / rows),
        of_rows=max(0.0, float(of_row.var(ddof=1)) - rest / seeds),
        of_both=rest,
    )


def _pulls(run: RowRatio, unit: np.ndarray) -> np.ndarray:
    part, whole = (values[run.keep].reshape(len(unit), -1).sum(axis=1) for values in (run.part, run.whole))
    left = np.bincount(unit, weights=part - run.value * whole)
    return run.value + left * len(left) / run.support


def checked_runs(values: Numbers) -> np.ndarray:
    """float64[runs, rows], at least two of both.

    Raises:
        ColumnError: If there are fewer, or a value is not finite.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise ColumnError(
            f"Runs are {list(table.shape)} values, of which {np.count_nonzero(~np.isfinite(table)):,} are not finite. "
            "At least two runs and two rows are needed, [runs, rows], to tell what training anew changes; for one run "
            "of each model: gain_of(...)."
        )
    return table
