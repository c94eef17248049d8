"""Slices found by themselves: what is cut along, what is found, and which rows and objects it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trainer
from trainer import Box, ModelRun, Pair, SliceSearch, Store
from trainer.comparing.slice_columns import OWN_COLUMNS
from trainer.records.errors import NotFoundError, RecordError

ROWS = 120


def _metadata(row: int) -> dict[str, Any]:
    return {"light": "night" if row % 3 == 0 else "day", "brightness": row / 7, "file": f"{row}.raw", "tags": [row]}


def _log(store: Store, name: str, *, blind: bool, alarms: bool = False, rows: int = ROWS) -> ModelRun:
    """A car and a bus on every row; a blind run does not see cars at night."""
    chance = np.random.default_rng(len(name))
    with trainer.start_run("street", name, features=["car", "bus"], store=store) as run:
        for row in range(rows):
            night = row % 3 == 0
            boxes = [("car", 0, 0, 20, 20), ("bus", 30, 30, 60, 60)]
            seen = [Box(*box, confidence=0.9) for box in boxes if not (blind and night and box[0] == "car")]
            wrong = [Box("bus", 0, 60, 10, 10, 0.8)] if alarms and night else []
            run.log_row(
                f"{row:03}",
                size=(99, 99) if row % 2 else (200, 99),
                truth=[Box(*box) for box in boxes],
                predictions=[*seen, *wrong],
                metadata=_metadata(row),
                split="validation",
                embedding=np.append(chance.normal(0, 0.1, 3), 1 if night else -1),
            )
    return run.result


@pytest.fixture(scope="module")
def pair(make_store: Callable[[Path], Store], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A run that sees everything, and a blind one; for tests that only read."""
    store = make_store(tmp_path_factory.mktemp("street") / "mlruns")
    yield trainer.pair_runs(_log(store, "sees", blind=False), _log(store, "blind", blind=True))
    store.close()


def test_a_planted_loss_is_found_with_its_rows_and_objects(pair: Pair) -> None:
    slices = trainer.find_slices(pair, search=SliceSearch(number="recall"), columns=["light", "feature"])
    [worst] = slices.worse

    assert set(worst.found.conditions) == {"light = night", "feature = car"}
    assert (worst.found.rows, worst.objects, worst.found.baseline, worst.found.candidate) == (40, 40, 1.0, 0.0)
    assert worst.keys == tuple(f"{row:03}" for row in range(0, ROWS, 3))
    objects = slices.objects(worst)
    assert set(objects["change"].to_pylist()) == {"newly_missed"}
    assert set(objects["key"].to_pylist()) == set(worst.keys)
    assert slices.better == ()


def test_equal_runs_differ_nowhere(pair: Pair) -> None:
    slices = trainer.find_slices(trainer.pair_runs(pair.baseline, pair.baseline))

    assert slices.found == ()
    assert slices.result.searched > 10
    assert not slices.differs_overall


@pytest.mark.parametrize("measure", ["F1", "recall", "precision"])
def test_over_all_objects_the_number_is_that_of_a_comparison(two_runs, measure: str) -> None:
    pair = trainer.pair_runs(two_runs.baseline, two_runs.candidate)
    slices = trainer.find_slices(pair, search=SliceSearch(number=measure), split="all")  # type: ignore[arg-type]
    numbers = {gain.name: gain for gain in trainer.compare(pair, split="all").at_thresholds()}
    gain = numbers[measure.lower()]
    whole = slices.overall.found

    assert (whole.baseline, whole.candidate) == pytest.approx((gain.baseline, gain.candidate), abs=1e-12)


def test_false_alarms_make_a_slice_too(store: Store) -> None:
    runs = _log(store, "sees", blind=False), _log(store, "invents", blind=False, alarms=True)
    slices = trainer.find_slices(trainer.pair_runs(*runs), search=SliceSearch(number="precision"))
    [worst] = slices.worse

    assert set(worst.found.conditions) & {"light = night", "object size = small", "feature = bus"}
    assert {"new"} <= set(slices.objects(worst)["change"].to_pylist())


def test_metadata_that_names_rows_or_holds_lists_is_left_out(pair: Pair) -> None:
    cut = trainer.find_slices(pair).cut

    assert [column.name for column in cut.columns] == ["brightness", "light", *OWN_COLUMNS]
    assert set(cut.unusable) == {"file", "tags"}


def test_a_column_left_out_by_itself_may_be_asked_for(pair: Pair) -> None:
    slices = trainer.find_slices(pair, columns=["file"])

    assert [column.name for column in slices.cut.columns] == ["file"]
    assert slices.too_rare == ("file",)


def test_rows_are_put_into_clusters_by_what_the_candidate_saw(pair: Pair) -> None:
    slices = trainer.find_slices(pair, columns=["embedding cluster"], embedding_clusters=2)
    [worst] = slices.worse
    clustering = slices.cut.clustering

    assert worst.keys == tuple(f"{row:03}" for row in range(0, ROWS, 3))
    assert clustering is not None
    assert (clustering.run, clustering.clusters, clustering.rows) == ("blind", 2, ROWS)
    assert worst.found.words == "embedding cluster = 2"  # the larger one comes first
    assert set(clustering.nearest[1]) <= set(worst.keys)


def test_equal_seeds_find_equal_slices(pair: Pair) -> None:
    frames = [trainer.find_slices(pair).to_pandas() for _ in range(2)]

    assert frames[0].equals(frames[1])
    assert frames[0]["slice"][0] == "all"


def test_an_unknown_column_is_refused_with_those_there_are(pair: Pair) -> None:
    with pytest.raises(NotFoundError, match=r"no column 'weather'.*brightness, file, light, tags, picture size"):
        trainer.find_slices(pair, columns=["weather"])


def test_embeddings_that_are_not_there_are_refused(pair: Pair) -> None:
    with pytest.raises(NotFoundError, match="no embeddings 'neck'"):
        trainer.find_slices(pair, embeddings="neck")


def test_only_shared_rows_are_searched(store: Store) -> None:
    pair = trainer.pair_runs(_log(store, "sees", blind=False, rows=100), _log(store, "blind", blind=True))
    slices = trainer.find_slices(pair, columns=["light"])

    assert slices.overall.found.rows == 100
    assert max(slices.worse[0].keys) == "099"


def test_few_clusters_show_nothing_however_much_runs_differ(pair: Pair) -> None:
    slices = trainer.find_slices(pair, columns=["feature"], search=SliceSearch(clusters="light"))

    assert (slices.units, slices.too_few, slices.found) == (2, True, ())


def test_rows_without_any_object_are_refused(store: Store) -> None:
    with trainer.start_run("street", "empty", features=["car"], store=store) as run:
        run.log_row("a", size=(99, 99), truth=[], predictions=[], split="validation")
    with pytest.raises(RecordError, match="hold nothing that counts for F1"):
        trainer.find_slices(trainer.pair_runs(run.result, run.result))


def test_slices_of_a_single_row_are_too_few_to_look_at(store: Store) -> None:
    run = _log(store, "one", blind=False, rows=1)
    slices = trainer.find_slices(trainer.pair_runs(run, run))

    assert slices.found == ()
    assert slices.too_few


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"number": "mAP"}, "nothing that slices are searched by"),
        ({"rate": 1.0}, "between 0 and 1"),
        ({"rate": 0.001, "swaps": 100}, "999 are the fewest"),
        ({"min_rows": 0}, "at least one row"),
        ({"seed": -1}, "whole number from 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(RecordError, match=words):
        SliceSearch(**settings)
