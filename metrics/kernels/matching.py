"""The loops of matching: who claims whom, once or at every IoU and area range of a summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from metrics.kernels.compiled import compiled

if TYPE_CHECKING:
    from metrics.objects.average_precision import Limits, Scores
    from metrics.objects.overlap import Sides
    from metrics.objects.ranking import OrderedTruths


class _State(NamedTuple):
    """Which truths neither count nor are missed, and which are claimed already."""

    ignored: np.ndarray
    taken: np.ndarray


class Candidates(NamedTuple):
    """Predictions that overlap something, in matching order; only they can claim.

    Attributes:
        place: int32[C] place among the ranked predictions.
        starts: int64[features + 1]: those of feature f stand at starts[f]:starts[f + 1].
        best: float64[C] the largest IoU of each.
        before: int32[areas, C] how many predictions that count stand before it in its feature.
        counting: bool[areas, C] it counts itself: its area lies inside.
    """

    place: np.ndarray
    starts: np.ndarray
    best: np.ndarray
    before: np.ndarray
    counting: np.ndarray


class Log(NamedTuple):
    """Claims in falling confidence: which candidate claimed something, and whether that was a truth that counts."""

    candidate: np.ndarray
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
def list_candidates(sides: Sides, limits: Limits, lenient: np.ndarray) -> Candidates:
    """The predictions that could claim something, and how many that count stand before each in its feature.

    Predictions of bool[P] `lenient` do not count where they claim nothing; an empty array stands for none.
    """
    predictions, starts = sides.predictions, sides.pairs.starts
    some = np.count_nonzero(starts[1:] > starts[:-1])
    found = Candidates(
        np.empty(some, np.int32),
        np.zeros(len(predictions.starts), np.int64),
        np.empty(some),
        np.empty((len(limits.areas), some), np.int32),
        np.empty((len(limits.areas), some), np.bool_),
    )
    counted = np.empty(len(limits.areas), np.int32)
    n = 0
    for feature in range(len(predictions.starts) - 1):
        counted[:] = 0
        for i in range(predictions.starts[feature], predictions.starts[feature + 1]):
            if predictions.confidence[i] < limits.min_confidence:
                break
            if predictions.place[i] >= limits.most[-1]:
                continue
            counts = len(lenient) == 0 or not lenient[i]
            paired = starts[i + 1] > starts[i]
            for a in range(len(limits.areas)):
                inside = counts and limits.areas[a, 0] <= predictions.area[i] <= limits.areas[a, 1]
                if paired:
                    found.before[a, n], found.counting[a, n] = counted[a], inside
                counted[a] += inside
            if paired:
                best = 0.0
                for pair in range(starts[i], starts[i + 1]):
                    best = max(best, sides.pairs.iou[pair])
                found.place[n], found.best[n] = i, best
                n += 1
        found.starts[feature + 1] = n
    return found


@compiled
def score_features(sides: Sides, candidates: Candidates, limits: Limits, scores: Scores) -> None:
    """Fill COCO's `Scores`; they arrive holding NaN and 0, and keep that where there is no truth."""
    truths = sides.truths
    state = _State(truths.ignored.copy(), np.empty(len(truths.row), np.bool_))
    log = Log(np.empty(len(candidates.place), np.int32), np.empty(len(candidates.place), np.bool_))
    wrong, found = np.empty(len(truths.row), np.int64), np.empty(len(limits.most), np.int64)
    for feature in range(len(truths.starts) - 1):
        for a in range(len(limits.areas)):
            support = _set_aside(truths, feature, limits.areas[a], state)
            scores.support[a, feature] = support
            if support == 0:
                continue
            for t in range(len(limits.floors)):
                n = _walk(sides, candidates, state, (feature, limits.floors[t]), log)
                _follow(sides, candidates, Log(log.candidate[:n], log.found[:n]), (a, limits.most), (wrong, found))
                scores.precision[t, a, feature] = _mean_precision(wrong[: found[-1]], support, limits.recall_levels)
                scores.recall[t, a, :, feature] = found / support


@compiled
def list_claims(sides: Sides, candidates: Candidates, limits: Limits) -> tuple[np.ndarray, Log]:
    """The logs of every IoU, area range and feature: where each starts, int64[ious, areas, features + 1], and all."""
    truths = sides.truths
    ious, areas, features = len(limits.floors), len(limits.areas), len(truths.starts) - 1
    most = 0
    for floor in limits.floors:
        most += areas * int(np.count_nonzero(candidates.best >= floor))
    every = Log(np.empty(most, np.int32), np.empty(most, np.bool_))
    starts = np.zeros((ious, areas, features + 1), np.int64)
    state = _State(truths.ignored.copy(), np.empty(len(truths.row), np.bool_))
    n = 0
    for t in range(ious):
        for a in range(areas):
            starts[t, a, 0] = n
            for feature in range(features):
                if _set_aside(truths, feature, limits.areas[a], state):
                    free = Log(every.candidate[n:], every.found[n:])
                    n += _walk(sides, candidates, state, (feature, limits.floors[t]), free)
                starts[t, a, feature + 1] = n
    return starts, Log(every.candidate[:n].copy(), every.found[:n].copy())


@compiled
def _set_aside(truths: OrderedTruths, feature: int, area: np.ndarray, state: _State) -> int:
    """Ignore the feature's truths outside a range of areas; how many count."""
    known = slice(truths.starts[feature], truths.starts[feature + 1])
    outside = (truths.area[known] < area[0]) | (truths.area[known] > area[1])
    state.ignored[known] = truths.ignored[known] | outside
    return int(np.count_nonzero(~state.ignored[known]))


@compiled
def _walk(sides: Sides, candidates: Candidates, state: _State, task: tuple[int, float], log: Log) -> int:
    """Match one feature at one IoU in falling confidence; how many claims were logged."""
    feature, floor = task
    state.taken[sides.truths.starts[feature] : sides.truths.starts[feature + 1]] = False
    n = 0
    for c in range(candidates.starts[feature], candidates.starts[feature + 1]):
        if candidates.best[c] < floor:
            continue
        truth, _ = _claim(candidates.place[c], sides, state, floor)
        if truth >= 0:
            state.taken[truth] = True
            log.candidate[n], log.found[n] = c, not state.ignored[truth]
            n += 1
    return n


@compiled
def _follow(
    sides: Sides,
    candidates: Candidates,
    log: Log,
    limits: tuple[int, np.ndarray],
    progress: tuple[np.ndarray, np.ndarray],
) -> None:
    """Note how the truths of a feature were found.

    wrong[k] is the number of false alarms before the k-th found truth, and found[m] the number of truths found by
    the most[m] surest predictions of each row.
    """
    (area, most), (wrong, found) = limits, progress
    before, counting = candidates.before[area], candidates.counting[area]
    matched = 0
    found[:] = 0
    for n in range(len(log.candidate)):
        c = log.candidate[n]
        if log.found[n]:
            # Of the predictions before this one, those that claimed something are no false alarms.
            wrong[found[-1]] = before[c] - matched
            place = sides.predictions.place[candidates.place[c]]
            for m in range(len(most)):
                found[m] += place < most[m]
        matched += counting[c]


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
