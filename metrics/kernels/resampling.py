"""The loops of resampling: average precision where rows count several times or not at all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrics.kernels.compiled import compiled


class Side(NamedTuple):
    """Truths or counted predictions by feature.

    Attributes:
        row: int32[N].
        inside: uint8[N] a bit for each range of areas in which it counts.
        starts: int64[features + 1]: those of feature f stand at starts[f]:starts[f + 1].
    """

    row: np.ndarray
    inside: np.ndarray
    starts: np.ndarray


class Claimed(NamedTuple):
    """Who claimed a truth, for every IoU and range of areas, feature by feature in falling confidence.

    Attributes:
        starts: int64[ious, areas, features + 1]: claims at t, a of feature f stand at starts[t, a, f]:... [f + 1].
        prediction: int32[N] place among the counted predictions.
        found: bool[N] it found a truth that counts.
    """

    starts: np.ndarray
    prediction: np.ndarray
    found: np.ndarray


class _Room(NamedTuple):
    """Space for one feature of one resample: weights before each prediction, and precision at each find."""

    before: np.ndarray
    needed: np.ndarray
    finds: np.ndarray
    precision: np.ndarray


@compiled
def weigh(
    sides: tuple[Side, Side], claimed: Claimed, recall_levels: np.ndarray, weights: np.ndarray, scores: np.ndarray
) -> None:
    """Fill in float64[resamples, ious, areas, features] average precision; NaN where no truth counts.

    `sides` are truths and predictions, `weights` int32[resamples, rows] how often each row counts.
    """
    truths, predictions = sides
    longest = 0
    for feature in range(len(truths.starts) - 1):
        longest = max(longest, predictions.starts[feature + 1] - predictions.starts[feature])
    room = _Room(
        np.empty(longest, np.int64),
        np.empty(len(recall_levels), np.int64),
        np.empty(longest, np.int64),
        np.empty(longest),
    )
    for r in range(len(weights)):
        weight = weights[r]
        for a in range(scores.shape[2]):
            bit = np.uint8(1 << a)
            for feature in range(len(truths.starts) - 1):
                support = 0
                for j in range(truths.starts[feature], truths.starts[feature + 1]):
                    if truths.inside[j] & bit:
                        support += weight[truths.row[j]]
                if support == 0:
                    continue
                first, last = predictions.starts[feature], predictions.starts[feature + 1]
                before = 0
                for i in range(first, last):
                    room.before[i - first] = before
                    if predictions.inside[i] & bit:
                        before += weight[predictions.row[i]]
                _finds_needed(recall_levels, support, room.needed)
                for t in range(scores.shape[1]):
                    here = claimed.starts[t, a, feature], claimed.starts[t, a, feature + 1]
                    n = _follow(predictions, (claimed, here), (weight, bit, first), room)
                    scores[r, t, a, feature] = _mean_precision(room, n)


@compiled
def _finds_needed(recall_levels: np.ndarray, support: int, needed: np.ndarray) -> None:
    """How many truths must be found to reach each recall level, in the arithmetic of a division."""
    for level in range(len(recall_levels)):
        n = int(np.ceil(recall_levels[level] * support))
        while n > 0 and (n - 1) / support >= recall_levels[level]:
            n -= 1
        while n / support < recall_levels[level]:
            n += 1
        needed[level] = n


@compiled
def _follow(
    predictions: Side, claims: tuple[Claimed, tuple[int, int]], drawn: tuple[np.ndarray, np.uint8, int], room: _Room
) -> int:
    """Note finds so far and precision at each find that was drawn; how many there were."""
    (claimed, here), (weight, bit, first) = claims, drawn
    found, matched, n = 0, 0, 0
    for k in range(here[0], here[1]):
        prediction = claimed.prediction[k]
        times = weight[predictions.row[prediction]]
        if times == 0:
            continue
        if claimed.found[k]:
            wrong = room.before[prediction - first] - matched
            found += times
            # The tiny addend is in pycocotools' formula; it moves the last digit.
            room.finds[n], room.precision[n] = found, found / (wrong + found + np.finfo(np.float64).eps)
            n += 1
        if predictions.inside[prediction] & bit:
            matched += times
    return n


@compiled
def _mean_precision(room: _Room, n: int) -> float:
    """Mean over recall levels of the best precision at that recall or beyond; 0 where none is."""
    levels = len(room.needed)
    level = levels - 1
    most = room.finds[n - 1] if n else 0
    while level > 0 and room.needed[level] > most:
        level -= 1
    total, best = 0.0, 0.0
    for k in range(n - 1, -1, -1):
        best = max(best, room.precision[k])
        found_before = room.finds[k - 1] if k else 0
        while level > 0 and room.needed[level] > found_before:
            total += best
            level -= 1
    return (total + best) / levels
