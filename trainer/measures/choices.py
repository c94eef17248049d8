"""Answers of one radio question as classes of rows, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

import metrics
from metrics.classes.choices import OFF_BY
from trainer.measures.evaluation import Thresholds, plain
from trainer.records.annotations import Annotations
from trainer.records.errors import ColumnError
from trainer.records.measure import Subject
from trainer.records.rows import Rows

NONE = -1
RULE = "the most confident option is the choice, of equal ones the first"


@dataclass(frozen=True, eq=False)
class ChoiceScores:
    """What choices are worth on some rows.

    Attributes:
        subject: The question.
        features: Paths of its options, in code order.
        choices: Truth and choice of every row.
        numbers: Accuracy, F1 and everything else in all and per option.
        area: Mean area under the ROC curve of each option against the others; NaN without probabilities.
        top: Shares of rows whose truth is among the two, three and five most probable options, by that number; those
            that there are enough options for, and none without probabilities.
    """

    subject: Subject
    features: tuple[str, ...]
    choices: metrics.Choices
    numbers: metrics.ChoiceSummary
    area: float
    top: dict[int, float]

    @property
    def rows(self) -> int:
        """Number of rows with truth, those without prediction included."""
        return self.numbers.rows

    def headline(self) -> dict[str, float]:
        """The numbers that stand for a run; NaN where undefined."""
        numbers = self.numbers
        return {
            "accuracy": numbers.accuracy,
            "F1 macro": numbers.averages.macro.f1,
            "balanced accuracy": numbers.balanced_accuracy,
            "log loss": numbers.log_loss,
            "ROC AUC": self.area,
        }

    def per_feature(self) -> dict[str, np.ndarray]:
        """Counts and ratios of each option, in code order."""
        return self.numbers.per_class.columns()

    def main(self) -> np.ndarray:
        """float64[options]: F1; NaN where an option is neither true nor chosen anywhere."""
        return self.numbers.per_class.f1

    def support(self) -> np.ndarray:
        """int64[options]: number of rows of which it is true."""
        return self.numbers.per_class.truths

    def row_errors(self) -> np.ndarray:
        """int64[rows]: 1 where another option, or none, was chosen; 0 for rows that do not count."""
        return np.asarray(self.choices.correct == 0).astype(np.int64)

    def summary(self, split: str) -> dict[str, Any]:
        """Everything in all as plain values, with the rules, settings and rows that made it; None where undefined."""
        numbers = self.numbers
        top = {f"top_{k}_accuracy": share for k, share in self.top.items()}
        return {
            "measure": str(self.subject),
            "split": split,
            "rows": self.rows,
            "rows_without_truth": numbers.without_truth,
            "rows_without_prediction": numbers.without_prediction,
            "rule": f"{RULE}; averages: {numbers.rule}",
            "numbers": plain({**numbers.numbers(), "roc_auc": self.area, **top}),
        }


@dataclass(frozen=True, eq=False)
class ChoiceEvaluation:
    """Truth and choice of every row. No threshold changes anything about them.

    Attributes:
        subject: The question.
        features: Paths of its options, in code order.
        choices: As `metrics` reads them.
        truth_at: int32[rows]: where each row's truth stands among the annotations; -1 for none.
        chosen_at: int32[rows]: likewise for the choice.
        no_probabilities: Why confidences do not count as probabilities, so that there is no log loss, where somebody
            might wonder; empty where they do, and where nobody said more than one option of a row.
    """

    subject: Subject
    features: tuple[str, ...]
    choices: metrics.Choices
    truth_at: np.ndarray
    chosen_at: np.ndarray
    no_probabilities: str = ""

    @property
    def known(self) -> np.ndarray:
        """bool[rows]: rows with a true answer; the others are in no number."""
        return np.asarray(self.choices.truth != NONE)

    def on_rows(self, keep: np.ndarray) -> Self:
        """On some rows alone: bool[rows]; rows left out earlier stay out."""
        return replace(self, choices=self.choices.on_rows(keep))

    def at(self, thresholds: Thresholds) -> ChoiceScores:
        """Everything there is to measure; the thresholds mean nothing here."""
        choices = self.choices
        area, top = float("nan"), {}
        if choices.scores is not None:
            area = metrics.roc_auc(choices).mean
            top = {k: metrics.top_accuracy(choices, k=k).value for k in (2, 3, 5) if k < len(self.features)}
        return ChoiceScores(self.subject, self.features, choices, metrics.choice_summary(choices), area, top)

    def measured(
        self, resamples: metrics.Resamples, *, thresholds: Thresholds, sizes: bool = False
    ) -> list[metrics.Measured]:
        """Every number with what it is on every resample; see `metrics.measure_choices`."""
        return metrics.measure_choices(self.choices, resamples)

    def held(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and option of every truth that counts."""
        return self.choices.places, self.choices.truth[self.choices.places]

    def ledger(self, baseline: ChoiceEvaluation, thresholds: tuple[Thresholds, Thresholds]) -> metrics.Ledger:
        """What became of every row since the baseline; positions are those of annotations."""
        ledger = metrics.keep_choice_ledger(baseline.choices, self.choices)
        chosen = [np.append(run.chosen_at, NONE) for run in (baseline, self)]
        truth_at = np.append(self.truth_at, NONE)

        def placed(rows: np.ndarray) -> np.ndarray:
            return np.stack([places[rows[:, side]] for side, places in enumerate(chosen)], axis=1)

        truths, alarms = ledger.truths, ledger.alarms
        return replace(
            ledger,
            truths=truths._replace(truth=truth_at[truths.truth], prediction=placed(truths.prediction)),
            alarms=alarms._replace(prediction=placed(alarms.prediction), taken_for=truth_at[alarms.taken_for]),
        )


