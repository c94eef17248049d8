"""Every example once an epoch, in an order that repeats, shared out fairly, ready ahead of its use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.learning import devices
from trainer.learning.batching import ahead, batches, share_of
from trainer.learning.devices import machine_memory
from trainer.learning.examples import Examples, memory_for_pictures, read_examples
from trainer.learning.settings import TrainingSettings
from trainer.records.design import Design, Task
from trainer.records.snapshot import Snapshot

MakeSnapshot = Callable[..., Snapshot]
DESIGN = Design(Task.DETECTION, ("disc", "square"))


def _examples(snapshot: Snapshot, *, keep_bytes: int | None = None) -> Examples:
    rows = np.arange(len(snapshot.rows))
    return read_examples(snapshot, rows, DESIGN, image_size=96, threads=2, keep_bytes=keep_bytes)


def _rows_seen(examples: Examples, settings: TrainingSettings, epoch: int, skip: int = 0) -> list[tuple[int, ...]]:
    return [batch.rows for batch in batches(examples, settings, epoch=epoch, skip=skip)]


def test_every_row_is_seen_once_in_an_order_of_seed_and_epoch(
    make_snapshot: MakeSnapshot, quick: TrainingSettings
) -> None:
    examples = _examples(make_snapshot(5))
    first, again, later = (_rows_seen(examples, quick, epoch) for epoch in (1, 1, 2))

    assert sorted(sum(first, ())) == [0, 1, 2, 3, 4]
    assert [len(rows) for rows in first] == [2, 2, 1]
    assert first == again != later


def test_batches_that_are_done_are_skipped(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    examples = _examples(make_snapshot(5))

    assert _rows_seen(examples, quick, 1, skip=2) == _rows_seen(examples, quick, 1)[2:]


def test_pictures_that_are_not_kept_are_the_same(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> None:
    snapshot = make_snapshot(5)
    kept, read = _examples(snapshot), _examples(snapshot, keep_bytes=2 * 96 * 64 * 3)

    assert (len(kept.kept), len(read.kept)) == (5, 2)
    for one, other in zip(batches(kept, quick, epoch=1), batches(read, quick, epoch=1), strict=True):
        assert one.rows == other.rows
        assert torch.equal(one.pictures, other.pictures)


def test_processes_share_a_batch_and_repeat_examples_where_it_does_not_divide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    shares = []
    for rank in "01":
        monkeypatch.setenv("RANK", rank)
        shares.append(share_of(np.array([5, 6, 7])).tolist())

    assert shares == [[5, 7], [6, 5]]


def test_one_process_takes_the_whole_batch() -> None:
    assert share_of(np.array([5, 6, 7])).tolist() == [5, 6, 7]


def test_work_is_done_ahead_in_order_and_its_failure_is_told() -> None:
    main, places = threading.get_ident(), []

    def half(number: int) -> float:
        places.append(threading.get_ident())
        return 1 / number

    assert list(ahead(half, [1, 2, 4, 5, 8])) == [1, 0.5, 0.25, 0.2, 0.125]
    assert main not in places
    with pytest.raises(ZeroDivisionError):
        list(ahead(half, [1, 0, 2]))


def test_processes_of_a_machine_share_its_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    alone = memory_for_pictures()
    for name, value in {"RANK": "3", "WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4"}.items():
        monkeypatch.setenv(name, value)
    assert memory_for_pictures() == alone // 4

    allowed = tmp_path / "memory.max"
    monkeypatch.setattr(devices, "_CONTAINER_MEMORY", allowed)
    allowed.write_text("1000000\n")
    assert machine_memory() == 1_000_000
    allowed.write_text("max\n")
    assert machine_memory() > 2**28
