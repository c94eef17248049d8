"""What must hold for any choices and checklists."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

from metrics import (
    Checklists,
    Choices,
    checklist_summary,
    choice_summary,
    class_average_precision,
    class_curves,
    confuse_choices,
    roc_auc,
    roc_auc_of_pairs,
    row_losses,
    top_accuracy,
    top_reliability,
)

SEEDS = range(12)
PER_ROW = {"per_row", "choices"}


def _choices(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth with gaps, and scores with ties and gaps."""
    rng = np.random.default_rng(seed)
    weight = rng.integers(0, 4, (40, 4)) + 0.01
    weight[rng.random(40) < 0.15] = np.nan
    return rng.integers(-1, 4, 40), weight / weight.sum(axis=1, keepdims=True)


def _lists(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 5, (40, 4)) / 4
    scores[rng.random(40) < 0.15] = np.nan
    return rng.random((40, 4)) < 0.4, scores, rng.random(40) < 0.8


def _everything(choices: Choices) -> list[Any]:
    return [
        choice_summary(choices),
        confuse_choices(choices),
        class_curves(choices),
        roc_auc(choices),
        roc_auc(choices, average="micro"),
        class_average_precision(choices, average="weighted"),
        roc_auc_of_pairs(choices),
        top_accuracy(choices, k=2),
        top_reliability(choices, strategy="quantile"),
    ]


def _assert_equal(one: Any, other: Any) -> None:
    """Results are equal in all that is not numbered by row."""
    if is_dataclass(one):
        for field in fields(one):
            if field.name not in PER_ROW:
                _assert_equal(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for ours, theirs in zip(one, other, strict=True):
            _assert_equal(ours, theirs)
    else:
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.7, 1.0])
def test_measuring_some_rows_equals_measuring_them_alone(seed: int, kept: float) -> None:
    truth, scores = _choices(seed)
    keep = np.random.default_rng(seed).random(len(truth)) < kept
    among, alone = Choices.from_scores(truth, scores).on_rows(keep), Choices.from_scores(truth[keep], scores[keep])

    for ours, theirs in zip(_everything(among), _everything(alone), strict=True):
        _assert_equal(ours, theirs)
    np.testing.assert_array_equal(among.correct[keep], alone.correct)
    np.testing.assert_array_equal(row_losses(among).log_loss[keep], row_losses(alone).log_loss)
    np.testing.assert_array_equal(top_accuracy(among, k=2).per_row[keep], top_accuracy(alone, k=2).per_row)
    assert np.isnan(among.correct[~keep]).all()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kept", [0.0, 0.3, 1.0])