def evaluate_choices(
    truth: Annotations, predictions: Annotations, *, rows: Rows, features: tuple[str, ...], subject: Subject
) -> ChoiceEvaluation:
    """Read answers as one choice for each row.

    A row's choice is its most confident answer, of equally confident ones that whose option comes first. Where every
    row with an answer has one for each option and they add up to 1, they count as probabilities. Rows without a true
    answer, or with one that is ignored, are in no number.

    Args:
        truth: True answers; feature codes are places in `features`.
        predictions: Predicted answers, likewise.
        rows: The rows.
        features: Paths of the options.
        subject: The question.

    Raises:
        ColumnError: If a row has two true answers.
    """
    _refuse_two_truths(truth, rows, subject)
    n = len(rows)
    told = _Answers(*(np.full(n, NONE, dtype=np.int32) for _ in range(2)))
    told.code[truth.row] = np.where(truth.ignored, NONE, truth.feature)
    told.place[truth.row] = np.arange(len(truth))
    chosen = _most_confident(predictions, n)
    scores, why_not = _probabilities(predictions, n, len(features))
    if scores is not None:
        choices = metrics.Choices.from_scores(told.code, scores, predicted=chosen.code)
    else:
        sure = np.append(predictions.confidence, 0.0)[chosen.place]
        choices = metrics.Choices.from_codes(told.code, chosen.code, classes=len(features), confidence=sure)
    return ChoiceEvaluation(subject, features, choices, told.place, chosen.place, why_not)


class _Answers(NamedTuple):
    """One answer for each row: its option and its place among the annotations, -1 for none."""

    code: np.ndarray
    place: np.ndarray


def _most_confident(predictions: Annotations, rows: int) -> _Answers:
    order = np.lexsort((predictions.feature, -predictions.confidence, predictions.row))
    row, first = np.unique(predictions.row[order], return_index=True)
    answers = _Answers(np.full(rows, NONE, dtype=np.int32), np.full(rows, NONE, dtype=np.int32))
    answers.place[row] = order[first]
    answers.code[row] = predictions.feature[order[first]]
    return answers


def _probabilities(predictions: Annotations, rows: int, options: int) -> tuple[np.ndarray | None, str]:
    """float64[rows, options], NaN in rows without answer; or None, and why the answers are no probabilities."""
    answers = np.bincount(predictions.row, minlength=rows)
    if options < 2 or answers.max(initial=0) < 2:
        return None, ""
    table = np.full((rows, options), np.nan)
    table[predictions.row, predictions.feature] = predictions.confidence
    answered = answers > 0
    partly = answered & (answers < options)
    if partly.any():
        return None, f"{partly.sum():,} of {answered.sum():,} rows have no probability of every option"
    off = ~(np.abs(table[answered].sum(axis=1) - 1) <= OFF_BY)  # NaN where one option is said twice and another never
    if off.any():
        return None, f"the probabilities of {off.sum():,} of {answered.sum():,} rows do not add up to 1"
    return table, ""


def _refuse_two_truths(truth: Annotations, rows: Rows, subject: Subject) -> None:
    twice = np.flatnonzero(truth.row[1:] == truth.row[:-1])
    if len(twice):
        key = rows.keys[truth.row[twice[0]]]
        raise ColumnError(
            f"{len(twice):,} true answers to {subject.question!r} stand beside another on their row; first: row "
            f"{key!r}. A radio has one answer; make it a checklist where several options can hold."
        )
