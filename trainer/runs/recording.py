"""Recording a model run around any training code; it is sealed when the block ends, or marked failed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from trainer.projects import DataVersion, Report, open_version, save_version
from trainer.records import layout
from trainer.records.annotations import Annotations
from trainer.records.config import RunConfig
from trainer.records.errors import FrozenRunError, RecordError
from trainer.records.measure import Subject, check_measure, subject_of, usual_subject
from trainer.records.ontology import Ontology
from trainer.records.snapshot import Snapshot
from trainer.runs.column_log import ColumnLog
from trainer.runs.metric_log import MetricLog
from trainer.runs.model_runs import ModelRun
from trainer.runs.number_log import NumberLog
from trainer.runs.row_log import RowLog
from trainer.runs.sealing import Outcome, seal_outcome
from trainer.runs.statements import Statement
from trainer.store import RunKind, RunWriter, Store, open_store

PROGRESS = "trainer.progress"
"""Tag that tells how far a run is while it is made, and how its training went afterwards."""
LOGGED = "logged-"
"""Rows that bring their own truth become versions of a project of this prefix and the experiment's name, so that they
never become the newest version of a project that somebody imported."""


class Recording:
    """A model run being made. Get one from `start_run`; use it in a ``with`` block.

    Leaving the block seals the run: from then on it can be read and compared, and nothing changes it. An exception
    marks it failed with its traceback, an interrupt or a `TrainingStoppedError` marks it killed; neither is ever shown
    among the sealed runs.
    """

    def __init__(
        self,
        store: Store,
        writer: RunWriter,
        *,
        name: str,
        data: DataVersion | None,
        features: Sequence[str] | Ontology | None,
        config: RunConfig,
        measure: str | None = None,
        report: Report | None = None,
    ) -> None:
        self._store = store
        self._writer = writer
        self._name = name
        self._data = data
        self._config = config
        self._measure = measure
        self._report = report
        self._rows = RowLog(data.snapshot if data else None, features)
        self._columns = ColumnLog(data.snapshot if data else None)
        self._metrics = MetricLog(writer)
        self._numbers = NumberLog(data.snapshot.rows if data else None)
        self._scratch = tempfile.TemporaryDirectory(prefix="modelruns-")
        self._sealed: ModelRun | None = None

    @property
    def id(self) -> str:
        """Identity of the run in MLflow."""
        return self._writer.run_id

    @property
    def folder(self) -> Path:
        """A folder whose files become the run's files, under the same names, when it is sealed."""
        return Path(self._scratch.name)

    @property
    def name(self) -> str:
        """What the run is called in its experiment."""
        return self._name

    @property
    def result(self) -> ModelRun:
        """The sealed run, once the block has ended well.

        Raises:
            FrozenRunError: While the run is still being made.
        """
        if self._sealed is None:
            raise FrozenRunError(f"Run {self._name!r} is not sealed yet; its result can be read after the with block.")
        return self._sealed

    def log_metric(self, name: str, value: float, *, step: int = 0) -> None:
        """Log one number of the training, such as the loss of a step or the score of an epoch."""
        self._require_open()
        self._metrics.log(name, value, step=step)

    def tell_progress(self, words: str) -> None:
        """Show on the run's page in MLflow how far it is, such as ``epoch 3/50, 41 s left``; call it once a second.

        The run's signs of life do not depend on it: a thread gives one every two minutes.
        """
        self._writer.set_tags({PROGRESS: words})

    def log_row(
        self,
        key: str,
        *,
        predictions: Sequence[Statement] = (),
        truth: Sequence[Statement] | None = None,
        image: Path | str | None = None,
        size: tuple[int, int] | None = None,
        text: str | None = None,
        split: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        embedding: Sequence[float] | None = None,
    ) -> None:
        """Log what the model saw and said about one row.

        Args:
            key: Identity of the row, unique in the run; on a project, the key of one of its rows.
            predictions: What the model said, with confidence: `Box`, `Outline`, `Mask`, `Answer` or `Span`; all of them
                are kept.
            truth: What people said, likewise. Left out when the run is on a project, which holds it.
            image: Path of the picture; its size, checksum and thumbnail are taken from it.
            size: Width and height in pixels, where there is no picture.
            text: What the row says, where it is a text.
            split: ``training``, ``validation``, ``test`` or ``unassigned``; validation when left out.
            metadata: Free JSON values to filter by.
            embedding: One vector; all rows of a run have the same length.

        Raises:
            RecordError: If anything cannot be right: an unknown feature or row, a confidence outside [0, 1], a mask of
                another size than the row, a shape on a text, a span outside its text, an option or span said twice.
                Nothing of the row is kept then.
        """
        self._require_open()
        if predictions and self._columns.predictions is not None:
            raise RecordError("All predictions were logged at once before; log them in one of the two ways.")
        self._rows.add(
            key,
            image=image,
            size=size,
            text=text,
            split=split,
            metadata=metadata or {},
            truth=truth,
            predictions=predictions,
            embedding=embedding,
        )

    def log_predictions(self, predictions: Annotations) -> None:
        """Log all predictions of a run on a project at once, as columns.

        Args:
            predictions: Rows and features numbered as in the snapshot; all of them are kept.

        Raises:
            RecordError: If predictions were logged row by row before, or cannot be right: shapes on texts, spans beyond
                their text, options or spans said twice of a row.
        """
        self._require_open()
        if self._rows.has_predictions:
            raise RecordError("Predictions were logged row by row before; log them in one of the two ways.")
        self._columns.add_predictions(predictions)

    def log_embeddings(self, vectors: np.ndarray, *, name: str = "rows") -> None:
        """Log one vector a row of a run on a project.

        Args:
            vectors: float[n, d] in the snapshot's row order; NaN where a row has none.
            name: What they are called.

        Raises:
            ColumnError: If there are not as many vectors as rows, or a number is too large to be kept.
        """
        self._require_open()
        self._columns.add_embeddings(vectors, name=name)

    def log_numbers(self, name: str, values: Mapping[str, float], *, lower_is_better: bool = False) -> None:
        """Log a number of your own, a value for each row, that is compared between runs like ours.

        Args:
            name: What it is called, such as ``seconds``; MLflow shows its mean on the measured rows under that name.
            values: By the keys of rows; rows without a value, or with NaN, do not count.
            lower_is_better: It is an error, a cost or a time.

        Raises:
            RecordError: If the name is taken, or a value is infinite or of no row of the project.
        """
        self._require_open()
        self._numbers.add(name, values, lower_is_better=lower_is_better)

    def log_file(self, path: Path | str, name: str) -> None:
        """Keep a copy of a file in the run, such as weights, under a name like ``model/weights.safetensors``.

        Raises:
            RecordError: If there is no such file, or the name leads out of the run's folder.
        """
        self._require_open()
        target = (self.folder / name).resolve()
        if not target.is_relative_to(self.folder.resolve()):
            raise RecordError(f"File name {name!r} leads out of the run's folder.")
        if not Path(path).is_file():
            raise RecordError(f"There is no file {str(path)!r} to keep as {name!r}.")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._scratch:
            if error is not None:
                self._writer.end_after(error)
                return
            with self._writer.ended_on_error():
                self._sealed = self._seal()

    def _require_open(self) -> None:
        if self._sealed is not None:
            raise FrozenRunError(f"Run {self._name!r} is sealed; nothing more can be logged to it.")

    def _seal(self) -> ModelRun:
        own = LOGGED + self._writer.experiment
        data = self._data or save_version(own, self._rows.make_snapshot(), store=self._store, report=self._report)
        snapshot, predictions = data.snapshot, self._columns.predictions
        outcome = Outcome(
            data,
            self._rows.predictions(snapshot) if predictions is None else predictions,
            embeddings=self._all_embeddings(snapshot),
            numbers=self._numbers.collect(snapshot.rows),
            config=self._config,
            subject=self._subject(snapshot),
        )
        self._metrics.write(self.folder / layout.METRIC_LOG)
        return seal_outcome(self._writer, outcome, folder=self.folder)

    def _subject(self, snapshot: Snapshot) -> Subject:
        asked = self._measure
        return usual_subject(snapshot.ontology) if asked is None else subject_of(asked, snapshot.ontology)

    def _all_embeddings(self, snapshot: Snapshot) -> dict[str, np.ndarray]:
        logged = self._rows.embeddings(snapshot.rows)
        return self._columns.embeddings if logged is None else {"rows": logged, **self._columns.embeddings}


