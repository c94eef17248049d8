"""Pairs of label maps, checked on arrival."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from metrics.errors import ColumnError

NONE: Final = -1
"""What stands for no class in a map that was read."""

FAR: Final = np.iinfo(np.int32)


class LabelMaps(NamedTuple):
    """The maps of one picture.

    Attributes:
        truth: int32 of the picture's shape: code of the true class, -1 for ignored pixels.
        predicted: int32, likewise: code of the predicted class, -1 for none and for ignored pixels.
        ignored: Number of ignored pixels.
    """

    truth: np.ndarray
    predicted: np.ndarray
    ignored: int


def read_pair(row: int, pair: tuple[np.ndarray, np.ndarray], *, classes: int, ignore: int | None) -> LabelMaps:
    """The maps of a row, with -1 where there is no class; the arrays given are left as they are.

    Raises:
        ColumnError: If the maps differ in shape, are not of whole numbers, or hold a class that does not exist.
    """
    from metrics.kernels.pixels import clean_pair

    if len(pair) != 2:
        raise ColumnError(
            f"Row {row} holds {len(pair)} things, not a pair of a true and a predicted map. For a single picture: "
            "count_pixels([(truth, predicted)], ...).",
            bad=1,
            first=row,
        )
    given = np.asarray(pair[0]), np.asarray(pair[1])
    _check_shapes(row, given)
    truth, predicted = (_as_labels(labels) for labels in given)
    absent = int(FAR.min) - 1 if ignore is None else ignore
    ignored, bad, side = clean_pair(truth.reshape(-1), predicted.reshape(-1), absent, classes)
    if bad >= 0:
        _tell_strangers(row, given, side=side, classes=classes, ignore=ignore)
    return LabelMaps(truth, predicted, int(ignored))


def _as_labels(given: np.ndarray) -> np.ndarray:
    """A copy as int32; numbers too large for it stay too large for any class."""
    if given.dtype.kind in "iu" and given.dtype.itemsize >= 4 and given.dtype != np.int32:
        given = np.clip(given, max(FAR.min, np.iinfo(given.dtype).min), FAR.max)
    return np.array(given, dtype=np.int32, order="C")


def _check_shapes(row: int, given: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = given
    if truth.shape != predicted.shape:
        raise ColumnError(
            f"The maps of row {row} differ in shape: {list(truth.shape)} in truth and {list(predicted.shape)} as "
            "predicted. Resize the prediction to the picture, taking the nearest label, not a mean of labels.",
            bad=1,
            first=row,
        )
    for labels, side in zip(given, ("true", "predicted"), strict=True):
        if labels.dtype.kind not in "biu":
            raise ColumnError(
                f"The {side} map of row {row} is {labels.dtype}{list(labels.shape)}, but it must hold the class of "
                "each pixel as a whole number. If it holds scores of classes, take argmax over the classes first.",
                bad=1,
                first=row,
            )


def _tell_strangers(
    row: int, given: tuple[np.ndarray, np.ndarray], *, side: int, classes: int, ignore: int | None
) -> None:
    kept = np.ones(given[0].shape, dtype=bool) if ignore is None else (given[0] != ignore) & (given[side] != ignore)
    places = np.argwhere(kept & ((given[side] < 0) | (given[side] >= classes)))
    first = tuple(places[0].tolist())
    except_for = "" if ignore is None else f" or {ignore} for ignored pixels"
    raise ColumnError(
        f"{len(places):,} pixels of the {('true', 'predicted')[side]} map of row {row} are of a class that does not "
        f"exist; first: pixel {first} with {given[side][first]}, where there are {classes:,} classes (numbered from "
        f"0){except_for}. A value that means no class is named by ignore=...; pixels of it in the truth are left out.",
        bad=len(places),
        first=row,
    )
