"""The loop that tells which false alarms of two runs are the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metrics.kernels.compiled import compiled

if TYPE_CHECKING:
    from metrics.objects.overlap import Sides


@compiled
def join_alarms(sides: Sides, alarms: tuple[np.ndarray, np.ndarray], floor: float) -> np.ndarray:
    """int32: for each ranked prediction of the candidate the place of the baseline's that it stands for, or -1.

    `sides` hold the baseline's predictions as truths; `alarms` are bool flags of both, in their orders.
    """
    baseline, candidate = alarms
    free = baseline.copy()
    same = np.full(len(candidate), -1, np.int32)
    for i in range(len(candidate)):
        if not candidate[i]:
            continue
        best, best_iou = -1, floor
        for pair in range(sides.pairs.starts[i], sides.pairs.starts[i + 1]):
            other, iou = sides.pairs.truth[pair], sides.pairs.iou[pair]
            if free[other] and iou >= best_iou:
                best, best_iou = other, iou
        if best >= 0:
            same[i], free[best] = best, False
    return same