def test_measuring_some_checklists_equals_measuring_them_alone(seed: int, kept: float) -> None:
    truth, scores, known = _lists(seed)
    keep = np.random.default_rng(seed).random(len(truth)) < kept
    among = Checklists.from_scores(truth, scores, known=known).on_rows(keep)
    alone = Checklists.from_scores(truth[keep], scores[keep], known=known[keep])

    for measure in (checklist_summary, class_curves, roc_auc, class_average_precision):
        _assert_equal(measure(among), measure(alone))
    for ours, theirs in zip(checklist_summary(among).per_row, checklist_summary(alone).per_row, strict=True):
        np.testing.assert_array_equal(ours[keep], theirs)
        assert np.isnan(ours[~keep]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    truth, scores = _choices(seed)
    order = np.random.default_rng(seed).permutation(len(truth))
    before, after = Choices.from_scores(truth, scores), Choices.from_scores(truth[order], scores[order])

    _close(choice_summary(before).numbers(), choice_summary(after).numbers())
    _assert_equal(roc_auc(before), roc_auc(after))
    _assert_equal(roc_auc_of_pairs(before), roc_auc_of_pairs(after))
    np.testing.assert_array_equal(before.correct[order], after.correct)


def _close(one: dict[str, float], other: dict[str, float]) -> None:
    np.testing.assert_allclose([*one.values()], [*other.values()], rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_numbering_of_classes_does_not_matter_but_for_ties(seed: int) -> None:
    truth, scores = _choices(seed)
    code = np.random.default_rng(seed).permutation(4)
    chosen = Choices.from_scores(truth, scores).predicted
    moved_truth, moved_chosen = (np.where(column < 0, -1, code[column]) for column in (truth, chosen))
    before = Choices.from_scores(truth, scores)
    after = Choices.from_scores(moved_truth, scores[:, np.argsort(code)], predicted=moved_chosen)

    _close(choice_summary(before).numbers(), choice_summary(after).numbers())
    np.testing.assert_array_equal(roc_auc(before).per_class, roc_auc(after).per_class[code])
    np.testing.assert_array_equal(roc_auc_of_pairs(before).pairs, roc_auc_of_pairs(after).pairs[np.ix_(code, code)])


@pytest.mark.parametrize("seed", SEEDS)
def test_predicting_the_truth_scores_one(seed: int) -> None:
    truth = np.concatenate([np.arange(4), np.random.default_rng(seed).integers(0, 4, 20)])
    perfect = Choices.from_scores(truth, np.eye(4)[truth])
    summary = choice_summary(perfect)

    assert (summary.accuracy, summary.mcc, summary.kappa, summary.averages.macro.f1) == (1, 1, 1, 1)
    assert (summary.brier, top_reliability(perfect).ece) == (0, 0)
    assert summary.log_loss == pytest.approx(0, abs=1e-15)
    assert (roc_auc(perfect).mean, class_average_precision(perfect).mean, roc_auc_of_pairs(perfect).mean) == (1, 1, 1)
    lists = checklist_summary(Checklists.from_decisions(np.eye(4)[truth], np.eye(4)[truth]))
    assert (lists.subset_accuracy, lists.hamming_loss, lists.jaccard, lists.averages.micro.f1) == (1, 0, 1, 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_micro_averages_of_choices_that_are_all_answered_are_the_accuracy(seed: int) -> None:
    truth, scores = _choices(seed)
    answered = ~np.isnan(scores[:, 0])
    summary = choice_summary(Choices.from_scores(truth[answered], scores[answered]))

    np.testing.assert_allclose(summary.averages.micro[:3], summary.accuracy, rtol=0, atol=1e-15)


@pytest.mark.parametrize("seed", SEEDS)
def test_sums_of_the_confusion_are_the_counts(seed: int) -> None:
    choices = Choices.from_scores(*_choices(seed))
    confusion, counts = confuse_choices(choices), choice_summary(choices).per_class

    np.testing.assert_array_equal(confusion.matrix.sum(axis=1)[:-1], counts.truths)
    np.testing.assert_array_equal(confusion.matrix.sum(axis=0)[:-1], counts.predictions)
    assert confusion.matrix[-1].sum() == 0
    for truth, prediction in np.ndindex(4, 5):
        assert len(confusion.cell(truth, prediction)) == confusion.matrix[truth, prediction]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_top_one_is_the_most_probable_class(seed: int) -> None:
    choices = Choices.from_scores(*_choices(seed))

    np.testing.assert_array_equal(top_accuracy(choices, k=1).per_row, choices.correct)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_area_against_the_rest_follows_from_the_pairs(seed: int) -> None:
    """With two classes there is no rest but the other one."""
    truth, scores = _choices(seed)
    two = Choices.from_scores(truth % 2, np.column_stack([scores[:, 0], 1 - scores[:, 0]]))

    assert roc_auc_of_pairs(two).mean == pytest.approx(np.mean(roc_auc(two).per_class), abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_point_of_a_curve_is_what_a_checklist_says_at_that_confidence(seed: int) -> None:
    truth, scores, known = _lists(seed)
    lists = Checklists.from_scores(truth, scores, known=known)

    for code, curve in enumerate(class_curves(lists).per_class):
        for i, confidence in enumerate(curve.confidence):
            counts = checklist_summary(lists, min_confidence=confidence).per_class
            assert (curve.tp[i], curve.fp[i], curve.positives) == (
                counts.tp[code],
                counts.fp[code],
                counts.truths[code],
            )
