"""A training in several processes of which one dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import trainer
from trainer import Annotations, Ontology, Rows, Snapshot, Store
from trainer.learning import distributed
from trainer.projects import save_version
from trainer.store import RunWriter

_SCRIPT = Path(__file__).with_name("dying_together.py")
_TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def _keep_squares(folder: Path, store: Store) -> None:
    keys = [f"{number}.png" for number in range(8)]
    for key in keys:
        picture = np.full((64, 64, 3), 230, np.uint8)
        picture[16:40, 8:32] = (160, 30, 60)
        Image.fromarray(picture).save(folder / key)
    rows = Rows.from_columns(
        keys=keys, widths=[64] * 8, heights=[64] * 8, splits=["training"] * 8, uris=[str(folder / key) for key in keys]
    )
    truth = Annotations.from_columns(row=range(8), feature=[0] * 8, box=[[8, 16, 24, 24]] * 8)
    save_version("squares", Snapshot(Ontology.flat({"square": "box"}), rows, truth), store=store)


def test_where_another_process_dies_the_first_fails_and_says_so(store: Store, tmp_path: Path) -> None:
    _keep_squares(tmp_path, store)
    environment = os.environ | {"MLFLOW_TRACKING_URI": store.location.uri, "OMP_NUM_THREADS": "1"}

    ended = subprocess.run(
        [*_TORCHRUN, str(_SCRIPT), "1"], env=environment, check=False, capture_output=True, text=True, timeout=600
    )

    assert ended.returncode != 0
    assert "Process 0 of 2 cannot go on: another one ended" in ended.stderr
    (run,) = store.runs("finder", sealed_only=False)
    assert str(run.state) == "failed"
    assert "cannot go on" in run.tags["trainer.error"]
    assert trainer.list_models(store=store)[0].latest() is None


@pytest.fixture
def first_of_two(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process is one of two, which torchrun's signal ends unless it is caught."""
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("first_of_two")
@pytest.mark.parametrize(
    ("said", "is_lost"),
    [("[gloo/transport/tcp/pair.cc:561] Connection closed by peer [127.0.0.1]:29889", True), ("mat1 and mat2", False)],
)
def test_only_the_end_of_others_is_told_as_such(said: str, is_lost: bool) -> None:
    with (
        pytest.raises(trainer.TrainingError if is_lost else RuntimeError, match="cannot go on" if is_lost else said),
        distributed.told_of_the_others(),
    ):
        raise RuntimeError(said)


@pytest.mark.usefixtures("first_of_two")
def test_a_run_is_marked_failed_though_torchrun_ends_the_process_meanwhile(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail = RunWriter.fail

    def signalled(self: RunWriter, trace: str) -> None:
        signal.raise_signal(signal.SIGTERM)
        fail(self, trace)

    monkeypatch.setattr(RunWriter, "fail", signalled)
    with (
        pytest.raises(trainer.TrainingError, match="cannot go on"),
        trainer.start_run("squares", "lost", features=["square"], store=store),
        distributed.told_of_the_others(),
    ):
        raise RuntimeError("Connection closed by peer")

    assert str(store.runs("squares", sealed_only=False)[0].state) == "failed"


@pytest.mark.usefixtures("first_of_two")
def test_a_signal_ends_a_training_once(store: Store) -> None:
    with (
        pytest.raises(trainer.TrainingError, match="all of them were told to end"),
        trainer.start_run("squares", "told", features=["square"], store=store),
        distributed.told_of_the_others(),
    ):
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)

    assert str(store.runs("squares", sealed_only=False)[0].state) == "failed"
