"""Areas of painted pixels that runs dispute: what several of them paint alike against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from metrics.comparison.agreeing import Seen, agreed, check_needed
from metrics.comparison.disputes import DISPUTE_RULE, Dispute, DisputeLines, Disputes, join_lines, ranked
from metrics.errors import ColumnError
from metrics.pixels.areas import AREAS_RULE, LARGER_PART, AreaMatches, Areas
from metrics.thresholds import check_confidence, check_overlap

AREA_DISPUTE_RULE: Final = (
    f"{DISPUTE_RULE}; {AREAS_RULE}; a missed one is taken for the class that more than half of its pixels are taken for"
)


def find_area_disputes(
    runs: Sequence[AreaMatches],
    between: Sequence[AreaMatches],
    *,
    min_runs: int | None = None,
    min_doubt: float = 0.5,
    same_iou: float = 0.5,
) -> Disputes:
    """Areas of painted pixels that several runs contradict in the same way, the most doubtful first.

    What `find_disputes` says of objects holds here, an area being all pixels of one class on one row. Runs take a
    missed true area for the same other class if each takes more than half of its pixels for that. They see an area
    where no truth is if what they paint of a class overlaps by `same_iou`, finds nothing, and lies at least half
    outside the true area of that class; of runs that agree in part, those count that agree with one of them, the one
    with which most do. How sure a run is of an area is its confidence, 1 where nobody knows it; of a miss, 1 less that
    of what it paints of the class, times the share of the true area that this covers. Equally doubtful areas come with
    the largest first, and the order of the runs makes no difference.

    Args:
        runs: `match_areas` of two or more runs with the same truth, at the same IoU.
        between: `match_areas` of what each two runs painted, the former's as truth, with the same pixels left out, in
            the order of `itertools.combinations`: of three runs the first and second, first and third, second and
            third.
        min_runs: Fewest runs that agree, from 2; all of them when left out.
        min_doubt: Smallest mean confidence against the truth, in [0, 1].
        same_iou: Smallest IoU with which areas of two runs are the same, in (0, 1].

    Returns:
        Disputes whose truths and predictions are positions of areas.

    Raises:
        ColumnError: If there are not as many runs as are to agree, they are not on the same rows, classes and true
            areas at the same IoU, or `between` is of other areas.
        ThresholdError: If `min_doubt` or `same_iou` lies outside its range.

    Example:
        >>> from metrics import count_pixels, match_areas
        >>> truth, one, two = np.array([0, 0, 0, 1]), np.array([2, 2, 0, 1]), np.array([2, 2, 2, 1])
        >>> runs = [match_areas(count_pixels([(truth, each)], classes=3)) for each in (one, two)]
        >>> between = match_areas(count_pixels([(one, two)], classes=3))
        >>> lines = find_area_disputes(runs, [between]).lines
        >>> lines.feature.tolist(), lines.seen_as.tolist(), lines.doubt.tolist()
        ([0], [2], [1.0])
    """
    needed = check_needed(len(runs), min_runs)
    _check_alike(runs, between)
    truth = runs[0].truth
    truths = agreed(_seen(runs), needed, (Dispute.OTHER_FEATURE, Dispute.MISSED))
    alarms, size = _alarms(runs, _alike(runs, between, check_overlap(same_iou)), needed)
    return ranked(
        join_lines([truths, alarms]),
        len(runs),
        needed,
        check_confidence(min_doubt),
        size=np.concatenate([truth.pixels[truths.truth], size]),
        rule=AREA_DISPUTE_RULE,
    )


def _seen(runs: Sequence[AreaMatches]) -> Seen:
    truth = runs[0].truth
    place = np.flatnonzero(runs[0].keep[truth.row]).astype(np.int32)
    prediction, taken_for, against = [], [], []
    for run in runs:
        said = np.where(run.found, run.truth.same, run.truth.on)[place]
        sure = np.append(_confidence(run), 0.0)
        nearly = sure[run.truth.same] * _shared(run.truth, run.predictions) / truth.pixels
        prediction.append(said)
        taken_for.append(np.append(run.predictions.feature, np.int32(-1))[said])
        against.append(np.where(said >= 0, sure[said], 1 - nearly[place]))
    columns = [np.stack(each, axis=1) for each in (taken_for, prediction, against)]
    return Seen(place, truth.row[place], truth.feature[place], *columns)


def _alike(
    runs: Sequence[AreaMatches], between: Sequence[AreaMatches], same_iou: float
) -> tuple[np.ndarray, np.ndarray]:
    """Of each row and class on which several runs see what no truth has, the areas, and which of them are alike.

    Returns int32[G, runs] position of each run's area, -1 for none, and bool[G, runs, runs].
    """
    keys = [run.predictions.row.astype(np.int64) * run.features + run.predictions.feature for run in runs]
    free = [_free(run) for run in runs]
    key, times = np.unique(
        np.concatenate([of[flags] for of, flags in zip(keys, free, strict=True)]), return_counts=True
    )
    key = key[times > 1]
    position = np.full((len(key), len(runs)), -1, dtype=np.int32)
    for run, (of, flags) in enumerate(zip(keys, free, strict=True)):
        at = np.flatnonzero(flags)
        there = np.isin(of[at], key)
        position[np.searchsorted(key, of[at[there]]), run] = at[there]
    alike = np.zeros((len(key), len(runs), len(runs)), dtype=bool)
    alike[:, range(len(runs)), range(len(runs))] = position >= 0
    for (one, other), pair in zip(combinations(range(len(runs)), 2), between, strict=True):
        both = (position[:, one] >= 0) & (position[:, other] >= 0)
        alike[both, one, other] = alike[both, other, one] = pair.predictions.iou[position[both, other]] >= same_iou
    return position, alike


def _alarms(
    runs: Sequence[AreaMatches], areas: tuple[np.ndarray, np.ndarray], needed: int
) -> tuple[DisputeLines, np.ndarray]:
    """A line for each area that enough runs see alike where no truth is, and int64: the pixels of the middle one."""
    position, alike = areas[0], areas[1].copy()
    sides = list(zip(runs, position.T, strict=True))
    sure = np.stack([np.append(_confidence(run), 0.0)[of] for run, of in sides], axis=1)
    pixels = np.stack([np.append(run.predictions.pixels, 0)[of] for run, of in sides], axis=1)
    found, sizes = [_lines(runs, position[:0], sure[:0])], [pixels[:0, 0]]
    while True:
        agree = alike.sum(axis=2)
        at = np.flatnonzero(agree.max(axis=1, initial=0) >= needed)
        if not len(at):
            return join_lines(found), np.concatenate(sizes)
        # The one with which most agree, of equal ones the surest, is the middle; those that agree with it are told.
        together = np.einsum("grs,gs->gr", alike[at], sure[at])
        middle = np.lexsort((-pixels[at], -together, -agree[at]), axis=1)[:, 0]
        members = alike[at, middle]
        found.append(_lines(runs, np.where(members, position[at], -1), np.where(members, sure[at], np.nan)))
        sizes.append(pixels[at, middle])
        alike[at] &= ~members[:, :, None] & ~members[:, None, :]


def _lines(runs: Sequence[AreaMatches], prediction: np.ndarray, against: np.ndarray) -> DisputeLines:
    row, feature = (np.full(len(prediction), -1, dtype=np.int32) for _ in range(2))
    for run, of in zip(runs, prediction.T, strict=True):
        there = of >= 0
        row[there], feature[there] = run.predictions.row[of[there]], run.predictions.feature[of[there]]
    nothing = np.full(len(prediction), -1, dtype=np.int32)
    return DisputeLines(
        np.full(len(prediction), Dispute.NO_TRUTH, dtype=np.int8),
        nothing,
        row,
        nothing,
        feature,
        (prediction >= 0).sum(axis=1).astype(np.int32),
        np.nansum(against, axis=1) / len(runs),
        prediction.astype(np.int32),
        against,
    )


def _free(run: AreaMatches) -> np.ndarray:
    """bool[P]: areas that find nothing, lie at least half outside their own truth, and stand for no mistaken one."""
    areas = run.predictions
    mistaken = np.append(run.missed, False)[areas.on]
    mistaken &= np.append(run.truth.on, np.int32(-1))[areas.on] == np.arange(len(areas))
    return run.fp & ~mistaken & (_shared(areas, run.truth) <= LARGER_PART * areas.pixels)


def _shared(areas: Areas, others: Areas) -> np.ndarray:
    """float64: how many pixels each area shares with the other side's of its class and row."""
    both = areas.pixels + np.append(others.pixels, 0)[areas.same]
    return np.rint(areas.iou * both / (1 + areas.iou))


