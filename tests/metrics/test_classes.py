"""Choices and checklists on rows small enough to check by eye."""

from __future__ import annotations

import numpy as np
import pytest

from metrics import (
    Checklists,
    Choices,
    ColumnError,
    ThresholdError,
    checklist_summary,
    choice_summary,
    class_average_precision,
    class_curves,
    confuse_choices,
    count_at_thresholds,
    count_choices,
    roc_auc,
    roc_auc_of_pairs,
    row_losses,
    top_accuracy,
)

NAN = float("nan")


def test_a_row_without_prediction_is_wrong() -> None:
    summary = choice_summary(Choices.from_codes([0, 0, 1], [0, -1, 1], classes=2))

    assert summary.accuracy == pytest.approx(2 / 3)
    assert summary.per_class.recall.tolist() == [0.5, 1]
    assert summary.per_class.precision.tolist() == [1, 1]
    assert summary.without_prediction == 1


def test_a_row_without_truth_is_left_out_and_counted() -> None:
    summary = choice_summary(Choices.from_codes([0, -1, 1], [0, 1, 1], classes=2))

    assert (summary.accuracy, summary.rows, summary.without_truth) == (1, 2, 1)


def test_of_equally_probable_classes_the_lowest_code_is_chosen() -> None:
    assert Choices.from_scores([0], [[0.25, 0.25, 0.25, 0.25]]).predicted.tolist() == [0]


def test_a_row_of_nan_scores_is_a_row_without_prediction() -> None:
    choices = Choices.from_scores([0, 1], [[NAN, NAN], [0.1, 0.9]])
    summary = choice_summary(choices)

    assert choices.predicted.tolist() == [-1, 1]
    assert (summary.accuracy, summary.rows, summary.scored) == (0.5, 2, 1)
    assert summary.log_loss == pytest.approx(-np.log(0.9))


def test_what_was_chosen_may_differ_from_the_most_probable() -> None:
    choices = Choices.from_scores([1, 1], [[0.6, 0.4], [0.9, 0.1]], predicted=[1, 0])

    assert choices.correct.tolist() == [1, 0]
    assert choices.confidence is not None
    assert choices.confidence.tolist() == [0.4, 0.9]


def test_undefined_ratios_are_left_out_of_averages_or_count_as_0() -> None:
    choices = Choices.from_codes([0, 0, 1], [0, 0, 0], classes=3)
    ours, theirs = (choice_summary(choices, rule=rule).averages for rule in _RULES)

    assert (ours.macro.precision, ours.averaged.precision) == (pytest.approx(2 / 3), 1)
    assert (theirs.macro.precision, theirs.averaged.precision) == (pytest.approx(1 / 3), 2)
    assert ours.weighted.precision == pytest.approx(2 / 3)
    assert theirs.weighted.precision == pytest.approx(4 / 9)


_RULES = ("undefined left out", "scikit-learn, undefined as 0")


def test_nothing_to_measure_is_nan_with_no_support() -> None:
    summary = choice_summary(Choices.from_codes([], [], classes=3))

    assert all(np.isnan(value) for value in summary.numbers().values())
    assert summary.rows == 0
    assert summary.per_class.truths.tolist() == [0, 0, 0]
    assert np.isnan(roc_auc(Choices.from_scores(np.zeros(0, int), np.zeros((0, 3)))).per_class).all()


def test_constant_predictions_have_no_correlation() -> None:
    summary = choice_summary(Choices.from_codes([0, 1], [1, 1], classes=2))

    assert np.isnan(summary.mcc)
    assert summary.kappa == 0
    assert np.isnan(choice_summary(Choices.from_codes([1, 1], [1, 1], classes=2)).kappa)


def test_codes_alone_have_no_losses() -> None:
    choices = Choices.from_codes([0, 1], [0, 1], classes=2)

    assert np.isnan(row_losses(choices).log_loss).all()
    with pytest.raises(ColumnError, match="codes without scores"):
        roc_auc(choices)


def test_the_confusion_names_the_rows_of_each_cell() -> None:
    confusion = confuse_choices(Choices.from_codes([0, 1, 0, -1, 0], [1, 1, 1, 0, -1], classes=2))

    assert confusion.matrix.tolist() == [[0, 2, 1], [0, 1, 0], [0, 0, 0]]
    assert confusion.cell(0, 1).tolist() == [0, 2]
    assert confusion.cell(0, 2).tolist() == [4]
    assert np.nan_to_num(confusion.shares(of="prediction"), nan=-1)[:, 0].tolist() == [-1, -1, -1]


def test_ties_at_the_edge_of_the_top_go_as_the_rule_says() -> None:
    choices = Choices.from_scores([0, 2], [[0.4, 0.4, 0.2], [0.2, 0.4, 0.4]])

    assert top_accuracy(choices, k=1).per_row.tolist() == [1, 0]
    assert top_accuracy(choices, k=1, rule="scikit-learn, ties to the highest code").per_row.tolist() == [0, 1]
    assert top_accuracy(choices, k=2).value == 1


def test_the_top_of_a_row_without_scores_holds_nothing() -> None:
    assert top_accuracy(Choices.from_scores([0, 1], [[NAN, NAN], [0.3, 0.7]]), k=2).per_row.tolist() == [0, 1]


def test_equal_confidences_enter_a_curve_together() -> None:
    curve = count_at_thresholds([0.5, 0.5, 0.9], [True, False, False])

    assert curve.confidence.tolist() == [0.9, 0.5]
    assert (curve.tp.tolist(), curve.fp.tolist()) == ([0, 1], [1, 2])
    assert (curve.recall.tolist(), curve.fpr.tolist()) == ([0, 1], [0.5, 1])
    assert curve.roc_auc == 0.25


