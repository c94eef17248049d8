"""The loops on label maps: reading pairs of them, counting cells, and finding what lies near an edge."""

from __future__ import annotations

import numpy as np

from metrics.kernels.compiled import compiled


@compiled
def clean_pair(truth: np.ndarray, predicted: np.ndarray, ignore: int, classes: int) -> tuple[np.int64, np.int64, int]:
    """Write -1 where there is no class, in place; ignored pixels, the first bad pixel or -1, and whose it is.

    Ignored in the truth is no class on either side; what is bad in the truth is told before what is bad in the
    prediction.
    """
    ignored, bad = np.int64(0), np.int64(-1)
    for i in range(len(truth)):
        if truth[i] == ignore:
            ignored += 1
            truth[i] = predicted[i] = -1
        else:
            if truth[i] < 0 or truth[i] >= classes:
                return ignored, np.int64(i), 0
            if predicted[i] == ignore:
                predicted[i] = -1
            elif bad < 0 and (predicted[i] < 0 or predicted[i] >= classes):
                bad = np.int64(i)
    return ignored, bad, 1


@compiled
def count_cells(truth: np.ndarray, predicted: np.ndarray, counted: np.ndarray, cells: np.ndarray) -> int:
    """Count the pixels of each pair of classes; returns how many pairs there are and lists them in `cells`.

    `counted` is int64[classes * (classes + 1)], zeros on arrival: true class by predicted class, the last column for
    none. Pixels without true class are left out.
    """
    columns = np.int64((1 + np.sqrt(1 + 4 * len(counted))) / 2)  # its length is columns * (columns - 1)
    n = 0
    for i in range(len(truth)):
        if truth[i] >= 0:
            cell = truth[i] * columns + (predicted[i] if predicted[i] >= 0 else columns - 1)
            if counted[cell] == 0:
                cells[n] = cell
                n += 1
            counted[cell] += 1
    return n


@compiled
def mark_edges(labels: np.ndarray, reach: int, level: np.ndarray, edge: np.ndarray) -> None:
    """Mark in `edge` the pixels with another label, or the picture's end, at most `reach` away in either direction.

    That is what an erosion of each label by a square of 2 * reach + 1 takes away. `level` is int64[width], room to
    work in: how many rows up to this one are of one label along the square's width around each column.
    """
    tall, wide = labels.shape
    side = 2 * reach + 1
    edge[:] = True
    level[:] = 0
    for y in range(tall):
        run = 0
        for x in range(wide):
            run = run + 1 if x > 0 and labels[y, x] == labels[y, x - 1] else 1
            middle = x - reach
            if run >= side:
                above = level[middle] if y > 0 and labels[y, middle] == labels[y - 1, middle] else 0
                level[middle] = above + 1
                if above + 1 >= side:
                    edge[y - reach, middle] = False
            elif middle >= 0:
                level[middle] = 0


@compiled
def count_edges(
    truth: np.ndarray, predicted: np.ndarray, edges: tuple[np.ndarray, np.ndarray], counted: np.ndarray
) -> None:
    """Add to int64[classes, 3]: edge pixels of each class that are both sides', only the prediction's, the truth's."""
    for y in range(truth.shape[0]):
        for x in range(truth.shape[1]):
            t = truth[y, x] if edges[0][y, x] else -1
            p = predicted[y, x] if edges[1][y, x] else -1
            if t == p:
                if t >= 0:
                    counted[t, 0] += 1
            else:
                if p >= 0:
                    counted[p, 1] += 1
                if t >= 0:
                    counted[t, 2] += 1


@compiled
def paint(ones: np.ndarray, starts: np.ndarray, order: np.ndarray, values: np.ndarray, canvas: np.ndarray) -> None:
    """Paint masks onto a picture in an order, each with its value; the last one lies on top.

    `ones` and `starts` are those of `Masks`; `canvas` is flat, its columns one below the other.
    """
    for place in order:
        for stretch in range(starts[place], starts[place + 1]):
            for i in range(ones[stretch, 0], ones[stretch, 1]):
                canvas[i] = values[place]


@compiled
def add_areas(
    masks: tuple[np.ndarray, np.ndarray, np.ndarray],
    ignored: np.ndarray,
    tall: int,
    sums: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Add up the pixels of each class in one picture.

    `masks` are int32[pixels] position of the mask on top of each pixel, or -1, and class (negative for none) and
    confidence of each mask; `ignored` are flags of pixels that are left out. `sums` hold zeros on arrival:
    int64[classes] pixels, float64[classes] confidences, int32[classes, 4] left, top, right and bottom (not included),
    and int32[classes] position of the only mask, -1 where there are several.
    """
    on_top, code_of, sure = masks
    pixels, confidences, corners, only = sums
    for i in range(len(on_top)):
        mask = on_top[i]
        if mask < 0 or ignored[i] or code_of[mask] < 0:
            continue
        code = code_of[mask]
        x, y = i // tall, i % tall
        if pixels[code] == 0:
            corners[code, 0], corners[code, 1], corners[code, 2], corners[code, 3] = x, y, x + 1, y + 1
            only[code] = mask
        else:
            corners[code, 1], corners[code, 3] = min(corners[code, 1], y), max(corners[code, 3], y + 1)
            corners[code, 2] = x + 1  # columns come one after the other
            if only[code] != mask:
                only[code] = -1
        pixels[code] += 1
        confidences[code] += sure[mask]
