"""The loops on masks: reading COCO's run lengths, and counting shared pixels."""

from __future__ import annotations

import numpy as np

from metrics.kernels.compiled import compiled


@compiled
def read_compressed(text: np.ndarray, bounds: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many stretches of ones each mask has, -1 where its text cannot be read, and all stretches.

    `text` holds the bytes of all masks, those of mask i at bounds[i]:bounds[i + 1]; `pixels` is their height times
    width. Run lengths are written five bits a byte, from the third on as the difference to the one before the last.
    """
    counts = np.zeros(len(pixels), np.int64)
    ones = np.empty(((bounds[-1] - bounds[0]) // 2 + len(pixels) + 1, 2), np.int64)
    n = 0
    for mask in range(len(pixels)):
        before, at, ok = n, np.int64(0), True
        runs, last, before_last = 0, np.int64(0), np.int64(0)
        p, end = bounds[mask], bounds[mask + 1]
        while p < end and ok:
            run, shift, more = np.int64(0), 0, True
            while more and ok:
                ok = p < end and 48 <= text[p] < 112 and shift < 60
                if ok:
                    c = np.int64(text[p]) - 48
                    run |= (c & 31) << shift
                    shift += 5
                    more = (c & 32) != 0
                    if not more and c & 16:
                        run |= np.int64(-1) << shift
                    p += 1
            if runs > 2:
                run += before_last
            ok = ok and bool(run >= 0)
            if ok and runs % 2 == 1 and run > 0:
                ones[n] = at, at + run
                n += 1
            at += run
            runs += 1
            before_last, last = last, run
        if ok and at == pixels[mask]:
            counts[mask] = n - before
        else:
            counts[mask], n = -1, before
    return counts, ones[:n].copy()


@compiled
def outline(ones: np.ndarray, starts: np.ndarray, height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number of pixels of each mask, and the box around them; pixels run down the columns."""
    pixels, box = np.zeros(len(height), np.int64), np.zeros((len(height), 4))
    for mask in range(len(height)):
        tall = height[mask]
        left, top, right, bottom = np.int64(1) << 40, tall, np.int64(-1), np.int64(-1)
        for i in range(starts[mask], starts[mask + 1]):
            first, last = ones[i, 0], ones[i, 1] - 1
            pixels[mask] += last - first + 1
            left, right = min(left, first // tall), max(right, last // tall)
            if first // tall == last // tall:
                top, bottom = min(top, first % tall), max(bottom, last % tall)
            else:
                top, bottom = np.int64(0), tall - 1
        if right >= 0:
            box[mask] = left, top, right - left + 1, bottom - top + 1
    return pixels, box


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
