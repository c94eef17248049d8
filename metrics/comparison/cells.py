"""What was found, a false alarm and missed in each row of each feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from metrics.comparison.measured import Measured
from metrics.custom import RATIO_RULE, RowRatio, ratio
from metrics.errors import ColumnError
from metrics.resamples import Resamples
from metrics.standing import Standing, standing_of_features
from metrics.undefined import divide

TP, FP, MISSED, IOU = range(4)


class Outcomes(Protocol):
    """What matching objects or spans tells: bool[P], bool[P] and bool[T]."""

    @property
    def tp(self) -> np.ndarray: ...
    @property
    def fp(self) -> np.ndarray: ...
    @property
    def missed(self) -> np.ndarray: ...


class Placed(Protocol):
    """Anything on rows, of features: int32[N] each."""

    @property
    def row(self) -> np.ndarray: ...
    @property
    def feature(self) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Cells:
    """Outcomes of the rows and features that have any: M cells by rising row, then feature.

    Attributes:
        starts: int64[rows + 1]: cells of row r stand at starts[r]:starts[r + 1].
        feature: int32[M].
        columns: float64[M, 4]: found, false alarms, missed, and sum of the IoU of what was found.
        features: Number of features.
        keep: bool[rows]: the rows that count.
    """

    starts: np.ndarray
    feature: np.ndarray
    columns: np.ndarray
    features: int
    keep: np.ndarray

    def dense(self, column: int) -> np.ndarray:
        """float64[rows, features] of one column."""
        full = np.zeros((len(self.keep), self.features))
        full[self._row, self.feature] = self.columns[:, column]
        return full

    def standing(self, name: str, resamples: Resamples) -> list[Standing]:
        """What rows add to a number of each feature, and of all of them, which stands last."""
        adds = np.stack(_parts(name, self.columns), axis=1)
        return standing_of_features(self._row, self.feature, adds, resamples.unit_of, features=self.features)

    def sums(self) -> np.ndarray:
        """float64[features, 4]: over all rows that count."""
        return self._weighed(self.keep.astype(np.int32)[None])[0]

    def resampled(self, resamples: Resamples) -> np.ndarray:
        """float64[resamples, features, 4]: over the rows that each resample drew."""
        return resamples.add_up(self._weighed)

    @property
    def _row(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.keep)), np.diff(self.starts))

    def _weighed(self, weights: np.ndarray) -> np.ndarray:
        from metrics.kernels.cells import weigh_cells

        sums = np.zeros((len(weights), self.features, self.columns.shape[1]))
        weigh_cells(self.starts, self.feature, self.columns, weights, sums)
        return sums


def count_cells(
    outcomes: Outcomes, truth: Placed, predictions: Placed, *, features: int, keep: np.ndarray, iou: np.ndarray
) -> Cells:
    """Count outcomes by row and feature; `iou` is float64[P], that of each prediction that found something."""
    kinds = (
        (predictions, np.flatnonzero(outcomes.tp), TP),
        (predictions, np.flatnonzero(outcomes.fp), FP),
        (truth, np.flatnonzero(outcomes.missed), MISSED),
    )
    keys = [side.row[at].astype(np.int64) * features + side.feature[at] for side, at, _ in kinds]
    cells, place = np.unique(np.concatenate(keys), return_inverse=True)
    columns = np.zeros((len(cells), 4))
    ends = np.cumsum([0, *(len(key) for key in keys)])
    for first, last, (_, at, kind) in zip(ends[:-1], ends[1:], kinds, strict=True):
        columns[:, kind] = np.bincount(place[first:last], minlength=len(cells))
        if kind == TP:
            columns[:, IOU] = np.bincount(place[first:last], iou[at], minlength=len(cells))
    row, feature = np.divmod(cells, max(features, 1))
    starts = np.searchsorted(row, np.arange(len(keep) + 1)).astype(np.int64)
    return Cells(starts, feature.astype(np.int32), columns, features, keep)


def measure_cells(cells: Cells, resamples: Resamples, *, mean_iou: bool = True) -> list[Measured]:
    """Precision, recall, F1 and mean IoU, over all features and of each, with what they are on every resample.

    Raises:
        ColumnError: If the rows were drawn from others than those that count.
    """
    if resamples.keep.shape != cells.keep.shape or (resamples.keep & ~cells.keep).any():
        raise ColumnError("The rows were drawn from others than those that count.")
    whole, drawn = cells.sums(), cells.resampled(resamples)
    every = np.concatenate([whole, whole.sum(axis=0, keepdims=True)])
    each = np.concatenate([drawn, drawn.sum(axis=1, keepdims=True)], axis=1)
    numbers = []
    for name in ("precision", "recall", "F1", "mean IoU")[: 4 if mean_iou else 3]:
        part, below = _parts(name, every)
        values, resampled = divide(part, below), divide(*_parts(name, each))
        standing = cells.standing(name, resamples)
        numbers += [
            Measured(
                name,
                None if code < 0 else code,
                float(values[code]),
                resampled[:, code],
                resamples.units,
                float(below[code]),
                False,
                RATIO_RULE,
                resamples.seed,
                standing=standing[code],
                share=True,
            )
            for code in range(-1, cells.features)
        ]
    return numbers


def ratios_of_cells(cells: Cells, *, mean_iou: bool = True) -> tuple[RowRatio, ...]:
    """The same as sums over rows and features, which takes room for each row and feature."""
    dense = np.stack([cells.dense(column) for column in (TP, FP, MISSED, IOU)], axis=-1)
    names = ("precision", "recall", "F1", "mean IoU")[: 4 if mean_iou else 3]
    return tuple(ratio(name, *_parts(name, dense)).on_rows(cells.keep) for name in names)


def found_ratios(tp: np.ndarray, fp: np.ndarray, missed: np.ndarray) -> tuple[RowRatio, ...]:
    """Precision, recall and F1 from what each row found, false alarms and missed: [rows] or [rows, features] each.

    Example:
        >>> [each.value for each in found_ratios(np.array([1, 1]), np.array([0, 2]), np.array([0, 0]))]
        [0.5, 1.0, 0.6666666666666666]
    """
    columns = np.stack([tp, fp, missed, np.zeros_like(tp)], axis=-1)
    return tuple(ratio(name, *_parts(name, columns)) for name in ("precision", "recall", "F1"))


def _parts(name: str, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What stands above and below the line of a number."""
    tp, fp, missed, iou = (columns[..., column] for column in (TP, FP, MISSED, IOU))
    return {
        "precision": (tp, tp + fp),
        "recall": (tp, tp + missed),
        "F1": (2 * tp, 2 * tp + fp + missed),
        "mean IoU": (iou, tp),
    }[name]
