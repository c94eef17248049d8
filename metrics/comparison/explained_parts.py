"""The parts of a gain on drawn rows, and how certain each is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metrics.comparison.corrections import hold_together
from metrics.errors import ColumnError
from metrics.gains import check_level, paired_gain
from metrics.standing import count_alike


@dataclass(frozen=True, eq=False)
class DrawnParts:
    """What the parts of a gain are on every resample of the rows; there, too, they add up to it.

    Made by `draw_accuracy_parts`, `draw_iou_parts`, `draw_f1_parts` and `draw_precision_parts`.

    Attributes:
        gain: float64[resamples]: NaN where a resample does not define it, as all of its parts are there.
        parts: float64[resamples, P].
        shares: float64[resamples, features]: what each feature adds; 0 where it vanishes from a resample.
        unit: int64[K]: rows, or clusters, that hold something by which the runs differ, one entry for each and part.
        part: int64[K]: the part that it belongs to.
        telling_gain: int64[features + 1]: how many rows, or clusters, tell of each feature, and, last, of the gain.
        units: Number of rows, or of clusters, that were drawn.
        widened: How many times as wide as resamples say an interval around a mean over features must be.
        adds: float64[K]: what each of these rows adds to its part; None where they count alike.
    """

    gain: np.ndarray
    parts: np.ndarray
    shares: np.ndarray
    unit: np.ndarray
    part: np.ndarray
    telling_gain: np.ndarray
    units: int
    widened: float = 1.0
    adds: np.ndarray | None = None

    def folded(self, into: np.ndarray, *, groups: int) -> DrawnParts:
        """Parts added up to larger ones.

        Args:
            into: int[P]: the larger part that each belongs to; -1 for none.
            groups: Number of larger parts.
        """
        unit, part = each_once(self.unit, into[self.part])
        adds = None if self.adds is None else added_up(self.unit, into[self.part], self.adds)
        return replace(self, parts=fold(self.parts, into, groups=groups), unit=unit, part=part, adds=adds)

    @property
    def telling(self) -> np.ndarray:
        """int64[P]: how many rows, or clusters, tell of each part; fewer where a few of them decide (`count_alike`)."""
        rows = np.bincount(self.part, minlength=self.parts.shape[1])
        return rows if self.adds is None else count_alike(rows, self.part, self.adds)


@dataclass(frozen=True, eq=False)
class HeldParts:
    """How certain each of P parts is. Made by `hold_parts`; NaN where too few rows tell.

    Attributes:
        low: float64[P]: lower end of the interval of a part alone.
        high: float64[P]: upper end.
        together_low: float64[P]: lower end of one of intervals that hold for all of these parts at once.
        together_high: float64[P]: upper end.
        p_value: float64[P]: how rarely chance alone would show so large a part anywhere among them.
        telling: int64[P]: how many rows, or clusters, tell of it.
    """

    low: np.ndarray
    high: np.ndarray
    together_low: np.ndarray
    together_high: np.ndarray
    p_value: np.ndarray
    telling: np.ndarray


def hold_parts(
    parts: np.ndarray,
    resampled: np.ndarray,
    *,
    telling: np.ndarray,
    units: int,
    level: float = 0.95,
    least: int = 6,
    widened: float = 1.0,
) -> HeldParts:
    """Intervals around parts of a gain, each alone and all of them together.

    Parts that fewer rows tell of than `least` have none: a bootstrap of so few would call certain what a coin would do,
    and they would only widen what holds for the others.

    Args:
        parts: float64[P].
        resampled: float64[resamples, P], NaN where a resample does not define them.
        telling: int64[P]: how many rows, or clusters, tell of each.
        units: Number of rows, or of clusters, that were drawn.
        level: Share of intervals, or of such families of them, that are to hold the true parts.
        least: Smallest number of rows, or clusters, that can tell anything at this level.
        widened: How many times as wide as resamples say intervals are to be, from 1.

    Raises:
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> noise = np.random.default_rng(0).normal(0, 0.1, (2000, 2))
        >>> held = hold_parts(np.array([0.3, 0.1]), np.array([0.3, 0.1]) + noise, telling=np.array([500, 3]), units=999)
        >>> held.low.round(1).tolist(), held.together_high.round(1).tolist()
        ([0.1, nan], [0.5, nan])

    Source:
        `paired_gain` and `hold_together`.
    """
    check_level(level)
    low, high, together_low, together_high, p_value = (np.full(len(parts), np.nan) for _ in range(5))
    judged = np.flatnonzero((telling >= least) & ~np.isnan(parts))
    if units > 1 and len(judged):
        values, drawn = parts[judged], resampled[:, judged]
        together = hold_together(
            values, values + widened * (drawn - values), level=level, units=telling[judged].tolist()
        )
        together_low[judged], together_high[judged], p_value[judged] = together[:3]
        nothing = np.zeros(len(drawn))
        for place, value, column in zip(judged.tolist(), values.tolist(), drawn.T, strict=True):
            alone = paired_gain(
                (0.0, value),
                (nothing, column),
                units=units,
                telling=int(telling[place]),
                level=level,
                widened=widened,
            )
            low[place], high[place] = alone.low, alone.high
    return HeldParts(low, high, together_low, together_high, p_value, telling)


def count_differing_units(unit: np.ndarray, feature: np.ndarray, adds: np.ndarray, *, features: int) -> np.ndarray:
    """int64[features + 1]: how many rows, or clusters, tell of each feature, and, last, of all.

    Those tell on which the runs do not add the same; what one run adds on a row of a cluster and the other on another
    one is the same.

    Args:
        unit: int[N]: the row, or cluster, of each thing by which the runs differ; -1 for one that is not drawn.
        feature: int[N]: what it counts for.
        adds: float64[N, C]: what the candidate adds to each of the sums that the number is made of, less the baseline.
        features: Number of features.
    """
    here = np.flatnonzero(unit >= 0)
    units = int(unit.max(initial=-1)) + 1
    differs = np.zeros((features, units), dtype=bool)
    overall = np.zeros(units, dtype=bool)
    for column in adds[here].T:
        cell = feature[here].astype(np.int64) * units + unit[here]
        differs |= np.bincount(cell, column, minlength=features * units).reshape(features, units) != 0
        overall |= np.bincount(unit[here], column, minlength=units) != 0
    return np.append(np.count_nonzero(differs, axis=1), np.count_nonzero(overall))


def each_once(unit: np.ndarray, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pairs that occur, without those in which either is -1."""
    here = (unit >= 0) & (part >= 0)
    if not here.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    most = int(unit[here].max()) + 1
    both = np.unique(part[here].astype(np.int64) * most + unit[here])
    parts, units = np.divmod(both, most)
    return units, parts


