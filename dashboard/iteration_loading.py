"""What the Models page reads of a finished iteration. It is sealed, so that is kept by its id."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import streamlit as st

from dashboard.loading import store
from dashboard.training_charts import TrainingCurve
from trainer.micro_models.repetitions import Reproduction, reproduction_of
from trainer.records import layout
from trainer.runs.training_story import TrainingStory, story_of

_BYTES: Final = "application/octet-stream"
_WEIGHTS: Final = {
    "model/weights.pt": ("Weights .pt", "A state dict that torch.load(..., weights_only=True) opens.", _BYTES),
    layout.WEIGHTS: ("Weights .safetensors", "The same weights in a form that cannot hold code.", _BYTES),
    layout.WEIGHTS_CARD: ("Card .json", "What the weights are: task, features in order, settings.", "application/json"),
}


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A file to take away.

    Attributes:
        title: What the button says.
        meaning: What it is for.
        path: Where it is.
        bytes: Its size.
        mime: Its kind.
    """

    title: str
    meaning: str
    path: Path
    bytes: int
    mime: str


@st.cache_resource(max_entries=1000, show_spinner=False)
def story(run_id: str) -> TrainingStory | None:
    """How the training of a sealed run went; None where it was not trained here."""
    return story_of(store().find(run_id))


@st.cache_resource(max_entries=64, show_spinner="Comparing the two runs ...")
def reproduction(run_id: str) -> Reproduction:
    """Whether a sealed run that repeats another came out the same.

    Raises:
        NotFoundError: If the run it repeats was deleted.
    """
    return reproduction_of(run_id, store=store())


@st.cache_resource(max_entries=64, show_spinner=False)
def weight_files(run_id: str) -> tuple[WeightFile, ...]:
    """The weights of a sealed run, in each form in which it holds them, and the card that says what they are."""
    stored = store().find(run_id)
    sizes = {entry.name: entry.bytes for entry in stored.manifest.files}
    return tuple(
        WeightFile(title, meaning, stored.path(name), sizes[name], mime)
        for name, (title, meaning, mime) in _WEIGHTS.items()
        if name in sizes
    )


def loss_curve(told: TrainingStory, *, name: str, number: int) -> TrainingCurve:
    """The mean loss of each epoch."""
    losses = np.array(told.epoch_losses, dtype=np.float64)
    return TrainingCurve(name, number, np.arange(1.0, len(losses) + 1), losses)


def score_curve(told: TrainingStory, *, name: str, number: int) -> TrainingCurve:
    """The validation score after each epoch that was followed by one."""
    epochs = sorted(told.scores)
    scores = np.array([told.scores[epoch] for epoch in epochs], dtype=np.float64)
    return TrainingCurve(name, number, np.array(epochs, dtype=np.float64), scores)


def best_score(told: TrainingStory) -> float | None:
    """The best validation score while it trained; None where it was never scored."""
    scores = [score for score in told.scores.values() if np.isfinite(score)]
    return max(scores, default=None)
