"""The loops of confusion: a second round for what the first one left over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metrics.kernels.compiled import compiled

if TYPE_CHECKING:
    from metrics.objects.matching import Claims
    from metrics.objects.overlap import Sides
    from metrics.objects.pairing import Pairs


@compiled
def take_leftovers(
    sides: Sides, across: Pairs, order: np.ndarray, claims: Claims, limits: tuple[float, float]
) -> np.ndarray:
    """int32[P]: place of the truth of another feature that each ranked prediction takes, -1 for none.

    `order` are the predictions with pairs across features, in the order in which they choose; `limits` the smallest
    IoU and confidence.
    """
    truths, predictions = sides.truths, sides.predictions
    taken = truths.ignored | (claims.prediction >= 0)
    truth_of = np.full(len(predictions.row), -1, np.int32)
    for i in order:
        if predictions.confidence[i] < limits[1]:
            break
        if claims.truth[i] >= 0:
            continue
        best, best_iou = -1, limits[0]
        for pair in range(across.starts[i], across.starts[i + 1]):
            truth, iou = across.truth[pair], across.iou[pair]
            if taken[truth] or iou < best_iou:
                continue
            # Equal overlaps go to the later truth of the table, whatever its feature.
            if best < 0 or iou > best_iou or truths.position[truth] > truths.position[best]:
                best, best_iou = truth, iou
        if best >= 0:
            truth_of[i], taken[best] = best, True
    return truth_of


@compiled
def count_confusion(
    sides: Sides, claims: Claims, taken_for: np.ndarray, min_confidence: float, matrix: np.ndarray
) -> None:
    """Add every prediction and truth that counts to its cell; the last row and column are nothing."""
    truths, predictions = sides.truths, sides.predictions
    nothing = len(truths.starts) - 1
    feature_of = np.empty(len(truths.row), np.int32)
    found = claims.prediction >= 0
    for feature in range(nothing):
        feature_of[truths.starts[feature] : truths.starts[feature + 1]] = feature
    for feature in range(nothing):
        for i in range(predictions.starts[feature], predictions.starts[feature + 1]):
            if predictions.confidence[i] < min_confidence:
                break
            if claims.truth[i] >= 0:
                matrix[feature, feature] += not truths.ignored[claims.truth[i]]
            elif taken_for[i] >= 0:
                matrix[feature_of[taken_for[i]], feature] += 1
                found[taken_for[i]] = True
            else:
                matrix[nothing, feature] += 1
    for truth in range(len(found)):
        matrix[feature_of[truth], nothing] += not (found[truth] or truths.ignored[truth])
