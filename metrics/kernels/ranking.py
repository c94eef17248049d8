"""The loops of ranking: by feature, then falling confidence, then place in the table."""

from __future__ import annotations

import numpy as np

from metrics.kernels.compiled import compiled

_DIGIT_BITS = 11
_DIGITS = 6  # enough for 64 bits
_BUCKETS = 1 << _DIGIT_BITS
_FEW = 48  # up to so many, sorting by insertion is quicker


@compiled
def gather_by_feature(order: np.ndarray, feature: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """int32: the table positions in `order`, those of each feature together and still in that order."""
    free = starts[:-1].copy()
    gathered = np.empty(len(order), np.int32)
    for position in order:
        code = feature[position]
        gathered[free[code]] = position
        free[code] += 1
    return gathered


@compiled
def sort_falling(order: np.ndarray, confidence: np.ndarray, starts: np.ndarray) -> None:
    """Sort the table positions between two starts by falling confidence, in place; ties keep their order."""
    longest = 0
    for feature in range(len(starts) - 1):
        longest = max(longest, starts[feature + 1] - starts[feature])
    keys, spare_keys = np.empty(longest, np.uint64), np.empty(longest, np.uint64)
    spare = np.empty(longest, np.int32)
    counts = np.empty((_DIGITS, _BUCKETS), np.int64)
    bits = confidence.view(np.uint64)
    for feature in range(len(starts) - 1):
        part = order[starts[feature] : starts[feature + 1]]
        n = len(part)
        for i in range(n):
            # The bits of floats from 0 upwards rise with the number; turned over, they fall.
            keys[i] = ~bits[part[i]]
        if n <= _FEW:
            _insert(keys[:n], part)
        else:
            _sort_by_digits(keys[:n], part, spare_keys[:n], spare[:n], counts)


@compiled
def _insert(keys: np.ndarray, part: np.ndarray) -> None:
    for i in range(1, len(part)):
        key, position = keys[i], part[i]
        j = i
        while j > 0 and keys[j - 1] > key:
            keys[j], part[j] = keys[j - 1], part[j - 1]
            j -= 1
        keys[j], part[j] = key, position


@compiled
def _sort_by_digits(
    keys: np.ndarray, part: np.ndarray, spare_keys: np.ndarray, spare: np.ndarray, counts: np.ndarray
) -> None:
    """Radix sort from the lowest digit up; digits that all keys share are passed over."""
    n = len(part)
    mask = np.uint64(_BUCKETS - 1)
    counts[:] = 0
    for i in range(n):
        for digit in range(_DIGITS):
            counts[digit, (keys[i] >> np.uint64(digit * _DIGIT_BITS)) & mask] += 1
    here, there = (keys, part), (spare_keys, spare)
    for digit in range(_DIGITS):
        shift = np.uint64(digit * _DIGIT_BITS)
        count = counts[digit]
        if count[(here[0][0] >> shift) & mask] == n:
            continue
        place = 0
        for bucket in range(_BUCKETS):
            place, count[bucket] = place + count[bucket], place
        for i in range(n):
            bucket = (here[0][i] >> shift) & mask
            there[0][count[bucket]], there[1][count[bucket]] = here[0][i], here[1][i]
            count[bucket] += 1
        here, there = there, here
    part[:] = here[1]


@compiled
def place_in_row(row: np.ndarray, starts: np.ndarray, rows: int, place: np.ndarray) -> None:
    """Fill in, for each ranked prediction between two starts, how many of the same row stand before it."""
    seen = np.zeros(rows, np.int32)
    for feature in range(len(starts) - 1):
        for i in range(starts[feature], starts[feature + 1]):
            place[i] = seen[row[i]]
            seen[row[i]] += 1
        for i in range(starts[feature], starts[feature + 1]):
            seen[row[i]] = 0
