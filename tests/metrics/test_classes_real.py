"""Real classifiers, people and language models among them, score what is known of them."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from metrics import (
    Choices,
    choice_summary,
    class_average_precision,
    confuse_choices,
    reliability,
    roc_auc,
    roc_auc_of_pairs,
    top_accuracy,
    top_reliability,
)

pytestmark = pytest.mark.filterwarnings("ignore:The y_prob values do not sum to one")  # the digits' are off by 1e-6

STIMULI = {"cue-conflict": (10, 1280), "sketch": (7, 800)}
FIG_QA = {"bert": 0.8364, "roberta": 0.8949, "gpt2": 0.5430, "gptneo": 0.5722, "gpt3": 0.6508}


def _close(ours: object, theirs: object) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@dataclass(frozen=True)
class Digits:
    truth: np.ndarray
    scores: np.ndarray
    choices: Choices
    reviews: list[dict[str, Any]]


@pytest.fixture(scope="module")
def digits(shared_data: Path) -> Digits:
    folder = shared_data / "mnist_t10k"
    truth = np.load(folder / "original_test_labels" / "mnist_test_set_original_labels.npy")
    scores = np.load(folder / "cross_validated_predicted_probabilities" / "mnist_test_set_pyx.npy").astype(np.float64)
    reviews = json.loads((folder / "mturk" / "mnist_mturk.json").read_text())
    return Digits(truth, scores, Choices.from_scores(truth, scores), reviews)


def test_digits_are_read_as_well_as_is_known(digits: Digits) -> None:
    summary = choice_summary(digits.choices)

    assert (summary.accuracy, summary.rows) == (pytest.approx(0.9913), 10_000)
    _close(summary.mcc, sk.matthews_corrcoef(digits.truth, digits.choices.predicted))
    _close(summary.kappa, sk.cohen_kappa_score(digits.truth, digits.choices.predicted))
    _close(summary.log_loss, sk.log_loss(digits.truth, digits.scores))
    _close(summary.brier, sk.brier_score_loss(digits.truth, digits.scores, labels=np.arange(10)))
    theirs = sk.precision_recall_fscore_support(digits.truth, digits.choices.predicted)
    for name, column in zip(("precision", "recall", "f1", "truths"), theirs, strict=True):
        _close(getattr(summary.per_class, name), column)
    np.testing.assert_array_equal(
        confuse_choices(digits.choices).matrix[:-1, :-1], sk.confusion_matrix(digits.truth, digits.choices.predicted)
    )


def test_areas_of_digits_are_those_of_scikit_learn(digits: Digits) -> None:
    single = digits.truth[:, None] == np.arange(10)

    _close(roc_auc(digits.choices).mean, sk.roc_auc_score(digits.truth, digits.scores, multi_class="ovr"))
    _close(roc_auc(digits.choices, average="micro").mean, sk.roc_auc_score(single, digits.scores, average="micro"))
    _close(roc_auc_of_pairs(digits.choices).mean, sk.roc_auc_score(digits.truth, digits.scores, multi_class="ovo"))
    _close(
        class_average_precision(digits.choices).per_class,
        sk.average_precision_score(single, digits.scores, average=None),
    )
    for k in (1, 2, 5):
        _close(
            top_accuracy(digits.choices, k=k, rule="scikit-learn, ties to the highest code").value,
            sk.top_k_accuracy_score(digits.truth, digits.scores, k=k),
        )


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_digits_are_calibrated_as_scikit_learn_says(digits: Digits, strategy: str) -> None:
    sure, right = digits.scores.max(axis=1), digits.choices.predicted == digits.truth
    bins = top_reliability(digits.choices, bins=15, strategy=strategy)  # type: ignore[arg-type]
    accuracy, confidence = calibration_curve(right, sure, n_bins=15, strategy=strategy)
    filled = bins.support > 0

    _close([bins.accuracy[filled], bins.confidence[filled]], [accuracy, confidence])
    _close(bins.brier, sk.brier_score_loss(right, sure))
    assert bins.ece == reliability(sure, right, bins=15, strategy=strategy).ece  # type: ignore[arg-type]
    assert 0 < bins.ece < 0.02


def test_mending_the_truth_that_reviewers_agree_is_wrong_makes_the_reader_better(digits: Digits) -> None:
    """Of 100 suspects, most of five reviewers see the other digit in 10, and neither in 3."""
    mended = digits.truth.astype(np.int64)
    for review in digits.reviews:
        most = max(review["mturk"], key=lambda answer: review["mturk"][answer])
        if most != "given":
            mended[review["id"]] = review["our_guessed_label"] if most == "guessed" else -1
    before, after = choice_summary(digits.choices), choice_summary(Choices.from_scores(mended, digits.scores))

    assert (after.rows, after.without_truth) == (9_997, 3)
    assert after.accuracy > before.accuracy
    _close(after.accuracy, sk.accuracy_score(mended[mended >= 0], digits.choices.predicted[mended >= 0]))


def _observers(shared_data: Path, experiment: str) -> list[Choices]:
    runs = []
    for file in sorted((shared_data / "model_vs_human" / "raw-data" / experiment).glob("*.csv")):
        with file.open() as lines:
            rows = list(csv.DictReader(lines))
        names = sorted({row["category"] for row in rows})
        code = {name: i for i, name in enumerate(names)}
        # "na" is a stimulus that nobody answered in time.
        answers = [code.get(row["object_response"], -1) for row in rows]
        runs.append(Choices.from_codes([code[row["category"]] for row in rows], answers, classes=len(names)))
    return runs


@pytest.mark.parametrize("experiment", STIMULI)
def test_people_score_as_reported_with_unanswered_stimuli_counted_as_wrong(shared_data: Path, experiment: str) -> None:
    observers = _observers(shared_data, experiment)
    known = {"cue-conflict": [0.693, 0.763], "sketch": [0.941, 0.960]}[experiment]
    summaries = [choice_summary(each) for each in observers]

    assert [len(each) for each in observers] == [STIMULI[experiment][1]] * STIMULI[experiment][0]
    assert [summary.accuracy for summary in summaries[:2]] == pytest.approx(known, abs=0.0006)
    for each, summary in zip(observers, summaries, strict=True):
        answers = np.where(each.predicted < 0, 16, each.predicted)
        _close(summary.accuracy, sk.accuracy_score(each.truth, answers))
        _close(summary.mcc, sk.matthews_corrcoef(each.truth, answers))
        _close(summary.kappa, sk.cohen_kappa_score(each.truth, answers))
        for way in ("macro", "weighted", "micro"):
            theirs = sk.precision_recall_fscore_support(each.truth, answers, labels=np.arange(16), average=way)[:3]
            _close(getattr(summary.averages, way)[:3], theirs)
        assert summary.without_prediction == (each.predicted < 0).sum()


@pytest.mark.parametrize("system", FIG_QA)
def test_language_models_choose_as_well_as_is_known(shared_data: Path, system: str) -> None:
    folder = shared_data / "fig_qa"
    truth, chosen = (
        [line[key]["option_index"] for line in json.loads((folder / f"fig_qa-{name}.json").read_text())]
        for name, key in (("dataset", "answers"), (f"{system}-output", "predicted_answers"))
    )
    summary = choice_summary(Choices.from_codes(truth, chosen, classes=2))

    assert (summary.rows, summary.accuracy) == (1094, pytest.approx(FIG_QA[system], abs=5e-5))
    _close(summary.mcc, sk.matthews_corrcoef(truth, chosen))
    _close(summary.averages.macro.f1, sk.f1_score(truth, chosen, average="macro"))
