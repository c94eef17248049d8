"""What was found, a false alarm and missed in each row of each feature."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from metrics.custom import RowRatio, ratio


class Cells(NamedTuple):
    """Outcomes of each row and feature, float64[rows, features] each."""

    tp: np.ndarray
    fp: np.ndarray
    missed: np.ndarray


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


def count_cells(outcomes: Outcomes, truth: Placed, predictions: Placed, *, size: tuple[int, int]) -> Cells:
    """Count outcomes by row and feature; `size` is the number of both."""
    return Cells(
        count_cell(predictions.row[outcomes.tp], predictions.feature[outcomes.tp], size),
        count_cell(predictions.row[outcomes.fp], predictions.feature[outcomes.fp], size),
        count_cell(truth.row[outcomes.missed], truth.feature[outcomes.missed], size),
    )


def count_cell(
    rows: np.ndarray, features: np.ndarray, size: tuple[int, int], weights: np.ndarray | None = None
) -> np.ndarray:
    """float64[rows, features]: how many there are, or the sum of their weights."""
    cells = np.bincount(rows.astype(np.int64) * size[1] + features, weights, minlength=size[0] * size[1])
    return cells.reshape(size).astype(np.float64)


def ratios_of_cells(cells: Cells) -> tuple[RowRatio, RowRatio, RowRatio]:
    """Precision, recall and F1."""
    tp, fp, missed = cells
    return (
        ratio("precision", tp, tp + fp),
        ratio("recall", tp, tp + missed),
        ratio("F1", 2 * tp, 2 * tp + fp + missed),
    )
