"""Files damaged at random are taken or refused with reasons; nothing else happens."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from trainer.formats import coco
from trainer.records.errors import ImportRefusedError
from trainer.records.snapshot import Snapshot

VALUES: list[Any] = [
    *(None, True, 0, -1, 1, 7, 0.5, 7.0, 2**63, -(2**63), 2**70, 10**400, 1e308, float("nan"), float("inf")),
    *("", "7", "val", "\u00e9", "\u0000", "../../x", "a" * 300),
    *([], {}, [[]], [{}], [1, 2, 3, 4], [[1, 2, 3, 4, 5, 6]]),
    *({"size": [30, 40], "counts": "0"}, {"size": [10**9, 10**9], "counts": [10**18]}, {"size": [30, 40]}),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, entry in inner:
        yield from places(entry, (*path, name))


def damaged(value: Any, random: Random) -> Any:
    value = copy.deepcopy(value)
    for _ in range(random.randint(1, 2)):
        *path, last = random.choice(list(places(value)))
        around = value
        for name in path:
            around = around[name]
        what = random.random()
        if what < 0.7:
            around[last] = copy.deepcopy(random.choice(VALUES))
        elif what < 0.85 or isinstance(around, list):
            del around[last]
        else:
            around[random.choice(["split", "ignore", "modelruns_key", "modelruns_kind", "more"])] = random.choice(
                VALUES
            )
    return value


@pytest.mark.parametrize("seed", range(8))
def test_damaged_truth_is_taken_or_refused_and_what_was_taken_reads_back_equal(document, write, tmp_path, seed):
    random = Random(seed)
    for _ in range(40):
        try:
            read = coco.read_truth(write(damaged(document, random)))
        except ImportRefusedError:
            continue
        snapshot = Snapshot(read.ontology, read.rows, read.truth)
        coco.write_truth(snapshot, tmp_path / "written.json")
        again = coco.read_truth(tmp_path / "written.json")

        assert Snapshot(again.ontology, again.rows, again.truth).digest == snapshot.digest


@pytest.mark.parametrize("seed", range(4))
def test_damaged_results_are_taken_or_refused(document, write, seed):
    random = Random(seed)
    read = coco.read_truth(write(document))
    snapshot = Snapshot(read.ontology, read.rows, read.truth)
    results = [
        {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.5},
        {"image_id": 7, "category_id": 2, "segmentation": {"size": [30, 40], "counts": [5, 3, 1192]}, "score": 0.5},
        {"image_id": 3, "category_id": 5, "segmentation": [[1, 1, 5, 1, 5, 5]], "score": 0.5},
    ]
    for _ in range(60):
        with contextlib.suppress(ImportRefusedError):
            assert len(coco.read_predictions(write(damaged(results, random)), snapshot)) <= 3
