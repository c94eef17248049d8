"""Run-length masks in COCO's two writings: lists of counts, and strings.

A mask's pixels are read column by column; counts tell in turn how many lie outside and inside. In a string each count
(from the fourth on its difference to the one two before) is cut into groups of 5 bits, lowest first, one character a
group: 48 plus the bits, plus 32 where another group follows; the last group's highest bit is the sign.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pycocotools import mask as coco_mask

_MASKS = 200  # pycocotools 2.0.11 keeps the number of masks in 8 bits where it measures their areas
_STRINGS = 4_000  # so many stay in the processor's cache
_MOST_GROUPS = 7


def pixels(strings: Sequence[str]) -> np.ndarray:
    """How many pixels each run-length string covers in all, inside and outside.

    A string from outside is asked this before pycocotools sees it, which trusts what it is given and reads past the
    end of a string that is cut short.

    Returns:
        int64[n]; -1 for a string that is no run-length string.
    """
    parts = [_pixels(strings[start : start + _STRINGS]) for start in range(0, len(strings), _STRINGS)]
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def compress(counts: Sequence[int], *, height: int, width: int) -> str:
    """The string of a mask given as counts, which must sum to `height * width`."""
    return str(
        coco_mask.frPyObjects({"size": [height, width], "counts": list(counts)}, height, width)["counts"], "ascii"
    )


def encode(pixels: np.ndarray) -> str:
    """The string of a mask given as bool[height, width]."""
    return str(coco_mask.encode(np.asfortranarray(pixels, dtype=np.uint8))["counts"], "ascii")


def rasterise(rings: Sequence[Sequence[float]], *, height: int, width: int) -> str:
    """The string of the mask that rings of x, y, x, y enclose together."""
    parts = coco_mask.frPyObjects([list(ring) for ring in rings], height, width)
    return str(coco_mask.merge(parts)["counts"], "ascii")


def measure(strings: Sequence[str], sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Box and number of pixels inside of masks.

    Args:
        strings: N valid run-length strings.
        sizes: int[N, 2] height and width of their pictures.

    Returns:
        float64[N, 4] left, top, width, height, and float64[N].
    """
    box, area = np.zeros((len(strings), 4)), np.zeros(len(strings))
    for start in range(0, len(strings), _MASKS):
        part = slice(start, start + _MASKS)
        masks = [{"size": size, "counts": text} for text, size in zip(strings[part], sizes[part].tolist(), strict=True)]
        box[part], area[part] = coco_mask.toBbox(masks), coco_mask.area(masks)
    return box, area


def _pixels(strings: Sequence[str]) -> np.ndarray:
    totals = np.full(len(strings), -1, dtype=np.int64)
    chosen = np.asarray([index for index, text in enumerate(strings) if text and text.isascii()], dtype=np.int64)
    if len(chosen):
        characters = np.frombuffer("".join([strings[i] for i in chosen]).encode("ascii"), dtype=np.uint8)
        ends = np.cumsum([len(strings[i]) for i in chosen], dtype=np.int64)
        totals[chosen] = _sum_counts(characters, ends)
    return totals


def _sum_counts(characters: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Sums of the counts of strings that end before `ends`; -1 for one that is none."""
    groups = characters - np.uint8(48)  # below "0" it wraps round to numbers above 63, which are none either
    stops = (groups & 32) == 0
    bad = np.logical_or.reduceat(groups > 63, ends - np.diff(ends, prepend=0)) | ~stops[ends - 1]
    stops[ends - 1] = True
    last = np.flatnonzero(stops)
    values, is_long = _join_groups(groups, last)
    final = np.searchsorted(last, ends - 1)
    counts, begins = _undo_differences(values, np.diff(final, prepend=-1))
    bad |= np.minimum.reduceat(np.minimum(counts[:, 0], counts[:, 1]), begins) < 0
    bad |= np.logical_or.reduceat(is_long, np.concatenate([[0], final[:-1] + 1]))
    return np.where(bad, -1, np.add.reduceat(counts[:, 0] + counts[:, 1], begins))


def _join_groups(groups: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers whose last groups stand at `last`, and which of them have more groups than any count needs."""
    first = np.concatenate([[0], last[:-1] + 1])
    number = last - first + 1
    values = (groups[first] & 31).astype(np.int64)
    for i in range(1, min(_MOST_GROUPS, int(number.max()))):
        longer = np.flatnonzero(number > i)
        values[longer] |= (groups[first[longer] + i] & 31).astype(np.int64) << 5 * i
    is_negative = (groups[last] & 16) > 0
    values[is_negative] -= np.int64(1) << 5 * np.minimum(number[is_negative], _MOST_GROUPS)
    return values, number > _MOST_GROUPS


def _undo_differences(values: np.ndarray, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts of strings that tell `number` values each: from the fourth on, a value adds to the count two before.

    Returns:
        int64[m, 2]: the counts of each string in pairs, so that adding up runs down the columns; an odd number of
        them is filled up with 0. And the row where each string begins.
    """
    pairs = (number + 1) // 2
    begins = np.cumsum(pairs) - pairs
    table = np.zeros((int(pairs.sum()), 2), dtype=np.int64)
    table.reshape(-1)[np.arange(len(values)) + np.repeat(2 * begins - (np.cumsum(number) - number), number)] = values
    alone = table[begins, 0]
    table[begins, 0] = 0
    sums = table.cumsum(axis=0)
    before = np.concatenate([np.zeros((1, 2), dtype=np.int64), sums])[begins]
    counts = sums - np.repeat(before, pairs, axis=0)
    counts[begins, 0] = alone
    counts[(begins + pairs - 1)[number % 2 == 1], 1] = 0
    return counts, begins
