"""An outline is cut out of its box and laid back where it was."""

from __future__ import annotations

import pytest
import torch

from trainer.learning.canvas import CanvasObjects
from trainer.learning.heads.masks import MaskHead, cover_grid, mask_loss, paste


def _draw_disc(corners: list[float], size: tuple[int, int]) -> torch.Tensor:
    left, top, right, bottom = corners
    y, x = torch.arange(size[0])[:, None] + 0.5, torch.arange(size[1])[None] + 0.5
    across, down = (x - (left + right) / 2) / (right - left), (y - (top + bottom) / 2) / (bottom - top)
    return across**2 + down**2 <= 0.25


def test_a_mask_cut_into_a_grid_and_pasted_covers_the_same_pixels() -> None:
    boxes = [[8.0, 4.0, 64.0, 60.0], [30.0, 20.0, 90.0, 50.0]]
    masks = torch.stack([_draw_disc(box, (64, 96)) for box in boxes])
    corners = torch.tensor(boxes)
    back = paste(cover_grid(masks, corners), corners, size=(64, 96)) >= 0.5

    assert ((back & masks).sum((1, 2)) / (back | masks).sum((1, 2)) > 0.97).all()


def test_a_full_grid_fills_exactly_the_pixels_whose_middle_lies_in_the_box() -> None:
    pasted = paste(torch.ones(1, 28, 28), torch.tensor([[1.0, 2.0, 4.0, 4.4]]), size=(6, 6))[0]

    expected = torch.zeros(6, 6)
    expected[2:4, 1:4] = 1
    torch.testing.assert_close(pasted, expected)


def test_between_its_points_a_grid_is_linear() -> None:
    pasted = paste(torch.tensor([[[0.0, 1.0]]]), torch.tensor([[0.0, 0.0, 4.0, 1.0]]), size=(1, 4))

    assert pasted[0, 0].tolist() == pytest.approx([0, 0.25, 0.75, 1])


def test_ignored_objects_are_not_outlined() -> None:
    torch.manual_seed(0)
    head, fused = MaskHead(stride=8), torch.randn(1, 64, 8, 12)
    boxes = torch.tensor([[8.0, 4.0, 64.0, 60.0], [30.0, 20.0, 90.0, 50.0]])
    masks = torch.stack([_draw_disc(box, (64, 96)) for box in boxes.tolist()])
    feature = torch.tensor([0, 0])
    both = CanvasObjects(boxes, feature, torch.tensor([False, True]), masks)
    first = CanvasObjects(boxes[:1], feature[:1], torch.tensor([False]), masks[:1])

    assert mask_loss(head, fused, [both]).item() == mask_loss(head, fused, [first]).item()


def test_without_objects_every_weight_still_takes_part() -> None:
    head = MaskHead(stride=8)
    nothing = CanvasObjects(torch.zeros(0, 4), torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.bool))
    loss = mask_loss(head, torch.randn(2, 64, 8, 8), [nothing, nothing])
    loss.backward()

    assert loss.item() == 0
    assert all(weights.grad is not None for weights in head.parameters())


def test_no_boxes_have_no_outlines() -> None:
    assert MaskHead(stride=8)(torch.randn(1, 64, 8, 8), [torch.zeros(0, 4)]).shape == (0, 28, 28)
    assert paste(torch.zeros(0, 28, 28), torch.zeros(0, 4), size=(64, 64)).shape == (0, 64, 64)
