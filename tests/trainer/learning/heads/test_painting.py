"""What is painted is learned where it is known, and said with how sure the pixels are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trainer.learning.canvas import NOT_LEARNED
from trainer.learning.heads.painting import find_painted, painting_loss


def _perfect(painted: torch.Tensor, features: int) -> torch.Tensor:
    return torch.nn.functional.one_hot(painted, features + 1).permute(2, 0, 1).float()[None] * 60 - 30


def test_a_perfect_answer_costs_nothing_and_a_wrong_one_does() -> None:
    painted = torch.zeros(16, 16, dtype=torch.long)
    painted[:8, :8] = 2

    assert painting_loss(_perfect(painted, 2), [painted]).item() == pytest.approx(0, abs=1e-4)
    assert painting_loss(_perfect(2 - painted, 2), [painted]).item() > 10


def test_pixels_that_are_not_learned_do_not_count() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1, 3, 16, 16)
    painted = torch.randint(0, 3, (16, 16))
    painted[:, 8:] = NOT_LEARNED
    other = torch.cat([logits[..., :8], torch.randn(1, 3, 16, 8)], dim=3)

    assert painting_loss(logits, [painted]).item() == pytest.approx(painting_loss(other, [painted]).item())


def test_a_canvas_of_which_nothing_is_learned_costs_nothing() -> None:
    logits = torch.randn(1, 3, 4, 4, requires_grad=True)
    loss = painting_loss(logits, [torch.full((32, 32), NOT_LEARNED)])
    loss.backward()

    assert loss.item() == 0
    assert logits.grad is not None


def test_the_painted_map_comes_back_with_the_mean_probability_of_each() -> None:
    painted = torch.zeros(8, 8, dtype=torch.long)
    painted[:4] = 1
    found, confidence = find_painted(_perfect(painted, 2)[0], size=(8, 8))

    np.testing.assert_array_equal(found, painted.numpy())
    assert confidence[0] == pytest.approx(1)
    assert np.isnan(confidence[1])


def test_the_confidence_is_that_of_the_softmax() -> None:
    logits = torch.tensor([0.0, np.log(3.0), -50.0])[:, None, None].expand(3, 4, 4)
    _, confidence = find_painted(logits, size=(16, 16))

    assert confidence[0] == pytest.approx(0.75)
