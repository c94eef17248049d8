"""A micro-model as the registry knows it: its title, its design fixed for life, and its iterations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from trainer.records.design import Design
from trainer.records.errors import NotFoundError, RecordError
from trainer.store import RunEntry, RunKind, Store

REGISTRY = "micro-models"
DESIGN_FILE = "model/design.json"
DESIGN_PARAM = "design"
MODEL_ID_TAG = "trainer.model_id"
"""On an iteration: the id of its model, which stays when the model is renamed."""
MODEL_TITLE_TAG = "trainer.model"
"""On an iteration: what its model was called when it was trained; for people only."""
DESCRIPTION_TAG = "mlflow.note.content"  # MLflow's own pages show and edit it as the run's description


@dataclass(frozen=True)
class MicroModel:
    """A registered model: what it is for, and how it is built.

    Attributes:
        id: 32 hex digits; stays for life.
        title: Unique in the store; can be changed.
        description: Any text; empty where there is none.
        design: Task, ordered features and backbone, fixed for life.
        created: When it was registered.
        tags: What else is kept about it, such as its attachments.
        store: The store it is registered in.
    """

    id: str
    title: str
    description: str
    design: Design
    created: datetime
    tags: Mapping[str, str] = field(repr=False, compare=False)
    store: Store = field(repr=False, compare=False)

    def iteration_tags(self) -> dict[str, str]:
        """The tags that make a model run an iteration of this model."""
        return {MODEL_ID_TAG: self.id, MODEL_TITLE_TAG: self.title}

    def iterations(self) -> list[RunEntry]:
        """Its trainings, newest first, whatever became of them: see ``status`` of each.

        Status is ``finished``, ``running``, ``failed`` or ``killed``; only finished ones have weights.
        """
        return self.store.runs(sealed_only=False, tagged=(MODEL_ID_TAG, self.id), most=None)

    def latest(self) -> RunEntry | None:
        """Its newest finished iteration; None where there is none."""
        finished = self.store.runs(tagged=(MODEL_ID_TAG, self.id), most=1)
        return finished[0] if finished else None

    def delete_iteration(self, run: RunEntry, *, confirm: str) -> None:
        """Delete one of its iterations for ever, with its weights and all other files.

        Args:
            run: One of `iterations`, finished or not.
            confirm: The run's name, so that nothing is deleted by a slip.

        Raises:
            FrozenRunError: If it is being trained, or another run refers to its files.
            NotFoundError: If it was deleted before.
            RecordError: If `confirm` is not its name, or it is no iteration of this model; nothing is deleted.
        """
        if run.tags.get(MODEL_ID_TAG) != self.id:
            raise RecordError(f"Run {run} is no iteration of model {self}; nothing was deleted.")
        require_confirmation(confirm, run.name, f"run {run}")
        self.store.delete_for_ever([run])

    def __str__(self) -> str:
        return f"{self.title} ({self.id[:8]})"


def registered_entries(store: Store, *, name: str | None = None, id_start: str | None = None) -> list[RunEntry]:
    """The runs that hold registered models, newest first."""
    try:
        return store.runs(REGISTRY, kind=RunKind.MODEL, name=name, id_start=id_start, most=None)
    except NotFoundError:  # no model was ever registered
        return []


def require_entry(model: MicroModel) -> RunEntry:
    """What the store knows of a model now.

    Raises:
        NotFoundError: If it was deleted.
    """
    found = registered_entries(model.store, id_start=model.id)
    if not found:
        raise NotFoundError(f"Model {model} was deleted.")
    return found[0]


def read_model(entry: RunEntry, store: Store) -> MicroModel:
    """The model that such a run holds."""
    written = entry.params.get(DESIGN_PARAM)
    if written is None:
        written = store.find(entry.id, kind=RunKind.MODEL).path(DESIGN_FILE).read_text(encoding="utf-8")
    return MicroModel(
        id=entry.id,
        title=entry.name,
        description=entry.tags.get(DESCRIPTION_TAG, ""),
        design=Design.from_json(json.loads(written)),
        created=entry.created,
        tags=entry.tags,
        store=store,
    )


def require_confirmation(said: str, name: str, what: str) -> None:
    """Check that somebody who deletes has said the name of it.

    Raises:
        RecordError: If not.
    """
    if said != name:
        raise RecordError(f"To delete {what} for ever, confirm with {name!r}; got {said!r}. Nothing was deleted.")
