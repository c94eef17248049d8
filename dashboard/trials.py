"""The trial of each reader: one at a time, which ends with the reader's session."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.trial import Question, Trial


class Desk:
    """Holds the trial that a reader began last, if any."""

    def __init__(self) -> None:
        self._trial: Trial | None = None

    def trial_of(self, model_id: str) -> Trial | None:
        """The trial of a model; None where the reader began none, or another model's since."""
        return self._trial if self._trial is not None and self._trial.question.model == model_id else None

    def begin(self, question: Question, files: Sequence[tuple[str, bytes | memoryview]]) -> None:
        """Ask a question in the place of the one before.

        Raises:
            OSError: If there is no room for the files, or no process can be started.
        """
        self.clear()
        self._trial = Trial(question, files)

    def clear(self) -> None:
        """End what runs, and delete all files."""
        if self._trial is not None:
            self._trial.close()
        self._trial = None


@st.cache_resource(scope="session", on_release=Desk.clear, show_spinner=False)
def desk() -> Desk:
    """The reader's own."""
    return Desk()
