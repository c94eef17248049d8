"""Which class pixels were taken for, "nothing" included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from metrics.pixels.label_maps import NONE
from metrics.pixels.table import PixelCounts
from metrics.undefined import divide

PIXEL_CONFUSION_RULE: Final = "one class a pixel, nothing where there is no prediction"


@dataclass(frozen=True, eq=False)
class PixelConfusion:
    """Which class pixels were taken for.

    Attributes:
        matrix: int64[C + 1, C + 1]: true class by predicted class, in code order; the last column is what was not
            predicted at all. The last row is empty, because pixels without truth are left out; it is there so that
            confusions of pixels, choices and objects have one shape.
        counts: What was summed.
        rule: Name of the rule.
    """

    matrix: np.ndarray
    counts: PixelCounts
    rule: str = PIXEL_CONFUSION_RULE

    def shares(self, *, of: Literal["truth", "prediction"] = "truth") -> np.ndarray:
        """float64[C + 1, C + 1]: the matrix with each row (or column) as shares of its sum.

        Args:
            of: Shares of each true class, so that rows add up to 1, or of each predicted one, so that columns do. A
                row (column) without any pixel is NaN.
        """
        whole = self.matrix.sum(axis=1, keepdims=True) if of == "truth" else self.matrix.sum(axis=0, keepdims=True)
        return divide(self.matrix, np.broadcast_to(whole, self.matrix.shape))

    def cell(self, truth: int, prediction: int) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the rows of one cell, most pixels first, and how many pixels each has there.

        Args:
            truth: Code of the true class.
            prediction: Code of the predicted class, or the number of classes for nothing.
        """
        counts, at = self.counts, self.counts.counting
        wanted = NONE if prediction == counts.classes else prediction
        at = at[(counts.truth[at] == truth) & (counts.predicted[at] == wanted)]
        at = at[np.argsort(-counts.count[at], kind="stable")]
        return counts.row[at], counts.count[at]


def confuse_pixels(counts: PixelCounts) -> PixelConfusion:
    """Tell which class pixels were taken for.

    The sum of a row is the number of pixels of that class, the sum of a column the number of pixels that were taken
    for it. Without the last row and column it is scikit-learn's `confusion_matrix`.

    Args:
        counts: From `count_pixels`.

    Example:
        >>> from metrics import count_pixels
        >>> pairs = [(np.array([[0, 0, 1]]), np.array([[0, 1, 1]])), (np.array([[1, 1]]), np.array([[1, 0]]))]
        >>> confusion = confuse_pixels(count_pixels(pairs, classes=2))
        >>> confusion.matrix.tolist()
        [[1, 1, 0], [1, 2, 0], [0, 0, 0]]
        >>> [numbers.tolist() for numbers in confusion.cell(1, 1)]
        [[0, 1], [1, 1]]
    """
    at, size = counts.counting, counts.classes + 1
    column = np.where(counts.predicted[at] == NONE, counts.classes, counts.predicted[at]).astype(np.int64)
    pixels = np.bincount(counts.truth[at] * size + column, weights=counts.count[at], minlength=size * size)
    return PixelConfusion(pixels.astype(np.int64).reshape(size, size), counts)
