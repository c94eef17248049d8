"""The validation score is the metric that a task is known by."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trainer.learning.canvas import NOT_LEARNED, CanvasFound, CanvasObjects, CanvasTruth
from trainer.learning.validation import score_of
from trainer.records.design import Design, Task

CORNERS = [[0.0, 0.0, 8.0, 8.0], [16.0, 0.0, 24.0, 8.0]]
MASKS = np.zeros((2, 32, 32), dtype=bool)
MASKS[0, :8, :8] = MASKS[1, :8, 16:24] = True
PAINTED = np.zeros((4, 4), dtype=np.int64)
PAINTED[:2] = 1
BOTH = Design(Task.DETECTION_AND_SEGMENTATION, ("cat", "grass"), painted=("grass",))


def _truth(*, masks: bool = False) -> CanvasObjects:
    ignored, drawn = torch.zeros(2, dtype=torch.bool), torch.from_numpy(MASKS) if masks else None
    return CanvasObjects(torch.tensor(CORNERS), torch.zeros(2, dtype=torch.int64), ignored, drawn)


def _found(confidence: list[float], *, masks: bool = False) -> CanvasFound:
    n = len(confidence)
    sure = np.array(confidence)
    return CanvasFound(np.array(CORNERS)[:n], np.zeros(n, dtype=np.int64), sure, MASKS[:n] if masks else None)


@pytest.mark.parametrize(("confidence", "score"), [([0.9, 0.8], 1.0), ([0.9], 51 / 101), ([], 0.0)])
def test_a_detector_is_scored_by_average_precision(confidence: list[float], score: float) -> None:
    pairs = [(CanvasTruth(_truth()), _found(confidence))]

    assert score_of(pairs, Design(Task.DETECTION, ("cat",))) == pytest.approx(score)


def test_outlines_are_scored_by_their_masks() -> None:
    design = Design(Task.INSTANCE_SEGMENTATION, ("cat",))
    found = _found([0.9, 0.8], masks=True)
    half = CanvasFound(found.corners, found.feature, found.confidence, MASKS & (np.arange(32) < 4))

    assert score_of([(CanvasTruth(_truth(masks=True)), found)], design) == pytest.approx(1)
    assert score_of([(CanvasTruth(_truth(masks=True)), half)], design) < 0.1


def test_painting_is_scored_by_the_mean_iou_of_what_is_learned() -> None:
    design = Design(Task.SEMANTIC_SEGMENTATION, ("grass",))
    said = np.where(np.arange(4) < 2, PAINTED, 0)
    unknown = PAINTED.copy()
    unknown[:, 2:] = NOT_LEARNED

    def score(truth: np.ndarray) -> float:
        return score_of([(CanvasTruth(painted=torch.from_numpy(truth)), CanvasFound(painted=said))], design)

    assert score(PAINTED) == pytest.approx(0.5)
    assert score(unknown) == pytest.approx(1)


def test_a_choice_is_scored_by_accuracy_and_a_checklist_by_its_answers() -> None:
    truths = [[1.0, 0.0], [0.0, 1.0]]
    pairs = [(CanvasTruth(answers=torch.tensor(truth)), CanvasFound(answers=np.array([0.9, 0.8]))) for truth in truths]

    assert score_of(pairs, Design(Task.CLASSIFICATION, ("a", "b"))) == 0.5
    assert score_of(pairs[:1], Design(Task.CLASSIFICATION, ("a", "b"))) == 1
    assert score_of(pairs, Design(Task.CLASSIFICATION, ("a", "b"), several=True)) == 0.5


def test_a_model_that_finds_and_paints_has_the_mean_of_both_scores() -> None:
    found = _found([0.9])
    said = CanvasFound(found.corners, found.feature, found.confidence, painted=PAINTED)
    truth = CanvasTruth(_truth(), torch.from_numpy(PAINTED))

    assert score_of([(truth, said)], BOTH) == pytest.approx((51 / 101 + 1) / 2)


def test_without_truth_the_score_is_undefined() -> None:
    none = CanvasObjects(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.bool))

    assert np.isnan(score_of([(CanvasTruth(none), _found([0.9]))], Design(Task.DETECTION, ("cat",))))
