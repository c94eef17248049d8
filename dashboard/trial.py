"""A model looks at a few files: `modelruns predict` in a process of its own, whose files are deleted afterwards."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dashboard.child import Child, command_to_predict

_GIVEN: Final = "given"
_DRAWN: Final = "drawn"
_DRAWN_VIDEO: Final = "drawn.webm"
_FOUND: Final = "found.json"


@dataclass(frozen=True, slots=True)
class VideoPart:
    """Which frames of a video are looked at.

    Attributes:
        first: The first frame, from 0.
        last: The last frame.
        step: Every so manieth frame.
        track: Whether objects keep their identity over the frames.
    """

    first: int
    last: int
    step: int = 1
    track: bool = False

    @property
    def frames(self) -> int:
        """How many frames that are at most; a shorter video has fewer."""
        return max(0, (self.last - self.first) // self.step + 1)


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked.

    Attributes:
        model: Id of the model.
        iteration: Id of the iteration whose weights answer.
        store: Where runs are kept.
        min_confidence: Objects below it are left out, in [0, 1]; None where the model finds no objects.
        nms_iou: Of objects of one feature that overlap more, only the surer is kept, in [0, 1]; None likewise.
        video: Which frames, where the file is a video; None for pictures.
    """

    model: str
    iteration: str
    store: str
    min_confidence: float | None
    nms_iou: float | None
    video: VideoPart | None = None


class Trial(Child):
    """A question that is being answered, or was; its files go with it, and when the program ends.

    Args:
        question: What is asked.
        files: Name and content of each file; names that occur twice are told apart.

    Attributes:
        question: What is asked.
        names: What the files are called in the results.
    """

    def __init__(self, question: Question, files: Sequence[tuple[str, bytes | memoryview]]) -> None:
        super().__init__("trial")
        self.question = question
        self.names = _write(self.folder / _GIVEN, files)
        self.start(_command(question, self.folder))

    @property
    def progress(self) -> tuple[str, int, int]:
        """The stage, how many pictures or frames are done, and of how many; drawn pictures are counted at once."""
        if self.question.video is None:
            return "predicting", len(self.pictures()), len(self.names)
        return super().progress

    @property
    def error(self) -> str:
        """Why there is no answer, in a sentence; empty where there is one, or none yet."""
        if self._has_answer:  # files that could not be read were left out, and the others were looked at
            return ""
        return self._by_name(super().error)

    @property
    def left_out(self) -> dict[str, str]:
        """Why a file was not looked at, or not to its end, by its name."""
        entries = self.said.get("left_out", []) if self._has_answer else []
        return {entry["file"]: self._by_name(entry["reason"]) for entry in entries}

    def pictures(self) -> list[Path]:
        """The drawn pictures, by name."""
        return sorted((self.folder / _DRAWN).glob("*.jpg"))

    def picture_of(self, name: str) -> Path | None:
        """The drawn picture of a file; None where it was left out."""
        path = self.folder / _DRAWN / f"{name}.jpg"
        return path if path.is_file() else None

    @property
    def video(self) -> Path | None:
        """The drawn video; None where there is none."""
        path = self.folder / _DRAWN_VIDEO
        return path if path.is_file() else None

    def answer(self) -> bytes:
        """The whole answer as JSON: what `modelruns predict --output` writes."""
        return (self.folder / _FOUND).read_bytes()

    def found(self) -> list[dict[str, Any]]:
        """The same, read: one mapping an annotation; see `trainer.predictions.predicted.PredictedPicture.lines`."""
        entries: list[dict[str, Any]] = json.loads(self.answer())
        return entries

    def count(self) -> int:
        """How many pictures or frames were looked at."""
        return int(self.said["pictures"])

    def _by_name(self, words: str) -> str:
        """Words in which files are called as their reader knows them."""
        return words.replace(f"{self.folder / _GIVEN}{os.sep}", "")

    @property
    def _has_answer(self) -> bool:
        answer = None if self.is_running else self.said
        return isinstance(answer, dict) and bool(answer.get("pictures")) and (self.folder / _FOUND).is_file()


def _command(question: Question, folder: Path) -> list[str]:
    part = question.video
    drawn = _DRAWN if part is None else _DRAWN_VIDEO
    command = command_to_predict(question.model, iteration=question.iteration, store=question.store)
    command.append(str(folder / _GIVEN))
    for option, value in (("--confidence", question.min_confidence), ("--nms-iou", question.nms_iou)):
        command += [] if value is None else [option, str(value)]
    command += ["--output", str(folder / _FOUND), "--draw", str(folder / drawn)]
    if part is not None:
        command += ["--frames", f"{part.first}-{part.last}", "--step", str(part.step), *["--track"] * part.track]
    return command


def _write(folder: Path, files: Sequence[tuple[str, bytes | memoryview]]) -> tuple[str, ...]:
    folder.mkdir()
    names: list[str] = []
    for given, content in files:
        name = _unique(Path(given).name, names)
        (folder / name).write_bytes(content)
        names.append(name)
    return tuple(names)


def _unique(name: str, taken: Sequence[str]) -> str:
    """A name that no other file has; drawn pictures are told apart by it as well.

    Example:
        >>> _unique("cell.png", ["cell.png"])
        'cell-2.png'
    """
    path, number, free = Path(name), 1, name
    while free in taken:
        number += 1
        free = f"{path.stem}-{number}{path.suffix}"
    return free
