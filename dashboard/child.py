"""`modelruns` in a process of its own, with a folder for its files: both are gone when nobody needs them any more.

The process brings torch; the dashboard never does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).parent.parent
_SAID, _ERRORS = "said", "errors"
_SPEAKER: Final = "modelruns: "
_SECONDS_TO_STOP: Final = 3.0
_TOLD: Final = re.compile(r"(?:^|: )([a-z ]+): ([\d,]+)/([\d,]+)[^\n]*$")

COMMAND: Final = (sys.executable, "-P", "-m", "trainer")
"""What runs `modelruns`; -P: not what lies in the current folder."""


class Child:
    """A process and its folder; both end with this object, and when the program ends.

    Args:
        purpose: What the folder is called after.
    """

    def __init__(self, purpose: str) -> None:
        self.folder: Final = Path(tempfile.mkdtemp(prefix=f"modelruns-{purpose}-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._end = weakref.finalize(self, _end, None, self.folder)  # also where no process can be started
        self._began = time.monotonic()

    def start(self, command: Sequence[str]) -> None:
        """Start the process, once.

        Raises:
            OSError: If it cannot be started.
        """
        self._began = time.monotonic()
        with (self.folder / _SAID).open("wb") as said, (self.folder / _ERRORS).open("wb") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=errors, env=environment()
            )
        self._end.detach()
        self._end = weakref.finalize(self, _end, self._process, self.folder)

    @property
    def code(self) -> int | None:
        """How it ended: 0 where all went well; None before."""
        return None if self._process is None else self._process.poll()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.code is None

    @property
    def seconds(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._began

    @property
    def said(self) -> Any:
        """What it wrote on its standard output, read as JSON; None where that is no JSON, as before its end."""
        try:
            return json.loads(self._text(_SAID))
        except ValueError:
            return None

    @property
    def words(self) -> str:
        """What it wrote on its standard error: its progress, and why it failed."""
        return self._text(_ERRORS)

    @property
    def progress(self) -> tuple[str, int, int]:
        """The stage, how much of it is done, and of how much; told every few seconds."""
        return read_progress(self.words)

    @property
    def error(self) -> str:
        """Why it failed, in a sentence; empty where it did not, or has not ended."""
        code = self.code
        if not code:
            return ""
        if code < 0:
            return f"The process was ended by signal {-code}; there may not have been enough memory."
        lines = self.words.splitlines()
        spoken = [line.removeprefix(_SPEAKER) for line in lines if line.startswith(_SPEAKER)]
        return (spoken or [line for line in lines if line.strip()] or ["It ended without a word."])[-1].strip()

    def wait(self, seconds: float) -> None:
        """Wait for its end, for so long at most.

        Raises:
            subprocess.TimeoutExpired: If it does not come in that time.
        """
        if self._process is not None:
            self._process.wait(seconds)

    def close(self) -> None:
        """End it if it runs, and delete the folder."""
        self._end()

    def _text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8", errors="replace")


def command_to_predict(model: str, *, iteration: str, store: str) -> list[str]:
    """The command that lets an iteration of a model predict, and tell of it as JSON; what it looks at follows.

    Args:
        model: Id of the model.
        iteration: Id of the iteration whose weights answer.
        store: Where runs are kept.
    """
    return [*COMMAND, "--store", store, "predict", model, "--iteration", iteration, "--json"]


def environment() -> dict[str, str]:
    """The environment of a process that runs the same code as this one, wherever that was imported from."""
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def read_progress(words: str) -> tuple[str, int, int]:
    r"""The last stage that was told, how much of it is done, and of how much; empty and 0 before the first.

    Example:
        >>> read_progress("found: reading pictures: 1/40\nfound: predicting: 1,000/1,200 3 s left\n")
        ('predicting', 1000, 1200)
        >>> read_progress("predicting: 1/12 2.5 pictures/s\n"), read_progress("a warning\n")
        (('predicting', 1, 12), ('', 0, 0))
    """
    told = [found for line in words.splitlines() if (found := _TOLD.search(line))]
    if not told:
        return "", 0, 0
    stage, done, total = told[-1].groups()
    return stage, int(done.replace(",", "")), int(total.replace(",", ""))


def _end(process: subprocess.Popen[bytes] | None, folder: Path) -> None:
    if process is not None and process.poll() is None:
        process.terminate()
        try:
            process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    shutil.rmtree(folder, ignore_errors=True)
