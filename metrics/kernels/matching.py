"""The loops of matching: who claims whom, once or at every IoU and area range of a summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from metrics.kernels.compiled import compiled

if TYPE_CHECKING:
    from metrics.objects.average_precision import Limits, Scores
    from metrics.objects.overlap import Sides


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


@compiled
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


@compiled
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


@compiled
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


@compiled
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


@compiled
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
