"""A micro-model as the registry knows it: its title, its design fixed for life, and its iterations."""

from __future__ import annotations

import filecmp
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from trainer.records.argument_kinds import check_kinds
from trainer.records.design import Design
from trainer.records.errors import NotFoundError, RecordError
from trainer.records.whole_files import whole_file
from trainer.runs.lineage import ITERATION_TAG, MODEL_ID_TAG, MODEL_TITLE_TAG, REPRODUCES_TAG
from trainer.store import RunEntry, RunKind, Store

REGISTRY = "micro-models"
DESIGN_FILE = "model/design.json"
DESIGN_PARAM = "design"
WEIGHT_FORMATS = ("pt", "safetensors")
DESCRIPTION_TAG = "mlflow.note.content"  # MLflow's own pages show and edit it as the run's description
_SHORTEST_ID = 6


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

        Status is ``finished``, ``running``, ``failed`` or ``killed``; only finished ones have weights. A training that
        repeats another to see whether the same comes out is none: it would be the newest, and teaches nothing new.
        """
        return [run for run in self.trainings() if REPRODUCES_TAG not in run.tags]

    def trainings(self) -> list[RunEntry]:
        """Its iterations and the repetitions of them, newest first, whatever became of them."""
        return self.store.runs(sealed_only=False, tagged=(MODEL_ID_TAG, self.id), most=None)

    def latest(self) -> RunEntry | None:
        """Its newest finished iteration; None where there is none."""
        return next((run for run in self.iterations() if run.is_sealed), None)

    @check_kinds
    def iteration(self, reference: str | int = "", *, finished_only: bool = True) -> RunEntry:
        """One of its iterations, or by its name or id one that repeats another.

        Args:
            reference: Name, ``experiment/name``, id, or its first six or more digits; its number among the iterations
                where none is called so; empty for the newest.
            finished_only: Look only among the finished ones; else a finished one comes before others of its name.

        Raises:
            NotFoundError: If there is none, or several.
        """
        reference = str(reference)
        among = self.trainings() if reference else self.iterations()
        runs = [run for run in among if run.is_sealed or not finished_only]
        what = "finished iteration" if finished_only else "iteration"
        if not runs:
            raise NotFoundError(f"Model {self.title!r} has no {what}. Train one with: modelruns train.")
        if not reference:
            return runs[0]
        found = [run for run in runs if reference in (run.id, run.name, f"{run.experiment}/{run.name}")]
        if not found and len(reference) >= _SHORTEST_ID:
            found = [run for run in runs if run.id.startswith(reference)]
        if not found:
            found = [run for run in runs if run.tags.get(ITERATION_TAG) == reference and REPRODUCES_TAG not in run.tags]
        found = [run for run in found if run.is_sealed] or found
        if len(found) == 1:
            return found[0]
        said, shown = (f"{len(found)} {what}s", found) if found else (f"no {what}", runs)
        raise NotFoundError(
            f"Model {self.title!r} has {said} {reference!r}. {'They are' if found else 'It has'}: "
            f"{', '.join(map(str, shown[:10]))}."
        )

    @check_kinds
    def save_weights(self, folder: Path | str, *, iteration: str | int = "", format: str = "pt") -> list[Path]:
        """Copy the weights of an iteration, and the card that says what they are, into a folder, which is made.

        Both formats of one iteration share a card, so they can go into one folder.

        Args:
            folder: Where to put ``weights.pt`` or ``weights.safetensors``, and ``card.json``.
            iteration: See `iteration`; the newest finished one when left out.
            format: ``pt``, a state dict that PyTorch opens, or ``safetensors``.

        Returns:
            The files, weights first.

        Raises:
            NotFoundError: If there is no such iteration, or it holds no such weights.
            RecordError: If there is no such format, or the folder holds such files already.
        """
        from trainer.records import layout  # brings in pyarrow, which no list of models needs

        if format not in WEIGHT_FORMATS:
            raise RecordError(f"Weights are kept as {' and '.join(WEIGHT_FORMATS)}, not as {format!r}.")
        folder = Path(folder)
        run = self.store.find(self.iteration(iteration).id)
        names = (f"model/weights.{format}", layout.WEIGHTS_CARD)
        targets = [folder / Path(name).name for name in names]
        if not run.has(names[0]):
            raise NotFoundError(f"Run {run} holds no {names[0]}; see its files on MLflow's page of it.")
        taken = [target.name for target in targets if target.exists()]
        is_same_card = targets[1].is_file() and filecmp.cmp(run.path(names[1]), targets[1], shallow=False)
        if targets[0].exists() or (taken and not is_same_card):
            raise RecordError(f"{folder} holds {' and '.join(taken)} already; choose another folder.")
        folder.mkdir(parents=True, exist_ok=True)
        for name, target in zip(names, targets, strict=True):
            with whole_file(target) as unfinished:
                shutil.copyfile(run.path(name), unfinished)
        return targets

    @check_kinds
    def delete_iteration(self, run: RunEntry, *, confirm: str) -> None:
        """Delete one of its iterations for ever, with its weights and all other files.

        Args:
            run: One of `trainings`, finished or not.
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
