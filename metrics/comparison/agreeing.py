"""Runs that agree on something else than the truth, truth by truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from metrics.comparison.disputes import Dispute, DisputeLines, join_lines
from metrics.errors import ColumnError


class Seen(NamedTuple):
    """What R runs take T truths for.

    Attributes:
        truth: int32[T] position of each truth.
        row: int32[T].
        feature: int32[T]; negative for a truth that nobody knows.
        taken_for: int32[T, R] feature: its own where it was found, -1 where it was missed.
        prediction: int32[T, R] position of the prediction that found it or took it for another feature; -1 for none.
        against: float64[T, R] how sure each run is of what it takes a truth for.
    """

    truth: np.ndarray
    row: np.ndarray
    feature: np.ndarray
    taken_for: np.ndarray
    prediction: np.ndarray
    against: np.ndarray


def agreed(seen: Seen, needed: int, kinds: Sequence[Dispute]) -> DisputeLines:
    """A line for each truth and each other thing, or nothing, that enough runs take it for.

    Args:
        seen: What runs take the truths for.
        needed: Fewest runs that agree.
        kinds: What is listed: taken for another feature, missed, or both.
    """
    other = (seen.taken_for != seen.feature[:, None]) & (seen.feature >= 0)[:, None]
    found = []
    for run in range(seen.taken_for.shape[1]):
        same = other & (seen.taken_for == seen.taken_for[:, run : run + 1]) & other[:, run : run + 1]
        first = same.argmax(axis=1) == run  # the first run that says so speaks for all
        missed = seen.taken_for[:, run] < 0
        kind = np.where(missed, Dispute.MISSED, Dispute.OTHER_FEATURE).astype(np.int8)
        at = np.flatnonzero(first & (same.sum(axis=1) >= needed) & np.isin(kind, kinds))
        against = np.where(same[at], seen.against[at], np.nan)
        found.append(
            DisputeLines(
                kind[at],
                seen.truth[at],
                seen.row[at],
                seen.feature[at],
                seen.taken_for[at, run],
                same[at].sum(axis=1).astype(np.int32),
                np.nansum(against, axis=1) / same.shape[1],
                np.where(same[at], seen.prediction[at], -1).astype(np.int32),
                against,
            )
        )
    return join_lines(found)


def check_needed(runs: int, min_runs: int | None) -> int:
    """How many of so many runs are to agree, all of them where nothing was said.

    Raises:
        ColumnError: If they are fewer than two, or more than there are.
    """
    needed = runs if min_runs is None else min_runs
    if not 2 <= needed <= runs:
        raise ColumnError(
            f"{needed} of {runs} runs are to agree; a dispute needs two that agree, and no more than there are."
        )
    return needed
