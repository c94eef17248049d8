"""How good choices are, in numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metrics.classes.choices import NONE, Choices
from metrics.classes.counts import AverageRule, ClassAverages, ClassCounts, average_classes
from metrics.classes.losses import row_losses
from metrics.undefined import mean_of_defined


@dataclass(frozen=True, eq=False)
class ChoiceSummary:
    """Headline numbers of choices; NaN where undefined.

    Attributes:
        accuracy: Share of rows whose prediction is the truth.
        balanced_accuracy: Mean recall over the classes that are true somewhere.
        mcc: Matthews' correlation of truth and prediction over all classes, in [-1, 1]; NaN where every row has the
            same truth, or every row the same prediction.
        kappa: Cohen's kappa, agreement beyond chance; NaN where chance agrees everywhere.
        log_loss: Mean negative logarithm of the probability of the truth; NaN without scores.
        brier: Mean squared distance of the probabilities from the truth, in [0, 2]; with two classes half of it, in
            [0, 1], as is the custom; NaN without scores.
        per_class: Counts and ratios of each class.
        averages: Of the ratios, over classes.
        rows: Rows that count, the support of accuracy, mcc and kappa: kept, and with truth.
        scored: Those of them that have scores, the support of log_loss and brier.
        without_truth: Kept rows without truth, in no other number.
        without_prediction: Counting rows without prediction, which are wrong; no loss can be told for them.
        rule: How averages treat undefined ratios.
    """

    accuracy: float
    balanced_accuracy: float
    mcc: float
    kappa: float
    log_loss: float
    brier: float
    per_class: ClassCounts
    averages: ClassAverages
    rows: int
    scored: int
    without_truth: int
    without_prediction: int
    rule: AverageRule

    def numbers(self) -> dict[str, float]:
        """Every number by name, averages included."""
        names = ("accuracy", "balanced_accuracy", "mcc", "kappa", "log_loss", "brier")
        return {name: getattr(self, name) for name in names} | self.averages.numbers()


def choice_summary(choices: Choices, *, rule: AverageRule = "undefined left out") -> ChoiceSummary:
    """Accuracy, precision, recall, F1 and what else one asks of a classifier.

    Equal to scikit-learn where it defines a number. By its rule averages are over the classes that are true or
    predicted somewhere, and undefined ratios of these count as 0; per class they are NaN by either rule.

    Args:
        choices: From `Choices.from_codes` or `Choices.from_scores`.
        rule: How averages over classes treat an undefined ratio.

    Example:
        >>> choices = Choices.from_scores([0, 0, 1, 1], [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.5, 0.5]])
        >>> summary = choice_summary(choices)
        >>> summary.accuracy, summary.per_class.recall.tolist(), round(summary.averages.macro.f1, 3)
        (0.5, [0.5, 0.5], 0.5)

    Source:
        Parity with scikit-learn in tests/metrics/test_classes_parity.py. Matthews' correlation of many classes:
        Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006.
    """
    counts = count_choices(choices)
    losses = row_losses(choices)
    rows = len(choices.places)
    occurring = (counts.truths > 0) | (counts.predictions > 0)
    return ChoiceSummary(
        accuracy=mean_of_defined(choices.correct),
        balanced_accuracy=mean_of_defined(counts.recall),
        mcc=_mcc(counts, rows),
        kappa=_kappa(counts, rows),
        log_loss=mean_of_defined(losses.log_loss),
        brier=mean_of_defined(losses.brier) / (2 if choices.classes == 2 else 1),
        per_class=counts,
        averages=average_classes(counts, occurring, rule),
        rows=rows,
        scored=int((~np.isnan(losses.brier)).sum()),
        without_truth=choices.without_truth,
        without_prediction=choices.without_prediction,
        rule=rule,
    )


def count_choices(choices: Choices) -> ClassCounts:
    """Count for each class what was right, false and missed.

    tp + missed is the number of rows of the class, tp + fp the number of rows that were taken for it.

    Args:
        choices: From `Choices.from_codes` or `Choices.from_scores`.

    Example:
        >>> counts = count_choices(Choices.from_codes([0, 0, 1, 1], [0, 1, 1, -1], classes=3))
        >>> counts.tp.tolist(), counts.fp.tolist(), counts.missed.tolist()
        ([1, 1, 0], [0, 1, 0], [1, 1, 0])
        >>> counts.precision.tolist()
        [1.0, 0.5, nan]
    """
    truth, predicted = choices.truth[choices.places], choices.predicted[choices.places]
    tp, truths, predictions = (
        np.bincount(codes, minlength=choices.classes).astype(np.int64)
        for codes in (truth[truth == predicted], truth, predicted[predicted != NONE])
    )
    return ClassCounts(tp, predictions - tp, truths - tp)


def _mcc(counts: ClassCounts, rows: int) -> float:
    """Rows without prediction are of a class of their own, which is never true."""
    truths, predictions = counts.truths.tolist(), counts.predictions.tolist()
    nothing = rows - sum(predictions)
    shared = sum(counts.tp.tolist()) * rows - sum(t * p for t, p in zip(truths, predictions, strict=True))
    spread = rows**2 - sum(t * t for t in truths), rows**2 - sum(p * p for p in [*predictions, nothing])
    return shared / math.sqrt(spread[0] * spread[1]) if min(spread) > 0 else math.nan


def _kappa(counts: ClassCounts, rows: int) -> float:
    if rows == 0:
        return math.nan
    by_chance = sum(t * p for t, p in zip(counts.truths.tolist(), counts.predictions.tolist(), strict=True))
    if by_chance == rows**2:
        return math.nan
    wrong = 1 - sum(counts.tp.tolist()) / rows
    return 1 - wrong / (1 - by_chance / rows**2)
