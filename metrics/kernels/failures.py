"""The loops of failures: what each false alarm and each missed truth is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from metrics.kernels.compiled import compiled

if TYPE_CHECKING:
    from metrics.objects.claiming import TruthClaims
    from metrics.objects.failures import RankedFailures
    from metrics.objects.overlap import Sides
    from metrics.objects.pairing import Pairs
    from metrics.objects.ranking import OrderedTruths

_CLASS, _PLACE, _BOTH, _DUPLICATE, _BACKGROUND, _UNSEEN = range(6)


class Nearest(NamedTuple):
    """Of each ranked prediction the truth it overlaps most, -1 for none, and how much."""

    truth: np.ndarray
    iou: np.ndarray


@compiled
def nearest_truths(truths: OrderedTruths, pairs: Pairs, later: bool) -> Nearest:
    """The truth that counts which each prediction overlaps most; of equal ones the later of the table, or earlier."""
    n = len(pairs.starts) - 1
    nearest = Nearest(np.full(n, -1, np.int32), np.zeros(n))
    for i in range(n):
        best, best_iou = -1, 0.0
        for pair in range(pairs.starts[i], pairs.starts[i + 1]):
            truth, iou = pairs.truth[pair], pairs.iou[pair]
            if truths.ignored[truth] or iou < best_iou:
                continue
            if best < 0 or iou > best_iou or (truths.position[truth] > truths.position[best]) == later:
                best, best_iou = truth, iou
        nearest.truth[i], nearest.iou[i] = best, best_iou
    return nearest


@compiled
def claim_as_tidecv(sides: Sides, floor: float, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Claims of the predictions of bool[P] `part`: equal overlaps go to the earlier truth.

    What finds no truth is absorbed by a crowd or ignored truth that it overlaps by more than `floor`; any number is.
    """
    truths, pairs = sides.truths, sides.pairs
    truth_of, prediction_of = np.full(len(part), -1, np.int32), np.full(len(truths.row), -1, np.int32)
    for i in range(len(part)):
        if not part[i]:
            continue
        best, best_iou, absorber = -1, 0.0, -1
        for pair in range(pairs.starts[i], pairs.starts[i + 1]):
            truth, iou = pairs.truth[pair], pairs.iou[pair]
            if truths.ignored[truth]:
                if absorber < 0 and iou > floor:
                    absorber = truth
            elif prediction_of[truth] < 0 and iou >= floor and iou > best_iou:
                best, best_iou = truth, iou
        truth_of[i] = best if best >= 0 else absorber
        if truth_of[i] >= 0 and prediction_of[truth_of[i]] < 0:
            prediction_of[truth_of[i]] = i
    return truth_of, prediction_of


@compiled
def name_failures(
    sides: Sides,
    nearest: tuple[Nearest, Nearest],
    claims: TruthClaims,
    limits: tuple[float, float],
    failures: RankedFailures,
) -> None:
    """Fill in kinds and truths of what `failures.failing` says, then the missed truths; they arrive holding -1.

    `nearest` are the truths of the same feature and of others, `limits` the IoU of what is background and of a claim.
    """
    truths, predictions = sides.truths, sides.predictions
    own, other = nearest
    background, floor = limits
    for i in range(len(predictions.row)):
        if not failures.failing[i]:
            continue
        # TIDE's order: an overlap of exactly `floor` that claimed nothing is out of place, not a duplicate.
        if background <= own.iou[i] <= floor:
            failures.kind[i], failures.truth[i] = _PLACE, own.truth[i]
        elif other.iou[i] >= floor:
            failures.kind[i], failures.truth[i] = _CLASS, other.truth[i]
        elif own.iou[i] >= floor:
            failures.kind[i], failures.truth[i] = _DUPLICATE, own.truth[i]
        elif max(own.iou[i], other.iou[i]) <= background:
            failures.kind[i] = _BACKGROUND
        else:
            failures.kind[i], failures.truth[i] = _BOTH, other.truth[i]
        truth = failures.truth[i]
        if failures.kind[i] > _PLACE or claims.prediction[truth] >= 0:
            continue
        if _is_surer(predictions.confidence, predictions.position, i, failures.mender[truth]):
            failures.mender[truth] = i
    for j in range(len(truths.row)):
        if not truths.ignored[j] and claims.prediction[j] < 0:
            mender = failures.mender[j]
            failures.missed[j] = failures.kind[mender] if mender >= 0 else _UNSEEN


@compiled
def _is_surer(confidence: np.ndarray, position: np.ndarray, one: int, other: int) -> bool:
    """Whether one ranked prediction comes before another of the same row, or -1 for none, whatever their features."""
    if other < 0 or confidence[one] > confidence[other]:
        return True
    return bool(confidence[one] == confidence[other] and position[one] < position[other])
