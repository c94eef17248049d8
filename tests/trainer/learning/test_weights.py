"""Weights come back as they were, under the features they were trained on and no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from trainer.learning.fitting import fit
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel
from trainer.learning.weights import load_model, save_model
from trainer.records.design import Design
from trainer.records.errors import RunDamagedError, TrainingError
from trainer.records.snapshot import Snapshot

MakeSnapshot = Callable[..., Snapshot]


Saved = tuple[TrainedModel, Path]


@pytest.fixture
def saved(make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings, tmp_path: Path) -> Saved:
    """A model and the folder it was written to."""
    model, _ = fit(make_snapshot(2), detector, quick)
    folder = tmp_path / "run"
    save_model(model, folder)
    return model, folder


def _rewrite_card(folder: Path, **changes: object) -> None:
    path = folder / "model/card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def _are_equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(value, second[name]) for name, value in first.items())


def test_a_model_comes_back_as_it_was(saved: Saved) -> None:
    model, folder = saved
    back = load_model(folder, features=("disc", "square"))

    assert (back.design, back.settings) == (model.design, model.settings)
    assert _are_equal(model.network.state_dict(), back.network.state_dict())
    assert not back.network.training


def test_torch_opens_the_weights_as_a_plain_state_dict(saved: Saved) -> None:
    model, folder = saved
    state = torch.load(folder / "model/weights.pt", weights_only=True)

    assert _are_equal(dict(model.network.state_dict()), state)


def test_another_order_of_features_is_refused(saved: Saved) -> None:
    with pytest.raises(TrainingError, match="disc, square, in this order; asked for: square, disc"):
        load_model(saved[1], features=["square", "disc"])


def test_the_card_tells_design_settings_and_licence(saved: Saved) -> None:
    card = json.loads((saved[1] / "model/card.json").read_text())

    assert card["design"]["features"] == ["disc", "square"]
    assert card["design"]["backbone"] == "tiny_resnet"
    assert card["settings"]["epochs"] == 1
    assert card["licence_of_pretrained_weights"] is None
    assert card["parameters"] == sum(weights.numel() for weights in saved[0].network.parameters())
    assert "torch" in card["versions"]


def test_a_card_of_the_future_is_refused(saved: Saved) -> None:
    _rewrite_card(saved[1], format=99)

    with pytest.raises(TrainingError, match="in format 99"):
        load_model(saved[1])


@pytest.mark.parametrize("name", ["model/card.json", "model/weights.safetensors"])
def test_a_damaged_file_is_named(name: str, saved: Saved) -> None:
    path = saved[1] / name
    path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(RunDamagedError, match=path.name):
        load_model(saved[1])


def test_a_missing_file_is_named(saved: Saved) -> None:
    (saved[1] / "model/weights.safetensors").unlink()

    with pytest.raises(RunDamagedError, match=r"weights\.safetensors"):
        load_model(saved[1])


def test_weights_of_other_features_are_no_match_for_the_card(saved: Saved) -> None:
    _rewrite_card(saved[1], design=saved[0].design.to_json() | {"features": ["disc"]})

    with pytest.raises(RunDamagedError, match="does not hold the weights"):
        load_model(saved[1])


def test_a_card_without_a_design_is_damaged(saved: Saved) -> None:
    _rewrite_card(saved[1], design={})

    with pytest.raises(RunDamagedError, match="does not tell what the weights are"):
        load_model(saved[1])


def test_weights_of_format_1_are_read(saved: Saved) -> None:
    model, folder = saved
    owners = ("fusion.", "centres.")
    state = load_file(folder / "model/weights.safetensors")
    save_file({_without(name, owners): value for name, value in state.items()}, folder / "model/weights.safetensors")
    settings = {"backbone": "tiny_resnet", "stride": 8, "epochs": 1, "image_size": 96, "seed": 0}
    card = {"format": 1, "architecture": "centre-detector", "features": ["disc", "square"], "settings": settings}
    (folder / "model/card.json").write_text(json.dumps(card))
    back = load_model(folder)

    assert back.design == model.design
    assert back.settings == TrainingSettings(epochs=1, image_size=96)
    assert _are_equal(model.network.state_dict(), back.network.state_dict())


def _without(name: str, owners: tuple[str, ...]) -> str:
    """The name that a weight had in format 1."""
    return next((name.removeprefix(owner) for owner in owners if name.startswith(owner)), name)
