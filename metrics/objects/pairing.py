"""Which shapes of the same row overlap, and how much."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrics.errors import ColumnError
from metrics.objects.boxes import Boxes
from metrics.objects.keypoints import Keypoints
from metrics.objects.masks import Masks
from metrics.objects.ranking import OrderedTruths, RankedPredictions
from metrics.objects.shapes import Shapes
from metrics.threads import in_shares


class Pairs(NamedTuple):
    """Overlapping shapes.

    Attributes:
        starts: int64[P + 1]: pairs of the p-th ranked prediction stand at starts[p]:starts[p + 1].
        truth: int32[M] place among the ordered truths, rising for each prediction.
        iou: float64[M] in [min_overlap, 1].
    """

    starts: np.ndarray
    truth: np.ndarray
    iou: np.ndarray

    def owners(self) -> np.ndarray:
        """int32[M]: place among the ranked predictions."""
        return np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))

    def only(self, kept_predictions: np.ndarray, kept_truths: np.ndarray) -> Pairs:
        """Those of kept predictions and truths, renumbered; both take or leave rows as a whole."""
        counts = np.diff(self.starts)
        kept = np.repeat(kept_predictions, counts)
        new_place = np.cumsum(kept_truths, dtype=np.int32) - np.int32(1)
        return Pairs(_starts_of(counts[kept_predictions]), new_place[self.truth[kept]], self.iou[kept])


class Tables(NamedTuple):
    """The shapes as they came."""

    truth: Shapes
    predictions: Shapes


class Orders(NamedTuple):
    """The same in matching order."""

    truths: OrderedTruths
    predictions: RankedPredictions


def find_pairs(tables: Tables, orders: Orders, *, rows: int, min_overlap: float, across: bool = False) -> Pairs:
    """Pairs of the same row that overlap by at least `min_overlap`: within features, or across them."""
    if isinstance(tables.truth, Boxes):
        return _pairs_of_boxes(tables, orders, rows, min_overlap, across)
    if isinstance(tables.truth, Masks):
        touching = _pairs_of_boxes(tables, orders, rows, np.nextafter(0.0, 1.0), across)
        return _measured(touching, _mask_ious(tables, orders, touching), min_overlap)
    everyone = _pairs_of_boxes(tables, orders, rows, -1.0, across)
    return _measured(everyone, _similarities(tables, orders, everyone), min_overlap)


def _pairs_of_boxes(tables: Tables, orders: Orders, rows: int, floor: float, across: bool) -> Pairs:
    from metrics.kernels import pairs

    find = pairs.pairs_across_features if across else pairs.pairs_within_features
    boxes = tables.truth.box, tables.predictions.box
    found = in_shares(lambda *share: find(orders, boxes, rows, share, floor), len(tables.predictions))
    counts, truth, iou = (np.concatenate(column) for column in zip(*found, strict=True))
    return Pairs(_starts_of(counts), truth, iou)


def _measured(pairs: Pairs, iou: np.ndarray, min_overlap: float) -> Pairs:
    """The pairs that overlap enough by another measure than that of their boxes."""
    kept = iou >= min_overlap
    before = np.concatenate([[0], np.cumsum(kept)])
    return Pairs(before[pairs.starts].astype(np.int64), pairs.truth[kept], iou[kept])


def _mask_ious(tables: Tables, orders: Orders, pairs: Pairs) -> np.ndarray:
    from metrics.kernels.masks import mask_ious

    truth, predictions = tables
    assert isinstance(truth, Masks)
    assert isinstance(predictions, Masks)
    at = orders.truths.position[pairs.truth], orders.predictions.position[pairs.owners()]
    _check_sizes(truth, predictions, at)
    sides = (truth.ones, truth.starts, truth.pixels), (predictions.ones, predictions.starts, predictions.pixels)
    crowd = truth.crowd[at[0]]
    parts = in_shares(lambda a, b: mask_ious(sides, (at[0][a:b], at[1][a:b]), crowd[a:b]), len(crowd))
    return np.concatenate(parts)


def _similarities(tables: Tables, orders: Orders, pairs: Pairs) -> np.ndarray:
    from metrics.kernels.keypoints import similarities

    truth, predictions = tables
    assert isinstance(truth, Keypoints)
    assert isinstance(predictions, Keypoints)
    if len(truth.sigmas) != len(predictions.sigmas):
        raise ColumnError(
            f"True objects have {len(truth.sigmas)} keypoints, predicted ones {len(predictions.sigmas)}. "
            "Give both the same ones, with visibility 0 where one is missing."
        )
    at = orders.truths.position[pairs.truth], orders.predictions.position[pairs.owners()]
    variance = (truth.sigmas * 2) ** 2
    known = truth.points, truth.box, truth.area
    parts = in_shares(
        lambda a, b: similarities(known, predictions.points, (at[0][a:b], at[1][a:b]), variance), len(at[0])
    )
    return np.concatenate(parts)


def _check_sizes(truth: Masks, predictions: Masks, at: tuple[np.ndarray, np.ndarray]) -> None:
    bad = np.flatnonzero((truth.size[at[0]] != predictions.size[at[1]]).any(axis=1))
    if len(bad):
        t, p = at[0][bad[0]], at[1][bad[0]]
        raise ColumnError(
            f"Masks of the same row differ in the size of their picture: truth {t} is {tuple(truth.size[t].tolist())}, "
            f"prediction {p} {tuple(predictions.size[p].tolist())} (height, width), both in row {truth.row[t]}. "
            "Predict at the picture's own size.",
            bad=len(np.unique(at[1][bad])),
            first=int(p),
        )


def _starts_of(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
