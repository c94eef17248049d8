"""The loop of counting outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.kernels.compiled import compiled

if TYPE_CHECKING:
    from metrics.objects.matching import Claims
    from metrics.objects.outcomes import Counts
    from metrics.objects.overlap import Sides


@compiled
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
