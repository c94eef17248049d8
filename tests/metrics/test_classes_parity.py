"""Every number of classes that scikit-learn defines is scikit-learn's, ties and absent classes included."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from sklearn import metrics as sk

from metrics import (
    Checklists,
    Choices,
    checklist_summary,
    choice_summary,
    class_average_precision,
    class_curves,
    confuse_choices,
    count_at_thresholds,
    roc_auc,
    roc_auc_of_pairs,
    row_losses,
    top_accuracy,
)

SEEDS = range(25)
AS_ZERO = "scikit-learn, undefined as 0"


@pytest.fixture(autouse=True)
def _undefined_is_no_news() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _close(ours: object, theirs: object) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def _choices(seed: int, *, every_class: bool = False) -> Choices:
    """Scores of few steps, so that ties are common; the first class may be never true, the last never predicted."""
    rng = np.random.default_rng(seed)
    classes, rows = int(rng.integers(2, 6)), int(rng.integers(1, 60)) + 30 * every_class
    weight = rng.integers(0, 4, (rows, classes)) + 1e-9
    if not every_class and classes > 2:
        weight[:, -1] = 0
    truth = rng.integers(0 if every_class else seed % 2, classes, rows)
    if every_class:
        truth[:classes] = np.arange(classes)
    return Choices.from_scores(truth, weight / weight.sum(axis=1, keepdims=True))


def _scores(choices: Choices) -> np.ndarray:
    assert choices.scores is not None
    return choices.scores


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_and_averages(seed: int) -> None:
    choices = _choices(seed)
    truth, predicted, codes = choices.truth, choices.predicted, np.arange(choices.classes)
    summary = choice_summary(choices, rule=AS_ZERO)

    _close(summary.accuracy, sk.accuracy_score(truth, predicted))
    _close(summary.balanced_accuracy, sk.balanced_accuracy_score(truth, predicted))
    _close(np.nan_to_num(summary.mcc), sk.matthews_corrcoef(truth, predicted))
    _close(summary.kappa, sk.cohen_kappa_score(truth, predicted))
    np.testing.assert_array_equal(
        confuse_choices(choices).matrix[:-1, :-1], sk.confusion_matrix(truth, predicted, labels=codes)
    )
    per_class = sk.precision_recall_fscore_support(truth, predicted, labels=codes, zero_division=np.nan)
    for name, theirs in zip(("precision", "recall", "f1", "truths"), per_class, strict=True):
        _close(getattr(summary.per_class, name), theirs)
    for way in ("macro", "weighted", "micro"):
        theirs = sk.precision_recall_fscore_support(truth, predicted, average=way, zero_division=0)[:3]
        _close(getattr(summary.averages, way)[:3], theirs)
        jaccard = sk.jaccard_score(truth, predicted, average=way, zero_division=0)
        _close(getattr(summary.averages, way).jaccard, jaccard)


@pytest.mark.parametrize("seed", SEEDS)
def test_leaving_undefined_classes_out_is_zero_division_nan(seed: int) -> None:
    choices = _choices(seed)
    averages = choice_summary(choices).averages

    theirs = sk.precision_recall_fscore_support(
        choices.truth, choices.predicted, average="macro", zero_division=np.nan
    )[:3]
    _close(averages.macro[:3], theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_losses(seed: int) -> None:
    choices = _choices(seed)
    codes = np.arange(choices.classes)
    summary = choice_summary(choices)

    _close(summary.log_loss, sk.log_loss(choices.truth, _scores(choices), labels=codes))
    _close(summary.brier, sk.brier_score_loss(choices.truth, _scores(choices), labels=codes))
    _close(
        row_losses(choices).brier.mean(),
        sk.brier_score_loss(choices.truth, _scores(choices), labels=codes, scale_by_half=False),
    )


def test_losses_of_certainty() -> None:
    choices = Choices.from_scores([0, 1, 1], [[1, 0, 0], [1, 0, 0], [0, 1, 0]])

    _close(choice_summary(choices).log_loss, sk.log_loss(choices.truth, _scores(choices), labels=[0, 1, 2]))
    _close(choice_summary(choices).brier, sk.brier_score_loss(choices.truth, _scores(choices), labels=[0, 1, 2]))


@pytest.mark.parametrize("seed", SEEDS)
def test_top_k(seed: int) -> None:
    choices = _choices(seed + 100)

    for k in range(1, choices.classes if choices.classes > 2 else 0):  # of two classes scikit-learn takes one column
        theirs = sk.top_k_accuracy_score(choices.truth, _scores(choices), k=k, labels=np.arange(choices.classes))
        _close(top_accuracy(choices, k=k, rule="scikit-learn, ties to the highest code").value, theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_curves(seed: int) -> None:
    choices = _choices(seed, every_class=True)

    for code, curve in enumerate(class_curves(choices).per_class):
        fpr, tpr, levels = sk.roc_curve(choices.truth == code, _scores(choices)[:, code], drop_intermediate=False)
        precision, recall, _ = sk.precision_recall_curve(choices.truth == code, _scores(choices)[:, code])
        _close([curve.confidence, curve.fpr, curve.tpr], [levels[1:], fpr[1:], tpr[1:]])
        _close([curve.precision[::-1], curve.recall[::-1]], [precision[:-1], recall[:-1]])


@pytest.mark.parametrize("seed", SEEDS)
def test_areas(seed: int) -> None:
    choices = _choices(seed, every_class=True)
    truth, scores = choices.truth, _scores(choices)
    single = truth[:, None] == np.arange(choices.classes)

    for way in ("macro", "weighted", "micro"):
        _close(roc_auc(choices, average=way).mean, sk.roc_auc_score(single, scores, average=way))
        _close(
            class_average_precision(choices, average=way).mean, sk.average_precision_score(single, scores, average=way)
        )
    _close(roc_auc(choices).per_class, sk.roc_auc_score(single, scores, average=None))
    _close(class_average_precision(choices).per_class, sk.average_precision_score(single, scores, average=None))
    if choices.classes == 2:
        _close(roc_auc(choices).per_class[1], sk.roc_auc_score(truth, scores[:, 1]))
        return
    for way in ("macro", "weighted"):
        _close(roc_auc(choices, average=way).mean, sk.roc_auc_score(truth, scores, average=way, multi_class="ovr"))
        theirs = sk.roc_auc_score(truth, scores, average=way, multi_class="ovo")
        _close(roc_auc_of_pairs(choices, average=way).mean, theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_areas_with_rows_that_were_not_answered_are_those_with_the_lowest_scores(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sure, true = rng.integers(0, 5, 50) / 4, rng.random(50) < 0.4
    true[:2] = True, False
    unanswered = rng.random(50) < 0.3
    curve = count_at_thresholds(np.where(unanswered, np.nan, sure), true)

    _close(curve.roc_auc, sk.roc_auc_score(true, np.where(unanswered, -1, sure)))


def _lists(seed: int) -> tuple[Checklists, np.ndarray, np.ndarray]:
    """The first class is never true, the second never ticked; some rows hold nothing."""
    rng = np.random.default_rng(seed)
    rows, classes = int(rng.integers(1, 50)), int(rng.integers(2, 6))
    truth, scores = rng.random((rows, classes)) < 0.4, rng.integers(0, 5, (rows, classes)) / 4
    truth[:, 0], scores[:, 1] = False, 0
    return Checklists.from_scores(truth, scores), truth, scores


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("min_confidence", [0.25, 0.5])
def test_checklists(seed: int, min_confidence: float) -> None:
    lists, truth, scores = _lists(seed)
    ticked = scores >= min_confidence
    summary = checklist_summary(lists, min_confidence=min_confidence, rule=AS_ZERO)

    _close(summary.subset_accuracy, sk.accuracy_score(truth, ticked))
    _close(summary.hamming_loss, sk.hamming_loss(truth, ticked))
    _close(summary.jaccard, sk.jaccard_score(truth, ticked, average="samples", zero_division=0))
    per_class = sk.precision_recall_fscore_support(truth, ticked, zero_division=np.nan)
    for name, theirs in zip(("precision", "recall", "f1", "truths"), per_class, strict=True):
        _close(getattr(summary.per_class, name), theirs)
    for way in ("macro", "weighted", "micro"):
        theirs = sk.precision_recall_fscore_support(truth, ticked, average=way, zero_division=0)[:3]
        _close(getattr(summary.averages, way)[:3], theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_areas_of_checklists(seed: int) -> None:
    lists, truth, scores = _lists(seed)
    several: tuple[tuple[Callable[..., object], Callable[..., float]], ...] = (
        (roc_auc, sk.roc_auc_score),
        (class_average_precision, sk.average_precision_score),
    )
    for ours, theirs in several:
        areas = ours(lists).per_class  # type: ignore[attr-defined]
        defined = np.flatnonzero(~np.isnan(areas))

        _close(areas[defined], [theirs(truth[:, c], scores[:, c]) for c in defined])
        if truth.any():
            _close(ours(lists, average="micro").mean, theirs(truth, scores, average="micro"))  # type: ignore[attr-defined]
