"""A training that was killed goes on as if nothing had been."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
import torch

from trainer.learning import checkpoints
from trainer.learning.fitting import TrainingLog, fit
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel
from trainer.records.design import Design
from trainer.records.errors import RunDamagedError, TrainingError, TrainingStoppedError
from trainer.records.layout import write_snapshot
from trainer.records.snapshot import Snapshot

MakeSnapshot = Callable[..., Snapshot]

# Trains from files, keeps a checkpoint after every epoch, and dies in the middle.
_TRAINING = """
import os, signal, sys
from pathlib import Path
from trainer.learning import checkpoints
from trainer.learning.fitting import fit
from trainer.learning.settings import TrainingSettings
from trainer.records.design import Design, Task
from trainer.records.layout import read_snapshot

checkpoints.LEAST_SECONDS = 0
folder = Path(sys.argv[1])
snapshot = read_snapshot(*(folder / name for name in ("data/ontology.json", "data/rows.parquet", "data/truth.parquet")))
settings = TrainingSettings(
    image_size=96, epochs=6, batch=2, threads=1, device="cpu", min_annotations=1, ema=0.9
)


def die_in_the_fourth_epoch(told):
    if told.stage == "training" and told.epoch == 4:
        os.kill(os.getpid(), signal.SIGKILL)


design = Design(Task.DETECTION, ("disc", "square"))
fit(snapshot, design, settings, checkpoint=folder / "training.pt", report=die_in_the_fourth_epoch)
"""


@pytest.fixture(autouse=True)
def every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a checkpoint after every epoch, however short."""
    monkeypatch.setattr(checkpoints, "LEAST_SECONDS", 0.0)


def _are_equal(first: TrainedModel, second: TrainedModel) -> bool:
    one, other = first.network.state_dict(), second.network.state_dict()
    return all(torch.equal(value, other[name]) for name, value in one.items())


def _without_time(log: TrainingLog) -> TrainingLog:
    return replace(log, seconds=0, images_per_second=0)


def _stop_after(steps: int) -> Callable[[], bool]:
    answers: Iterator[bool] = iter([False] * (steps - 1) + [True])
    return lambda: next(answers)


def test_a_training_that_was_killed_ends_with_the_same_weights(
    make_snapshot: MakeSnapshot, detector: Design, tmp_path: Path
) -> None:
    snapshot = make_snapshot(4)
    write_snapshot(snapshot, tmp_path)
    died = subprocess.run([sys.executable, "-c", _TRAINING, str(tmp_path)], check=False, timeout=600)
    settings = TrainingSettings(image_size=96, epochs=6, batch=2, threads=1, device="cpu", min_annotations=1, ema=0.9)
    kept = torch.load(tmp_path / "training.pt", weights_only=True)["course"]["epochs"]
    resumed, log = fit(snapshot, detector, settings, checkpoint=tmp_path / "training.pt")
    unbroken, whole = fit(snapshot, detector, settings)

    assert died.returncode == -signal.SIGKILL
    assert kept == 3
    assert _are_equal(resumed, unbroken)
    assert _without_time(log) == _without_time(whole)


def test_a_training_stopped_within_an_epoch_goes_on_from_there(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings, tmp_path: Path
) -> None:
    snapshot, path = make_snapshot(6, splits=["training"] * 5 + ["validation"]), tmp_path / "training.pt"
    settings = replace(quick, epochs=3, early_stopping=2)
    for steps in (2, 1, 4):
        with pytest.raises(TrainingStoppedError, match="it can go on from its checkpoint"):
            fit(snapshot, detector, settings, checkpoint=path, should_stop=_stop_after(steps))
    resumed, log = fit(snapshot, detector, settings, checkpoint=path)
    unbroken, whole = fit(snapshot, detector, settings)

    assert _are_equal(resumed, unbroken)
    assert _without_time(log) == _without_time(whole)


def test_a_finished_training_comes_back_from_its_checkpoint(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings, tmp_path: Path
) -> None:
    snapshot, path = make_snapshot(2), tmp_path / "training.pt"
    first, _ = fit(snapshot, detector, quick, checkpoint=path)
    again, log = fit(snapshot, detector, quick, checkpoint=path, should_stop=lambda: True)

    assert _are_equal(first, again)
    assert log.epochs == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"epochs": 9, "seed": 1}, r"it has other settings \(epochs 1, not 9; seed 0, not 1\)"),
        ({"rows": 1}, "it has other rows"),
        ({"data": 3}, "it has other data, other rows"),
        ({"initial": True}, "it has other weights to start from"),
        ({"stride": 4}, "it has another design"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(
    change: dict[str, int],
    words: str,
    make_snapshot: MakeSnapshot,
    detector: Design,
    quick: TrainingSettings,
    tmp_path: Path,
) -> None:
    snapshot, path = make_snapshot(2), tmp_path / "training.pt"
    model, _ = fit(snapshot, detector, quick, checkpoint=path)
    settings = {name: value for name, value in change.items() if name in ("epochs", "seed")}

    with pytest.raises(TrainingError, match=words):
        fit(
            make_snapshot(3) if "data" in change else snapshot,
            replace(detector, stride=change.get("stride", 8)),
            replace(quick, **settings),  # type: ignore[arg-type]
            rows=snapshot.rows.in_split("training")[: change["rows"]] if "rows" in change else None,
            initial=model if "initial" in change else None,
            checkpoint=path,
        )


@pytest.mark.parametrize("content", [b"", b"no checkpoint", pickle.dumps(print, protocol=2)])
def test_a_damaged_checkpoint_is_named_and_never_run(
    content: bytes, make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings, tmp_path: Path
) -> None:
    path = tmp_path / "training.pt"
    path.write_bytes(content)

    with pytest.raises(RunDamagedError, match=r"training\.pt cannot be read: .* Remove it"):
        fit(make_snapshot(2), detector, quick, checkpoint=path)


def test_nothing_unfinished_is_left_beside_a_checkpoint(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings, tmp_path: Path
) -> None:
    path = tmp_path / "kept" / "training.pt"
    fit(make_snapshot(2), detector, quick, checkpoint=path)

    assert [entry.name for entry in path.parent.iterdir()] == ["training.pt"]


def test_a_checkpoint_that_cannot_be_written_is_told_and_leaves_nothing(
    make_snapshot: MakeSnapshot,
    detector: Design,
    quick: TrainingSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def save(content: object, file: BinaryIO) -> None:
        file.write(b"half")
        raise RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed")

    monkeypatch.setattr(torch, "save", save)
    with pytest.raises(TrainingError, match=r"cannot be written: PytorchStreamWriter.*Make room"):
        fit(make_snapshot(2), detector, quick, checkpoint=tmp_path / "training.pt")
    assert not list(tmp_path.glob("training.pt*"))