def _confidence(run: AreaMatches) -> np.ndarray:
    return np.ones(len(run.predictions)) if run.confidence is None else run.confidence


def _check_alike(runs: Sequence[AreaMatches], between: Sequence[AreaMatches]) -> None:
    first, pairs = runs[0], list(combinations(runs, 2))
    if len(between) != len(pairs):
        raise ColumnError(f"{len(runs)} runs make {len(pairs)} pairs, but {len(between)} were given between them.")
    for i, run in enumerate(runs):
        if (
            (run.features, run.min_iou) != (first.features, first.min_iou)
            or not np.array_equal(run.keep, first.keep)
            or not run.truth.alike(first.truth)
        ):
            raise ColumnError(
                f"Run {i} is not on the same rows, classes and true areas as run 0, or at another IoU (IoU "
                f"{run.min_iou} and {first.min_iou}, {len(run.truth):,} and {len(first.truth):,} true areas)."
            )
    for number, ((one, other), pair) in enumerate(zip(pairs, between, strict=True)):
        if not (pair.truth.alike(one.predictions) and pair.predictions.alike(other.predictions)):
            raise ColumnError(
                f"What is given between pair {number} of the runs is of other areas than the runs painted; give pairs "
                "in the order of itertools.combinations, with the same pixels left out."
            )
