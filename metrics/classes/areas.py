"""Areas below the curves of classes, and their averages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from metrics.classes.checklists import Checklists
from metrics.classes.choices import Choices
from metrics.classes.counts import weighted_mean
from metrics.classes.curves import CURVE_RULE, columns_of, count_all_classes, count_classes
from metrics.threads import in_groups
from metrics.thresholds import check_choice

Averaging = Literal["macro", "weighted", "micro"]

PAIRS_RULE: Final = "each class against each other"


@dataclass(frozen=True, eq=False)
class ClassAreas:
    """One area for every class, and their average.

    Attributes:
        per_class: float64[C], each class against the rest; NaN where undefined.
        mean: Over the classes that have one, or of all decisions together if `average` is micro; NaN if there is none.
        positives: int64[C], rows of each class, the support.
        average: "macro": each class counts once; "weighted": as often as it is true; "micro": every decision about a
            class and a row counts once.
        rule: Name of the rule.
    """

    per_class: np.ndarray
    mean: float
    positives: np.ndarray
    average: Averaging
    rule: str


@dataclass(frozen=True, eq=False)
class PairAreas:
    """One area for every two classes, and their average.

    Attributes:
        pairs: float64[C, C], symmetric: how well two classes are told apart on their own rows; NaN on the diagonal
            and where a class has no rows.
        mean: Over the pairs that have one; NaN if there is none.
        positives: int64[C], rows of each class, the support.
        average: "macro": each pair counts once; "weighted": as often as its two classes are true.
        rule: Name of the rule.
    """

    pairs: np.ndarray
    mean: float
    positives: np.ndarray
    average: Averaging
    rule: str = PAIRS_RULE


def roc_auc(table: Choices | Checklists, *, average: Averaging = "macro") -> ClassAreas:
    """Area below the ROC curve of each class against the rest.

    The share of pairs of a row of the class and another row of which the first scores higher, equal scores counting
    half; rows without prediction score below all others. With two classes read `per_class[1]`.

    Args:
        table: From `Choices.from_scores`, `Checklists.from_scores` or `Checklists.from_decisions`.
        average: How `mean` is taken.

    Returns:
        Areas by class; NaN for a class that no row has, or every row.

    Raises:
        ColumnError: If there are no scores.

    Example:
        >>> scores = [[0.6, 0.3, 0.1], [0.3, 0.4, 0.3], [0.4, 0.3, 0.3], [0.2, 0.2, 0.6]]
        >>> areas = roc_auc(Choices.from_scores([0, 1, 1, 2], scores))
        >>> areas.per_class.tolist(), round(areas.mean, 3)
        ([1.0, 0.875, 1.0], 0.958)

    Source:
        scikit-learn's `roc_auc_score(multi_class="ovr")`; parity in tests/metrics/test_classes_parity.py.
    """
    curves = count_classes(table)
    areas, positives = np.array([c.roc_auc for c in curves]), np.array([c.positives for c in curves], dtype=np.int64)
    mean = count_all_classes(table).roc_auc if average == "micro" else _mean(areas, positives, average)
    return ClassAreas(areas, mean, positives, average, f"ROC AUC, {CURVE_RULE}")


def class_average_precision(table: Choices | Checklists, *, average: Averaging = "macro") -> ClassAreas:
    """Average precision of each class against the rest.

    Sum of the precision at each confidence times the recall it adds; nothing is drawn between points. Rows without
    prediction add no recall.

    Args:
        table: From `Choices.from_scores`, `Checklists.from_scores` or `Checklists.from_decisions`.
        average: How `mean` is taken.

    Returns:
        Average precision by class; NaN for a class that no row has.

    Raises:
        ColumnError: If there are no scores.

    Example:
        >>> lists = Checklists.from_scores([[1, 0], [0, 0], [1, 0]], [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])
        >>> areas = class_average_precision(lists)
        >>> areas.per_class.round(3).tolist(), round(areas.mean, 3)
        ([0.833, nan], 0.833)

    Source:
        scikit-learn's `average_precision_score`; parity in tests/metrics/test_classes_parity.py.
    """
    curves = count_classes(table)
    areas = np.array([c.average_precision for c in curves])
    positives = np.array([c.positives for c in curves], dtype=np.int64)
    mean = count_all_classes(table).average_precision if average == "micro" else _mean(areas, positives, average)
    return ClassAreas(areas, mean, positives, average, f"average precision by steps, {CURVE_RULE}")


def roc_auc_of_pairs(choices: Choices, *, average: Literal["macro", "weighted"] = "macro") -> PairAreas:
    """Area below the ROC curve of each class against each other, on the rows of the two.

    The area of a pair is the mean of two: of the first class by its score, and of the second by its own. It does not
    depend on how many rows the classes have.

    Args:
        choices: From `Choices.from_scores`.
        average: How `mean` is taken.

    Raises:
        ColumnError: If there are no scores.

    Example:
        >>> scores = [[0.6, 0.3, 0.1], [0.3, 0.4, 0.3], [0.4, 0.3, 0.3], [0.2, 0.2, 0.6]]
        >>> areas = roc_auc_of_pairs(Choices.from_scores([0, 1, 1, 2], scores))
        >>> areas.pairs.tolist(), round(areas.mean, 3)
        ([[nan, 0.875, 1.0], [0.875, nan, 1.0], [1.0, 1.0, nan]], 0.958)

    Source:
        Hand and Till 2001, doi:10.1023/A:1010920819831; scikit-learn's `roc_auc_score(multi_class="ovo")`, parity in
        tests/metrics/test_classes_parity.py.
    """
    scores, truth = columns_of(choices)
    rows = np.bincount(truth, minlength=choices.classes).astype(np.int64)
    wins = _wins(scores, truth, rows)
    each = np.outer(rows, rows).astype(np.float64)
    each[(each == 0) | np.eye(len(rows), dtype=bool)] = np.nan
    pairs = (wins + wins.T) / (2 * each)
    upper = np.triu_indices(choices.classes, 1)
    weights = (rows[:, None] + rows)[upper] if average == "weighted" else np.ones(len(upper[0]))
    return PairAreas(pairs, weighted_mean(pairs[upper], weights, "undefined left out"), rows, average)


def _wins(scores: np.ndarray, truth: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """float64[C, C]: how many pairs of a row of class a and one of class b the first wins by its score for a."""
    classes = len(rows)
    ranked = np.where(np.isnan(scores), -np.inf, scores) if np.isnan(scores).any() else scores

    def work(first: int, last: int) -> list[np.ndarray]:
        return [_wins_of(ranked[:, c], truth, c, classes) for c in range(first, last)]

    lines = [line for share in in_groups(work, np.arange(classes + 1) * len(scores)) for line in share]
    return np.array(lines).reshape(classes, classes)


def _wins_of(score: np.ndarray, truth: np.ndarray, code: int, classes: int) -> np.ndarray:
    order = np.argsort(score)  # places are found much quicker for numbers in order
    score, truth = score[order], truth[order]
    own = score[truth == code]
    twice = 2 * len(own) - np.searchsorted(own, score, "left") - np.searchsorted(own, score, "right")
    return np.bincount(truth, weights=twice, minlength=classes) / 2


def _mean(areas: np.ndarray, positives: np.ndarray, average: Averaging) -> float:
    check_choice("average", average, get_args(Averaging))
    weights = positives if average == "weighted" else np.ones(len(areas))
    return weighted_mean(areas, weights, "undefined left out")
