"""On how many rows two runs differ: as many, and no more, can tell which of them is better."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from metrics.undefined import divide


class Standing(NamedTuple):
    """What rows, or clusters of rows, add to a number of one run.

    Attributes:
        unit: int[K]: which of the rows, or clusters, that are drawn; the same one may stand here several times.
        adds: float64[K, C]: what it adds to each of the C sums that the number is made of; those of one unit add up.
        moves: float64[K]: by how much it moves the number away from what it is without it, as far as that is a straight
            line; None where it is not known, and all rows count alike.
    """

    unit: np.ndarray
    adds: np.ndarray
    moves: np.ndarray | None = None


def count_differing(baseline: Standing, candidate: Standing) -> int:
    """On how many rows, or clusters, two runs add something else to the same number.

    Rows on which both do the same say nothing about which of them is better, however many they are.

    Example:
        >>> before, after = (Standing(np.array([0, 1, 1, 2]), np.array([[1.0], [0], [each], [1]])) for each in (0, 1))
        >>> count_differing(before, after)
        1
    """
    sides = baseline.unit, candidate.unit
    units = 1 + max(int(unit.max(initial=-1)) for unit in sides)
    differs = np.zeros(units, dtype=bool)
    for columns in zip(baseline.adds.T, candidate.adds.T, strict=True):
        before, after = (np.bincount(at, c, units) for at, c in zip(sides, columns, strict=True))
        differs |= before != after
    return int(np.count_nonzero(differs))


def count_telling(baseline: Standing, candidate: Standing) -> int:
    """How many rows that count alike tell as much as the rows, or clusters, on which two runs differ.

    Where a few rows move the gain much further than the others, as large areas do, how far chance moves it is known as
    roughly as from these few. As many rows of normal moves are counted as would tell the variance as well; never more
    than differ.

    Example:
        >>> unit, adds = np.arange(4), np.zeros((4, 1))
        >>> before = Standing(unit, adds, np.zeros(4))
        >>> alike, heavy = (Standing(unit, adds + 1, np.array(moves)) for moves in ([1, -1, 1, -1], [9, 0, 0, 1]))
        >>> count_telling(before, alike), count_telling(before, heavy)
        (4, 2)

    Source:
        Satterthwaite, Biometrics Bulletin 2, 1946; the variance of a variance is (kurtosis - 1) / n of its square.
    """
    differing = count_differing(baseline, candidate)
    if differing == 0 or baseline.moves is None or candidate.moves is None:
        return differing
    units, place = np.unique(np.concatenate([baseline.unit, candidate.unit]), return_inverse=True)
    moves = np.bincount(place, np.concatenate([-baseline.moves, candidate.moves]), len(units))
    return int(count_alike(np.array([differing]), np.zeros(len(units), dtype=int), moves)[0])


def count_alike(differing: np.ndarray, group: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """int64[G]: how many rows that count alike tell as much of each of G numbers as those on which the runs differ.

    Args:
        differing: int64[G]: on how many rows the runs differ.
        group: int[K]: of which number each entry is.
        moves: float64[K]: by how much a row moves it; one entry a row and number.

    Example:
        >>> count_alike(np.array([4, 4]), np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([1, -1, 1, -1, 9, 0, 0, 1]))
        array([4, 2])
    """
    squares, fourths = (np.bincount(group, moves.astype(float) ** power, len(differing)) for power in (2, 4))
    kurtosis = divide(differing * fourths, squares**2)  # NaN where nothing moves
    alike = (2 * differing / np.fmax(kurtosis - 1, 2.0)).astype(np.int64)  # all of them up to that of normal moves
    return np.asarray(np.minimum(np.maximum(alike, 1), differing))


def standing_of_rows(part: np.ndarray, whole: np.ndarray, unit_of: np.ndarray, *, weighed: bool = False) -> Standing:
    """What rows add to a number that is one sum over rows by another.

    Args:
        part: What each row adds above the line: [rows], or [rows, features] that are added up.
        whole: What it adds below the line, alike.
        unit_of: `Resamples.unit_of`.
        weighed: Tell by how much each row moves the number, too.
    """
    rows = np.flatnonzero(unit_of >= 0)
    adds = [side[rows] if side.ndim == 1 else side[rows].sum(axis=1) for side in (part, whole)]
    moves = moves_of_ratio(adds[0], adds[1], group=np.zeros(len(rows), dtype=int), groups=1) if weighed else None
    return Standing(unit_of[rows], np.stack(adds, axis=1).astype(np.float64), moves)


def moves_of_ratio(part: np.ndarray, whole: np.ndarray, *, group: np.ndarray, groups: int) -> np.ndarray:
    """float64[K]: by how much each entry moves the one sum by another that it belongs to; 0 where that is undefined.

    Args:
        part: What each entry adds above the line: [K].
        whole: What it adds below the line, alike.
        group: int[K]: to which of the numbers.
        groups: How many there are.
    """
    sums = [np.bincount(group, each, groups) for each in (part, whole)]
    whole_of = sums[1][group]
    moves = np.zeros(len(part))
    there = whole_of > 0
    moves[there] = (part - divide(*sums)[group] * whole)[there] / whole_of[there]
    return moves


def standing_of_features(
    row: np.ndarray,
    feature: np.ndarray,
    adds: np.ndarray,
    unit_of: np.ndarray,
    *,
    features: int,
    moves: np.ndarray | None = None,
) -> list[Standing]:
    """What rows add to the number of each feature, and to one over all features, which stands last.

    Args:
        row: int[K] of each entry.
        feature: int[K] of each entry.
        adds: float64[K, C]: what each adds to the sums that numbers are made of.
        unit_of: `Resamples.unit_of`; entries on rows that are not drawn are left out.
        features: Number of features.
        moves: float64[K]: by how much each entry moves the number of its feature; the one over all is their mean.
    """
    here = np.flatnonzero(unit_of[row] >= 0)
    order = here[np.argsort(feature[here], kind="stable")]
    unit, adds = unit_of[row[order]], adds[order]
    ends = np.searchsorted(feature[order], np.arange(features + 1)).tolist()
    of_each = None if moves is None else moves[order]
    parts = [Standing(unit[a:b], adds[a:b], None if of_each is None else of_each[a:b]) for a, b in pairwise(ends)]
    return [*parts, Standing(unit, adds, of_each)]
