"""The loops of measuring, compiled by numba: columns in, columns out.

This module is imported where a loop is first run, because numba takes a second to load. All loops stand in this one
file: numba keeps compiled code on disk until the file of the outermost loop changes, and would not notice a change
in a loop that it calls from another file. They hold no lock of Python's, so that threads run them side by side;
numba's own threads are not used because not all of its thread layers bear calls from several threads at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

import numba
import numpy as np

if TYPE_CHECKING:
    from metrics.average_precision import Limits, Scores
    from metrics.matching import Claims
    from metrics.outcomes import Counts
    from metrics.overlap import Sides
    from metrics.ranking import OrderedTruths, RankedPredictions

Loop = TypeVar("Loop", bound=Callable[..., object])


class _State(NamedTuple):
    """Which truths neither count nor are missed, and which are claimed already."""

    ignored: np.ndarray
    taken: np.ndarray


class _Task(NamedTuple):
    """One IoU and one range of areas to score."""

    floor: float
    smallest: float
    largest: float
    limits: Limits


class _Progress(NamedTuple):
    """How the truths of a feature were found.

    wrong[k] is the number of false alarms before the k-th found truth, and found[m] the number of truths found by
    the most[m] surest predictions of each row.
    """

    wrong: np.ndarray
    found: np.ndarray


def _compiled(loop: Loop) -> Loop:
    options = {"nogil": True, "error_model": "numpy"}
    try:
        return cast(Loop, numba.njit(cache=True, **options)(loop))
    except RuntimeError:  # neither this folder nor the user's cache folder can be written to
        return cast(Loop, numba.njit(**options)(loop))


@_compiled
def place_in_row(row: np.ndarray, starts: np.ndarray, rows: int) -> np.ndarray:
    """int32: for each box, how many of the same row stand before it between two starts."""
    seen = np.zeros(rows, np.int32)
    place = np.empty(len(row), np.int32)
    for feature in range(len(starts) - 1):
        for i in range(starts[feature], starts[feature + 1]):
            place[i] = seen[row[i]]
            seen[row[i]] += 1
        for i in range(starts[feature], starts[feature + 1]):
            seen[row[i]] = 0
    return place


@_compiled
def _overlap(one: np.ndarray, truth: np.ndarray, crowd: bool) -> float:
    width = min(one[0] + one[2], truth[0] + truth[2]) - max(one[0], truth[0])
    height = min(one[1] + one[3], truth[1] + truth[3]) - max(one[1], truth[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    area = one[2] * one[3]
    # The order of these operations is pycocotools', so that not even the last bit differs.
    return shared / (area if crowd else area + truth[2] * truth[3] - shared)


@_compiled
def _twice_as_long(values: np.ndarray) -> np.ndarray:
    longer = np.empty(2 * len(values), values.dtype)
    longer[: len(values)] = values
    return longer


@_compiled
def find_pairs(
    truths: OrderedTruths,
    predictions: RankedPredictions,
    boxes: tuple[np.ndarray, np.ndarray],
    rows: int,
    min_overlap: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The columns of `Pairs`: boxes of one row and feature that overlap by at least `min_overlap`.

    `boxes` are those of the truths and of the predictions, in their orders.
    """
    first, last = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    starts = np.zeros(len(predictions.row) + 1, np.int64)
    truth, iou = np.empty(1024, np.int32), np.empty(1024, np.float64)
    n = 0
    for feature in range(len(truths.starts) - 1):
        known = truths.row[truths.starts[feature] : truths.starts[feature + 1]]
        for j in range(len(known)):
            last[known[j]] = truths.starts[feature] + j + 1
            first[known[-1 - j]] = truths.starts[feature + 1] - 1 - j
        for i in range(predictions.starts[feature], predictions.starts[feature + 1]):
            for j in range(first[predictions.row[i]], last[predictions.row[i]]):
                shared = _overlap(boxes[1][i], boxes[0][j], truths.crowd[j])
                if shared >= min_overlap:
                    if n == len(truth):
                        truth, iou = _twice_as_long(truth), _twice_as_long(iou)
                    truth[n], iou[n] = j, shared
                    n += 1
            starts[i + 1] = n
        for row in known:
            first[row], last[row] = 0, 0
    return starts, truth[:n].copy(), iou[:n].copy()


@_compiled
def _claim(i: int, sides: Sides, state: _State, floor: float) -> tuple[int, float]:
    """The free truth that ranked prediction `i` overlaps most and how much; -1 without one.

    Ignored truths are taken only for want of others; of equal overlaps the later truth wins.
    """
    best, best_iou = -1, floor
    spare, spare_iou = -1, floor
    for j in range(sides.pairs.starts[i], sides.pairs.starts[i + 1]):
        truth, iou = sides.pairs.truth[j], sides.pairs.iou[j]
        if state.taken[truth] and not sides.truths.crowd[truth]:
            continue
        if state.ignored[truth]:
            if iou >= spare_iou:
                spare, spare_iou = truth, iou
        elif iou >= best_iou:
            best, best_iou = truth, iou
    return (best, best_iou) if best >= 0 else (spare, spare_iou)


