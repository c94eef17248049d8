"""A frozen state of a project: ontology, rows with their split, and truth, under one content digest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trainer.records import annotations as annotation_columns
from trainer.records import rows as row_columns
from trainer.records.annotations import Annotations
from trainer.records.digest import digest_of
from trainer.records.errors import ColumnError
from trainer.records.later_columns import without_empty
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows


@dataclass(frozen=True)
class Snapshot:
    """What a model run saw. Its digest is its version.

    Attributes:
        ontology: What may be annotated.
        rows: The rows, in key order.
        truth: Annotations of those rows by people.
    """

    ontology: Ontology
    rows: Rows
    truth: Annotations

    def __post_init__(self) -> None:
        refuse_foreign_references("truth", self.truth, rows=len(self.rows), features=len(self.ontology.paths))

    @cached_property
    def digest(self) -> str:
        """32 hex digits over everything but the places of the pictures: a moved folder is the same snapshot."""
        return digest_of(
            [
                ("ontology", self.ontology.to_json()),
                ("rows", without_empty(self.rows.table.drop_columns(["uri"]), row_columns.LATER_COLUMNS)),
                ("truth", without_empty(self.truth.table, annotation_columns.LATER_COLUMNS)),
            ]
        )

    def on_rows(self, rows: np.ndarray) -> Snapshot:
        """The snapshot of the given rows alone (strictly rising row numbers), renumbered from 0."""
        return Snapshot(self.ontology, self.rows.take(rows), self.truth.on_rows(rows))


def refuse_foreign_references(name: str, annotations: Annotations, *, rows: int, features: int) -> None:
    """Check that every annotation names a row and a feature that exist.

    Raises:
        ColumnError: If one does not.
    """
    for column, values, size in (("row", annotations.row, rows), ("feature", annotations.feature, features)):
        bad = np.flatnonzero((values < 0) | (values >= size))
        if len(bad):
            raise ColumnError(
                f"{len(bad):,} of {len(values):,} {name} annotations name a {column} that does not exist; "
                f"first: number {values[bad[0]]}, where there are {size:,}."
            )
