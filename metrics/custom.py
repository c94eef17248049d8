"""Numbers of one's own: values per row or feature, or a function that makes them, measured and compared like ours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from metrics.columns import Numbers, as_array, as_kept_rows, as_numeric
from metrics.errors import ColumnError
from metrics.gains import Gain, paired_gain
from metrics.resamples import Resamples
from metrics.standing import count_differing, standing_of_rows
from metrics.undefined import divide

RATIO_RULE: Final = "sum over rows by sum over rows"
FEATURE_RULE: Final = "values per feature as given"


@dataclass(frozen=True, eq=False)
class RowRatio:
    """A number that is one sum over rows by another, such as found truths by all truths. Made by `ratio` or `row_mean`.

    Attributes:
        name: What it is called.
        part: float64[rows] or float64[rows, features]: what each row adds to the sum above the line.
        whole: As `part`: what it adds to the sum below the line; 0 where the row says nothing.
        keep: bool[rows]: the rows that count.
        lower_is_better: It is an error, a cost or a time.
        rule: Name of the rule.
    """

    name: str
    part: np.ndarray
    whole: np.ndarray
    keep: np.ndarray
    lower_is_better: bool = False
    rule: str = RATIO_RULE

    @property
    def value(self) -> float:
        """Over all rows and features that count; NaN where the sum below the line is 0."""
        return float(divide(self.part[self.keep].sum(), self.whole[self.keep].sum()))

    @property
    def support(self) -> float:
        """The sum below the line."""
        return float(self.whole[self.keep].sum())

    @property
    def per_row(self) -> np.ndarray:
        """float64[rows]; NaN for rows that do not count or say nothing."""
        return np.where(self.keep, divide(_over_features(self.part), _over_features(self.whole)), np.nan)

    @property
    def per_feature(self) -> np.ndarray:
        """float64[features]; NaN for features without support.

        Raises:
            ColumnError: If there is one value for each row, not for each row and feature.
        """
        if self.part.ndim == 1:
            raise ColumnError(f"{self.name!r} has one value for each row; for features give [rows, features].")
        return divide(self.part[self.keep].sum(axis=0), self.whole[self.keep].sum(axis=0))

    def on_rows(self, keep: np.ndarray) -> RowRatio:
        """Only some rows: bool[rows]; rows left out earlier stay out.

        Raises:
            ColumnError: If there is not one flag for each row.
        """
        return replace(self, keep=self.keep & as_kept_rows(keep, len(self.keep)))

    def resampled(self, resamples: Resamples) -> np.ndarray:
        """float64[resamples]: the value on every resample; NaN where the sum below the line is 0."""
        check_drawn(self, resamples)
        sides = np.stack([_over_features(self.part), _over_features(self.whole)])
        return divide(*resamples.add_up(lambda weights: sum_rows(sides, weights)).T)

    def resampled_per_feature(self, resamples: Resamples) -> np.ndarray:
        """float64[resamples, features]: the value of each feature on every resample."""
        check_drawn(self, resamples)
        both = np.concatenate([self.part, self.whole], axis=1)
        sums = resamples.add_up(lambda weights: weights.astype(np.float64) @ both)
        return divide(*np.split(sums, 2, axis=1))


@dataclass(frozen=True, eq=False)
class FeatureValues:
    """A number for each feature that was computed elsewhere. Made by `feature_values`.

    Attributes:
        name: What it is called.
        values: float64[features] in code order, NaN where undefined.
        lower_is_better: It is an error, a cost or a time.
        rule: Name of the rule.
    """

    name: str
    values: np.ndarray
    lower_is_better: bool = False
    rule: str = FEATURE_RULE

    @property
    def value(self) -> float:
        """Mean of the values that are defined; NaN if none is."""
        defined = self.values[~np.isnan(self.values)]
        return float(defined.mean()) if len(defined) else float("nan")


def ratio(name: str, part: Numbers, whole: Numbers, *, lower_is_better: bool = False) -> RowRatio:
    """A number that is one sum over rows by another.

    Args:
        name: What it is called.
        part: What each row adds above the line: one number a row, or [rows, features].
        whole: What it adds below the line, alike; not negative.
        lower_is_better: It is an error, a cost or a time.

    Raises:
        ColumnError: If the two differ in shape, are not finite, or what is below the line is negative.

    Example:
        >>> found = ratio("found by night", [2, 0, 1], [4, 0, 1])
        >>> found.value, found.per_row.tolist()
        (0.6, [0.5, nan, 1.0])
    """
    above, below = _numbers(name, part), _numbers(name, whole)
    if above.shape != below.shape or above.ndim not in (1, 2):
        raise ColumnError(
            f"{name!r} has {list(above.shape)} values above the line and {list(below.shape)} below it. "
            "Both need one for each row, or one for each row and feature."
        )
    wrong = ~(np.isfinite(above) & np.isfinite(below) & (below >= 0))
    bad = np.flatnonzero(_over_features(wrong))
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(above):,} rows of {name!r} have a value that is not finite, or a negative one below "
            f"the line; first: row {bad[0]} with {above[bad[0]]} by {below[bad[0]]}. "
            "A row that says nothing has 0 below the line; for values with NaN: row_mean(...).",
            bad=len(bad),
            first=int(bad[0]),
        )
    return RowRatio(name, above, below, np.ones(len(above), dtype=bool), lower_is_better)


def row_mean(name: str, values: Numbers, *, lower_is_better: bool = False) -> RowRatio:
    """The mean over rows of values that were computed for each.

    Args:
        name: What it is called.
        values: One number a row, or [rows, features]; NaN where a row says nothing.
        lower_is_better: It is an error, a cost or a time.

    Raises:
        ColumnError: If a value is infinite.

    Example:
        >>> row_mean("seconds", [0.2, float("nan"), 0.4], lower_is_better=True).value
        0.30000000000000004
    """
    given = _numbers(name, values)
    defined = ~np.isnan(given)
    return ratio(name, np.where(defined, given, 0.0), defined, lower_is_better=lower_is_better)


def _numbers(name: str, values: Numbers) -> np.ndarray:
    return as_numeric(name, as_array(name, values, things="rows")).astype(np.float64, copy=False)


def feature_values(name: str, values: Numbers, *, lower_is_better: bool = False) -> FeatureValues:
    """Values that were computed elsewhere for each feature.

    Args:
        name: What it is called.
        values: One number for each feature in code order; NaN where undefined.
        lower_is_better: It is an error, a cost or a time.

    Raises:
        ColumnError: If a value is infinite, or there is not one for each feature.

    Example:
        >>> feature_values("price of a miss", [2.5, float("nan"), 3.5]).value
        3.0
    """
    given = _numbers(name, values)
    if given.ndim != 1 or np.isinf(given).any():
        raise ColumnError(f"{name!r} needs one finite number for each feature, or NaN where it is undefined.")
    return FeatureValues(name, given, lower_is_better)


def gain_of(baseline: RowRatio, candidate: RowRatio, resamples: Resamples, *, level: float = 0.95) -> Gain:
    """How much better a candidate is in a number of one's own, with its paired bootstrap interval.

    Args:
        baseline: The number of the baseline.
        candidate: The same number of the candidate, on the same rows in the same order.
        resamples: From `draw_rows`.
        level: Share of such intervals that are to hold the true gain, in (0, 1).

    Raises:
        ColumnError: If the two are not the same number, or not on the same rows.
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> from metrics import draw_rows
        >>> before, after = row_mean("score", [1, 2, 3, 4, 5, 6]), row_mean("score", [2, 3, 4, 5, 6, 7])
        >>> gain = gain_of(before, after, draw_rows(before.keep, count=100))
        >>> gain.gain, round(gain.low, 6), round(gain.high, 6), gain.p_better
        (1.0, 1.0, 1.0, 1.0)
    """
    if (baseline.name, baseline.lower_is_better) != (candidate.name, candidate.lower_is_better):
        raise ColumnError(f"{baseline.name!r} and {candidate.name!r} are two numbers; a gain is of one.")
    if not np.array_equal(baseline.keep, candidate.keep):
        raise ColumnError(
            f"{baseline.name!r} counts {np.count_nonzero(baseline.keep):,} of {len(baseline.keep):,} rows in the "
            f"baseline and {np.count_nonzero(candidate.keep):,} of {len(candidate.keep):,} in the candidate; "
            "a gain is measured on the same rows: ....on_rows(keep)."
        )
    sides = baseline, candidate
    return paired_gain(
        (baseline.value, candidate.value),
        (baseline.resampled(resamples), candidate.resampled(resamples)),
        units=resamples.units,
        telling=count_differing(*(standing_of_rows(each.part, each.whole, resamples.unit_of) for each in sides)),
        level=level,
        lower_is_better=baseline.lower_is_better,
    )


def sum_rows(columns: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """float64[resamples, K]: columns float64[K, rows] over the rows that each resample drew, as often as it did."""
    from metrics.kernels.draws import weigh_rows

    sums = np.zeros((len(weights), len(columns)))
    weigh_rows(weights, columns, sums)
    return sums


def check_drawn(number: RowRatio, resamples: Resamples) -> None:
    """Check that rows were drawn from those that count.

    Raises:
        ColumnError: If they were not.
    """
    if resamples.keep.shape != number.keep.shape or (resamples.keep & ~number.keep).any():
        raise ColumnError(f"The rows were drawn from others than those that count for {number.name!r}.")


def _over_features(values: np.ndarray) -> np.ndarray:
    return values if values.ndim == 1 else values.sum(axis=1)