def start_run(
    experiment: str,
    name: str,
    *,
    project: str | DataVersion | None = None,
    features: Sequence[str] | Ontology | None = None,
    measure: str | None = None,
    config: RunConfig | None = None,
    tags: Mapping[str, str] | None = None,
    store: Store | None = None,
    report: Report | None = None,
) -> Recording:
    """Begin a model run; see `Recording`.

    Args:
        experiment: The experiment it belongs to; a new name makes a new one.
        name: Name of the run, unique in the experiment.
        project: Name of the project whose newest data version it is about, or one of its versions. When left out,
            rows bring their own truth and become a version of project ``logged-<experiment>``.
        features: For rows that bring their own truth, the ontology, or names of the features in order, whose kinds
            follow from what is logged.
        measure: What the run is measured by: ``boxes``, ``masks``, ``classes``, ``pixels`` or ``spans``. When left out,
            boxes where the ontology has shapes, else the classes of its first question, or spans. Of several questions
            ``classes:weather`` names one.
        config: The settings of the training.
        tags: Free text to find it by.
        store: Where runs are kept; the one that MLFLOW_TRACKING_URI names, else ``./mlruns``, when left out.
        report: Told of the progress of long work.

    Raises:
        NameTakenError: If the experiment has a run of that name.
        RecordError: If there is no such measure, or the project has nothing of the kind.
    """
    store = store or open_store()
    data = open_version(project, store=store) if isinstance(project, str) else project
    ontology = data.snapshot.ontology if data else features if isinstance(features, Ontology) else None
    check_measure(measure, ontology)
    config = config or RunConfig()
    writer = store.create_run(experiment, name, kind=RunKind.MODEL_RUN, tags=dict(tags or {}))
    with writer.ended_on_error():
        writer.log_params({key: value for key, value in list(config.scalars().items())[:20] if value is not None})
    return Recording(
        store, writer, name=name, data=data, features=features, config=config, measure=measure, report=report
    )
