"""A training on disk, so that it can go on after it was stopped or killed: one file, replaced as a whole."""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainer.learning.course import Course
from trainer.learning.learner import Learner, State
from trainer.learning.settings import TrainingSettings
from trainer.records.design import Design
from trainer.records.errors import RunDamagedError, TrainingError
from trainer.records.snapshot import Snapshot
from trainer.records.whole_files import whole_file

FORMAT = 1
LEAST_SECONDS = 15.0
"""An epoch's end this soon after the last checkpoint writes none."""
MOST_SECONDS = 300.0
"""Within a long epoch one is written this often."""
_SAID = {
    "design": "another design",
    "settings": "other settings",
    "data": "other data",
    "rows": "other rows",
    "start": "other weights to start from",
}


def identify(
    snapshot: Snapshot, rows: np.ndarray, *, design: Design, settings: TrainingSettings, start: State | None
) -> dict[str, Any]:
    """What a training is, so that a checkpoint is not taken for that of another one."""
    keys = "\n".join(snapshot.rows.keys[row] for row in rows.tolist())
    return {
        "design": design.to_json(),
        "settings": asdict(settings),
        "data": snapshot.digest,
        "rows": hashlib.sha256(keys.encode()).hexdigest(),
        "start": None if start is None else _digest(start),
    }


def _digest(state: Mapping[str, Tensor]) -> str:
    found = hashlib.sha256()
    for name, value in state.items():
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


class Checkpoint:
    """The file of one training.

    Args:
        path: Where it stands or will stand; None keeps nothing.
        training: What `identify` said of the training; not looked at where nothing is kept.
    """

    def __init__(self, path: Path | None, training: dict[str, Any]) -> None:
        self.path, self.training = path, training
        self._written = time.monotonic()

    def is_due(self, *, epoch_ended: bool) -> bool:
        """Whether it is time to write one."""
        least = LEAST_SECONDS if epoch_ended else MOST_SECONDS
        return self.path is not None and time.monotonic() - self._written >= least

    def write(self, learner: Learner, course: Course, best: State | None) -> None:
        """Keep everything that the training needs to go on; a file that was there stays whole until it is replaced.

        Raises:
            TrainingError: If it cannot be written, such as on a full disk.
        """
        if self.path is None:
            return
        content = {
            "format": FORMAT,
            "training": self.training,
            "learner": learner.state(),
            "course": course.state(),
            "best": best,
            "random": _random_states(learner.device),
        }
        _replace(self.path, content)
        self._written = time.monotonic()

    def read(self, learner: Learner) -> tuple[Course, State | None] | None:
        """Set the learner and the random numbers to where the file has them; None where there is no file.

        Raises:
            TrainingError: If it is that of another training, or of a newer modelruns; says what differs.
            RunDamagedError: If it cannot be read.
        """
        if self.path is None or not self.path.exists():
            return None
        content = _load(self.path)
        self._refuse_another(content)
        learner.load(content["learner"])
        _set_random_states(content["random"], learner.device)
        return Course.from_state(content["course"]), content["best"]

    def _refuse_another(self, content: Mapping[str, Any]) -> None:
        if content.get("format") != FORMAT:
            raise TrainingError(
                f"{self.path} is a checkpoint of format {content.get('format')!r}; this modelruns reads {FORMAT}."
            )
        differing = [said for name, said in _SAID.items() if content["training"].get(name) != self.training[name]]
        if differing:
            raise TrainingError(
                f"{self.path} is the checkpoint of another training: it has {', '.join(differing)}"
                f"{_list_settings(content['training'], self.training)}. "
                "Go on with what it was made with, or remove it to begin anew."
            )


def _list_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    names = [name for name, value in now["settings"].items() if before["settings"].get(name) != value]
    told = [f"{name} {before['settings'].get(name)}, not {now['settings'][name]}" for name in names]
    return f" ({'; '.join(told)})" if told else ""


def _replace(path: Path, content: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as unfinished, unfinished.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())  # else a machine that goes down could leave an empty file in the old one's place
    except (OSError, RuntimeError) as error:  # torch tells a full disk as a RuntimeError
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise TrainingError(
            f"The checkpoint {path} cannot be written: {reason}. Make room, or see to the folder's rights; the "
            "training can go on from the checkpoint before, if there is one."
        ) from error


def _load(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, OSError, EOFError, pickle.UnpicklingError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise RunDamagedError(
            f"The checkpoint {path} cannot be read: {reason}. Remove it to begin the training anew."
        ) from error
    return content


def _random_states(device: torch.device) -> dict[str, Any]:
    name, words, *rest = np.random.get_state(legacy=True)  # noqa: NPY002 - libraries draw from it
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
        "numpy": [name, torch.from_numpy(np.asarray(words).astype(np.int64)), *rest],
        "python": random.getstate(),
    }


def _set_random_states(states: Mapping[str, Any], device: torch.device) -> None:
    torch.set_rng_state(states["torch"])
    if device.type == "cuda" and states["cuda"] is not None:
        torch.cuda.set_rng_state(states["cuda"], device)
    name, words, *rest = states["numpy"]
    np.random.set_state((name, words.numpy().astype(np.uint32), *rest))  # noqa: NPY002
    random.setstate(states["python"])