def added_up(unit: np.ndarray, part: np.ndarray, adds: np.ndarray) -> np.ndarray:
    """float64: what all entries of each pair add together, in the order of `each_once`."""
    here = (unit >= 0) & (part >= 0)
    most = int(unit[here].max(initial=0)) + 1
    pairs, place = np.unique(part[here].astype(np.int64) * most + unit[here], return_inverse=True)
    return np.bincount(place.reshape(-1), adds[here], minlength=len(pairs))


def fold(values: np.ndarray, into: np.ndarray, *, groups: int) -> np.ndarray:
    """float64[n, groups]: columns added up.

    Args:
        values: float64[n, P].
        into: int[P]: the group that each column belongs to; -1 for none.
        groups: Number of groups.

    Example:
        >>> fold(np.array([[1.0, 2.0, 4.0]]), np.array([2, -1, 2]), groups=3).tolist()
        [[0.0, 0.0, 5.0]]
    """
    order = np.argsort(into, kind="stable")
    order = order[into[order] >= 0]
    taken, starts = np.unique(into[order], return_index=True)
    sums = np.zeros((len(values), groups))
    if len(taken):
        sums[:, taken] = np.add.reduceat(values[:, order], starts, axis=1)
    return sums


def check_parts(part: np.ndarray, parts: int, *, things: int) -> None:
    """Check that each thing has its part.

    Raises:
        ColumnError: If not.
    """
    if np.shape(part) != (things,) or (things and (part.min() < 0 or part.max() >= parts)):
        raise ColumnError(
            f"{len(part):,} numbers name parts of {things:,} things; each needs one from 0 to {parts - 1:,}, and the "
            "parts of a gain add up only if nothing is left out."
        )
