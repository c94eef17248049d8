"""A training learns, repeats itself, and tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.learning import fitting
from trainer.learning.detector import Detector
from trainer.learning.fitting import Progress, pace, train_detector
from trainer.learning.prediction import detect
from trainer.learning.settings import TrainingSettings
from trainer.records.errors import TrainingError
from trainer.records.snapshot import Snapshot

MakeSnapshot = Callable[..., Snapshot]


def _weights(detector: Detector) -> dict[str, torch.Tensor]:
    return detector.network.state_dict()


def _are_equal(first: Detector, second: Detector) -> bool:
    return all(torch.equal(value, _weights(second)[name]) for name, value in _weights(first).items())


def _iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    start = np.maximum(first[:, :2], second[:, :2])
    end = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    inner = np.clip(end - start, 0, None).prod(axis=1)
    union: np.ndarray = first[:, 2:].prod(axis=1) + second[:, 2:].prod(axis=1) - inner
    return inner / union


@pytest.mark.parametrize("backbone", ["tiny_resnet", "resnet18", "mobilenet_v3_small"])
def test_every_family_trains(backbone: str, make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    snapshot = make_snapshot(2)
    detector, log = train_detector(snapshot, replace(quick, backbone=backbone))

    assert detector.features == ("disc", "square")
    assert np.isfinite(log.step_losses).all()
    assert len(log.step_losses) == 1


def test_one_scene_is_learned_by_heart(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    snapshot = make_snapshot(1)
    detector, log = train_detector(
        snapshot, replace(quick, epochs=100, learning_rate=0.005, augmentation="none", flips="none")
    )
    found = detect(detector, snapshot, min_confidence=0.5).predictions

    assert log.epoch_losses[-1] < 0.1 * log.epoch_losses[0]
    assert sorted(found.feature.tolist()) == [0, 1]
    assert _iou(found.box[np.argsort(found.feature)], snapshot.truth.box).min() > 0.6


def test_the_same_seed_gives_the_same_weights(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    snapshot = make_snapshot(4)
    first, second, other = (train_detector(snapshot, replace(quick, epochs=2, seed=seed))[0] for seed in (3, 3, 4))

    assert _are_equal(first, second)
    assert not _are_equal(first, other)


def test_torch_is_left_as_it_was(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    torch.manual_seed(7)
    before = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.get_rng_state())
    train_detector(make_snapshot(2), replace(quick, threads=2))
    after = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.get_rng_state())

    assert before[:2] == after[:2]
    assert torch.equal(before[2], after[2])


def test_a_training_from_weights_starts_there_and_leaves_them(
    make_snapshot: MakeSnapshot, quick: TrainingSettings
) -> None:
    snapshot = make_snapshot(4)
    learned, first = train_detector(snapshot, replace(quick, epochs=15))
    before = {name: value.clone() for name, value in _weights(learned).items()}
    _, further = train_detector(snapshot, quick, initial=learned)

    assert further.epoch_losses[0] < 0.7 * first.epoch_losses[0]
    assert all(torch.equal(value, before[name]) for name, value in _weights(learned).items())


def test_weights_of_other_features_are_no_start(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    snapshot = make_snapshot(2)
    learned, _ = train_detector(snapshot, quick)

    with pytest.raises(TrainingError, match="know the features disc, square, in this order; asked for: square, disc"):
        train_detector(snapshot, quick, features=["square", "disc"], initial=learned)


def test_weights_of_another_architecture_are_no_start(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    snapshot = make_snapshot(2)
    learned, _ = train_detector(snapshot, quick)

    with pytest.raises(TrainingError, match="have stride 8, this training wants 4"):
        train_detector(snapshot, replace(quick, stride=4), initial=learned)


def test_only_training_rows_are_learned_from(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    snapshot = make_snapshot(4, splits=["validation", "training", "test", "training"])
    _, log = train_detector(snapshot, quick)

    assert log.keys == ("scene-1.png", "scene-3.png")


def test_every_picture_and_step_is_told(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    told: list[Progress] = []
    _, log = train_detector(make_snapshot(3), replace(quick, epochs=2), report=told.append)
    steps = [one for one in told if one.stage == "training"]

    assert [one.step for one in told if one.stage == "reading pictures"] == [1, 2, 3]
    assert [(one.step, one.steps, one.epoch, one.epochs) for one in steps] == [
        (1, 4, 1, 2),
        (2, 4, 1, 2),
        (3, 4, 2, 2),
        (4, 4, 2, 2),
    ]
    assert tuple(one.loss for one in steps) == log.step_losses
    assert steps[-1].seconds_left == 0


def test_a_loss_that_is_no_number_stops_the_training_with_help(
    make_snapshot: MakeSnapshot, quick: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = fitting.centre_loss
    monkeypatch.setattr(fitting, "centre_loss", lambda *given, stride: right(*given, stride=stride) * float("nan"))

    with pytest.raises(TrainingError, match=r"epoch 1 of 1, at step 1\. The learning rate 0\.002 is too large"):
        train_detector(make_snapshot(2), quick)


def test_a_missing_picture_is_named(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    snapshot = make_snapshot(3)
    bare = snapshot.rows.table.set_column(2, "uri", [[snapshot.rows.uris[0], None, None]])
    rows = type(snapshot.rows)(bare.cast(snapshot.rows.table.schema))

    with pytest.raises(TrainingError, match=r"2 of 3 rows have no picture, only a size; first: 'scene-1\.png'"):
        train_detector(Snapshot(snapshot.ontology, rows, snapshot.truth), quick)


def test_a_moved_picture_is_named(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    snapshot = make_snapshot(3)
    Path(str(snapshot.rows.uris[1])).unlink()

    with pytest.raises(TrainingError, match=r"picture of row 'scene-1\.png' cannot be read"):
        train_detector(snapshot, quick)


def test_the_pace_climbs_and_then_falls_to_nothing() -> None:
    paces = [pace(step, 100) for step in range(101)]

    assert paces[0] == pytest.approx(1 / 20)
    assert max(paces) == max(paces[15:25])
    assert paces[100] == pytest.approx(0)
