"""The loops on masks: reading COCO's run lengths, and counting shared pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrics.kernels.compiled import compiled


class Ink(NamedTuple):
    """What is read of masks: stretches of ones, where those of each start, pixels (-1: unreadable text), and box."""

    ones: np.ndarray
    starts: np.ndarray
    pixels: np.ndarray
    box: np.ndarray


@compiled
def count_stretches(text: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """int64: how many stretches of ones the text of each mask holds; a byte without its sixth bit ends a run length."""
    counts = np.zeros(len(bounds) - 1, np.int64)
    for mask in range(len(counts)):
        runs = 0
        for p in range(bounds[mask], bounds[mask + 1]):
            runs += ((text[p] - 48) & 32) == 0
        counts[mask] = runs // 2
    return counts


@compiled
def read_compressed(text: np.ndarray, bounds: np.ndarray, size: np.ndarray, share: tuple[int, int], ink: Ink) -> None:
    """Fill in `Ink` for the masks of a share.

    `text` holds the bytes of all masks, those of mask i at bounds[i]:bounds[i + 1]. Run lengths of zeros and ones take
    turns, five bits a byte, from the third on as the difference to the one before the last. Pixels run down the
    columns.
    """
    for mask in range(share[0], share[1]):
        tall, wide = np.int64(size[mask, 0]), np.int64(size[mask, 1])
        left, top, right, bottom = wide, tall, np.int64(-1), np.int64(0)
        zeros, ones, at, pixels = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
        x, column = np.int64(0), np.int64(0)  # the column that holds the pixel `at`, and its first pixel
        n, p, end = ink.starts[mask], bounds[mask], bounds[mask + 1]
        while 0 <= p < end:
            run, p = _run_length(text, p, end)
            zeros = run + (zeros if n > ink.starts[mask] + 1 else 0)
            at += zeros
            if zeros < 0 or not 0 <= p < end:
                break
            run, p = _run_length(text, p, end)
            ones = run + (ones if n > ink.starts[mask] else 0)
            if ones < 0 or p < 0 or at + ones > tall * wide:
                p = -1
                break
            if at >= column + tall:  # most stretches start in the next column, and dividing is slow
                columns = (at - column) // tall if at >= column + 2 * tall else np.int64(1)
                column, x = column + columns * tall, x + columns
            if ones:
                first, behind = at - column, at - column + ones
                left, pixels = min(left, x), pixels + ones
                if behind <= tall:
                    top, bottom, right = min(top, first), max(bottom, behind), x
                else:
                    top, bottom, right = np.int64(0), tall, x + (behind - 1) // tall
            ink.ones[n, 0], ink.ones[n, 1] = at, at + ones
            at += ones
            n += 1
        ink.pixels[mask] = pixels if p >= 0 and zeros >= 0 and at == tall * wide else -1
        if right >= 0:
            ink.box[mask] = left, top, right - left + 1, bottom - top


@compiled
def _run_length(text: np.ndarray, p: int, end: int) -> tuple[np.int64, int]:
    """The number that starts at a byte, and the next byte; -1 where it cannot be read."""
    c = np.int64(text[p]) - 48
    run = c & 31
    p += 1
    shift, wrong = 5, c & ~63
    while c & 32 and p < end and shift < 60:
        c = np.int64(text[p]) - 48
        run |= (c & 31) << shift
        wrong |= c & ~63
        shift += 5
        p += 1
    if c & 16:
        run |= np.int64(-1) << shift
    return run, p if not (wrong or c & 32) else -1


@compiled
def mask_ious(
    sides: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]],
    pairs: tuple[np.ndarray, np.ndarray],
    crowd: np.ndarray,
) -> np.ndarray:
    """float64: shared pixels by all pixels of each pair; with a crowd, by the prediction's.

    `sides` are stretches of ones, where those of each mask start, and pixels, of the table of truths and of
    predictions; `pairs` are positions in them.
    """
    iou = np.empty(len(crowd))
    for m in range(len(crowd)):
        t, p = pairs[0][m], pairs[1][m]
        shared = _shared_pixels(
            sides[0][0][sides[0][1][t] : sides[0][1][t + 1]], sides[1][0][sides[1][1][p] : sides[1][1][p + 1]]
        )
        area = sides[1][2][p]
        # One division of whole numbers, as in pycocotools.
        iou[m] = shared / (area if crowd[m] else area + sides[0][2][t] - shared) if shared else 0.0
    return iou


@compiled
def _shared_pixels(one: np.ndarray, other: np.ndarray) -> int:
    if len(one) == 0 or len(other) == 0:
        return 0
    i, j, shared = _first_beyond(one, other[0, 0]), _first_beyond(other, one[0, 0]), 0
    while i < len(one) and j < len(other):
        shared += max(0, min(one[i, 1], other[j, 1]) - max(one[i, 0], other[j, 0]))
        if one[i, 1] < other[j, 1]:
            i += 1
        else:
            j += 1
    return shared


@compiled
def _first_beyond(ones: np.ndarray, pixel: int) -> int:
    """The first stretch that ends beyond a pixel."""
    low, high = 0, len(ones)
    while low < high:
        middle = (low + high) // 2
        if ones[middle, 1] > pixel:
            high = middle
        else:
            low = middle + 1
    return low
