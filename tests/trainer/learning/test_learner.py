"""Steps follow their pace, and the running mean follows the weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from trainer.learning.learner import Learner, RunningMean, pace, uses_bf16
from trainer.learning.settings import TrainingSettings

CPU = torch.device("cpu")


class _Line(nn.Module):
    """A network of one weight, whose loss is its distance from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.register_buffer("seen", torch.zeros(1, dtype=torch.int64))

    def forward(self, pictures: Tensor, truths: object) -> dict[str, Tensor]:
        self.seen += 1
        return {"distance": (self.weight - 1).abs().sum(), "nothing": pictures.sum() * 0}


def _learner(**settings: float) -> Learner:
    chosen = TrainingSettings(learning_rate=0.1, weight_decay=0, **settings)  # type: ignore[arg-type]
    return Learner(_Line(), chosen, device=CPU, steps=100)


def test_the_pace_climbs_and_then_falls_to_nothing() -> None:
    paces = [pace(step, 100, warm_up=20) for step in range(101)]

    assert paces[0] == pytest.approx(1 / 20)
    assert max(paces) == max(paces[15:25])
    assert paces[100] == pytest.approx(0)
    assert pace(0, 100, warm_up=0) == 1


def test_steps_take_the_learning_rate_at_their_pace() -> None:
    learner = _learner(warm_up=0)
    losses = [learner.learn(torch.zeros(1), []).item() for _ in range(20)]

    assert losses[0] == 1
    assert learner.network.weight.item() == pytest.approx(1, abs=0.2)
    assert losses[1] == pytest.approx(0.9, abs=1e-6)


def test_the_running_mean_lags_behind_and_copies_counts() -> None:
    learner = _learner(ema=0.5, warm_up=0)
    for _ in range(3):
        learner.learn(torch.zeros(1), [])
    weights = learner.weights()

    assert 0 < weights["weight"].item() < learner.network.weight.item()
    assert weights["seen"].item() == 3


def test_the_running_mean_is_of_the_last_steps() -> None:
    network = _Line()
    mean = RunningMean(network, 0.25)
    with torch.no_grad():
        network.weight.fill_(1.0)
    mean.follow(network, 100)

    assert mean.state["weight"].item() == 0.75


def test_the_mean_is_lent_and_the_weights_come_back() -> None:
    learner = _learner(ema=0.5, warm_up=0)
    learner.learn(torch.zeros(1), [])
    before = learner.network.weight.item()
    with learner.mean_taken():
        lent = learner.network.weight.item()

    assert lent == learner.weights()["weight"].item() != before
    assert learner.network.weight.item() == before


def test_a_learner_goes_on_from_its_state_as_if_nothing_had_been() -> None:
    unbroken, broken, resumed = (_learner(ema=0.9) for _ in range(3))
    for _ in range(3):
        unbroken.learn(torch.zeros(1), [])
        broken.learn(torch.zeros(1), [])
    resumed.load(broken.state())
    for learner in (unbroken, resumed):
        for _ in range(3):
            learner.learn(torch.zeros(1), [])

    assert torch.equal(unbroken.network.weight, resumed.network.weight)
    assert torch.equal(unbroken.weights()["weight"], resumed.weights()["weight"])


def test_sixteen_bits_are_for_gpus_unless_asked_for() -> None:
    assert not uses_bf16("auto", CPU)
    assert uses_bf16("bf16", CPU)
    assert not uses_bf16("off", torch.device("cuda"))
