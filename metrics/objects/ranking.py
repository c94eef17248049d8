"""The order in which predictions choose, settled once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrics.objects.tables import Boxes


class RankedPredictions(NamedTuple):
    """Predictions by feature, falling confidence, row and place in their table: the order in which they choose.

    Boxes of different rows never meet, so that one falling order for the whole feature is at the same time the
    falling order within each picture, and the order in which precision and recall are summed up.

    Attributes:
        position: int32[P] place in the table.
        row: int32[P].
        confidence: float64[P].
        area: float64[P], width times height.
        place: int32[P] how many predictions of the same row and feature choose before.
        starts: int64[features + 1]: those of feature f stand at starts[f]:starts[f + 1].
    """

    position: np.ndarray
    row: np.ndarray
    confidence: np.ndarray
    area: np.ndarray
    place: np.ndarray
    starts: np.ndarray

    def only(self, kept: np.ndarray) -> RankedPredictions:
        """Those of bool[P] `kept`, which takes or leaves rows as a whole."""
        places = np.flatnonzero(kept)
        return RankedPredictions._make([*(column[places] for column in self[:-1]), _starts_of(kept, self.starts)])


class OrderedTruths(NamedTuple):
    """Truths by feature, row and place in their table.

    Attributes:
        position: int32[T] place in the table.
        row: int32[T].
        area: float64[T], the stated one.
        crowd: bool[T].
        ignored: bool[T], true for crowds as well.
        starts: int64[features + 1]: those of feature f stand at starts[f]:starts[f + 1].
    """

    position: np.ndarray
    row: np.ndarray
    area: np.ndarray
    crowd: np.ndarray
    ignored: np.ndarray
    starts: np.ndarray

    def only(self, kept: np.ndarray) -> OrderedTruths:
        """Those of bool[T] `kept`, which takes or leaves rows as a whole."""
        places = np.flatnonzero(kept)
        return OrderedTruths._make([*(column[places] for column in self[:-1]), _starts_of(kept, self.starts)])


def rank_predictions(predictions: Boxes, *, rows: int, features: int) -> RankedPredictions:
    """Put predictions into the order in which they choose."""
    from metrics.kernels.ranking import place_in_row

    confidence = np.ones(len(predictions)) if predictions.confidence is None else predictions.confidence
    order = _by_row(predictions)
    order = order[np.argsort(-confidence[order], kind="stable")]
    order = order[np.argsort(_short(predictions.feature, features)[order], kind="stable")]
    row, box = predictions.row[order], predictions.box[order]
    starts = _starts(predictions.feature, features)
    return RankedPredictions(
        position=order.astype(np.int32),
        row=row,
        confidence=confidence[order],
        area=box[:, 2] * box[:, 3],
        place=place_in_row(row, starts, rows),
        starts=starts,
    )


def order_truths(truth: Boxes, *, features: int) -> OrderedTruths:
    """Put truths into the order in which they are looked up."""
    order = _by_row(truth)
    order = order[np.argsort(_short(truth.feature, features)[order], kind="stable")]
    return OrderedTruths(
        position=order.astype(np.int32),
        row=truth.row[order],
        area=truth.area[order],
        crowd=truth.crowd[order],
        ignored=(truth.ignored | truth.crowd)[order],
        starts=_starts(truth.feature, features),
    )


def _by_row(boxes: Boxes) -> np.ndarray:
    if np.all(boxes.row[1:] >= boxes.row[:-1]):
        return np.arange(len(boxes))
    return np.argsort(boxes.row, kind="stable")


def _short(feature: np.ndarray, features: int) -> np.ndarray:
    # numpy sorts 16-bit numbers by radix, many times quicker than longer ones.
    return feature.astype(np.uint16) if features <= np.iinfo(np.uint16).max else feature


def _starts(feature: np.ndarray, features: int) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.bincount(feature, minlength=features))]).astype(np.int64)


def _starts_of(kept: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(kept)])[starts].astype(np.int64)
