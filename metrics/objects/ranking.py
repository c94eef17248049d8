"""The order in which predictions choose, settled once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrics.objects.shapes import Shapes
from metrics.threads import in_groups


class RankedPredictions(NamedTuple):
    """Predictions by feature, falling confidence, row and place in their table: the order in which they choose.

    Shapes of different rows never meet, so that one falling order for the whole feature is at the same time the
    falling order within each picture, and the order in which precision and recall are summed up.

    Attributes:
        position: int32[P] place in the table.
        row: int32[P].
        confidence: float64[P].
        area: float64[P], that of the shape itself.
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


def rank_predictions(predictions: Shapes, *, rows: int, features: int) -> RankedPredictions:
    """Put predictions into the order in which they choose."""
    from metrics.kernels.ranking import gather_by_feature, place_in_row, sort_falling

    n = len(predictions)
    starts = _starts(predictions.feature, features)
    order = gather_by_feature(_by_row(predictions), predictions.feature, starts)
    # Adding zero turns a zero below zero into the other one, whose bits sort as they should.
    confidence = np.ones(n) if predictions.confidence is None else predictions.confidence + 0.0
    area = predictions.measured_area
    ranked = RankedPredictions(order, np.empty(n, np.int32), np.empty(n), np.empty(n), np.empty(n, np.int32), starts)

    def rank(first: int, last: int) -> None:
        sort_falling(order, confidence, starts[first : last + 1])
        here = slice(starts[first], starts[last])
        ranked.row[here] = predictions.row[order[here]]
        ranked.confidence[here] = confidence[order[here]]
        ranked.area[here] = area[order[here]]
        place_in_row(ranked.row, starts[first : last + 1], rows, ranked.place)

    in_groups(rank, starts)
    return ranked


def among_surest(ranked: RankedPredictions, most: int) -> np.ndarray:
    """bool[P]: among the `most` surest of their row, over all features; equal confidences keep the table's order."""
    among = np.ones(len(ranked.row), dtype=bool)
    crowded = np.bincount(ranked.row, minlength=1) > most
    places = np.flatnonzero(crowded[ranked.row])
    places = places[np.lexsort((ranked.position[places], -ranked.confidence[places], ranked.row[places]))]
    row = ranked.row[places]
    among[places[np.arange(len(row)) - np.searchsorted(row, row) >= most]] = False
    return among


def order_truths(truth: Shapes, *, features: int) -> OrderedTruths:
    """Put truths into the order in which they are looked up."""
    from metrics.kernels.ranking import gather_by_feature

    starts = _starts(truth.feature, features)
    order = gather_by_feature(_by_row(truth), truth.feature, starts)
    return OrderedTruths(
        position=order,
        row=truth.row[order],
        area=truth.area[order],
        crowd=truth.crowd[order],
        ignored=(truth.ignored | truth.crowd)[order],
        starts=starts,
    )


def _by_row(shapes: Shapes) -> np.ndarray:
    if np.all(shapes.row[1:] >= shapes.row[:-1]):
        return np.arange(len(shapes), dtype=np.int32)
    return np.argsort(shapes.row, kind="stable").astype(np.int32)


def _starts(feature: np.ndarray, features: int) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.bincount(feature, minlength=features))]).astype(np.int64)


def _starts_of(kept: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(kept)])[starts].astype(np.int64)
