"""The loop that measures a mixture of two runs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrics.kernels.compiled import compiled


class Events(NamedTuple):
    """Finds and false alarms of two runs, by feature and falling confidence.

    Attributes:
        find: bool[N]: a found truth; a false alarm otherwise.
        starts: int64[features + 1]: those of feature f stand at starts[f]:starts[f + 1].
        truths: int64[features]: truths that count.
    """

    find: np.ndarray
    starts: np.ndarray
    truths: np.ndarray


@compiled
def mixed_precision(events: Events, taken: np.ndarray, recall_levels: np.ndarray) -> np.ndarray:
    """float64[features] average precision of the events that are taken; NaN where no truth counts."""
    features = len(events.truths)
    precision = np.full(features, np.nan)
    wrong = np.empty(len(events.find), np.int64)
    for feature in range(features):
        truths = events.truths[feature]
        if truths == 0:
            continue
        found, alarms = 0, 0
        for i in range(events.starts[feature], events.starts[feature + 1]):
            if taken[i]:
                if events.find[i]:
                    wrong[found] = alarms
                    found += 1
                else:
                    alarms += 1
        level = len(recall_levels) - 1
        while recall_levels[level] > found / truths:
            level -= 1
        total, best = 0.0, 0.0
        for k in range(found, 0, -1):
            best = max(best, k / (wrong[k - 1] + k + np.finfo(np.float64).eps))
            while recall_levels[level] > (k - 1) / truths:
                total += best
                level -= 1
        precision[feature] = (total + best) / len(recall_levels)
    return precision
