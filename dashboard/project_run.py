"""A model looks at rows of a project, and what it says becomes a model run: `modelruns predict --run`, a process."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from dashboard.child import COMMAND, Child

_TOLD: Final = re.compile(r": ([a-z ]+): ([\d,]+)/([\d,]+)[^\n]*$")


@dataclass(frozen=True, slots=True)
class ProjectQuestion:
    """What a model is asked about a project.

    Attributes:
        model: Id of the model.
        iteration: Id of the iteration whose weights answer.
        project: A project, or ``project@version``.
        split: Only rows of this part; None for all rows.
        experiment: The experiment to put the run into.
        name: Name of the run.
        store: Where runs are kept.
    """

    model: str
    iteration: str
    project: str
    split: str | None
    experiment: str
    name: str
    store: str


class ProjectRun:
    """A run that is being made, or was.

    Args:
        question: What is asked.

    Attributes:
        question: What is asked.
    """

    def __init__(self, question: ProjectQuestion) -> None:
        self.question = question
        self._child = Child("project-run")
        self._child.start(_command(question))

    @property
    def is_running(self) -> bool:
        """Whether the run is still to come."""
        return self._child.is_running

    @property
    def seconds(self) -> float:
        """Seconds since it was asked."""
        return self._child.seconds

    @property
    def progress(self) -> tuple[str, int, int]:
        """The stage, how many rows are done of it, and of how many; told every few seconds."""
        return read_progress(self._child.words)

    @property
    def error(self) -> str:
        """Why there is no run, in a sentence; empty where there is one, or none yet."""
        return self._child.error.strip()

    @property
    def facts(self) -> dict[str, Any]:
        """What `modelruns predict --json` tells of the run: ``run``, ``name``, ``rows``, ``predictions``, ``features``
        and ``headline``."""
        facts: dict[str, Any] = self._child.answer
        return facts

    def wait(self, seconds: float) -> None:
        """Wait for the run, for so long at most.

        Raises:
            subprocess.TimeoutExpired: If it does not come in that time.
        """
        self._child.wait(seconds)

    def close(self) -> None:
        """End the process if it runs; its run ends as killed then, and gives its name back."""
        self._child.close()


def read_progress(words: str) -> tuple[str, int, int]:
    r"""The last stage that was told, how much of it is done, and of how much; empty and 0 before the first.

    Example:
        >>> read_progress("found: reading pictures: 1/40\nfound: predicting: 1,000/1,200 3 s left\n")
        ('predicting', 1000, 1200)
        >>> read_progress("a warning\n")
        ('', 0, 0)
    """
    told = [found for line in words.splitlines() if (found := _TOLD.search(line))]
    if not told:
        return "", 0, 0
    stage, done, total = told[-1].groups()
    return stage, int(done.replace(",", "")), int(total.replace(",", ""))


def _command(question: ProjectQuestion) -> list[str]:
    command = [*COMMAND, "--store", question.store, "predict", question.model, "--iteration", question.iteration]
    command += [f"--project={question.project}", f"--run={question.experiment}/{question.name}", "--json"]
    return command + ([] if question.split is None else ["--split", question.split])
