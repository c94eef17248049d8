"""How good checklists are, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from metrics.classes.checklists import Checklists
from metrics.classes.counts import AverageRule, ClassAverages, ClassCounts, average_classes, filled
from metrics.thresholds import check_confidence
from metrics.undefined import divide, mean_of_defined


class ChecklistRows(NamedTuple):
    """How good each row is; NaN in rows that do not count.

    Attributes:
        correct: float64[N], 1 where every class is rightly ticked or left, 0 elsewhere and where nothing was predicted.
        hamming: float64[N], share of the classes that are wrongly ticked or left.
        jaccard: float64[N], of the classes that are true or ticked, the share that is both; NaN where there are none.
    """

    correct: np.ndarray
    hamming: np.ndarray
    jaccard: np.ndarray


@dataclass(frozen=True, eq=False)
class ChecklistSummary:
    """Headline numbers of checklists at one confidence; NaN where undefined.

    Attributes:
        subset_accuracy: Share of rows of which every class is rightly ticked or left.
        hamming_loss: Share of wrong ones among all decisions.
        jaccard: Mean over rows of the classes that are true and ticked, as a share of those that are either.
        per_class: Counts and ratios of each class.
        averages: Of the ratios, over classes.
        per_row: What the first three are means of.
        rows: Rows that count, the support: kept, and with truth.
        overlapping: Rows whose Jaccard index is defined, the support of `jaccard`.
        without_truth: Kept rows without truth, in no other number.
        without_prediction: Counting rows without prediction, on which nothing is ticked.
        min_confidence: Smallest confidence that ticked a class.
        rule: How averages treat what is undefined.
    """

    subset_accuracy: float
    hamming_loss: float
    jaccard: float
    per_class: ClassCounts
    averages: ClassAverages
    per_row: ChecklistRows
    rows: int
    overlapping: int
    without_truth: int
    without_prediction: int
    min_confidence: float
    rule: AverageRule

    def numbers(self) -> dict[str, float]:
        """Every number by name, averages included."""
        names = ("subset_accuracy", "hamming_loss", "jaccard")
        return {name: getattr(self, name) for name in names} | self.averages.numbers()


def checklist_summary(
    checklists: Checklists, *, min_confidence: float = 0.5, rule: AverageRule = "undefined left out"
) -> ChecklistSummary:
    """Subset accuracy, Hamming loss, precision, recall and F1 of checklists at one confidence.

    A class is ticked if its confidence is at least `min_confidence`. Equal to scikit-learn where it defines a number;
    by its rule averages are over all classes and rows, and what is undefined counts as 0.

    Args:
        checklists: From `Checklists.from_scores` or `Checklists.from_decisions`.
        min_confidence: Smallest confidence that ticks a class, in [0, 1].
        rule: How averages treat what is undefined.

    Raises:
        ThresholdError: If `min_confidence` lies outside [0, 1].

    Example:
        >>> lists = Checklists.from_scores([[1, 0], [1, 1]], [[0.9, 0.2], [0.4, 0.5]])
        >>> summary = checklist_summary(lists)
        >>> summary.subset_accuracy, summary.hamming_loss, summary.jaccard
        (0.5, 0.25, 0.75)

    Source:
        Parity with scikit-learn in tests/metrics/test_classes_parity.py.
    """
    floor = check_confidence(min_confidence)
    counts, per_row = _count(checklists, floor)
    return ChecklistSummary(
        subset_accuracy=mean_of_defined(per_row.correct),
        hamming_loss=mean_of_defined(per_row.hamming),
        jaccard=mean_of_defined(filled(per_row.jaccard[checklists.places], rule)),
        per_class=counts,
        averages=average_classes(counts, np.ones(checklists.classes, dtype=bool), rule),
        per_row=per_row,
        rows=len(checklists.places),
        overlapping=int((~np.isnan(per_row.jaccard)).sum()),
        without_truth=checklists.without_truth,
        without_prediction=checklists.without_prediction,
        min_confidence=floor,
        rule=rule,
    )


def _count(checklists: Checklists, min_confidence: float) -> tuple[ClassCounts, ChecklistRows]:
    truth = checklists.counting(checklists.truth)
    ticked = checklists.counting(checklists.scores) >= min_confidence
    both, one = truth & ticked, truth ^ ticked
    tp = both.sum(axis=0)
    wrong, shared = one.sum(axis=1), both.sum(axis=1)
    answered = checklists.counting(checklists.answered)
    classes = np.full(len(wrong), checklists.classes)
    return (
        ClassCounts(tp, ticked.sum(axis=0) - tp, truth.sum(axis=0) - tp),
        ChecklistRows(
            *(
                _on_all_rows(checklists, column)
                for column in ((wrong == 0) & answered, divide(wrong, classes), divide(shared, shared + wrong))
            )
        ),
    )


def _on_all_rows(checklists: Checklists, column: np.ndarray) -> np.ndarray:
    every = np.full(len(checklists), np.nan)
    every[checklists.places] = column
    return every
