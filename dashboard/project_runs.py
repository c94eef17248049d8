"""The runs that models are making of projects: one at a time of each model, whoever looks at the page."""

from __future__ import annotations

import threading

import streamlit as st

from dashboard.project_run import ProjectQuestion, ProjectRun


class Board:
    """Holds what each model was asked last. It goes on when the page is closed, and ends with the dashboard."""

    def __init__(self) -> None:
        self._runs: dict[str, ProjectRun] = {}
        self._changing = threading.Lock()

    def run_of(self, model_id: str) -> ProjectRun | None:
        """What a model was asked last; None where it was not, or that was cleared."""
        return self._runs.get(model_id)

    def begin(self, question: ProjectQuestion) -> bool:
        """Ask a model, unless it is busy with what it was asked before; says whether it was asked.

        Raises:
            OSError: If no process can be started.
        """
        with self._changing:
            before = self._runs.get(question.model)
            if before is not None and before.is_running:
                return False
            self._runs[question.model] = ProjectRun(question)
            return True

    def clear(self, model_id: str) -> None:
        """End what a model is doing, or forget what it did; the run that it made stays."""
        with self._changing:
            held = self._runs.pop(model_id, None)
        if held is not None:
            held.close()


@st.cache_resource(show_spinner=False)
def board() -> Board:
    """That of this dashboard."""
    return Board()
