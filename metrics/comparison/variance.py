"""Several runs of each model: what training anew changes, apart from what other rows would change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from metrics.columns import Numbers
from metrics.comparison.measured import Measured, units_telling
from metrics.custom import RowRatio
from metrics.errors import ColumnError

VARIANCE_RULE: Final = "runs x rows, both drawn at random; components by equating mean squares"
RESAMPLED_RULE: Final = "runs x rows, both drawn at random; components by equating mean squares, rows by bootstrap"


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


@dataclass(frozen=True, eq=False)
class RunNumbers:
    """One number of several runs of a model, and how it moves with the rows.

    Attributes:
        values: float64[runs].
        moves: float64[runs, N]: values of rows whose mean the number is, or the number on N resamples of them.
        per_row: Variance by single rows for each variance of `moves`.
        rows: Number of rows, or of clusters.
        telling: On how many of them runs differ.
        rule: Name of the rule.
    """

    values: np.ndarray
    moves: np.ndarray
    per_row: float
    rows: int
    telling: int
    rule: str = VARIANCE_RULE


def numbers_on_rows(values: Numbers) -> RunNumbers:
    """Numbers that are means over rows: float64[runs, rows].

    Raises:
        ColumnError: If there are fewer than two runs or rows, or a value is not finite.
    """
    table = checked_runs(values)
    return RunNumbers(table.mean(axis=1), table, 1.0, table.shape[1], table.shape[1])


def numbers_on_resamples(runs: Sequence[Measured]) -> RunNumbers:
    """Numbers of any kind that were measured on the same resamples of rows; those that all runs define are used.

    Raises:
        ColumnError: If there are fewer than two runs, rows or resamples, they are not of one number on the same
            resamples, or one is undefined.
    """
    made = {(run.name, run.feature, run.units, run.seed, len(run.resampled)) for run in runs}
    if len(made) > 1 or any(math.isnan(run.value) for run in runs):
        raise ColumnError(
            "The runs' numbers are not the same one on the same resamples, or one is undefined; measure all runs with "
            "one draw_rows(...)."
        )
    drawn = np.array([run.resampled for run in runs]).reshape(len(runs), -1)
    moves = checked_runs(drawn[:, ~np.isnan(drawn).any(axis=0)])
    units = runs[0].units
    if units < 2:
        raise ColumnError(f"{units} row was drawn from; at least two are needed to see what other rows would change.")
    telling = max(min(units_telling(runs), units), 2)
    # Drawing n rows of n moves a mean by n / (n - 1) less than drawing them from all there are.
    per_row = units * telling / (telling - 1)
    return RunNumbers(np.array([run.value for run in runs]), moves, per_row, units, telling, RESAMPLED_RULE)


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
    return split_numbers(numbers_on_rows(values))


def split_numbers(numbers: RunNumbers) -> VarianceSplit:
    """The same for numbers of any kind, from `numbers_on_rows` or `numbers_on_resamples`."""
    moves, rows, seeds = numbers.moves, numbers.rows, len(numbers.values)
    of_run, of_row = moves.mean(axis=1), moves.mean(axis=0)
    left = moves - of_run[:, None] - of_row + moves.mean()
    rest = float((left**2).sum() / ((seeds - 1) * (moves.shape[1] - 1))) * numbers.per_row
    return VarianceSplit(
        mean=float(numbers.values.mean()),
        seeds=seeds,
        rows=rows,
        of_seeds=max(0.0, float(numbers.values.var(ddof=1)) - rest / rows),
        of_rows=max(0.0, float(of_row.var(ddof=1)) * numbers.per_row - rest / seeds),
        of_both=rest,
        rule=numbers.rule,
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
