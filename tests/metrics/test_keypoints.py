"""Keypoints are judged by COCO's similarity, and score as in pycocotools."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import metrics
from metrics import ColumnError, Keypoints

TOLERANCE = 1e-12
SIGMAS = [0.05, 0.1]


def _similarity(truth: Keypoints, found: Keypoints) -> list[float]:
    return metrics.find_overlaps(truth, found, rows=1, features=1, min_overlap=0.01).table_pairs().iou.tolist()


def test_similarity_falls_with_distance_by_the_scale_of_object_and_keypoint() -> None:
    truth = Keypoints.from_points([0], [0], [[0, 0, 2, 50, 50, 2]], sigmas=SIGMAS, area=[2500])
    found = Keypoints.from_points([0], [0], [[3, 4, 1, 50, 50, 1]], sigmas=SIGMAS, confidence=[1])
    expected = (np.exp(-25 / (2 * 2500 * 0.1**2)) + 1) / 2

    assert _similarity(truth, found) == pytest.approx([expected])


def test_keypoints_that_are_not_visible_do_not_count() -> None:
    truth = Keypoints.from_points([0], [0], [[0, 0, 2, 50, 50, 0]], sigmas=SIGMAS, area=[2500])
    found = Keypoints.from_points([0], [0], [[0, 0, 1, 900, 900, 1]], sigmas=SIGMAS, confidence=[1])

    assert _similarity(truth, found) == [1.0]


def test_an_object_without_visible_keypoints_is_ignored() -> None:
    truth = Keypoints.from_points([0], [0], [[0, 0, 0, 50, 50, 0]], sigmas=SIGMAS, box=[[0, 0, 50, 50]])

    assert truth.ignored.tolist() == [True]
    assert truth.area.tolist() == [2500]


def test_one_sigma_is_needed_for_each_keypoint() -> None:
    with pytest.raises(ColumnError, match="6 numbers were given as points, but 1 objects with 17 keypoints need"):
        Keypoints.from_points([0], [0], [[0, 0, 2, 50, 50, 2]])


def test_unknown_places_are_refused() -> None:
    with pytest.raises(ColumnError, match=r"1 of 1 objects have a keypoint or box with an unknown place; .*row 3"):
        Keypoints.from_points([3], [0], [[0, np.nan, 2, 50, 50, 2]], sigmas=SIGMAS)


def test_both_sides_have_the_same_keypoints() -> None:
    truth = Keypoints.from_points([0], [0], [[0, 0, 2]], sigmas=[0.05])
    found = Keypoints.from_points([0], [0], [[0, 0, 2, 50, 50, 2]], sigmas=SIGMAS)

    with pytest.raises(ColumnError, match="True objects have 1 keypoints, predicted ones 2"):
        metrics.find_overlaps(truth, found, rows=1, features=1)


def test_each_kind_of_shape_has_its_summary() -> None:
    points = Keypoints.from_points([0], [0], [[0, 0, 2]], sigmas=[0.05])
    boxes = metrics.Boxes.from_sizes([0], [0], [[0, 0, 1, 1]])

    with pytest.raises(ColumnError, match="Keypoints have ten numbers of their own"):
        metrics.coco_summary(metrics.find_overlaps(points, points, rows=1, features=1))
    with pytest.raises(ColumnError, match="These numbers are about keypoints, not boxes"):
        metrics.coco_keypoint_summary(metrics.find_overlaps(boxes, boxes, rows=1, features=1))


@pytest.mark.parametrize("points", [17, 5, 1])
@pytest.mark.parametrize("seed", range(30))
def test_generated_keypoints_score_as_in_pycocotools(
    seed: int, points: int, make_keypoints: Any, pycocotools_on: Any
) -> None:
    scene = make_keypoints(seed, points=points)
    summary, answer = metrics.coco_keypoint_summary(scene.overlaps()), pycocotools_on(scene)
    expected = np.where(answer.numbers == -1, np.nan, answer.numbers)
    precision = np.where(answer.precision == -1, np.nan, answer.precision).mean(axis=1)

    np.testing.assert_allclose([*summary.numbers().values()], expected, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(summary.per_feature.ap, precision[:, :, 0, 0].mean(axis=0), rtol=0, atol=TOLERANCE)
