"""Loops that several processes compile at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from filelock import FileLock
from numba.core.caching import IndexDataCacheFile

from metrics.kernels import compiled as module
from metrics.kernels.compiled import OneAtATime, compiled


def twice(value: Any) -> Any:
    return value + value


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder in which numba keeps code, empty."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def test_a_loop_is_kept_for_each_kind_of_arguments_and_found_again(kept: Path) -> None:
    assert [compiled(twice)(2), compiled(twice)(np.ones(2)).tolist()] == [4, [2.0, 2.0]]

    again = compiled(twice)
    assert [again(2), again(np.ones(2)).tolist()] == [4, [2.0, 2.0]]
    assert sum(again.stats.cache_hits.values()) == 2  # type: ignore[attr-defined]
    assert len(list(kept.rglob("*.nbc"))) == 2


def test_two_that_keep_a_loop_for_other_arguments_at_once_keep_both(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = numba.njit(twice)
    made(2)
    made(np.ones(2))
    (first, one), (second, other) = made.overloads.items()
    inside, done = threading.Event(), threading.Event()
    write = IndexDataCacheFile._save_index

    def dawdle(self: IndexDataCacheFile, listed: dict[Any, str]) -> None:
        if not inside.is_set():  # the first one waits between looking for a free number and taking it
            inside.set()
            done.wait(0.3)
        write(self, listed)

    def keep_second() -> None:
        OneAtATime(twice).save_overload(second, other)
        done.set()

    monkeypatch.setattr(IndexDataCacheFile, "_save_index", dawdle)
    threads = [threading.Thread(target=OneAtATime(twice).save_overload, args=(first, one))]
    threads[0].start()
    inside.wait(60)
    threads += [threading.Thread(target=keep_second)]
    threads[1].start()
    for thread in threads:
        thread.join(60)

    assert len(list(kept.rglob("*.nbc"))) == 2
    again = compiled(twice)
    assert [again(2), again(np.ones(2)).tolist()] == [4, [2.0, 2.0]]
    assert sum(again.stats.cache_hits.values()) == 2  # type: ignore[attr-defined]


def test_where_another_process_stands_still_a_loop_is_compiled_for_this_one_alone(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    loop = compiled(twice)
    with FileLock(Path(loop._cache.cache_path) / "loops.lock"):  # type: ignore[attr-defined]
        assert loop(2) == 4
    assert not list(kept.rglob("*.nbc"))
