"""Whether confidences mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from metrics import (
    Boxes,
    Checklists,
    Choices,
    ColumnError,
    ThresholdError,
    class_reliability,
    find_overlaps,
    match,
    reliability,
    top_reliability,
)

SEEDS = range(25)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("bins", [1, 4, 10])
def test_bins_are_those_of_scikit_learn(seed: int, strategy: str, bins: int) -> None:
    rng = np.random.default_rng(seed)
    sure = rng.integers(0, 21, 80) / 20 if seed % 2 else rng.random(80)
    true = rng.random(80) < sure
    ours = reliability(sure, true, bins=bins, strategy=strategy)  # type: ignore[arg-type]
    accuracy, confidence = calibration_curve(true, sure, n_bins=bins, strategy=strategy)
    filled = ours.support > 0

    np.testing.assert_allclose(ours.accuracy[filled], accuracy, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours.confidence[filled], confidence, rtol=0, atol=1e-12)
    assert np.isnan(ours.accuracy[~filled]).all()
    assert ours.support.sum() == 80
    assert ours.brier == pytest.approx(brier_score_loss(true, sure), abs=1e-12)


def test_a_confidence_on_an_edge_is_in_the_lower_bin() -> None:
    assert reliability([0.0, 0.5, 0.51, 1.0], [True] * 4, bins=2).support.tolist() == [2, 2]


def test_empty_bins_are_undefined_and_weigh_nothing() -> None:
    bins = reliability([0.05, 0.95], [False, True])

    assert bins.support.tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert np.isnan(bins.gap[1:-1]).all()
    assert (bins.ece, bins.mce) == (pytest.approx(0.05), pytest.approx(0.05))


def test_the_expected_error_weighs_bins_by_support() -> None:
    bins = reliability([0.2, 0.2, 0.2, 0.9], [True, True, True, True], bins=2)

    assert bins.gap.tolist() == pytest.approx([-0.8, -0.1])
    assert bins.ece == pytest.approx((3 * 0.8 + 0.1) / 4)
    assert bins.mce == pytest.approx(0.8)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_nothing_is_undefined(strategy: str) -> None:
    bins = reliability([], [], strategy=strategy)  # type: ignore[arg-type]

    assert np.isnan([bins.ece, bins.mce, bins.brier]).all()
    assert bins.support.tolist() == [0] * 10


def test_equal_confidences_share_a_bin_however_many_they_are() -> None:
    bins = reliability([0.3] * 6, [True, False] * 3, bins=3, strategy="quantile")

    assert bins.support.tolist() == [6, 0, 0]
    assert bins.ece == pytest.approx(0.2)


def test_choices_are_measured_by_what_was_chosen() -> None:
    scores = [[0.8, 0.2], [0.3, 0.7], [np.nan, np.nan], [0.6, 0.4]]
    bins = top_reliability(Choices.from_scores([0, 0, 1, -1], scores), bins=1)

    assert (bins.support.tolist(), bins.confidence.tolist(), bins.accuracy.tolist()) == ([2], [0.75], [0.5])


def test_classes_are_measured_each_for_itself() -> None:
    lists = Checklists.from_scores([[1, 0], [0, 1], [1, 1]], [[0.9, 0.2], [0.4, 0.6], [np.nan, np.nan]])

    assert class_reliability(lists, 1, bins=2).accuracy.tolist() == [0, 1]
    assert class_reliability(lists, 0, bins=2).support.tolist() == [1, 1]


def test_detections_are_measured_alike() -> None:
    truth = Boxes.from_sizes([0], [0], [[0, 0, 10, 10]])
    found = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]], confidence=[0.9, 0.4])
    bins = reliability([0.9, 0.4], match(find_overlaps(truth, found, rows=1, features=1)).tp, bins=2)

    assert bins.accuracy.tolist() == [0, 1]


def test_every_result_names_its_bins() -> None:
    assert reliability([0.5], [True], bins=15, strategy="quantile").rule == "15 quantile bins"
    assert set(reliability([0.5], [True]).columns()) == {"from", "to", "confidence", "accuracy", "gap", "support"}


def test_bad_input_is_refused() -> None:
    with pytest.raises(ColumnError, match="sigmoid"):
        reliability([1.5], [True])
    with pytest.raises(ColumnError, match="'came_true' has 2"):
        reliability([0.5], [True, False])
    with pytest.raises(ThresholdError, match="bins is 0"):
        reliability([0.5], [True], bins=0)
    with pytest.raises(ColumnError, match="no confidence"):
        top_reliability(Choices.from_codes([0], [0], classes=1))
    with pytest.raises(ColumnError, match="no class 2"):
        class_reliability(Checklists.from_decisions([[1]], [[1]]), 2)
