"""Two processes train like one, and repeat themselves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainer.learning import distributed
from trainer.records.layout import write_snapshot
from trainer.records.snapshot import Snapshot

MakeSnapshot = Callable[..., Snapshot]
_SCRIPT = Path(__file__).with_name("two_processes.py")


def _train_in_two_processes(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    ended = subprocess.run(
        [*command, str(_SCRIPT), str(folder)], check=False, capture_output=True, text=True, timeout=600
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    found: dict[str, Any] = json.loads((folder / "found.json").read_text())
    return found


def test_two_processes_agree_repeat_themselves_and_learn(make_snapshot: MakeSnapshot, tmp_path: Path) -> None:
    write_snapshot(make_snapshot(7), tmp_path)
    found = _train_in_two_processes(tmp_path)
    of_each = found["of_each_process"]

    assert found["world_size"] == 2
    assert of_each[0] == of_each[1] == found["again"]
    assert found["losses"][-1] < 0.9 * found["losses"][0]
    assert found["difference"] < 1e-5
    assert found["told"] == "by 0"
    assert found["failures"] == [
        "ValueError: the disk is full",
        "TrainingError: The first of 2 processes failed: ValueError: the disk is full",
    ]


def test_one_process_is_the_first_and_waits_for_nobody() -> None:
    distributed.barrier()

    assert (distributed.is_distributed(), distributed.rank(), distributed.world_size()) == (False, 0, 1)
    assert distributed.from_first(lambda: 3) == 3


def test_the_rank_is_what_torchrun_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")

    assert (distributed.is_distributed(), distributed.rank(), distributed.world_size()) == (True, 1, 4)
    assert not distributed.is_first()
