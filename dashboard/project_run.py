"""A model looks at rows of a project, and what it says becomes a model run: `modelruns predict --run`, a process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.child import Child, command_to_predict


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


class ProjectRun(Child):
    """A run that is being made, or was. It ends as killed where its process is ended, and gives its name back then.

    Args:
        question: What is asked.

    Attributes:
        question: What is asked.
    """

    def __init__(self, question: ProjectQuestion) -> None:
        super().__init__("project-run")
        self.question = question
        self.start(_command(question))

    @property
    def facts(self) -> dict[str, Any]:
        """What `modelruns predict --json` tells of the run: ``run``, ``name``, ``rows``, ``predictions``, ``features``
        and ``headline``."""
        facts: dict[str, Any] = self.said
        return facts


def _command(question: ProjectQuestion) -> list[str]:
    command = command_to_predict(question.model, iteration=question.iteration, store=question.store)
    command += [f"--project={question.project}", f"--run={question.experiment}/{question.name}"]
    return command + ([] if question.split is None else ["--split", question.split])
