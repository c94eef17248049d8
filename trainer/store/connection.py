"""A store as the modules of this package hand it around: where it is, how to reach it, what was fetched from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from trainer.store.cache import Cache
from trainer.store.catalogue import Catalogue
from trainer.store.client import LOCK, Guarded, connect, disconnect
from trainer.store.database import copy_database
from trainer.store.location import Location
from trainer.store.lock import locked
from trainer.store.mlflow_catalogue import MlflowCatalogue
from trainer.store.places import LocalPlace, Place, find_local_folder
from trainer.store.remote import RemotePlace, check_remote_address
from trainer.store.sqlite_catalogue import SqliteCatalogue, knows_form


@dataclass(frozen=True, slots=True)
class Connection:
    """One store.

    Attributes:
        location: Where it is.
        cache: Where fetched files are kept, if it is a server.
    """

    location: Location
    cache: Cache

    @property
    def client(self) -> Guarded:
        """MLflow's client, by which the store is changed; the first use opens it.

        Raises:
            StoreError: If the store may only be read.
        """
        self.location.refuse_read_only()
        return connect(self.location)

    @property
    def catalogue(self) -> Catalogue:
        """Answers questions about the store, by the quickest way there is."""
        if self.location.database is not None and knows_form(self.location):
            return SqliteCatalogue(self.location)
        if self.location.is_read_only:  # MLflow wants to write before it answers
            return MlflowCatalogue(connect(copy_database(self.location)))
        return MlflowCatalogue(self.client)

    def place_of(self, run_id: str, artifact_uri: str) -> Place:
        """Where the files of a run are, from what MLflow says about it."""
        if self.location.database is not None:
            return LocalPlace(find_local_folder(self.location.artifacts, artifact_uri, run_id))
        check_remote_address(artifact_uri, self.location.uri)
        return RemotePlace(artifact_uri, self.location.uri, self.cache)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes of this machine from changing an embedded store; a server is not held up.

        Raises:
            StoreError: If the store may only be read.
        """
        if self.location.database is None:
            yield
            return
        self.location.refuse_read_only()
        connect(self.location)  # opening takes the same lock
        with locked(self.location.folder / LOCK):
            yield

    def close(self) -> None:
        """Close the connections to the database; they open again when needed."""
        disconnect(self.location)
