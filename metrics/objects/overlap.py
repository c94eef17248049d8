"""Which truths and predictions overlap, and how much: sparse pairs, computed once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from metrics.columns import as_kept_rows, check_below, check_count
from metrics.errors import ColumnError
from metrics.objects.pairing import Orders, Pairs, Tables, find_pairs
from metrics.objects.ranking import OrderedTruths, RankedPredictions, order_truths, rank_predictions
from metrics.objects.shapes import Shapes
from metrics.thresholds import check_overlap


class TablePairs(NamedTuple):
    """Overlapping boxes as positions in the two tables they came from.

    Attributes:
        prediction: int32[M] position in the table of predictions.
        truth: int32[M] position in the table of truths.
        iou: float64[M].
    """

    prediction: np.ndarray
    truth: np.ndarray
    iou: np.ndarray


class Sides(NamedTuple):
    """Both sides and what joins them, as the loops read them."""

    truths: OrderedTruths
    predictions: RankedPredictions
    pairs: Pairs


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Everything that measuring objects needs, ready for any threshold; from `find_overlaps`.

    Attributes:
        truths: True objects on the rows that count, in matching order.
        predictions: Predicted objects on the rows that count, in matching order.
        pairs: Which of them overlap, within a row and feature.
        keep: bool[rows of the tables]: the rows that count.
        tables: The truths and predictions as they came, left-out rows included.
        min_overlap: Smallest IoU kept in `pairs`.
        whole: The same on all rows, where this one is `on_rows` of it.
    """

    truths: OrderedTruths
    predictions: RankedPredictions
    pairs: Pairs
    keep: np.ndarray
    tables: Tables
    min_overlap: float
    whole: Overlaps | None = None

    @property
    def kind(self) -> str:
        """What was compared: ``boxes``, ``masks`` or ``keypoints``."""
        return self.tables.truth.kind

    @property
    def rows(self) -> int:
        """Number of rows that count, those without truth or predictions included."""
        return int(np.count_nonzero(self.keep))

    @property
    def features(self) -> int:
        """Number of features, those without truth or predictions included."""
        return len(self.truths.starts) - 1

    @property
    def table_sizes(self) -> tuple[int, int]:
        """Number of entries in the tables of truths and of predictions, left-out rows included."""
        return len(self.tables.truth), len(self.tables.predictions)

    @property
    def sides(self) -> Sides:
        """Both sides and what joins them, as the loops read them."""
        return Sides(self.truths, self.predictions, self.pairs)

    @cached_property
    def across(self) -> Pairs:
        """Pairs of the same row and different features, as in `pairs`; found when first asked for."""
        if self.whole is not None:
            kept = self.keep[self.whole.predictions.row], self.keep[self.whole.truths.row]
            return self.whole.across.only(*kept)
        orders = Orders(self.truths, self.predictions)
        return find_pairs(self.tables, orders, rows=len(self.keep), min_overlap=self.min_overlap, across=True)

    @cached_property
    def across_order(self) -> np.ndarray:
        """int64[K]: places of the ranked predictions that have pairs `across`, in the order in which they choose.

        That is falling confidence over all features of a row; ties keep the order of the table.
        """
        if self.whole is not None:
            kept = self.keep[self.whole.predictions.row]
            order = self.whole.across_order
            return (np.cumsum(kept) - 1)[order[kept[order]]]
        places = np.flatnonzero(np.diff(self.across.starts))
        places = places[np.argsort(self.predictions.position[places], kind="stable")]
        return places[np.argsort(-self.predictions.confidence[places], kind="stable")]

    @cached_property
    def falling_confidence(self) -> np.ndarray:
        """int32[P]: places of the ranked predictions in falling confidence across features; ties keep their order."""
        from metrics.kernels.ranking import sort_falling

        order = np.arange(len(self.predictions.confidence), dtype=np.int32)
        sort_falling(order, self.predictions.confidence, np.array([0, len(order)]))
        return order

    def on_rows(self, keep: np.ndarray) -> Overlaps:
        """Only some rows: every number equals that of measuring these rows alone.

        Rows and objects keep their numbers, so that results lie alongside the tables: what is computed per row still
        has one entry for every row of the tables, and what is computed per object one for every object.

        Args:
            keep: bool[rows of the tables]; rows left out earlier stay out.

        Raises:
            ColumnError: If `keep` does not hold one flag for every row of the tables.
        """
        wanted = as_kept_rows(keep, len(self.keep)) & self.keep
        if np.array_equal(wanted, self.keep):
            return self
        kept_truths, kept_predictions = wanted[self.truths.row], wanted[self.predictions.row]
        return replace(
            self,
            truths=self.truths.only(kept_truths),
            predictions=self.predictions.only(kept_predictions),
            pairs=self.pairs.only(kept_predictions, kept_truths),
            keep=wanted,
            whole=self.whole or self,
        )

    def table_pairs(self) -> TablePairs:
        """The pairs as positions in the tables of predictions and truths, on the rows that count."""
        owner = self.predictions.position[self.pairs.owners()]
        return TablePairs(owner, self.truths.position[self.pairs.truth], self.pairs.iou)


