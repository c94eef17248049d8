"""The loop that pairs spans."""

from __future__ import annotations

import numpy as np

from metrics.kernels.compiled import compiled


@compiled
def take_in_order(truth: np.ndarray, prediction: np.ndarray, truth_of: np.ndarray, prediction_of: np.ndarray) -> None:
    """Pair what is still free on both sides (-1), going through the candidates in their order.

    Entries of `truth_of` and `prediction_of` other than -1 do not take part.
    """
    for m in range(len(truth)):
        t, p = truth[m], prediction[m]
        if truth_of[p] == -1 and prediction_of[t] == -1:
            truth_of[p], prediction_of[t] = t, p
