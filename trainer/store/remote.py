"""Where a run's files are when the store is a server: sent and fetched singly, kept in the cache."""

from __future__ import annotations

import posixpath
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from trainer.records.errors import RunDamagedError, StoreError
from trainer.records.manifest import MANIFEST, FileEntry
from trainer.store.cache import Cache
from trainer.store.client import Guarded, translated_errors
from trainer.store.places import LARGEST_MANIFEST, check_hash, hash_file

# What a server may name as the place of a run's files. It must not point us at our own disk, or at another host.
_THROUGH_SERVER = "mlflow-artifacts"
_SCHEMES = (_THROUGH_SERVER, "s3", "gs", "abfss", "wasbs")
_ENDPOINT = "/api/2.0/mlflow-artifacts/artifacts/"
_CHUNK = 1024**2


@dataclass(frozen=True, slots=True)
class RemotePlace:
    """A run's files behind an MLflow server.

    Attributes:
        artifact_uri: Their address, checked.
        server: The server's address.
        cache: Where fetched files are kept.
    """

    artifact_uri: str
    server: str
    cache: Cache

    def put(self, source: Path, name: str) -> tuple[int, str]:
        """Send a file; the server stores it whole or not at all."""
        folder, last = posixpath.split(name)
        with tempfile.TemporaryDirectory(prefix="modelruns-") as staging:
            staged = Path(staging) / last  # MLflow takes the name from the file it is given
            staged.symlink_to(source.absolute())
            stored = (source.stat().st_size, hash_file(source))
            self._files.log_artifact(str(staged), folder or None)
        return stored

    def find(self, entry: FileEntry) -> Path | None:
        """The file in the cache."""
        return self.cache.find(entry.sha256)

    def fetch(self, entry: FileEntry) -> Path:
        """The file in the cache, fetched when it is not there."""
        kept = self.cache.find(entry.sha256)
        return kept or self.cache.keep(self._read(entry.name), sha256=entry.sha256, size=entry.bytes)

    def fetch_manifest(self, sha256: str) -> bytes:
        """Fetch it once, and check it."""
        kept = self.cache.find(sha256)
        if kept is None:
            content = check_hash(self._read_manifest(), sha256)
            kept = self.cache.keep([content], sha256=sha256, size=len(content))
        return check_hash(kept.read_bytes(), sha256)

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """Bytes of each of these files that is there; one request a folder."""
        wanted = set(names)
        folders = {posixpath.dirname(name) for name in wanted}
        listed = (file for folder in folders for file in self._files.list_artifacts(folder or None))
        return {file.path: int(file.file_size or 0) for file in listed if file.path in wanted}

    def remove(self) -> None:
        """Have the server remove the files; what was fetched of them stays in the cache until it is full."""
        self._files.delete_artifacts()

    @property
    def _files(self) -> Guarded:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        with translated_errors(self.server):
            return Guarded(get_artifact_repository(self.artifact_uri, tracking_uri=self.server), self.server)

    def _read_manifest(self) -> bytes:
        content = bytearray()
        for chunk in self._read(MANIFEST):
            content += chunk
            if len(content) > LARGEST_MANIFEST:
                raise RunDamagedError(f"{MANIFEST} is too large to be a manifest.")
        return bytes(content)

    def _read(self, name: str) -> Iterator[bytes]:
        if urlsplit(self.artifact_uri).scheme == _THROUGH_SERVER:
            return self._read_through_server(name)
        return self._read_downloaded(name)

    def _read_through_server(self, name: str) -> Iterator[bytes]:
        from mlflow.utils.credentials import get_default_host_creds
        from mlflow.utils.rest_utils import augmented_raise_for_status, http_request

        path = posixpath.join(urlsplit(self.artifact_uri).path.strip("/"), name)
        with translated_errors(self.server):
            answer = http_request(get_default_host_creds(self.server), _ENDPOINT + quote(path), "GET", stream=True)
            with answer:
                augmented_raise_for_status(answer)
                yield from answer.iter_content(_CHUNK)

    def _read_downloaded(self, name: str) -> Iterator[bytes]:
        with tempfile.TemporaryDirectory(prefix="modelruns-") as folder:
            path = Path(self._files.download_artifacts(name, folder))
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk


def check_remote_address(artifact_uri: str, server: str) -> None:
    """Check that the address a server gives for a run's files is one that we follow.

    Raises:
        StoreError: If it leads to this machine's disk, or to a host that we were not told about.
    """
    address = urlsplit(artifact_uri)
    if address.scheme not in _SCHEMES:
        raise StoreError(
            f"{server} keeps a run's files at {artifact_uri!r}, which is not followed. Allowed are "
            f"{', '.join(f'{scheme}:' for scheme in _SCHEMES)}. Start the server with --serve-artifacts; "
            f"or, where it runs on this machine over a folder of runs, open that folder instead."
        )
    if address.scheme == _THROUGH_SERVER and address.netloc not in ("", urlsplit(server).netloc):
        raise StoreError(f"{server} keeps a run's files on another host, {address.netloc!r}, which is not followed.")