def test_what_has_no_confidence_is_never_found() -> None:
    curve = count_at_thresholds([0.9, NAN, NAN], [True, True, False])

    assert (curve.recall.tolist(), curve.positives, curve.negatives) == ([0.5], 2, 1)
    assert curve.average_precision == 0.5
    assert curve.roc_auc == 0.75  # the unanswered positive ties with the unanswered negative


def test_a_curve_without_negatives_or_positives_is_undefined_where_they_are_needed() -> None:
    every, none = count_at_thresholds([0.5], [True]), count_at_thresholds([0.5], [False])

    assert np.isnan([every.roc_auc, none.roc_auc, none.average_precision, every.fpr[0], none.recall[0]]).all()
    assert every.average_precision == 1
    assert len(count_at_thresholds([], [])) == 0


def test_a_curve_for_drawing_keeps_its_ends() -> None:
    curve = count_at_thresholds(np.arange(100) / 100, np.arange(100) % 3 == 0).thinned(10)

    assert (len(curve), curve.confidence[0], curve.confidence[-1]) == (10, 0.99, 0)


def test_pairs_of_classes_without_rows_are_undefined() -> None:
    areas = roc_auc_of_pairs(Choices.from_scores([0, 1], [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]))

    assert areas.mean == 1
    assert np.isnan(areas.pairs).tolist() == [[True, False, True], [False, True, True], [True, True, True]]


def test_ticks_follow_the_confidence_asked_for() -> None:
    lists = Checklists.from_scores([[1, 1], [0, 1]], [[0.9, 0.4], [0.6, 0.8]])
    low, high = (checklist_summary(lists, min_confidence=c) for c in (0.4, 0.7))

    assert low.per_row.correct.tolist() == [1, 0]
    assert high.per_row.correct.tolist() == [0, 1]
    assert low.per_class.fp.tolist() == [1, 0]
    assert high.per_class.missed.tolist() == [0, 1]


def test_a_row_without_ticks_is_never_right_if_nothing_was_predicted() -> None:
    lists = Checklists.from_scores([[0, 0], [0, 0]], [[NAN, NAN], [0.1, 0.1]])
    summary = checklist_summary(lists, min_confidence=0.5)

    assert summary.per_row.correct.tolist() == [0, 1]
    assert (summary.without_prediction, summary.overlapping) == (1, 0)
    assert np.isnan(summary.jaccard)


def test_checklists_without_truth_are_left_out() -> None:
    lists = Checklists.from_decisions([[1, 0], [1, 1]], [[1, 0], [0, 0]], known=[True, False])
    summary = checklist_summary(lists)

    assert (summary.subset_accuracy, summary.rows, summary.without_truth) == (1, 1, 1)
    assert np.isnan(summary.per_row.hamming).tolist() == [False, True]
    assert class_average_precision(lists).positives.tolist() == [1, 0]


def test_a_checklist_may_have_no_class() -> None:
    summary = checklist_summary(Checklists.from_decisions(np.zeros((2, 0)), np.zeros((2, 0))))

    assert np.isnan(summary.hamming_loss)
    assert class_curves(Checklists.from_decisions(np.zeros((2, 0)), np.zeros((2, 0)))).per_class == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Choices.from_codes([0, 3], [0, 1], classes=3), "1 of 2 rows have a truth .* first: row 1 with 3"),
        (lambda: Choices.from_codes([0], [-2], classes=3), "For none write -1"),
        (lambda: Choices.from_codes([0, 1], [0], classes=3), "'predicted' has 1 values"),
        (lambda: Choices.from_codes([0], [0], classes=1, confidence=[2.0]), r"outside \[0, 1\]"),
        (lambda: Choices.from_scores([0], [[2.0, -1.0]]), "softmax"),
        (lambda: Choices.from_scores([0], [[0.5, 0.1]]), "adding up to 0.6"),
        (lambda: Choices.from_scores([0], [[0.5, NAN]]), "the whole row is NaN"),
        (lambda: Choices.from_scores([0], [0.5]), "1 dimensions"),
        (lambda: Checklists.from_scores([[1, 0]], [[0.5]]), "1 rows and 2 classes"),
        (lambda: Checklists.from_scores([[1, 0]], [[0.5, 1.5]]), "sigmoid"),
        (lambda: Checklists.from_scores([[1]], [[0.5]], known=[True, True]), "'known' has 2"),
        (lambda: Choices.from_codes([0], [0], classes=1).on_rows(np.array([1])), r"one flag \(bool\)"),
        (lambda: count_at_thresholds([[0.5]], [True]), "one dimension"),
        (lambda: count_at_thresholds([0.5], [True, False]), "'positive' has 2 values"),
    ],
)
def test_bad_columns_are_refused_with_the_place_and_the_way_out(make: object, message: str) -> None:
    with pytest.raises(ColumnError, match=message):
        make()  # type: ignore[operator]


def test_thresholds_out_of_range_are_refused() -> None:
    choices = Choices.from_scores([0], [[0.5, 0.5]])

    with pytest.raises(ThresholdError, match="k is 0"):
        top_accuracy(choices, k=0)
    with pytest.raises(ThresholdError, match="min_confidence is 2"):
        checklist_summary(Checklists.from_decisions([[1]], [[1]]), min_confidence=2)


def test_given_columns_are_neither_changed_nor_kept() -> None:
    truth, predicted, sure = np.array([0, 1], np.int32), np.array([0, -1], np.int32), np.array([0.5, 0.5])
    choices = Choices.from_codes(truth, predicted, classes=2, confidence=sure)
    truth[0] = 1

    assert sure.tolist() == [0.5, 0.5]
    assert choices.truth.tolist() == [0, 1]
    assert count_choices(choices).tp.tolist() == [1, 0]
