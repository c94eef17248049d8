"""Writing a run: everything first, the manifest last, then the seal."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from trainer.records.errors import FrozenRunError, ModelrunsError, RecordError, StoreError, TrainingStoppedError
from trainer.records.manifest import FORMAT, MANIFEST, FileEntry, Manifest, refuse_unsafe_name
from trainer.store.claiming import claim
from trainer.store.connection import Connection
from trainer.store.counting import count_rows
from trainer.store.experiments import check_run_name, ensure_experiment
from trainer.store.listing import get_entry
from trainer.store.owner import heartbeat
from trainer.store.places import LocalPlace, Place
from trainer.store.pulse import Pulse
from trainer.store.reading import StoredRun, open_by_id
from trainer.store.tags import (
    ERROR,
    LONGEST_TAG,
    MANIFEST_SHA256,
    STATE,
    UID,
    RunKind,
    RunState,
    Scalar,
    check_metrics,
    check_params,
    check_tags,
    in_parts,
)


@dataclass(eq=False)
class RunWriter:
    """A run that is being written. Nobody can open it before it is sealed, and nothing can change it after.

    Attributes:
        run_id: MLflow's id, 32 hex digits.
        uid: Our own id, known before the run was made.
        name: Unique in its experiment.
        experiment: Name of its experiment or project.
    """

    run_id: str
    uid: str
    name: str
    experiment: str
    _connection: Connection = field(repr=False)
    _place: Place = field(repr=False)
    _state: RunState = RunState.WRITING
    _files: dict[str, FileEntry] = field(default_factory=dict, repr=False)
    _params: dict[str, str] = field(default_factory=dict, repr=False)
    _pulse: Pulse = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._pulse = Pulse(self.heartbeat)
        self._pulse.start()

    def log_params(self, params: Mapping[str, Scalar]) -> None:
        """Keep what the run was made with, for tables; values become text.

        Raises:
            FrozenRunError: If a parameter was kept before with another value.
            RecordError: If a name or value cannot be kept whole.
        """
        from mlflow.entities import Param

        checked = check_params(params)
        for key, value in checked.items():
            if self._params.get(key, value) != value:
                raise FrozenRunError(
                    f"Parameter {key!r} of run {self.name!r} is {self._params[key]!r} and cannot become {value!r}. "
                    f"What changes while a run is made is a metric."
                )
        for part in in_parts(checked):
            values = [Param(key, value) for key, value in part.items()]
            self._client.log_batch(self.run_id, params=values, synchronous=True)
        self._params |= checked

    def log_metrics(self, metrics: Mapping[str, float], *, step: int = 0) -> None:
        """Keep numbers for tables and curves; NaN means undefined.

        Raises:
            RecordError: If a name or value cannot be kept.
        """
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        for part in in_parts(check_metrics(metrics)):
            values = [Metric(key, value, now, step) for key, value in part.items()]
            self._client.log_batch(self.run_id, metrics=values, synchronous=True)

    def log_snapshot(self, project: str, digest: str, split_sizes: Mapping[str, int]) -> None:
        """Say which data the run saw, so that MLflow shows it as the run's inputs.

        Args:
            project: Name of the project.
            digest: The snapshot's digest.
            split_sizes: Rows of each split.
        """
        from mlflow.entities import Dataset, DatasetInput, InputTag

        inputs = [
            DatasetInput(
                Dataset(f"{project}/{split}", digest, "modelruns", project, profile=f'{{"rows": {rows}}}'),
                [InputTag("mlflow.data.context", split)],
            )
            for split, rows in split_sizes.items()
        ]
        self._client.log_inputs(self.run_id, datasets=inputs)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Keep short texts about the run; a later value replaces an earlier one.

        Raises:
            RecordError: If a name or value cannot be kept whole, or is the store's own.
        """
        for part in in_parts(check_tags(tags)):
            self._set_tags(part)

    def add_file(self, path: Path, name: str, *, rows: int | None = None) -> None:
        """Store one file; one of the same name is replaced.

        Args:
            path: The file; it is copied.
            name: Its name in the run, like ``logs/train.log``.
            rows: How many rows it holds; found out for Parquet and ``.npy``.

        Raises:
            RecordError: If the name would not stay in the run's folder.
            StoreError: If it cannot be read or stored.
        """
        self._check_file_name(name)
        if not path.is_file():
            raise StoreError(f"{path} is not a file, so it cannot become {name!r} of run {self.name!r}.")
        size, sha256 = self._require_writing().put(path, name)
        self._files[name] = FileEntry(name, size, sha256, count_rows(path) if rows is None else rows)

    def add_folder(self, folder: Path) -> None:
        """Store every file below a folder, under its name relative to it."""
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            self.add_file(path, path.relative_to(folder).as_posix())

    def reference(self, stored: StoredRun, names: Sequence[str]) -> None:
        """Take files of a sealed run as this run's own, without storing them twice.

        Raises:
            NotFoundError: If that run has no such file.
            StoreError: If that run is in another store.
        """
        if not stored.is_in(self._connection):
            raise StoreError(f"Run {stored} is in another store; copy its files with add_file instead.")
        place = self._require_writing()
        for name in names:
            self._check_file_name(name)
            entry = stored.manifest.entry(name)
            if isinstance(place, LocalPlace):
                place.link(stored.path(name), name)
            self._files[name] = FileEntry(name, entry.bytes, entry.sha256, entry.rows, entry.held_by or stored.id)

    def heartbeat(self) -> None:
        """Say that the run is still being made; a thread does so every two minutes, until the run has ended."""
        self._set_tags(heartbeat())

    def seal(self) -> StoredRun:
        """Finish the run: from now on it can be opened, and nothing changes it.

        Readers ask for all of it: the manifest with the hash in the tag, the seal, and MLflow's own FINISHED. So a
        process that is killed at any point of this leaves either a whole run or none.

        Raises:
            FrozenRunError: If the run ended before.
            StoreError: If it cannot be stored; sealing can be tried again.
        """
        self._check_still_ours()
        manifest = Manifest(FORMAT, tuple(self._files.values())).to_bytes()
        sha256 = self._put_manifest(manifest)
        self._set_tags({MANIFEST_SHA256: sha256})
        self._set_tags({STATE: RunState.SEALED})
        self._client.set_terminated(self.run_id, "FINISHED")
        self._state = RunState.SEALED
        self._pulse.stop()
        return open_by_id(self._connection, self.run_id)

    def fail(self, trace: str) -> None:
        """End the run as failed, with the end of the traceback."""
        self._set_tags({ERROR: trace[-LONGEST_TAG:]})
        self._end(RunState.FAILED)

    def kill(self) -> None:
        """End the run as killed."""
        self._end(RunState.KILLED)

    @contextmanager
    def ended_on_error(self) -> Iterator[Self]:
        """A block whose error ends the run, as failed, or as killed by an interrupt; else its name would stay taken.

        Where the store cannot even take that, `doctor` ends the run later; the error that is raised is the first one.
        """
        try:
            yield self
        except BaseException as error:
            self.end_after(error)
            raise

    def end_after(self, error: BaseException) -> None:
        """End the run that an error interrupted: as failed, or as killed where somebody asked for that."""
        try:
            with suppress(ModelrunsError):  # the store may be what failed; the first error is the one to tell
                if isinstance(error, Exception) and not isinstance(error, TrainingStoppedError):
                    self.fail("".join(traceback.format_exception(error)))
                else:
                    self.kill()
        finally:
            self._pulse.stop()

    @property
    def _client(self) -> Any:
        self._require_writing()
        return self._connection.client

    def _require_writing(self) -> Place:
        if self._state is not RunState.WRITING:
            raise FrozenRunError(f"Run {self.name!r} is {self._state} and cannot change. Make a new run.")
        return self._place

    def _set_tags(self, tags: Mapping[str, str]) -> None:
        from mlflow.entities import RunTag

        self._require_writing()
        values = [RunTag(key, value) for key, value in tags.items()]
        self._connection.client.log_batch(self.run_id, tags=values, synchronous=True)

    def _check_file_name(self, name: str) -> None:
        refuse_unsafe_name(name)
        if name == MANIFEST:
            raise RecordError(f"{MANIFEST!r} is written by the store itself. Choose another name.")

    def _check_still_ours(self) -> None:
        """Somebody may have taken us for dead meanwhile."""
        self._require_writing()
        entry = get_entry(self._connection, self.run_id)
        if entry is None or entry.state not in (RunState.WRITING, RunState.SEALED):
            ended = entry.state if entry else "deleted"
            raise FrozenRunError(
                f"Run {self.name!r} was ended as {ended} by somebody else while it was written, and cannot be sealed. "
                f"Log it again under this name or another."
            )

    def _put_manifest(self, content: bytes) -> str:
        with tempfile.TemporaryDirectory(prefix="modelruns-") as folder:
            path = Path(folder) / MANIFEST
            path.write_bytes(content)
            return self._place.put(path, MANIFEST)[1]

    def _end(self, state: RunState) -> None:
        self._set_tags({STATE: state})
        self._connection.client.set_terminated(self.run_id, state.upper())
        self._state = state
        self._pulse.stop()


def create_run(
    connection: Connection, experiment: str, name: str, *, kind: RunKind, tags: Mapping[str, str]
) -> RunWriter:
    """Begin a run.

    Raises:
        NameTakenError: If a run of the experiment, sealed or being written, has the name.
        RecordError: If a name or tag cannot be kept.
    """
    check_run_name(name)
    checked = check_tags(tags)
    experiment_id = ensure_experiment(connection, experiment, kind)
    run = claim(connection, experiment_id, name, experiment=experiment, kind=kind, tags=checked)
    place = connection.place_of(run.info.run_id, run.info.artifact_uri)
    return RunWriter(run.info.run_id, run.data.tags[UID], name, experiment, connection, place)
