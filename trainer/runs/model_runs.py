"""Sealed model runs, opened for reading."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

import metrics
from trainer import pictures
from trainer.measures.evaluation import Evaluation, overlaps_of
from trainer.measures.measuring import HEADLINES, Measurable, evaluate
from trainer.measures.number_names import Numbers, in_words
from trainer.projects import snapshot_of
from trainer.records import layout
from trainer.records.annotations import Annotations
from trainer.records.argument_kinds import check_kinds
from trainer.records.config import RunConfig
from trainer.records.errors import NotFoundError
from trainer.records.measure import BOXES, Measure, Subject, subject_of
from trainer.records.own_numbers import OwnNumber
from trainer.records.snapshot import Snapshot
from trainer.runs.lineage import Lineage, lineage_of
from trainer.runs.training_story import TrainingStory, story_of
from trainer.store import Store, StoredRun, open_store


@dataclass(frozen=True)
class ModelRun:
    """One frozen outcome: what a model saw and said. Parts are read when first asked for.

    Attributes:
        stored: The sealed run that holds the files.
    """

    stored: StoredRun

    @property
    def id(self) -> str:
        """Identity in MLflow."""
        return self.stored.id

    @property
    def name(self) -> str:
        """Name, unique in its experiment."""
        return self.stored.name

    @cached_property
    def snapshot(self) -> Snapshot:
        """Ontology, rows with their split, and truth."""
        return snapshot_of(self.stored)

    @cached_property
    def predictions(self) -> Annotations:
        """What the model said, with feature codes of the snapshot's ontology."""
        return layout.read_annotations(self.stored.path(layout.PREDICTIONS))

    @cached_property
    def overlaps(self) -> metrics.Overlaps:
        """Which boxes of truths and predictions overlap, on all rows; what has no place takes no part."""
        return overlaps_of(self.snapshot, self.predictions)

    @cached_property
    def subject(self) -> Subject:
        """What it was measured by when it was sealed: boxes unless it says something else."""
        asked = self.summary.get("measure", Measure.BOXES.value)  # older runs do not say, and were all of boxes
        return BOXES if asked == Measure.BOXES else subject_of(asked, self.snapshot.ontology)

    @property
    def headline(self) -> dict[str, float]:
        """The few numbers that it is listed by, also found by their keys in MLflow; undefined ones are left out."""
        known = in_words(self.stored.metrics)
        return Numbers({name: known[name] for name in HEADLINES[self.subject.measure] if name in known})

    def evaluation(self, subject: Subject | None = None, *, features: tuple[str, ...] | None = None) -> Measurable:
        """Its predictions matched with its truth on all rows, ready for any thresholds; done once.

        Args:
            subject: What is measured; `subject` when left out.
            features: Paths to measure alone, in this order; all that the subject has when left out.
        """
        subject = subject or self.subject
        features = subject.features_of(self.snapshot.ontology) if features is None else features
        kept, asked = self._evaluations, (subject, features)
        if asked not in kept:
            kept[asked] = self._evaluate(subject, features)
        return kept[asked]

    @cached_property
    def _evaluations(self) -> dict[tuple[Subject, tuple[str, ...]], Measurable]:
        return {}

    def _evaluate(self, subject: Subject, features: tuple[str, ...]) -> Measurable:
        if subject.measure is Measure.BOXES and features == self.snapshot.ontology.paths:
            return Evaluation(self.overlaps, features, subject)
        return evaluate(self.snapshot, self.predictions, subject, features=features)

    @cached_property
    def config(self) -> RunConfig:
        """The settings it was made with; empty when none were logged."""
        if not self.stored.has(layout.CONFIG):
            return RunConfig()
        return RunConfig.from_yaml(self.stored.path(layout.CONFIG).read_text(encoding="utf-8"))

    @cached_property
    def lineage(self) -> Lineage:
        """Where it came from: parent, model, data, code, environment."""
        return lineage_of(self.stored)

    @cached_property
    def training(self) -> TrainingStory | None:
        """How its training went: epochs, losses, scores, duration and rows; None for a run not trained here."""
        return story_of(self.stored)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The evaluation written when the run was sealed, with the rule and split it was made by."""
        value: dict[str, Any] = json.loads(self.stored.path(layout.EVALUATION).read_text(encoding="utf-8"))
        return value

    @cached_property
    def own_numbers(self) -> dict[str, OwnNumber]:
        """Numbers that were logged with it, a value a row, by name."""
        if not self.stored.has(layout.OWN_NUMBERS):
            return {}
        return layout.read_own_numbers(self.stored.path(layout.OWN_NUMBERS))

    @cached_property
    def embedding_names(self) -> tuple[str, ...]:
        """Names of the embeddings of its rows."""
        names = (entry.name for entry in self.stored.manifest.files)
        return tuple(
            name.split("/")[1].removesuffix(".npy") for name in names if name.startswith(layout.EMBEDDINGS + "/")
        )

    def embeddings(self, name: str) -> np.ndarray:
        """Memory-mapped float16[n, d], one vector a row; NaN where a row has none.

        Raises:
            NotFoundError: If the run has no embeddings of that name.
        """
        if name not in self.embedding_names:
            raise NotFoundError(
                f"Run {self.name!r} has no embeddings {name!r}; it has: {self.embedding_names or 'none'}."
            )
        return layout.read_embeddings(self.stored.path(layout.embeddings_path(name)))

    def thumbnail(self, row: int) -> bytes | None:
        """A small picture of one row as WebP; None where there is none."""
        pack, offsets = pictures.thumbnail_files()
        if not self.stored.has(pack):
            return None
        return pictures.read_thumbnail(self.stored.path(pack), self.stored.path(offsets), row) or None


@check_kinds
def open_run(reference: str, *, experiment: str | None = None, store: Store | None = None) -> ModelRun:
    """Open a sealed model run.

    Args:
        reference: Its id, the beginning of it, ``experiment/name``, or a name that only one run has.
        experiment: Where to look for a name.
        store: Where runs are kept; see `open_store`.

    Raises:
        NotFoundError: If no sealed run is meant, or more than one.
    """
    return ModelRun((store or open_store()).find(reference, experiment=experiment))
