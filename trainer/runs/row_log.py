"""Rows with truth, predictions and embeddings as they arrive one by one from any training code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from trainer import pictures
from trainer.records.annotations import Annotations
from trainer.records.errors import RecordError
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.records.split import Split
from trainer.runs.embedding_checks import check_vector
from trainer.runs.statement_checks import RowFacts, checked, refuse_repeated, refuse_two_answers
from trainer.runs.statement_tables import annotations_of, make_ontology
from trainer.runs.statements import Statement, family_of


def _split_named(split: str | None, key: str) -> Split:
    if split is not None and split not in tuple(Split):
        raise RecordError(f"Row {key!r}: {split!r} is no split; there are {', '.join(Split)}.")
    return Split(split or Split.VALIDATION)


@dataclass
class _LoggedRow:
    split: str
    image: str | None
    size: tuple[int, int] | None
    text: str | None
    metadata: Mapping[str, Any]
    truth: Sequence[Statement]
    predictions: Sequence[Statement] = ()
    embedding: Sequence[float] | None = None


@dataclass
class RowLog:
    """Collects rows by key until the run ends; the order of arrival does not matter.

    Attributes:
        snapshot: The data version the rows must belong to; None when the rows bring their own truth.
        features: The ontology, or names of the features there may be; None when whatever occurs is one.
    """

    snapshot: Snapshot | None
    features: Sequence[str] | Ontology | None = None
    _rows: dict[str, _LoggedRow] = field(default_factory=dict)
    _families: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        key: str,
        *,
        image: Path | str | None,
        size: tuple[int, int] | None,
        text: str | None,
        split: str | None,
        metadata: Mapping[str, Any],
        truth: Sequence[Statement] | None,
        predictions: Sequence[Statement],
        embedding: Sequence[float] | None,
    ) -> None:
        """Take one row in; what cannot be right is refused here, at the caller's line."""
        if key in self._rows:
            raise RecordError(f"Row {key!r} was logged before; a key is unique in a run.")
        if self.snapshot is None:
            self._refuse_unmeasurable(key, image, size, text)
            facts = RowFacts(key, size, text)
        else:
            if any(each is not None for each in (truth, image, size, text, split)) or metadata:
                raise RecordError(
                    f"Row {key!r} comes with truth, image, size, text, split or metadata, but the run is on a project, "
                    "which holds them. Log predictions and embedding alone."
                )
            facts = _facts_of(self.snapshot.rows, key)
        said_true = self._checked(truth or (), facts, true=True)
        predicted = self._checked(predictions, facts, true=False)
        self._refuse_embedding(key, embedding)
        part = _split_named(split, key)
        place = None if image is None else str(Path(image).resolve())
        self._rows[key] = _LoggedRow(part, place, size, text, metadata, said_true, predicted, embedding)
        self._families |= {said.feature: family_of(said) for said in (*said_true, *predicted)}

    @property
    def has_predictions(self) -> bool:
        """Whether any row came with predictions."""
        return any(row.predictions for row in self._rows.values())

    def make_snapshot(self) -> Snapshot:
        """The snapshot that rows with their own truth make up; without an order of features they are sorted."""
        if not self._rows:
            raise RecordError("The run has no rows, so there is nothing to seal. Log them with run.log_row(...).")
        rows = self._make_rows()
        ontology = self._make_ontology()
        return Snapshot(ontology, rows, self._collect(rows, ontology, true=True))

    def predictions(self, snapshot: Snapshot) -> Annotations:
        """All logged predictions, as annotations of a snapshot's rows."""
        return self._collect(snapshot.rows, snapshot.ontology, true=False)

    def embeddings(self, rows: Rows) -> np.ndarray | None:
        """float16[n, d] with NaN for rows that have none; None when no row has any."""
        vectors = {key: row.embedding for key, row in self._rows.items() if row.embedding is not None}
        if not vectors:
            return None
        lengths = {len(vector) for vector in vectors.values()}
        table = np.full((len(rows), lengths.pop()), np.nan, dtype=np.float16)
        for key, vector in vectors.items():
            table[rows.position(key)] = np.asarray(vector, dtype=np.float16)
        return table

    def _make_rows(self) -> Rows:
        keys = list(self._rows)
        with_image = [key for key in keys if self._rows[key].image is not None]
        measured = pictures.measure([str(self._rows[key].image) for key in with_image])
        facts = dict(zip(with_image, measured, strict=True))
        sizes = [
            (facts[key].width, facts[key].height) if key in facts else self._rows[key].size or (0, 0) for key in keys
        ]
        return Rows.from_columns(
            keys=keys,
            widths=[width for width, _ in sizes],
            heights=[height for _, height in sizes],
            splits=[self._rows[key].split for key in keys],
            uris=[self._rows[key].image for key in keys],
            sha256s=[facts[key].sha256 if key in facts else None for key in keys],
            metadata=[self._rows[key].metadata for key in keys],
            texts=[self._rows[key].text for key in keys],
        )

    def _make_ontology(self) -> Ontology:
        if isinstance(self.features, Ontology):
            return self.features
        said: dict[str, list[Statement]] = {}
        for row in self._rows.values():
            for each in (*row.truth, *row.predictions):
                said.setdefault(each.feature, []).append(each)
        return make_ontology(self.features or sorted(said), said, true=[row.truth for row in self._rows.values()])

    @staticmethod
    def _refuse_unmeasurable(
        key: str, image: Path | str | None, size: tuple[int, int] | None, text: str | None
    ) -> None:
        if image is None and size is None and text is None:
            raise RecordError(
                f"Row {key!r} needs image=..., or size=(width, height) where there is no picture, or text=..."
            )
        if text is not None and (image is not None or size is not None):
            raise RecordError(f"Row {key!r} is a text or a picture, not both: leave out text, or image and size.")
        if image is not None and not Path(image).is_file():
            raise RecordError(f"Row {key!r}: there is no picture {str(image)!r}.")

    def _checked(self, said: Sequence[Statement], row: RowFacts, *, true: bool) -> tuple[Statement, ...]:
        known = self.snapshot.ontology if self.snapshot else self.features
        kept = tuple(checked(each, row, known, true=true) for each in said)
        refuse_repeated(kept, row)
        if true and isinstance(known, Ontology):
            refuse_two_answers(kept, row, known)
        families: dict[str, str] = {}
        for each in kept:
            family = families.setdefault(each.feature, self._families.get(each.feature, family_of(each)))
            if family != family_of(each):
                raise RecordError(
                    f"Row {row.key!r}: {each.feature!r} is a {family_of(each)} here and a {family} elsewhere; a "
                    "feature is one of them."
                )
        return kept

    def _refuse_embedding(self, key: str, embedding: Sequence[float] | None) -> None:
        if embedding is None:
            return
        first = next((row.embedding for row in self._rows.values() if row.embedding is not None), embedding)
        check_vector(embedding, key, length=len(first))

    def _collect(self, rows: Rows, ontology: Ontology, *, true: bool) -> Annotations:
        said = [
            (rows.position(key), each)
            for key, row in self._rows.items()
            for each in (row.truth if true else row.predictions)
        ]
        return annotations_of(said, rows, ontology, true=true)


def _facts_of(rows: Rows, key: str) -> RowFacts:
    row = rows.position(key)
    text = rows.texts[row]
    size = (int(rows.widths[row]), int(rows.heights[row])) if text is None else None
    return RowFacts(key, size, text)
