"""What was right, false and missed for each class, and averages over classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

import numpy as np

from metrics.thresholds import check_choice
from metrics.undefined import divide

AverageRule = Literal["undefined left out", "scikit-learn, undefined as 0"]
"""What averages over classes make of a class whose number is undefined."""

AS_ZERO: Final = "scikit-learn, undefined as 0"


class ClassCounts(NamedTuple):
    """Outcomes of every class; each value an array in the order of codes.

    Attributes:
        tp: int64[C], rows of the class that were taken for it.
        fp: int64[C], rows of another class that were taken for it.
        missed: int64[C], rows of the class that were not taken for it.
    """

    tp: np.ndarray
    fp: np.ndarray
    missed: np.ndarray

    @property
    def truths(self) -> np.ndarray:
        """int64[C]: rows of the class, the support."""
        return self.tp + self.missed

    @property
    def predictions(self) -> np.ndarray:
        """int64[C]: rows that were taken for the class."""
        return self.tp + self.fp

    @property
    def precision(self) -> np.ndarray:
        """float64[C]: tp / (tp + fp); NaN where nothing was taken for the class."""
        return divide(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> np.ndarray:
        """float64[C]: tp / (tp + missed); NaN where no row has the class."""
        return divide(self.tp, self.tp + self.missed)

    @property
    def f1(self) -> np.ndarray:
        """float64[C]: 2 tp / (2 tp + fp + missed); NaN where there is neither truth nor prediction."""
        return divide(2 * self.tp, 2 * self.tp + self.fp + self.missed)

    @property
    def jaccard(self) -> np.ndarray:
        """float64[C]: tp / (tp + fp + missed); NaN where there is neither truth nor prediction."""
        return divide(self.tp, self.tp + self.fp + self.missed)

    def columns(self) -> dict[str, np.ndarray]:
        """Counts and ratios by name, ready for a table."""
        names = ("truths", "predictions", "tp", "fp", "missed", "precision", "recall", "f1", "jaccard")
        return {name: getattr(self, name) for name in names}


class ClassAverage(NamedTuple):
    """One average of each ratio; NaN where no class has one.

    Attributes:
        precision: tp / (tp + fp).
        recall: tp / (tp + missed).
        f1: 2 tp / (2 tp + fp + missed).
        jaccard: tp / (tp + fp + missed).
    """

    precision: float
    recall: float
    f1: float
    jaccard: float


@dataclass(frozen=True)
class ClassAverages:
    """Ratios over all classes, averaged in three ways.

    Attributes:
        macro: Mean over classes, each counting once.
        weighted: Mean over classes, each counting as often as it is true.
        micro: Of the counts summed over classes.
        averaged: How many classes each macro average is over, the support.
        rule: What became of classes whose ratio is undefined. By "undefined left out" each average is over the
            classes that have one. By "scikit-learn, undefined as 0" it counts as 0, and so does an average over
            nothing.
    """

    macro: ClassAverage
    weighted: ClassAverage
    micro: ClassAverage
    averaged: ClassAverage
    rule: AverageRule

    def numbers(self) -> dict[str, float]:
        """Every average by name, as in "macro_f1"."""
        ways = (("macro", self.macro), ("weighted", self.weighted), ("micro", self.micro))
        return {f"{way}_{name}": value for way, average in ways for name, value in average._asdict().items()}


def average_classes(counts: ClassCounts, among: np.ndarray, rule: AverageRule) -> ClassAverages:
    """Averages over the classes `among`, bool[C]; what is undefined for all others must be so by either rule."""
    check_choice("rule", rule, get_args(AverageRule))
    chosen = ClassCounts(*(column[among] for column in counts))
    total = ClassCounts(*(column.sum(keepdims=True) for column in counts))
    every = np.ones(1)
    per_class = [filled(getattr(chosen, name), rule) for name in ClassAverage._fields]
    return ClassAverages(
        macro=ClassAverage(*(weighted_mean(values, np.ones(len(values)), rule) for values in per_class)),
        weighted=ClassAverage(*(weighted_mean(values, chosen.truths, rule) for values in per_class)),
        micro=ClassAverage(*(weighted_mean(getattr(total, name), every, rule) for name in ClassAverage._fields)),
        averaged=ClassAverage(*(int((~np.isnan(values)).sum()) for values in per_class)),
        rule=rule,
    )


def weighted_mean(values: np.ndarray, weights: np.ndarray, rule: AverageRule) -> float:
    """Mean of what is defined by these weights; NaN, or by scikit-learn's rule 0, where they add up to nothing."""
    defined = ~np.isnan(values)
    whole = float(weights[defined].sum())
    if whole == 0:
        return 0.0 if rule == AS_ZERO else float("nan")
    return float((values[defined] * weights[defined]).sum() / whole)


def filled(values: np.ndarray, rule: AverageRule) -> np.ndarray:
    """The values with what is undefined as the rule has it."""
    return np.nan_to_num(values, nan=0.0) if rule == AS_ZERO else values
