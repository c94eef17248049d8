"""Which truth and prediction boxes overlap, and how much: sparse pairs, computed once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from metrics.errors import ColumnError
from metrics.objects.ranking import OrderedTruths, RankedPredictions, order_truths, rank_predictions
from metrics.objects.tables import Boxes
from metrics.thresholds import check_overlap


class Pairs(NamedTuple):
    """Overlapping boxes of the same row and feature.

    Attributes:
        starts: int64[P + 1]: pairs of the p-th ranked prediction stand at starts[p]:starts[p + 1].
        truth: int32[M] place among the ordered truths, rising for each prediction.
        iou: float64[M] in [min_overlap, 1].
    """

    starts: np.ndarray
    truth: np.ndarray
    iou: np.ndarray


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
    """Everything that measuring boxes needs, ready for any threshold; from `find_overlaps`.

    Attributes:
        truths: True boxes on the rows that count, in matching order.
        predictions: Predicted boxes on the rows that count, in matching order.
        pairs: Which of them overlap.
        keep: bool[rows of the tables]: the rows that count.
        table_sizes: Number of boxes in the tables of truths and of predictions, left-out rows included.
        min_overlap: Smallest IoU kept in `pairs`.
    """

    truths: OrderedTruths
    predictions: RankedPredictions
    pairs: Pairs
    keep: np.ndarray
    table_sizes: tuple[int, int]
    min_overlap: float

    @property
    def rows(self) -> int:
        """Number of rows that count, those without truth or predictions included."""
        return int(np.count_nonzero(self.keep))

    @property
    def features(self) -> int:
        """Number of features, those without truth or predictions included."""
        return len(self.truths.starts) - 1

    @property
    def sides(self) -> Sides:
        """Both sides and what joins them, as the loops read them."""
        return Sides(self.truths, self.predictions, self.pairs)

    @cached_property
    def falling_confidence(self) -> np.ndarray:
        """int64[P]: places of the ranked predictions in falling confidence across features; ties keep their order."""
        return np.argsort(-self.predictions.confidence, kind="stable")

    def on_rows(self, keep: np.ndarray) -> Overlaps:
        """Only some rows: every number equals that of measuring these rows alone.

        Rows and boxes keep their numbers, so that results lie alongside the tables: what is computed per row still
        has one entry for every row of the tables, and what is computed per box one for every box.

        Args:
            keep: bool[rows of the tables]; rows left out earlier stay out.

        Raises:
            ColumnError: If `keep` does not hold one flag for every row of the tables.
        """
        if keep.dtype != np.bool_ or keep.shape != self.keep.shape:
            raise ColumnError(
                f"Rows to keep are {keep.dtype}{list(keep.shape)}, but one flag (bool) is needed for each of "
                f"{len(self.keep):,} rows. For row numbers: keep = np.zeros(rows, bool); keep[numbers] = True."
            )
        wanted = keep & self.keep
        if np.array_equal(wanted, self.keep):
            return self
        kept_truths, kept_predictions = wanted[self.truths.row], wanted[self.predictions.row]
        return replace(
            self,
            truths=self.truths.only(kept_truths),
            predictions=self.predictions.only(kept_predictions),
            pairs=_only(self.pairs, kept_predictions, kept_truths),
            keep=wanted,
        )

    def table_pairs(self) -> TablePairs:
        """The pairs as positions in the tables of predictions and truths, on the rows that count."""
        owner = np.repeat(self.predictions.position, np.diff(self.pairs.starts))
        return TablePairs(owner, self.truths.position[self.pairs.truth], self.pairs.iou)


def find_overlaps(truth: Boxes, predictions: Boxes, *, rows: int, features: int, min_overlap: float = 0.05) -> Overlaps:
    """Find which predictions overlap which truths of the same row and feature.

    This is the expensive step, done once; every threshold, summary and selection of rows is arithmetic on it.
    IoU is intersection by union; with a crowd it is intersection by the prediction's area, as in COCO.

    To repeat pycocotools to the last digit where confidences tie, number the rows by rising image id and keep the
    boxes of each row in the order of the file: it lines up pictures that way before it sorts by confidence.

    Args:
        truth: T true boxes; confidences are not looked at.
        predictions: P predicted boxes; crowd, ignored and stated area are not looked at: as in pycocotools the
            area of a prediction is its width times its height.
        rows: Number of rows, those without any box included.
        features: Number of features, those without any box included.
        min_overlap: Smallest IoU to keep, in (0, 1]. It is the lowest `min_iou` that can be asked for later.

    Raises:
        ColumnError: If a box names a row or feature that does not exist.
        ThresholdError: If `min_overlap` lies outside (0, 1].

    Example:
        >>> truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> predictions = Boxes.from_sizes([0], [0], [[0, 0, 10, 5]], confidence=[0.9])
        >>> find_overlaps(truth, predictions, rows=1, features=1).table_pairs().iou.tolist()
        [0.5]

    Source:
        COCO's box overlap (Lin et al. 2014, arXiv:1405.0312), equal to pycocotools' bbIou.
    """
    from metrics.kernels.pairs import find_pairs

    min_overlap = check_overlap(min_overlap)
    _check_range(truth, "truth", rows=rows, features=features)
    _check_range(predictions, "predicted", rows=rows, features=features)
    truths = order_truths(truth, features=features)
    ranked = rank_predictions(predictions, rows=rows, features=features)
    boxes = truth.box[truths.position], predictions.box[ranked.position]
    return Overlaps(
        truths=truths,
        predictions=ranked,
        pairs=Pairs(*find_pairs(truths, ranked, boxes, rows, min_overlap)),
        keep=np.ones(rows, dtype=bool),
        table_sizes=(len(truth), len(predictions)),
        min_overlap=min_overlap,
    )


def _only(pairs: Pairs, kept_predictions: np.ndarray, kept_truths: np.ndarray) -> Pairs:
    counts = np.diff(pairs.starts)
    kept = np.repeat(kept_predictions, counts)
    new_place = np.cumsum(kept_truths, dtype=np.int32) - np.int32(1)
    return Pairs(
        starts=np.concatenate([[0], np.cumsum(counts[kept_predictions])]).astype(np.int64),
        truth=new_place[pairs.truth[kept]],
        iou=pairs.iou[kept],
    )


def _check_range(boxes: Boxes, kind: str, *, rows: int, features: int) -> None:
    for name, values, size in (("row", boxes.row, rows), ("feature", boxes.feature, features)):
        bad = np.flatnonzero(values >= size)
        if len(bad):
            raise ColumnError(
                f"{len(bad):,} of {len(values):,} {kind} boxes name a {name} that does not exist; "
                f"first: box {bad[0]} with {name} {values[bad[0]]}, where there are {size:,} (numbered from 0).",
                bad=len(bad),
                first=int(bad[0]),
            )