def find_overlaps(
    truth: Shapes, predictions: Shapes, *, rows: int, features: int, min_overlap: float = 0.05
) -> Overlaps:
    """Find which predictions overlap which truths of the same row and feature.

    This is the expensive step, done once; every threshold, summary and selection of rows is arithmetic on it.
    Overlap is IoU: what is shared by what either covers, in area for boxes and in pixels for masks; with a crowd it is
    what is shared by the prediction. For keypoints it is COCO's object keypoint similarity, and called IoU as well.

    To repeat pycocotools to the last digit where confidences tie, number the rows by rising image id and keep the
    objects of each row in the order of the file: it lines up pictures that way before it sorts by confidence.

    Args:
        truth: T true objects, `Boxes`, `Masks` or `Keypoints`; confidences are not looked at.
        predictions: P predicted objects of the same kind; crowd, ignored and stated area are not looked at: as in
            pycocotools the area of a prediction is that of its shape.
        rows: Number of rows, those without any object included.
        features: Number of features, those without any object included.
        min_overlap: Smallest IoU to keep, in (0, 1]. It is the lowest `min_iou` that can be asked for later.

    Raises:
        ColumnError: If an object names a row or feature that does not exist, or the two sides do not fit together.
        ThresholdError: If `min_overlap` lies outside (0, 1].

    Example:
        >>> from metrics import Boxes
        >>> truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> predictions = Boxes.from_sizes([0], [0], [[0, 0, 10, 5]], confidence=[0.9])
        >>> find_overlaps(truth, predictions, rows=1, features=1).table_pairs().iou.tolist()
        [0.5]

    Source:
        COCO's overlaps (Lin et al. 2014, arXiv:1405.0312), equal to pycocotools' bbIou, rleIou and computeOks.
    """
    min_overlap = check_overlap(min_overlap)
    tables = Tables(truth, predictions)
    _check_tables(tables, rows=rows, features=features)
    orders = Orders(order_truths(truth, features=features), rank_predictions(predictions, rows=rows, features=features))
    return Overlaps(
        truths=orders.truths,
        predictions=orders.predictions,
        pairs=find_pairs(tables, orders, rows=rows, min_overlap=min_overlap),
        keep=np.ones(rows, dtype=bool),
        tables=tables,
        min_overlap=min_overlap,
    )


def _check_tables(tables: Tables, *, rows: int, features: int) -> None:
    truth, predictions = tables
    if type(truth) is not type(predictions):
        raise ColumnError(
            f"The truth is {truth.kind}, but what was predicted is {predictions.kind}. Only shapes of one kind can be "
            "laid over each other; for the boxes around masks: Boxes.from_sizes(masks.row, masks.feature, masks.box)."
        )
    check_count("rows", rows)
    check_count("features", features)
    for side, name in ((truth, "true"), (predictions, "predicted")):
        check_below("row", side.row, rows, things=f"{name} {side.kind}")
        check_below("feature", side.feature, features, things=f"{name} {side.kind}")
