"""Where the candidate is worse or better than the baseline: slices found by search, chance accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np

from metrics.comparison.conditions import SliceColumn
from metrics.comparison.cutting import Codes, conditions_of, cut, in_order, meeting, supported
from metrics.comparison.flips import Support, Swaps, check_level, draw_swaps, how_rare, largest_of
from metrics.comparison.paired import PairedOutcomes
from metrics.comparison.redundancy import Conditions, Suspect, gain_variance, tell_apart
from metrics.errors import ColumnError
from metrics.undefined import divide

SLICES_RULE: Final = "largest strength of all slices with runs swapped row by row (max-T), redundant slices dropped"


@dataclass(frozen=True, eq=False)
class Slice:
    """Rows or objects that meet some conditions, and what both runs made of them.

    Attributes:
        conditions: What they have in common, in words; empty for all.
        codes: Place of the column and code of the value of each condition.
        rows: Number of rows with such an object.
        objects: Sum below the line, the smaller one of both runs: the number of truths, rows or pixels that count.
        baseline: The number of the baseline in the slice.
        candidate: The number of the candidate.
        low: Lower end of the interval around the gain, which holds together with those of all slices searched; NaN
            where all objects are on one row, or in one cluster.
        high: Upper end of it.
        p_value: Of this slice alone, two-sided; exact where rows change by whole numbers.
        adjusted_p: How rarely chance alone would make any of the slices searched as strong.
        worse: The candidate is worse.
        mask: bool[rows of the tables]: the rows with such an object.
        chosen: bool[N]: such objects among all that were compared.
    """

    conditions: tuple[str, ...]
    codes: Conditions
    rows: int
    objects: float
    baseline: float
    candidate: float
    low: float
    high: float
    p_value: float
    adjusted_p: float
    worse: bool
    mask: np.ndarray
    chosen: np.ndarray

    @property
    def gain(self) -> float:
        """Candidate minus baseline."""
        return self.candidate - self.baseline

    @property
    def words(self) -> str:
        """All conditions in one line."""
        return " and ".join(self.conditions) or "all"


class SliceSettings(NamedTuple):
    """How slices were searched.

    Attributes:
        conditions: Most conditions of a slice.
        min_rows: Fewest rows with an object in it.
        min_objects: Smallest sum below the line, in either run.
        level: Share of searches that name nothing where runs are equal.
        swaps: How often runs were swapped.
        seed: Where the random numbers start.
    """

    conditions: int
    min_rows: int
    min_objects: float
    level: float
    swaps: int
    seed: int


@dataclass(frozen=True, eq=False)
class Slices:
    """Slices in which two runs differ. Made by `find_slices`.

    Attributes:
        name: What was measured.
        found: Slices in which the runs differ and that say something of their own, the surest first.
        overall: All objects together, whether runs differ on them or not.
        searched: Number of slices with enough support, all objects together among them.
        differing: Number of them in which the runs differ, redundant ones included.
        critical: Strength from which on a slice counts as differing.
        settings: How they were searched.
        rule: Name of the rule.
    """

    name: str
    found: tuple[Slice, ...]
    overall: Slice
    searched: int
    differing: int
    critical: float
    settings: SliceSettings
    rule: str = SLICES_RULE

    @property
    def worse(self) -> tuple[Slice, ...]:
        """Those in which the candidate is worse."""
        return tuple(each for each in self.found if each.worse)

    @property
    def better(self) -> tuple[Slice, ...]:
        """Those in which the candidate is better."""
        return tuple(each for each in self.found if not each.worse)


def find_slices(
    outcomes: PairedOutcomes,
    columns: Sequence[SliceColumn],
    *,
    conditions: int = 2,
    min_rows: int = 30,
    min_objects: float = 30,
    level: float = 0.95,
    swaps: int = 1000,
    seed: int = 0,
    clusters: np.ndarray | None = None,
    most: int = 50,
) -> Slices:
    """Search for the slices in which the candidate is worse or better than the baseline.

    Every value of every column, and every two values of two columns, makes a slice. The runs differ in a slice if the
    candidate's number differs from the baseline's more than it does in any slice searched, in all but 1 - `level` of
    the cases in which both runs are swapped on rows drawn by chance. Whole rows (or clusters) are swapped, because
    their objects are not independent. Of slices that overlap, only those are named that say something of their own
    (`tell_apart` has the rule).

    What is promised: where the runs are equal, nothing is named in `level` of searches; and where they differ in some
    slices, in no more than 1 - `level` of searches anything is said to differ where they are equal. Unlike a rate of
    false discoveries this still holds once redundant slices were dropped, and slices that overlap cost little, as they
    are strong together. Simulated with 4 objects in each of 1,000 rows that change together and 8 columns, equal runs:
    3.7 % of searches name anything (Benjamini and Hochberg's procedure on the same strengths 1.8 %, Benjamini and
    Yekutieli's 0.3 %; with McNemar's test that takes objects for independent 95 %). A loss of half the objects found in
    1 of 16 rows: named in 83 % of searches (75 %, 48 %).

    Args:
        outcomes: What both runs made of each object: `pair_ratios`, `pair_flags` or `pair_found`.
        columns: What to cut along, from `by_value` and `by_quantiles`.
        conditions: Most conditions of a slice, 1 to 3.
        min_rows: Fewest rows with an object in a slice.
        min_objects: Smallest sum below the line (truths, rows, pixels) in a slice, in either run.
        level: Share of searches that name nothing without cause, in (0, 1); the intervals hold together as often.
        swaps: How often runs are swapped. The smallest p-value that can come out is 1 / (swaps + 1).
        seed: Where the random numbers start.
        clusters: Whole numbers for the rows of the tables: rows of one video, site or patient are swapped together.
        most: Stop after so many slices were found.

    Raises:
        ColumnError: If a column does not have a value for every row or object, or other conditions are asked for.
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> from metrics import by_value, find_slices, pair_flags
        >>> rain, night = np.arange(400) % 2 == 1, np.arange(400) % 4 > 1
        >>> right = np.arange(400) % 5 > 0
        >>> outcomes = pair_flags("accuracy", np.arange(400), right, right & ~(rain & night), rows=400)
        >>> weather, light = (by_value(name, flags) for name, flags in (("rain", rain), ("night", night)))
        >>> for each in find_slices(outcomes, [weather, light]).found:
        ...     print(each.words, each.rows, each.baseline, each.candidate, round(each.adjusted_p, 3))
        rain = True and night = True 100 0.8 0.0 0.001

    Source:
        Westfall and Young, Resampling-Based Multiple Testing, 1993 (single-step maxT, here with runs swapped); Chung
        et al., Automated Data Slicing for Model Validation, IEEE TKDE 2020, for searching conjunctions of conditions.
    """
    _check(outcomes, columns, conditions, clusters)
    settings = SliceSettings(conditions, min_rows, min_objects, check_level(level), swaps, seed)
    drawn = draw_swaps(outcomes, clusters=clusters, count=swaps, seed=seed)
    support = Support(min_rows, min_objects)
    codes = [supported(drawn, column, support) for column in in_order(drawn, columns)]
    used = [some for n in range(conditions + 1) for some in combinations(range(len(columns)), n)]
    families, largest = largest_of(drawn, [partial(cut, codes, some, len(outcomes)) for some in used], support)
    critical = float(np.quantile(largest, level, method="higher"))
    suspects = [
        Suspect(conditions_of(some, codes, int(number)), float(strength))
        for some, family in zip(used, families, strict=True)
        for number, strength in zip(*_stronger(family.number, family.strength, largest, 1 - level), strict=True)
    ]
    kept = tell_apart(drawn, suspects, partial(meeting, codes, len(outcomes)), critical=critical, most=most)
    describe = partial(_describe, drawn, columns, codes, (critical, largest))
    return Slices(
        outcomes.name,
        tuple(describe(each.conditions) for each in kept),
        describe(()),
        sum(len(family.number) for family in families),
        len(suspects),
        critical,
        settings,
    )


def _check(
    outcomes: PairedOutcomes, columns: Sequence[SliceColumn], conditions: int, clusters: np.ndarray | None
) -> None:
    if conditions not in (1, 2, 3):
        raise ColumnError(f"Slices of {conditions} conditions were asked for; 1, 2 or 3 can be searched.")
    needed = {"rows": len(outcomes.keep), "objects": len(outcomes)}
    for column in columns:
        if len(column.codes) != needed[column.about]:
            raise ColumnError(
                f"Column {column.name!r} has {len(column.codes):,} values for {needed[column.about]:,} {column.about}. "
                "Columns have a value for every row of the tables, or with about='objects' for every object compared."
            )
    if clusters is not None and np.shape(clusters) != outcomes.keep.shape:
        raise ColumnError(
            f"There are {len(clusters):,} cluster numbers for {len(outcomes.keep):,} rows; each row needs one."
        )


def _stronger(
    number: np.ndarray, strength: np.ndarray, largest: np.ndarray, most_rare: float
) -> tuple[np.ndarray, np.ndarray]:
    """Those slices that chance alone seldom makes."""
    rare = how_rare(strength, largest) <= most_rare + 1e-12
    return number[rare], strength[rare]


def _describe(
    drawn: Swaps,
    columns: Sequence[SliceColumn],
    codes: Sequence[Codes],
    chance: tuple[float, np.ndarray],
    conditions: Conditions,
) -> Slice:
    critical, largest = chance
    outcomes = drawn.outcomes
    inside = meeting(codes, len(outcomes), conditions)
    sums, strengths = drawn.measure_one(inside)
    part, whole = sums.totals[0, :2], sums.totals[0, 2:]
    baseline, candidate = divide(part, whole).tolist()
    # One row, or one cluster, cannot tell how they vary.
    units = float(sums.units[0]) if sums.units[0] > 1 else float("nan")
    width = critical * np.sqrt(gain_variance(drawn, inside) * units / (units - 1))
    chosen, mask = np.zeros(len(outcomes), dtype=bool), np.zeros(len(outcomes.keep), dtype=bool)
    chosen[drawn.order[inside]] = True
    mask[outcomes.row[inside]] = True
    named = tuple((column, int(codes[column].names[code])) for column, code in conditions)
    return Slice(
        conditions=tuple(columns[column].words[code] for column, code in named),
        codes=named,
        rows=int(sums.rows[0]),
        objects=float(whole.min()),
        baseline=baseline,
        candidate=candidate,
        low=float(candidate - baseline - width),
        high=float(candidate - baseline + width),
        p_value=drawn.p_value(inside),
        adjusted_p=float(how_rare(strengths.strength, largest)[0]),
        worse=bool(strengths.strength[0] > 0 if outcomes.lower_is_better else strengths.strength[0] < 0),
        mask=mask,
        chosen=chosen,
    )
