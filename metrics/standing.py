"""On how many rows two runs differ: as many, and no more, can tell which of them is better."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np


class Standing(NamedTuple):
    """What rows, or clusters of rows, add to a number of one run.

    Attributes:
        unit: int[K]: which of the rows, or clusters, that are drawn; the same one may stand here several times.
        adds: float64[K, C]: what it adds to each of the C sums that the number is made of; those of one unit add up.
    """

    unit: np.ndarray
    adds: np.ndarray


def count_differing(baseline: Standing, candidate: Standing) -> int:
    """On how many rows, or clusters, two runs add something else to the same number.

    Rows on which both do the same say nothing about which of them is better, however many they are.

    Example:
        >>> before, after = (Standing(np.array([0, 1, 1, 2]), np.array([[1.0], [0], [each], [1]])) for each in (0, 1))
        >>> count_differing(before, after)
        1
    """
    units, place = np.unique(np.concatenate([baseline.unit, candidate.unit]), return_inverse=True)
    sides = place[: len(baseline.unit)], place[len(baseline.unit) :]
    differs = np.zeros(len(units), dtype=bool)
    for columns in zip(baseline.adds.T, candidate.adds.T, strict=True):
        before, after = (np.bincount(at, c, len(units)) for at, c in zip(sides, columns, strict=True))
        differs |= before != after
    return int(np.count_nonzero(differs))


def standing_of_rows(part: np.ndarray, whole: np.ndarray, unit_of: np.ndarray) -> Standing:
    """What rows add to a number that is one sum over rows by another.

    Args:
        part: What each row adds above the line: [rows], or [rows, features] that are added up.
        whole: What it adds below the line, alike.
        unit_of: `Resamples.unit_of`.
    """
    rows = np.flatnonzero(unit_of >= 0)
    adds = [side[rows] if side.ndim == 1 else side[rows].sum(axis=1) for side in (part, whole)]
    return Standing(unit_of[rows], np.stack(adds, axis=1).astype(np.float64))


def standing_of_features(
    row: np.ndarray, feature: np.ndarray, adds: np.ndarray, unit_of: np.ndarray, *, features: int
) -> list[Standing]:
    """What rows add to the number of each feature, and to one over all features, which stands last.

    Args:
        row: int[K] of each entry.
        feature: int[K] of each entry.
        adds: float64[K, C]: what each adds to the sums that numbers are made of.
        unit_of: `Resamples.unit_of`; entries on rows that are not drawn are left out.
        features: Number of features.
    """
    here = np.flatnonzero(unit_of[row] >= 0)
    order = here[np.argsort(feature[here], kind="stable")]
    unit, adds = unit_of[row[order]], adds[order]
    ends = np.searchsorted(feature[order], np.arange(features + 1)).tolist()
    parts = [Standing(unit[a:b], adds[a:b]) for a, b in pairwise(ends)]
    return [*parts, Standing(unit, adds)]
