"""The store of runs: where all work with it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from trainer.store.cache import DEFAULT_LIMIT, Cache
from trainer.store.catalogue import Wanted
from trainer.store.connection import Connection
from trainer.store.experiments import ExperimentEntry, list_experiments
from trainer.store.finding import find_run
from trainer.store.listing import RunEntry, list_runs
from trainer.store.location import Location, resolve, without_password
from trainer.store.reading import StoredRun
from trainer.store.removing import delete_run
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
        most: int = 1000,
    ) -> list[RunEntry]:
        """Runs, newest first, without opening them.

        Raises:
            NotFoundError: If there is no such experiment.
        """
        return list_runs(self.connection, kind, experiment=experiment, wanted=Wanted(sealed=sealed_only), most=most)

    def experiments(self, kind: RunKind = RunKind.MODEL_RUN) -> list[ExperimentEntry]:
        """Experiments (or projects, for data versions), the last changed first."""
        return list_experiments(self.connection, kind)

    def delete_run(self, run: RunEntry) -> None:
        """Delete a run that failed or was killed, with its files.

        Raises:
            FrozenRunError: If it is sealed, or being written.
        """
        delete_run(self.connection, run)

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
