"""What was taken for what, "nothing" included."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np

from metrics.objects.matching import Matches
from metrics.thresholds import check_iou

CONFUSION_RULE: Final = "matches within features first, then leftovers across features"


@dataclass(frozen=True, eq=False)
class Confusion:
    """What was taken for what at one IoU and confidence.

    Attributes:
        matrix: int64[features + 1, features + 1]: true feature by predicted feature, in code order; the last row is
            what was seen where nothing is, the last column what was taken for nothing: missed.
        truth_of: int32[P] position of the truth of any feature that each prediction was taken to mean, -1 for none.
        prediction_of: int32[T] position of the prediction that was taken to mean each truth, -1 for none.
        matches: The first round.
        rule: Name of the rule.
    """

    matrix: np.ndarray
    truth_of: np.ndarray
    prediction_of: np.ndarray
    matches: Matches
    rule: str = CONFUSION_RULE

    def shares(self, *, of: Literal["truth", "prediction"] = "truth") -> np.ndarray:
        """float64[features + 1, features + 1]: the matrix with each row (or column) as shares of its sum.

        Args:
            of: Shares of each true feature, so that rows add up to 1, or of each predicted one, so that columns do.
                A row (column) without any object is NaN.
        """
        whole = self.matrix.sum(axis=1, keepdims=True) if of == "truth" else self.matrix.sum(axis=0, keepdims=True)
        undefined = np.full(self.matrix.shape, np.nan)
        return np.divide(self.matrix, whole, out=undefined, where=np.broadcast_to(whole > 0, self.matrix.shape))

    def cell(self, truth: int, prediction: int) -> tuple[np.ndarray, np.ndarray]:
        """The objects of one cell as positions in the tables of truths and of predictions, pair by pair.

        For what was seen where nothing is, the positions of truths are -1; for what was missed, those of predictions.

        Args:
            truth: Code of the true feature, or the number of features for nothing.
            prediction: Code of the predicted feature, or the number of features for nothing.
        """
        true, predicted = self._cells
        places = np.flatnonzero((true[:, 1] == truth) & (true[:, 2] == prediction))
        alone = np.flatnonzero((predicted == prediction) & (truth == len(self.matrix) - 1))
        return (
            np.concatenate([true[places, 0], np.full(len(alone), -1)]),
            np.concatenate([self.prediction_of[true[places, 0]], alone]),
        )

    @cached_property
    def _cells(self) -> tuple[np.ndarray, np.ndarray]:
        """Position, feature and cell's column of each truth that counts; the column of each prediction without one."""
        matches, nothing = self.matches, len(self.matrix) - 1
        truth, predictions = matches.overlaps.tables
        counting = matches.overlaps.truths.position[~matches.overlaps.truths.ignored]
        taken_for = self.prediction_of[counting]
        column = np.where(taken_for >= 0, predictions.feature[taken_for] if len(predictions) else nothing, nothing)
        seen_for_nothing = matches.fp & (self.truth_of < 0)
        return (
            np.column_stack([counting, truth.feature[counting], column]),
            np.where(seen_for_nothing, predictions.feature, -1),
        )


def confuse(matches: Matches) -> Confusion:
    """Tell what was taken for what.

    What found its truth stays there. Then the rest chooses again, in order of falling confidence over all features of
    a row (ties keep the order of the table): each false alarm takes the missed truth of another feature that it
    overlaps most, if by the same IoU as before; equal overlaps go to the later truth. What is still left was seen
    where nothing is, or missed. Crowds and ignored truths, and what they absorbed, are in no cell.

    The sum of a row is the number of truths of that feature that count, the sum of a column the number of its
    predictions that took part and were not absorbed.

    Args:
        matches: From `match`. The first call finds the overlaps across features, which takes as long as
            `find_overlaps`; later ones do not.

    Example:
        >>> from metrics import Boxes, find_overlaps, match
        >>> truth = Boxes.from_sizes([0, 0], [0, 1], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> predictions = Boxes.from_sizes([0, 0], [1, 0], [[0, 0, 10, 10], [80, 80, 9, 9]])
        >>> confuse(match(find_overlaps(truth, predictions, rows=1, features=2))).matrix.tolist()
        [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    """
    from metrics.kernels.confusion import count_confusion, take_leftovers

    overlaps, claims = matches.overlaps, matches.claims
    floor = check_iou(matches.min_iou, lowest=overlaps.min_overlap)
    limits = floor, matches.min_confidence
    taken_for = take_leftovers(overlaps.sides, overlaps.across, overlaps.across_order, claims, limits)
    matrix = np.zeros((overlaps.features + 1, overlaps.features + 1), dtype=np.int64)
    count_confusion(overlaps.sides, claims, taken_for, matches.min_confidence, matrix)
    return Confusion(matrix, *_in_table_order(matches, taken_for), matches)


def _in_table_order(matches: Matches, taken_for: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    overlaps = matches.overlaps
    places = np.flatnonzero(taken_for >= 0)
    prediction, truth = overlaps.predictions.position[places], overlaps.truths.position[taken_for[places]]
    truth_of = np.where(matches.tp, matches.truth_of, -1)
    truth_of[prediction] = truth
    prediction_of = matches.prediction_of.copy()
    prediction_of[overlaps.truths.position[overlaps.truths.ignored]] = -1
    prediction_of[truth] = prediction
    return truth_of, prediction_of
