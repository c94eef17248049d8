"""What was recorded becomes a sealed run: its files are written, it is measured, and nothing changes it any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainer.measures.measuring import MEASURE_TAG
from trainer.projects import DataVersion
from trainer.records import layout
from trainer.records.annotations import Annotations
from trainer.records.config import RunConfig
from trainer.records.measure import Subject
from trainer.records.own_numbers import OwnNumber
from trainer.runs.model_runs import ModelRun
from trainer.runs.run_folder import means_of, write_evaluation, write_run_folder
from trainer.store import RunWriter


@dataclass(frozen=True, eq=False)
class Outcome:
    """All that a model run says, in the numbering of the data version that it is about.

    Attributes:
        data: The version: rows, ontology and truth.
        predictions: What the model said.
        embeddings: float[n, d] by name, in the order of the rows.
        numbers: Numbers of one's own, a value for each row.
        config: The settings of the training.
        subject: What it is measured by.
    """

    data: DataVersion
    predictions: Annotations
    embeddings: Mapping[str, np.ndarray]
    numbers: Sequence[OwnNumber]
    config: RunConfig
    subject: Subject


def seal_outcome(writer: RunWriter, outcome: Outcome, *, folder: Path) -> ModelRun:
    """Write an outcome as the files of a run, measure it, and seal the run.

    Args:
        writer: The run.
        outcome: What it says.
        folder: A folder for its files; what is in there already, such as weights and logs, becomes part of the run.

    Raises:
        FrozenRunError: If the run ended before.
        StoreError: If it cannot be stored.
    """
    data, rows = outcome.data, outcome.data.snapshot.rows
    write_run_folder(folder, data.snapshot, outcome.predictions, embeddings=outcome.embeddings, config=outcome.config)
    headline = write_evaluation(folder, writer.name, data, outcome.predictions, subject=outcome.subject)
    layout.write_own_numbers(outcome.numbers, folder)
    writer.log_snapshot(data.project, data.snapshot.digest, rows.split_sizes())
    writer.reference(data.stored, data.data_files())
    writer.add_folder(folder)
    writer.set_tags({MEASURE_TAG: str(outcome.subject)})
    writer.log_metrics(headline | means_of(outcome.numbers, rows))
    return ModelRun(writer.seal())
