"""The store of runs: where all work with it begins."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from trainer.store.cache import DEFAULT_LIMIT, Cache
from trainer.store.catalogue import MetricPoint, Wanted
from trainer.store.connection import Connection
from trainer.store.experiments import ExperimentEntry, list_experiments
from trainer.store.finding import find_run
from trainer.store.listing import RunEntry, list_runs
from trainer.store.location import Location, resolve, without_password
from trainer.store.reading import StoredRun
from trainer.store.relabelling import rename, retag
from trainer.store.removing import delete_for_ever, delete_run
from trainer.store.tags import RunKind
from trainer.store.writing import RunWriter, create_run

_NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Store:
    """Runs and data versions, in a folder of this machine or on an MLflow server; both are used in the same way."""

    connection: Connection = field(repr=False)

    @property
    def location(self) -> Location:
        """Where it is."""
        return self.connection.location

    def create_run(self, experiment: str, name: str, *, kind: RunKind, tags: Mapping[str, str] = _NO_TAGS) -> RunWriter:
        """Begin a run.

        Args:
            experiment: The experiment of a model run, the project of a data version; made where there is none.
            name: Unique in there. Runs that failed or were killed give their name back.
            kind: Model run or data version.
            tags: Short texts about it.

        Raises:
            NameTakenError: If a run that is sealed, or is being written, has the name.
            RecordError: If a name or tag cannot be kept.
            StoreError: If the store cannot be written.
        """
        return create_run(self.connection, experiment, name, kind=kind, tags=tags)

    def find(self, reference: str, *, experiment: str | None = None, kind: RunKind = RunKind.MODEL_RUN) -> StoredRun:
        """Open one sealed run.

        Args:
            reference: Its id, ``experiment/name``, its name where that is unique, or the first six or more digits
                of its id.
            experiment: Look only there.
            kind: What to look for.

        Raises:
            NotFoundError: If there is none, several, or one that is not sealed.
            RunDamagedError: If its files are not what was sealed.
        """
        return find_run(self.connection, reference, kind=kind, experiment=experiment)

    def runs(
        self,
        experiment: str | None = None,
        *,
        kind: RunKind = RunKind.MODEL_RUN,
        sealed_only: bool = True,
        name: str | None = None,
        id_start: str | None = None,
        tagged: tuple[str, str] | None = None,
        most: int | None = 1000,
    ) -> list[RunEntry]:
        """Runs, newest first, without opening them; all conditions hold together.

        Args:
            experiment: Only those of this experiment or project.
            kind: What to list.
            sealed_only: Without those that are being written, failed or were killed.
            name: Only those of this name.
            id_start: Only those whose id starts so.
            tagged: Only those with this tag of this value; neither holds a quotation mark.
            most: At most so many; None means all.

        Raises:
            NotFoundError: If there is no such experiment.
        """
        wanted = Wanted(sealed=sealed_only, name=name, id_start=id_start, tagged=tagged)
        return list_runs(self.connection, kind, experiment=experiment, wanted=wanted, most=most)

    def metric_history(self, run: RunEntry, name: str) -> list[MetricPoint]:
        """All values of a metric that a run has logged so far, in the order of their steps.

        Args:
            run: A run, finished or not: what a training logs is there at once.
            name: The metric, such as ``loss``; one that was never logged has no value.
        """
        return self.connection.catalogue.history(run.id, name)

    def set_tags(self, run: RunEntry, tags: Mapping[str, str], *, without: Collection[str] = ()) -> None:
        """Write on a run, sealed or not, what people say about it; its files, and what it is, stay as they are.

        Args:
            run: The run.
            tags: Short texts; a later value replaces an earlier one, all of them at once.
            without: Names of tags to take away, after the others were set; those that it has not are passed over.

        Raises:
            NotFoundError: If the run was deleted.
            RecordError: If a name or value cannot be kept whole, or is the store's own.
        """
        retag(self.connection, run, tags, without=without)

    def rename(self, run: RunEntry, name: str) -> None:
        """Give a sealed run another name, that no other sealed or written run of its experiment has.

        Raises:
            FrozenRunError: If it is not sealed.
            NameTakenError: If another one has the name.
            NotFoundError: If the run was deleted.
            RecordError: If the name cannot be kept.
        """
        rename(self.connection, run, name)

    def experiments(self, kind: RunKind = RunKind.MODEL_RUN) -> list[ExperimentEntry]:
        """Experiments (or projects, for data versions), the last changed first."""
        return list_experiments(self.connection, kind)

    def delete_run(self, run: RunEntry) -> None:
        """Delete a run that failed or was killed, with its files.

        Raises:
            FrozenRunError: If it is sealed, or being written.
        """
        delete_run(self.connection, run)

    def delete_for_ever(self, runs: Sequence[RunEntry], *, tagged: tuple[str, str] | None = None) -> int:
        """Delete runs with their files, sealed or not, in the order given.

        A process that is killed meanwhile leaves each of them whole or gone. On a server an empty record stays until
        its owner calls `mlflow gc`.

        Args:
            runs: What to delete.
            tagged: Delete the model runs with this tag of this value as well, before the others. In an embedded store
                nobody can begin another one meanwhile.

        Returns:
            How many were deleted.

        Raises:
            FrozenRunError: If one is being written, or a run that stays refers to files of it; nothing is deleted.
            NotFoundError: If one was deleted before.
            StoreError: If files cannot be removed.
        """
        return delete_for_ever(self.connection, runs, tagged=tagged)

    def base_url(self) -> str | None:
        """Where MLflow's own pages about these runs are, if the store says so: a server's address."""
        return without_password(self.location.uri) if self.location.database is None else None

    def close(self) -> None:
        """Close the connections to the database; they open again when needed."""
        self.connection.close()

    def __str__(self) -> str:
        return str(self.location)


def open_store(uri: str | Path | None = None, *, cache: Path | None = None, cache_limit: int = DEFAULT_LIMIT) -> Store:
    """Open the store of runs. Nothing is read or made before it is used.

    Args:
        uri: A folder, or a server's address; None means ``MLFLOW_TRACKING_URI``, and ``./mlruns`` without that.
        cache: Where files fetched from a server are kept; None means ``MODELRUNS_CACHE``, and the user's caches
            without that.
        cache_limit: Bytes the cache may hold.

    Raises:
        StoreError: If there can be no store at that place.
    """
    folder = cache or Cache.default().folder
    return Store(Connection(resolve(uri), Cache(folder, cache_limit)))
