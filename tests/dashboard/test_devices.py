"""What this machine can compute with is asked of torch, in a process of its own."""

from __future__ import annotations

import subprocess

import pytest

from dashboard import devices
from trainer.learning.devices import check_device
from trainer.records.errors import TrainingError


@pytest.fixture(autouse=True)
def _no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    devices._ask_torch.clear()
    monkeypatch.setattr(devices, "_SECONDS", 600)  # importing torch takes its time on a busy machine


def _said_by_the_training(device: str, mixed_precision: str) -> str:
    try:
        check_device(device, mixed_precision)
    except TrainingError as error:
        return str(error)
    return ""


def test_what_every_machine_can_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*command: object, **options: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", refuse)

    assert [devices.device_problem(device, "auto") for device in ("auto", "cpu")] == ["", ""]


@pytest.mark.parametrize(("device", "mixed_precision"), [("cuda", "auto"), ("cpu", "bf16")])
def test_the_page_says_what_the_training_would_say(device: str, mixed_precision: str) -> None:
    assert devices.device_problem(device, mixed_precision) == _said_by_the_training(device, mixed_precision)
    assert "bf16 needs a GPU" in _said_by_the_training("cpu", "bf16")


def test_where_torch_does_not_answer_the_training_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*command: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("python", 1)

    monkeypatch.setattr(subprocess, "run", hang)

    assert devices.device_problem("cuda", "auto") == ""
