"""Answers count where they are known."""

from __future__ import annotations

import math

import pytest
import torch

from trainer.learning.heads.classes import class_loss, find_answers

NAN = math.nan
LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.0, 0.0, 0.0]])


def test_one_of_several_is_learned_by_the_softmax() -> None:
    loss = class_loss(LOGITS[1:], [torch.tensor([0.0, 1.0, 0.0])], several=False)

    assert loss.item() == pytest.approx(math.log(3))


def test_each_of_several_is_learned_by_itself() -> None:
    loss = class_loss(LOGITS[1:], [torch.tensor([1.0, 1.0, 0.0])], several=True)

    assert loss.item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("several", [False, True])
def test_a_row_without_answers_does_not_count(several: bool) -> None:
    known = torch.tensor([1.0, 0.0, 0.0])
    alone = class_loss(LOGITS[:1], [known], several=several)
    beside = class_loss(LOGITS, [known, torch.full((3,), NAN)], several=several)
    nothing = class_loss(LOGITS, [torch.full((3,), NAN)] * 2, several=several)

    assert beside.item() == alone.item()
    assert nothing.item() == 0


def test_of_a_checklist_the_known_answers_count() -> None:
    loss = class_loss(LOGITS[:1], [torch.tensor([NAN, 1.0, NAN])], several=True)

    assert loss.item() == pytest.approx(math.log(2))


def test_probabilities_sum_to_one_where_one_holds() -> None:
    assert find_answers(LOGITS, several=False).sum(dim=1).tolist() == pytest.approx([1, 1])
    assert find_answers(LOGITS, several=True)[1].tolist() == [0.5, 0.5, 0.5]
