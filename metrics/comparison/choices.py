"""What runs that choose a class for each row are compared by, and every row that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from metrics.classes.choice_summary import choice_summary
from metrics.classes.choices import NONE, Choices
from metrics.classes.losses import row_losses
from metrics.comparison.ledger import Ledger
from metrics.comparison.ledger_lines import AlarmLines, Change, TruthLines, truth_changes
from metrics.comparison.measured import Measured, measured_mean, measured_ratio
from metrics.custom import RowRatio, check_drawn, row_mean, sum_rows
from metrics.errors import ColumnError
from metrics.resamples import Resamples
from metrics.standing import Standing, standing_of_features
from metrics.undefined import divide

CHOICES_RULE: Final = "rows by position; a wrong choice is a miss of the truth and a false alarm of what was chosen"


def measure_choices(choices: Choices, resamples: Resamples) -> list[Measured]:
    """Every number that classifiers are compared by, each with what it is on every resample.

    Accuracy, mean F1 over classes (macro), log loss and Brier score where there are probabilities, and precision,
    recall and F1 of each class.

    Args:
        choices: From `Choices.from_codes` or `Choices.from_scores`.
        resamples: From `draw_rows`, on rows that count.

    Raises:
        ColumnError: If the rows were drawn from others than those that count.

    Example:
        >>> from metrics import Choices, draw_rows
        >>> choices = Choices.from_codes([0, 0, 1], [0, 1, 1], classes=2)
        >>> numbers = measure_choices(choices, draw_rows(choices.keep, count=20))
        >>> {each.name: round(each.value, 3) for each in numbers if each.feature is None}
        {'accuracy': 0.667, 'F1 macro': 0.667}
    """
    ratios = _ratios(choices)
    for each in ratios:
        check_drawn(each, resamples)
    counts, sums = _resampled(choices, ratios[1:], resamples)
    tp, _, truths = (counts[:, i].sum(axis=1) for i in range(3))
    accuracy = measured_ratio(ratios[0], divide(tp, truths), resamples, share=True)
    losses = [
        measured_ratio(each, divide(sums[:, 2 * i], sums[:, 2 * i + 1]), resamples) for i, each in enumerate(ratios[1:])
    ]
    return [accuracy, *_measure_classes(choices, counts, resamples), *losses]


def keep_choice_ledger(baseline: Choices, candidate: Choices) -> Ledger:
    """Tell what became of every row between two classifiers, in the words of `keep_ledger`.

    A row whose truth was chosen is found. A wrong choice misses the truth, and is a false alarm of the class that was
    chosen: persistent where both chose it, fixed or new otherwise.

    Args:
        baseline: Choices of the run to beat.
        candidate: Choices of the run in question, on the same rows with the same truth.

    Raises:
        ColumnError: If rows, classes or truths differ.

    Example:
        >>> from metrics import Choices
        >>> before, after = (Choices.from_codes([0, 1, 1], chosen, classes=2) for chosen in ([0, 0, 0], [1, 1, 0]))
        >>> {name: n for name, n in keep_choice_ledger(before, after).total.items() if n}
        {'newly_found': 1, 'newly_missed': 1, 'still_missed': 1, 'persistent': 1, 'fixed': 1, 'new': 1}
    """
    alike = baseline.classes == candidate.classes and np.array_equal(baseline.truth, candidate.truth)
    if not alike or not np.array_equal(baseline.keep, candidate.keep):
        raise ColumnError(
            f"A ledger needs both runs on the same rows, classes and truths; the baseline has {len(baseline):,} rows "
            f"and {baseline.classes:,} classes, the candidate {len(candidate):,} and {candidate.classes:,}."
        )
    rows = candidate.places.astype(np.int32)
    truth = candidate.truth[rows]
    chosen = np.stack([run.predicted[rows] for run in (baseline, candidate)], axis=1)
    confidence = np.stack([_confidence(run)[rows] for run in (baseline, candidate)], axis=1)
    return Ledger(
        _truth_lines(rows, truth, chosen, confidence),
        _alarm_lines(rows, truth, chosen, confidence),
        features=candidate.classes,
        min_iou=float("nan"),
        min_confidence=(0.0, 0.0),
        same_iou=float("nan"),
        rule=CHOICES_RULE,
    )


def _truth_lines(rows: np.ndarray, truth: np.ndarray, chosen: np.ndarray, confidence: np.ndarray) -> TruthLines:
    found = chosen == truth[:, None]
    prediction = np.where(chosen == NONE, -1, rows[:, None])
    nowhere = np.full(chosen.shape, np.nan)
    return TruthLines(rows, rows, truth, truth_changes(found), prediction, chosen, nowhere, confidence)


def _alarm_lines(rows: np.ndarray, truth: np.ndarray, chosen: np.ndarray, confidence: np.ndarray) -> AlarmLines:
    wrong = (chosen != truth[:, None]) & (chosen != NONE)
    same = wrong.all(axis=1) & (chosen[:, 0] == chosen[:, 1])
    after, before = np.flatnonzero(wrong[:, 1]), np.flatnonzero(wrong[:, 0] & ~same)
    line = np.concatenate([after, before])
    here = np.stack(
        [
            np.concatenate([same[after], np.ones(len(before), dtype=bool)]),
            np.arange(len(line)) < len(after),
        ],
        axis=1,
    )
    prediction = np.where(here, rows[line][:, None], -1).astype(np.int32)
    change = np.concatenate([np.where(same[after], Change.PERSISTENT, Change.NEW), np.full(len(before), Change.FIXED)])
    return AlarmLines(
        rows[line],
        np.concatenate([chosen[after, 1], chosen[before, 0]]),
        change.astype(np.int8),
        prediction,
        prediction,
        np.where(here, confidence[line], np.nan),
    )


def _confidence(choices: Choices) -> np.ndarray:
    return np.full(len(choices), np.nan) if choices.confidence is None else choices.confidence


def _ratios(choices: Choices) -> list[RowRatio]:
    """Accuracy, then log loss and Brier score where there are probabilities: means over the rows that count."""
    means = [row_mean("accuracy", choices.correct)]
    if choices.scores is not None:
        losses = row_losses(choices)
        means.append(row_mean("log loss", losses.log_loss, lower_is_better=True))
        means.append(row_mean("Brier", losses.brier, lower_is_better=True))
    counting = choices.keep & (choices.truth != NONE)
    return [each.on_rows(counting) for each in means]


def _measure_classes(choices: Choices, counts: np.ndarray, resamples: Resamples) -> list[Measured]:
    """Mean F1, and precision, recall and F1 of each class."""
    summary = choice_summary(choices)
    tp, predictions, truths = (counts[:, i] for i in range(3))
    resampled = {
        "precision": divide(tp, predictions),
        "recall": divide(tp, truths),
        "F1": divide(2 * tp, predictions + truths),
    }
    values = summary.per_class
    units, made = resamples.units, (False, summary.rule, resamples.seed)
    support = values.truths.astype(np.float64)
    columns, standing = {"precision": [0, 1], "recall": [0, 2], "F1": [0, 1, 2]}, _standing(choices, resamples)
    macro = measured_mean(
        "F1 macro",
        summary.averages.macro.f1,
        resampled["F1"],
        support=float(summary.rows),
        rule=summary.rule,
        resamples=resamples,
        standing=_standing_of_all(choices, resamples),
    )
    return [macro] + [
        Measured(
            name,
            code,
            float(value),
            resampled[name][:, code],
            units,
            support[code].item(),
            *made,
            standing=Standing(standing[code].unit, standing[code].adds[:, columns[name]]),
            share=True,
        )
        for name, column in (("precision", values.precision), ("recall", values.recall), ("F1", values.f1))
        for code, value in enumerate(column)
    ]


def _standing(choices: Choices, resamples: Resamples) -> list[Standing]:
    """What rows add to the sums of each class: rightly taken for it, taken for it, and of it."""
    rows = choices.places
    chosen, truth = choices.predicted[rows], choices.truth[rows]
    adds = np.zeros((2, len(rows), 3))
    adds[0, :, 0], adds[0, :, 1], adds[1, :, 2] = chosen == truth, 1, 1
    code, row, entries = np.concatenate([chosen, truth]), np.tile(rows, 2), adds.reshape(-1, 3)
    known = code != NONE
    return standing_of_features(row[known], code[known], entries[known], resamples.unit_of, features=choices.classes)[
        :-1
    ]


def _standing_of_all(choices: Choices, resamples: Resamples) -> Standing:
    """What rows add to a mean over classes, which moves as soon as another class is chosen."""
    rows = np.flatnonzero(resamples.unit_of >= 0)
    # Roots, so that choices of several rows of a cluster hardly ever add up to those of another run.
    adds = [np.sqrt(choices.predicted[rows] + 2.0), choices.correct[rows].astype(np.float64)]
    return Standing(resamples.unit_of[rows], np.stack(adds, axis=1))


def _resampled(choices: Choices, ratios: Sequence[RowRatio], resamples: Resamples) -> tuple[np.ndarray, np.ndarray]:
    """What each resample adds up to, from one pass over its rows.

    Returns:
        float64[resamples, 3, C]: rows rightly taken for each class, taken for it, and of it; and
        float64[resamples, 2 ratios]: what stands above and below the line of each ratio.
    """
    from metrics.kernels.draws import weigh_choices

    cell, truth, predicted = _confusion_cells(choices)
    columns = np.array([side for each in ratios for side in (each.part, each.whole)]).reshape(-1, len(choices))

    def weigh(weights: np.ndarray) -> np.ndarray:
        counts = np.zeros((len(weights), 3, choices.classes))
        weigh_choices(weights, cell, truth, predicted, counts)
        return np.concatenate([counts.reshape(len(weights), -1), sum_rows(columns, weights)], axis=1)

    both = resamples.add_up(weigh)
    counts, sums = np.split(both, [3 * choices.classes], axis=1)
    return counts.reshape(-1, 3, choices.classes), sums


def _confusion_cells(choices: Choices) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """int32[N], the confusion of each row, and int32[M] each, truth and prediction of every one that occurs.

    Rows that do not count have the first: they are never drawn.
    """
    places, size = choices.places, choices.classes + 1
    key = choices.truth[places].astype(np.int64) * size + choices.predicted[places] + 1
    keys, occurring = np.unique(key, return_inverse=True)
    cell = np.zeros(len(choices), dtype=np.int32)
    cell[places] = occurring
    truth, predicted = np.divmod(keys, size)
    return cell, truth.astype(np.int32), (predicted - 1).astype(np.int32)
