"""Files fetched from a server, kept by their hash, up to a limit."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trainer.records.errors import RunDamagedError, StoreError

PART = ".part-"
DEFAULT_LIMIT = 20 * 1024**3

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of fetched files; files used long ago make room for new ones.

    Attributes:
        folder: Where they are.
        limit: Bytes it may hold.
    """

    folder: Path
    limit: int = DEFAULT_LIMIT

    @classmethod
    def default(cls) -> Cache:
        """The cache of this user: ``MODELRUNS_CACHE``, else a folder among the user's caches."""
        chosen = os.environ.get("MODELRUNS_CACHE")
        caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        return cls(Path(chosen).expanduser().absolute() if chosen else caches / "modelruns")

    def find(self, sha256: str) -> Path | None:
        """A file that was kept before."""
        path = self._path(sha256)
        if not path.is_file():
            return None
        with suppress(OSError):
            os.utime(path)  # used now, so the last to go
        return path

    def keep(self, chunks: Iterable[bytes], *, sha256: str, size: int) -> Path:
        """Keep a file while it arrives.

        Args:
            chunks: Its bytes, from a source that is not trusted: reading stops once there are too many.
            sha256: The hash it must have.
            size: The bytes it must have.

        Raises:
            RunDamagedError: If it is another file.
            StoreError: If it is larger than the whole cache, or cannot be written.
        """
        if size > self.limit:
            raise StoreError(
                f"A file of {size:,} bytes does not fit the cache of {self.limit:,} bytes in {self.folder}. "
                f"Open the store with a larger one: open_store(..., cache_limit={size * 2})."
            )
        path = self._path(sha256)
        part = path.with_name(f"{PART}{uuid.uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._make_room(size)
            _write_checked(chunks, part, sha256=sha256, size=size)
            part.replace(path)
        except OSError as error:
            raise StoreError(f"A fetched file cannot be kept in {self.folder}: {error}.") from error
        finally:
            part.unlink(missing_ok=True)
        return path

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):  # it comes from the server, and becomes a path
            raise RunDamagedError(f"{sha256[:80]!r} is no SHA-256.")
        return self.folder / sha256[:2] / sha256

    def _make_room(self, size: int) -> None:
        kept = [(path, path.stat()) for path in self.folder.glob("*/*") if path.is_file()]
        total = sum(facts.st_size for _, facts in kept)
        for path, facts in sorted(kept, key=lambda file: file[1].st_mtime):
            if total + size <= self.limit:
                return
            path.unlink(missing_ok=True)
            total -= facts.st_size


def _write_checked(chunks: Iterable[bytes], part: Path, *, sha256: str, size: int) -> None:
    digest, total = hashlib.sha256(), 0
    with part.open("wb") as file:
        for chunk in chunks:
            total += len(chunk)
            if total > size:
                break
            digest.update(chunk)
            file.write(chunk)
    if total != size or digest.hexdigest() != sha256:
        raise RunDamagedError(
            f"The store sent another file than the manifest lists ({size:,} bytes, {sha256[:12]}...)."
        )
