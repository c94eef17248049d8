"""Rows with truth, predictions and embeddings as they arrive one by one from any training code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from trainer import pictures
from trainer.records.annotations import Annotations
from trainer.records.errors import ColumnError, NotFoundError, RecordError
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.records.split import Split


class Box(NamedTuple):
    """A box on a picture: truth without a confidence, a prediction with one.

    Attributes:
        feature: Name (or path) of the feature.
        left: Left edge in pixels from the picture's left.
        top: Top edge in pixels from the picture's top.
        width: Width in pixels.
        height: Height in pixels.
        confidence: In [0, 1]; counts as 1 when left out.
    """

    feature: str
    left: float
    top: float
    width: float
    height: float
    confidence: float | None = None


def _split_named(split: str | None, key: str) -> Split:
    if split is not None and split not in tuple(Split):
        raise RecordError(f"Row {key!r}: {split!r} is no split; there are {', '.join(Split)}.")
    return Split(split or Split.VALIDATION)


@dataclass
class _LoggedRow:
    split: str
    image: str | None
    size: tuple[int, int] | None
    metadata: Mapping[str, Any]
    truth: Sequence[Box]
    predictions: Sequence[Box] = ()
    embedding: Sequence[float] | None = None


@dataclass
class RowLog:
    """Collects rows by key until the run ends; the order of arrival does not matter.

    Attributes:
        snapshot: The data version the rows must belong to; None when the rows bring their own truth.
        features: Names of the features there may be; None when whatever occurs is one.
    """

    snapshot: Snapshot | None
    features: Sequence[str] | None = None
    _rows: dict[str, _LoggedRow] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        key: str,
        *,
        image: Path | str | None,
        size: tuple[int, int] | None,
        split: str | None,
        metadata: Mapping[str, Any],
        truth: Sequence[Box] | None,
        predictions: Sequence[Box],
        embedding: Sequence[float] | None,
    ) -> None:
        """Take one row in; what cannot be right is refused here, at the caller's line."""
        if key in self._rows:
            raise RecordError(f"Row {key!r} was logged before; a key is unique in a run.")
        if self.snapshot is None:
            self._refuse_unmeasurable(key, image, size)
        else:
            self.snapshot.rows.position(key)
            if truth is not None or image is not None or size is not None or split is not None or metadata:
                raise RecordError(
                    f"Row {key!r} comes with truth, image, size, split or metadata, but the run is on a project, "
                    "which holds them. Log predictions and embedding alone."
                )
        self._refuse_boxes(key, [*(truth or ()), *predictions])
        self._refuse_embedding(key, embedding)
        part = _split_named(split, key)
        place = None if image is None else str(Path(image).resolve())
        self._rows[key] = _LoggedRow(part, place, size, metadata, truth or (), predictions, embedding)

    @property
    def has_predictions(self) -> bool:
        """Whether any row came with predictions."""
        return any(row.predictions for row in self._rows.values())

    def make_snapshot(self, features: Sequence[str] | None) -> Snapshot:
        """The snapshot that rows with their own truth make up.

        Args:
            features: Names of the features in order; those that occur, sorted, when left out.
        """
        if not self._rows:
            raise RecordError("The run has no rows, so there is nothing to seal. Log them with run.log_row(...).")
        names = features or sorted(
            {box.feature for row in self._rows.values() for box in (*row.truth, *row.predictions)}
        )
        ontology = Ontology.flat(dict.fromkeys(names, "box"))
        rows = self._make_rows()
        truth = self._collect(rows, ontology, {key: row.truth for key, row in self._rows.items()}, confident=False)
        return Snapshot(ontology, rows, truth)

    def predictions(self, snapshot: Snapshot) -> Annotations:
        """All logged predictions, as annotations of a snapshot's rows."""
        boxes = {key: row.predictions for key, row in self._rows.items()}
        return self._collect(snapshot.rows, snapshot.ontology, boxes, confident=True)

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
        )

    @staticmethod
    def _refuse_unmeasurable(key: str, image: Path | str | None, size: tuple[int, int] | None) -> None:
        if image is None and size is None:
            raise RecordError(f"Row {key!r} needs image=..., or size=(width, height) where there is no picture.")
        if image is not None and not Path(image).is_file():
            raise RecordError(f"Row {key!r}: there is no picture {str(image)!r}.")

    def _refuse_boxes(self, key: str, boxes: Sequence[Box]) -> None:
        known = self.snapshot.ontology.paths if self.snapshot else self.features
        for box in boxes:
            if known is not None and box.feature not in known:
                raise NotFoundError(f"Row {key!r}: there is no feature {box.feature!r}. There are: {', '.join(known)}.")
            if box.confidence is not None and not 0 <= box.confidence <= 1:
                raise ColumnError(f"Row {key!r}: confidence {box.confidence} of {box.feature!r} is not from 0 to 1.")

    def _refuse_embedding(self, key: str, embedding: Sequence[float] | None) -> None:
        if embedding is None:
            return
        first = next((row.embedding for row in self._rows.values() if row.embedding is not None), embedding)
        if not len(embedding) or len(embedding) != len(first):
            raise ColumnError(
                f"Row {key!r}: its embedding has {len(embedding):,} numbers, others have {len(first):,}. "
                "All embeddings of a run have one length, at least 1."
            )
        if not np.isfinite(embedding).all() or np.abs(embedding).max() > np.finfo(np.float16).max:
            raise ColumnError(f"Row {key!r}: its embedding holds numbers beyond 65,504, which are not kept. Scale it.")

    @staticmethod
    def _collect(rows: Rows, ontology: Ontology, boxes: Mapping[str, Sequence[Box]], *, confident: bool) -> Annotations:
        flat = [(rows.position(key), box) for key in boxes for box in boxes[key]]
        return Annotations.from_columns(
            row=[row for row, _ in flat],
            feature=[ontology.code(box.feature) for _, box in flat],
            box=[(box.left, box.top, box.width, box.height) for _, box in flat],
            confidence=[1.0 if box.confidence is None else box.confidence for _, box in flat] if confident else None,
        )
