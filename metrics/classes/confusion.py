"""What was chosen for what, "nothing" included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from metrics.classes.choices import NONE, Choices
from metrics.undefined import divide

CHOICE_CONFUSION_RULE: Final = "one choice a row, nothing where there is no prediction"


@dataclass(frozen=True, eq=False)
class ChoiceConfusion:
    """What was chosen for what.

    Attributes:
        matrix: int64[C + 1, C + 1]: true class by predicted class, in code order; the last column is what was not
            predicted at all. The last row is empty, because rows without truth are left out; it is there so that
            confusions of choices and of objects have one shape.
        choices: What was counted.
        rule: Name of the rule.
    """

    matrix: np.ndarray
    choices: Choices
    rule: str = CHOICE_CONFUSION_RULE

    def shares(self, *, of: Literal["truth", "prediction"] = "truth") -> np.ndarray:
        """float64[C + 1, C + 1]: the matrix with each row (or column) as shares of its sum.

        Args:
            of: Shares of each true class, so that rows add up to 1, or of each predicted one, so that columns do. A
                row (column) without anything is NaN.
        """
        whole = self.matrix.sum(axis=1, keepdims=True) if of == "truth" else self.matrix.sum(axis=0, keepdims=True)
        return divide(self.matrix, np.broadcast_to(whole, self.matrix.shape))

    def cell(self, truth: int, prediction: int) -> np.ndarray:
        """int64: numbers of the rows of one cell, rising.

        Args:
            truth: Code of the true class.
            prediction: Code of the predicted class, or the number of classes for nothing.
        """
        places, nothing = self.choices.places, self.choices.classes
        wanted = NONE if prediction == nothing else prediction
        return places[(self.choices.truth[places] == truth) & (self.choices.predicted[places] == wanted)]


def confuse_choices(choices: Choices) -> ChoiceConfusion:
    """Tell what was chosen for what.

    The sum of a row is the number of rows of that class, the sum of a column the number of rows that were taken for
    it. Without the last row and column it is scikit-learn's `confusion_matrix`.

    Args:
        choices: From `Choices.from_codes` or `Choices.from_scores`.

    Example:
        >>> confusion = confuse_choices(Choices.from_codes([0, 0, 1, 1, -1], [0, 1, 1, -1, 0], classes=2))
        >>> confusion.matrix.tolist()
        [[1, 1, 0], [0, 1, 1], [0, 0, 0]]
        >>> confusion.cell(0, 1).tolist()
        [1]
    """
    size = choices.classes + 1
    truth, predicted = choices.truth[choices.places].astype(np.int64), choices.predicted[choices.places]
    column = np.where(predicted == NONE, choices.classes, predicted)
    matrix = np.bincount(truth * size + column, minlength=size * size).reshape(size, size)
    return ChoiceConfusion(matrix.astype(np.int64), choices)
