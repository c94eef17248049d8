"""Weights come back as they were, under the features they were trained on and no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from trainer.learning.detector import Detector
from trainer.learning.fitting import train_detector
from trainer.learning.prediction import detect
from trainer.learning.settings import TrainingSettings
from trainer.learning.weights import load_detector, save_detector
from trainer.records.errors import RunDamagedError, TrainingError
from trainer.records.snapshot import Snapshot

MakeSnapshot = Callable[..., Snapshot]


@pytest.fixture
def saved(make_snapshot: MakeSnapshot, quick: TrainingSettings, tmp_path: Path) -> tuple[Detector, Path]:
    """A detector and the folder it was written to."""
    detector, _ = train_detector(make_snapshot(2), quick)
    folder = tmp_path / "run"
    save_detector(detector, folder)
    return detector, folder


def test_a_detector_comes_back_as_it_was(saved: tuple[Detector, Path]) -> None:
    detector, folder = saved
    back = load_detector(folder, features=("disc", "square"))
    weights = back.network.state_dict()

    assert (back.features, back.settings) == (detector.features, detector.settings)
    assert all(torch.equal(value, weights[name]) for name, value in detector.network.state_dict().items())
    assert not back.network.training


def test_a_detector_that_was_saved_says_the_same(saved: tuple[Detector, Path], make_snapshot: MakeSnapshot) -> None:
    detector, folder = saved
    snapshot = make_snapshot(1)
    before, after = (
        detect(one, snapshot, min_confidence=0, threads=1, device="cpu") for one in (detector, load_detector(folder))
    )

    assert before.predictions.table.equals(after.predictions.table)
    assert (before.embeddings == after.embeddings).all()


def test_another_order_of_features_is_refused(saved: tuple[Detector, Path]) -> None:
    with pytest.raises(TrainingError, match="disc, square, in this order; asked for: square, disc"):
        load_detector(saved[1], features=["square", "disc"])


def test_the_card_tells_features_settings_and_licence(saved: tuple[Detector, Path]) -> None:
    card = json.loads((saved[1] / "model/card.json").read_text())

    assert card["features"] == ["disc", "square"]
    assert card["settings"]["backbone"] == "tiny_resnet"
    assert card["licence_of_pretrained_weights"] is None
    assert card["parameters"] == sum(weights.numel() for weights in saved[0].network.parameters())


def test_a_card_of_the_future_is_refused(saved: tuple[Detector, Path]) -> None:
    path = saved[1] / "model/card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))

    with pytest.raises(TrainingError, match="in format 99"):
        load_detector(saved[1])


@pytest.mark.parametrize("name", ["model/card.json", "model/weights.safetensors"])
def test_a_damaged_file_is_named(name: str, saved: tuple[Detector, Path]) -> None:
    path = saved[1] / name
    path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(RunDamagedError, match=path.name):
        load_detector(saved[1])


def test_weights_of_other_features_are_no_match_for_the_card(saved: tuple[Detector, Path]) -> None:
    path = saved[1] / "model/card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"features": ["disc"]}))

    with pytest.raises(RunDamagedError, match="does not hold the weights"):
        load_detector(saved[1])
