"""The cache keeps what was asked for, as long as there is room."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer.records.errors import RunDamagedError, StoreError
from trainer.store.cache import Cache


def _keep(cache: Cache, content: bytes) -> Path:
    return cache.keep([content], sha256=_hash(content), size=len(content))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_kept_file_is_found_by_its_hash(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    kept = _keep(cache, b"abc")

    assert kept.read_bytes() == b"abc"
    assert cache.find(_hash(b"abc")) == kept
    assert cache.find(_hash(b"other")) is None


def test_the_file_used_longest_ago_makes_room(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=10)
    old, used = _keep(cache, b"a" * 4), _keep(cache, b"b" * 4)
    for path in (old, used):
        os.utime(path, (0, 0))
    cache.find(_hash(b"b" * 4))
    _keep(cache, b"c" * 4)

    assert not old.exists()
    assert used.exists()


def test_a_file_larger_than_the_cache_says_how_to_enlarge_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"open_store\(..., cache_limit=22\)"):
        _keep(Cache(tmp_path, limit=10), b"a" * 11)


def test_reading_stops_when_more_comes_than_was_announced(tmp_path: Path) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 1000

    with pytest.raises(RunDamagedError, match="another file than the manifest lists"):
        Cache(tmp_path).keep(endless(), sha256=_hash(b"x" * 2500), size=2500)

    assert taken == 3
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("content", [b"ab", b"abd", b""])
def test_another_content_is_not_kept(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(RunDamagedError):
        Cache(tmp_path).keep([content], sha256=_hash(b"abc"), size=3)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_hash_that_is_a_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunDamagedError, match="is no SHA-256"):
        Cache(tmp_path / "cache").find("../../../etc/passwd")


def test_the_cache_is_where_the_user_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MODELRUNS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert Cache.default().folder == tmp_path / "caches" / "modelruns"

    monkeypatch.setenv("MODELRUNS_CACHE", str(tmp_path / "mine"))
    assert Cache.default().folder == tmp_path / "mine"
