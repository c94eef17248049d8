"""What a model says of all rows of a project at once, as columns; `row_log` takes it row by row."""

from __future__ import annotations

import numpy as np

from trainer.records.annotations import Annotations
from trainer.records.errors import RecordError
from trainer.records.snapshot import Snapshot, refuse_foreign_references
from trainer.runs.embedding_checks import check_vectors
from trainer.runs.statement_checks import refuse_misplaced


class ColumnLog:
    """Predictions and embeddings of all rows.

    Attributes:
        predictions: What was logged last; None before.
        embeddings: float[n, d] by name.
    """

    def __init__(self, snapshot: Snapshot | None) -> None:
        self._known = snapshot
        self.predictions: Annotations | None = None
        self.embeddings: dict[str, np.ndarray] = {}

    def add_predictions(self, predictions: Annotations) -> None:
        """Keep predictions; those that were kept before are replaced.

        Raises:
            RecordError: If they cannot be of the project's rows, or no project is known.
        """
        snapshot = self._snapshot()
        refuse_foreign_references(
            "predicted", predictions, rows=len(snapshot.rows), features=len(snapshot.ontology.paths)
        )
        refuse_misplaced(predictions, snapshot.rows)
        self.predictions = predictions

    def add_embeddings(self, vectors: np.ndarray, *, name: str) -> None:
        """Keep one vector a row.

        Raises:
            ColumnError: If there are not as many vectors as rows, or a number is too large to be kept.
            RecordError: If no project is known.
        """
        check_vectors(vectors, name, rows=len(self._snapshot().rows))
        self.embeddings[name] = vectors

    def _snapshot(self) -> Snapshot:
        if self._known is None:
            raise RecordError(
                "Columns for all rows at once need a project whose rows are known: start_run(..., project=...). "
                "Without a project, log row by row with log_row."
            )
        return self._known