@_compiled
def match_all(sides: Sides, floor: float, min_confidence: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The columns of `Claims`."""
    truths, predictions = sides.truths, sides.predictions
    truth_of, prediction_of = np.full(len(predictions.row), -1, np.int32), np.full(len(truths.row), -1, np.int32)
    iou_of = np.empty(len(predictions.row), np.float64)
    state = _State(truths.ignored, np.zeros(len(truths.row), np.bool_))
    for feature in range(len(truths.starts) - 1):
        for i in range(predictions.starts[feature], predictions.starts[feature + 1]):
            if predictions.confidence[i] < min_confidence:
                break
            truth, iou = _claim(i, sides, state, floor)
            if truth < 0:
                continue
            truth_of[i], iou_of[i] = truth, iou
            if not state.taken[truth]:
                prediction_of[truth] = i
            state.taken[truth] = True
    return truth_of, iou_of, prediction_of


@_compiled
def tally(sides: Sides, claims: Claims, min_confidence: float, per_feature: Counts, per_row: Counts) -> None:
    """Add the outcome of every box to the counts of its feature and row; they arrive holding zeros."""
    truths, predictions = sides.truths, sides.predictions
    for feature in range(len(truths.starts) - 1):
        for i in range(predictions.starts[feature], predictions.starts[feature + 1]):
            if predictions.confidence[i] < min_confidence:
                break
            row, truth = predictions.row[i], claims.truth[i]
            if truth < 0:
                per_feature.fp[feature] += 1
                per_row.fp[row] += 1
            elif truths.ignored[truth]:
                per_feature.absorbed[feature] += 1
                per_row.absorbed[row] += 1
            else:
                per_feature.tp[feature] += 1
                per_row.tp[row] += 1
                per_feature.iou_sum[feature] += claims.iou[i]
                per_row.iou_sum[row] += claims.iou[i]
        for j in range(truths.starts[feature], truths.starts[feature + 1]):
            if not truths.ignored[j] and claims.prediction[j] < 0:
                per_feature.missed[feature] += 1
                per_row.missed[truths.row[j]] += 1


@_compiled
def score_features(sides: Sides, limits: Limits, scores: Scores) -> None:
    """Fill COCO's `Scores`; they arrive holding NaN and 0, and keep that where there is no truth."""
    truths = sides.truths
    state = _State(truths.ignored.copy(), np.empty(len(truths.row), np.bool_))
    progress = _Progress(np.empty(len(truths.row), np.int64), np.empty(len(limits.most), np.int64))
    for feature in range(len(truths.starts) - 1):
        known = slice(truths.starts[feature], truths.starts[feature + 1])
        for a in range(len(limits.areas)):
            smallest, largest = limits.areas[a]
            outside = (truths.area[known] < smallest) | (truths.area[known] > largest)
            state.ignored[known] = truths.ignored[known] | outside
            support = int(np.count_nonzero(~state.ignored[known]))
            scores.support[a, feature] = support
            if support == 0:
                continue
            for t in range(len(limits.floors)):
                state.taken[known] = False
                _walk(feature, sides, state, _Task(limits.floors[t], smallest, largest, limits), progress)
                wrong = progress.wrong[: progress.found[-1]]
                scores.precision[t, a, feature] = _mean_precision(wrong, support, limits.recall_levels)
                scores.recall[t, a, :, feature] = progress.found / support


@_compiled
def _walk(feature: int, sides: Sides, state: _State, task: _Task, progress: _Progress) -> None:
    """Match one feature in falling confidence, noting `_Progress`."""
    predictions, most = sides.predictions, task.limits.most
    false_alarms = 0
    progress.found[:] = 0
    for i in range(predictions.starts[feature], predictions.starts[feature + 1]):
        if predictions.confidence[i] < task.limits.min_confidence:
            break
        if predictions.place[i] >= most[-1]:
            continue
        truth, _ = _claim(i, sides, state, task.floor)
        if truth < 0:
            false_alarms += task.smallest <= predictions.area[i] <= task.largest
            continue
        state.taken[truth] = True
        if not state.ignored[truth]:
            progress.wrong[progress.found[-1]] = false_alarms
            for m in range(len(most)):
                progress.found[m] += predictions.place[i] < most[m]


@_compiled
def _mean_precision(wrong: np.ndarray, truths: int, recall_levels: np.ndarray) -> float:
    """Mean over recall levels, rising from 0, of the best precision at that recall or beyond; 0 where none is.

    Precision can only peak where a truth is found, so that nothing else is looked at.
    """
    level = len(recall_levels) - 1
    while recall_levels[level] > len(wrong) / truths:
        level -= 1
    total, best = 0.0, 0.0
    for found in range(len(wrong), 0, -1):
        # The tiny addend is in pycocotools' formula; it moves the last digit.
        best = max(best, found / (wrong[found - 1] + found + np.finfo(np.float64).eps))
        while recall_levels[level] > (found - 1) / truths:
            total += best
            level -= 1
    return (total + best) / len(recall_levels)
