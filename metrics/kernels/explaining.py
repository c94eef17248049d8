"""The loops that measure mixtures of two runs, on all rows and on rows that are drawn again and again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrics.kernels.compiled import compiled


class Finds(NamedTuple):
    """Found truths of two runs, by feature and falling confidence.

    Attributes:
        row: int32[N].
        side: uint8[N]: 0 in the baseline, 1 in the candidate.
        part: int32[N]: the part of the gain that each belongs to.
        starts: int64[features + 1]: those of feature f stand at starts[f]:starts[f + 1].
    """

    row: np.ndarray
    side: np.ndarray
    part: np.ndarray
    starts: np.ndarray


class Alarms(NamedTuple):
    """False alarms of two runs, by part.

    Attributes:
        row: int32[N].
        side: uint8[N], as of finds.
        before: int32[N]: how many finds of the feature, of both runs, are surer.
        starts: int64[parts + 1]: those of part p stand at starts[p]:starts[p + 1]; none where it is about truths.
    """

    row: np.ndarray
    side: np.ndarray
    before: np.ndarray
    starts: np.ndarray


class Cells(NamedTuple):
    """Which parts are exchanged together, by feature.

    Attributes:
        starts: int64[cells + 1]: the parts of cell c are starts[c] to before starts[c + 1]; of false alarms it is one.
        features: int64[features + 1]: the cells of feature f are features[f] to before features[f + 1].
    """

    starts: np.ndarray
    features: np.ndarray


class Truths(NamedTuple):
    """Truths that count, by feature.

    Attributes:
        row: int32[N].
        starts: int64[features + 1].
    """

    row: np.ndarray
    starts: np.ndarray


class _Drawn(NamedTuple):
    """The finds of one feature on one resample.

    Attributes:
        times: int32[n]: how often each was drawn.
        side: uint8[n].
        part: int32[n].
        truths: How many truths were drawn.
    """

    times: np.ndarray
    side: np.ndarray
    part: np.ndarray
    truths: int


@compiled
def exchange_parts(
    events: tuple[Truths, Finds, Alarms, Cells],
    recall_levels: np.ndarray,
    weights: np.ndarray,
    results: tuple[np.ndarray, np.ndarray],
) -> None:
    """Fill in what the runs score on every resample, and what each part does to it.

    `weights` are int32[resamples, rows], how often each row counts. `results` are float64[resamples, features, 2], the
    average precision of both runs, and float64[resamples, parts], what a part adds to that of its feature: what it does
    when it is put into the baseline, and when it is left out of the candidate, on the mean. Both are NaN where no truth
    counts.
    """
    (truths, finds, alarms, cells), (scores, gains) = events, results
    for r in range(len(weights)):
        weight = weights[r]
        for feature in range(len(truths.starts) - 1):
            support = 0
            for j in range(truths.starts[feature], truths.starts[feature + 1]):
                support += weight[truths.row[j]]
            blocks = cells.features[feature], cells.features[feature + 1]
            if support == 0:
                gains[r, cells.starts[blocks[0]] : cells.starts[blocks[1]]] = np.nan
                continue
            first, last = finds.starts[feature], finds.starts[feature + 1]
            times = np.empty(last - first, np.int32)
            for i in range(first, last):
                times[i - first] = weight[finds.row[i]]
            drawn = _Drawn(times, finds.side[first:last], finds.part[first:last], support)
            _exchange_cells(drawn, (alarms, cells, blocks), (recall_levels, weight), (scores[r, feature], gains[r]))


@compiled
def _exchange_cells(
    drawn: _Drawn,
    about: tuple[Alarms, Cells, tuple[int, int]],
    given: tuple[np.ndarray, np.ndarray],
    results: tuple[np.ndarray, np.ndarray],
) -> None:
    """What both runs score in one feature on one resample, and what each of its parts adds."""
    (alarms, cells, blocks), (levels, weight), (ends, gains) = about, given, results
    first, last = cells.starts[blocks[0]], cells.starts[blocks[1]]
    # How many false alarms of either run stand before each find, and behind the find before it.
    wrong = np.zeros((2, len(drawn.times) + 1), np.int64)
    for e in range(alarms.starts[first], alarms.starts[last]):
        wrong[alarms.side[e], alarms.before[e]] += weight[alarms.row[e]]
    taken = np.zeros(last - first, np.bool_)
    room = np.empty(len(drawn.times) + 1, np.int64), np.empty(len(drawn.times) + 1)
    ends[0] = _area(drawn, (taken, first, False), wrong[0], levels, room)
    ends[1] = _area(drawn, (taken, first, True), wrong[1], levels, room)
    moved = np.zeros(wrong.shape[1], np.int64)
    for cell in range(blocks[0], blocks[1]):
        a, b = cells.starts[cell], cells.starts[cell + 1]
        if alarms.starts[b] > alarms.starts[a]:
            moved[:] = 0
            for e in range(alarms.starts[a], alarms.starts[b]):
                times = weight[alarms.row[e]]
                moved[alarms.before[e]] += times if alarms.side[e] else -times
            there = _area(drawn, (taken, first, False), wrong[0] + moved, levels, room)
            here = _area(drawn, (taken, first, True), wrong[1] - moved, levels, room)
            gains[a] = (there - ends[0] + ends[1] - here) / 2
        else:
            _exchange_truths(drawn, (taken, first, a, b), (wrong, levels, room), (ends, gains))


@compiled
def _exchange_truths(
    drawn: _Drawn,
    cell: tuple[np.ndarray, int, int, int],
    given: tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]],
    results: tuple[np.ndarray, np.ndarray],
) -> None:
    """What a cell of truths adds, parted among its parts.

    Each part is exchanged first of its cell, and last, in both runs; what parts do only together is shared by the
    number of finds.
    """
    (taken, first, a, b), (wrong, levels, room), (ends, gains) = cell, given, results
    taken[a - first : b - first] = True
    there = _area(drawn, (taken, first, False), wrong[0], levels, room)
    here = _area(drawn, (taken, first, True), wrong[1], levels, room)
    whole = (there - ends[0] + ends[1] - here) / 2
    gains[a] = whole
    if b - a > 1:
        times = np.zeros(b - a, np.int64)
        for i in range(len(drawn.times)):
            if a <= drawn.part[i] < b:
                times[drawn.part[i] - a] += drawn.times[i]
        alone = 0.0
        for p in range(a, b):
            gains[p] = 0.0
            if times[p - a]:
                taken[p - first] = False
                last = there - _area(drawn, (taken, first, False), wrong[0], levels, room)
                last += _area(drawn, (taken, first, True), wrong[1], levels, room) - here
                taken[a - first : b - first] = False
                taken[p - first] = True
                early = _area(drawn, (taken, first, False), wrong[0], levels, room) - ends[0]
                early += ends[1] - _area(drawn, (taken, first, True), wrong[1], levels, room)
                taken[a - first : b - first] = True
                gains[p] = (early + last) / 4
                alone += gains[p]
        if times.sum():
            for p in range(a, b):
                gains[p] += (whole - alone) * times[p - a] / times.sum()
    taken[a - first : b - first] = False


@compiled
def _area(
    drawn: _Drawn,
    mixture: tuple[np.ndarray, int, bool],
    wrong: np.ndarray,
    levels: np.ndarray,
    room: tuple[np.ndarray, np.ndarray],
) -> float:
    """Average precision of a mixture of both runs.

    `mixture` says of each part, of which the first has the number that stands beside, whether it is as in the
    candidate, or the other way round if it is turned; `wrong` counts the false alarms before each find.
    """
    (taken, first, turned), (finds, precision) = mixture, room
    found, alarms, n = 0, 0, 0
    for i in range(len(drawn.times)):
        alarms += wrong[i]
        times = drawn.times[i] if (drawn.side[i] == 1) == (taken[drawn.part[i] - first] != turned) else 0
        found += times
        # Written whether it counts or not, because a processor guesses wrong which do. The tiny addend is in
        # pycocotools' formula; it moves the last digit.
        finds[n], precision[n] = found, found / (alarms + found + np.finfo(np.float64).eps)
        n += 1 if times > 0 else 0
    level = len(levels) - 1
    while levels[level] > found / drawn.truths:
        level -= 1
    total, best = 0.0, 0.0
    for k in range(n - 1, -1, -1):
        best = max(best, precision[k])
        share = (finds[k - 1] if k else 0) / drawn.truths
        while levels[level] > share:
            total += best
            level -= 1
    return (total + best) / len(levels)


@compiled
def weigh_things(weights: np.ndarray, things: tuple[np.ndarray, np.ndarray, np.ndarray], sums: np.ndarray) -> None:
    """Add to float64[resamples, columns] the things of drawn rows.

    `things` are int32[N] the row of each, int64[N] the column it counts in, and float64[N] how much it counts;
    `weights` int32[resamples, rows] how often each row was drawn.
    """
    row, column, amount = things
    for r in range(len(weights)):
        weight = weights[r]
        for i in range(len(row)):
            sums[r, column[i]] += weight[row[i]] * amount[i]
