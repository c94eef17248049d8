"""Two runs side by side: gains, shared rows, and what cannot be compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

import trainer
from trainer import Box, ModelRun, Store, Thresholds, compare, pair_runs


def _log(store: Store, name: str, rows: dict[str, Sequence[Box]], *, feature: str = "car") -> ModelRun:
    with trainer.start_run("street", name, features=[feature], store=store) as run:
        for key, predictions in rows.items():
            run.log_row(key, size=(100, 100), truth=[Box(feature, 0, 0, 10, 10)], predictions=predictions)
    return run.result


FOUND = [Box("car", 0, 0, 10, 10, 0.9)]
FALSE_ALARM = [Box("car", 50, 50, 10, 10, 0.9)]


def test_the_gain_is_candidate_minus_baseline(store: Store) -> None:
    baseline = _log(store, "one-of-two", {"a": FOUND, "b": []})
    candidate = _log(store, "two-of-two", {"a": FOUND, "b": FOUND})
    gains = {gain.name: gain for gain in compare(pair_runs(baseline, candidate)).headline()}

    assert (gains["recall"].baseline, gains["recall"].candidate, gains["recall"].gain) == (0.5, 1.0, 0.5)
    assert gains["precision"].gain == 0


def test_a_run_against_itself_gains_nothing(two_runs) -> None:
    comparison = compare(pair_runs(two_runs.candidate, two_runs.candidate))

    assert all(gain.gain == 0 or np.isnan(gain.gain) for gain in [*comparison.headline(), *comparison.per_feature()])
    assert not comparison.row_changes().any()


def test_swapping_the_runs_turns_every_gain_around(two_runs) -> None:
    there = compare(pair_runs(two_runs.baseline, two_runs.candidate)).coco()
    back = compare(pair_runs(two_runs.candidate, two_runs.baseline)).coco()

    assert [gain.gain for gain in there] == pytest.approx([-gain.gain for gain in back], nan_ok=True)


def test_runs_are_compared_on_the_rows_they_share(store: Store) -> None:
    baseline = _log(store, "rows-a-b", {"a": FOUND, "b": FOUND})
    candidate = _log(store, "rows-b-c", {"b": [], "c": []})
    pair = pair_runs(baseline, candidate)
    comparison = compare(pair)

    assert (len(pair), pair.left_out, pair.same_snapshot) == (1, (1, 1), False)
    assert comparison.baseline.at_thresholds.total.tp == 1
    assert comparison.candidate.at_thresholds.total.missed == 1


def test_runs_without_a_common_row_are_refused(store: Store) -> None:
    with pytest.raises(trainer.SnapshotMismatchError, match="share no row"):
        pair_runs(_log(store, "only-x", {"x": []}), _log(store, "only-y", {"y": []}))


def test_runs_without_a_common_feature_are_refused(store: Store) -> None:
    with pytest.raises(trainer.SnapshotMismatchError, match="share no feature"):
        pair_runs(_log(store, "cars", {"x": []}), _log(store, "buses", {"x": []}, feature="bus"))


def test_only_features_that_both_know_count(store: Store) -> None:
    truth = {"car": Box("car", 0, 0, 10, 10), "person": Box("person", 40, 40, 9, 9)}
    runs = []
    for name, features in (("both", ["person", "car"]), ("cars", ["car"])):
        with trainer.start_run("street", name, features=features, store=store) as run:
            run.log_row("a", size=(100, 100), truth=[truth[path] for path in features], predictions=FOUND)
        runs.append(run.result)
    pair = pair_runs(*runs)
    comparison = compare(pair)

    assert (pair.features, pair.left_out_features) == (("car",), ("person",))
    assert all(gain.gain == 0 or np.isnan(gain.gain) for gain in [*comparison.headline(), *comparison.per_feature()])
    assert comparison.row_changes().tolist() == [0]


def test_an_undefined_number_is_nan_and_not_zero(store: Store) -> None:
    silent = _log(store, "silent", {"a": []})
    gains = {gain.name: gain for gain in compare(pair_runs(silent, silent)).headline()}

    assert np.isnan(gains["precision"].candidate)
    assert gains["recall"].candidate == 0


def test_rows_change_for_better_or_worse(store: Store) -> None:
    baseline = _log(store, "change-0", {"a": FOUND, "b": [], "c": FOUND})
    candidate = _log(store, "change-1", {"a": FOUND, "b": FOUND, "c": [*FOUND, *FALSE_ALARM]})

    assert compare(pair_runs(baseline, candidate)).row_changes().tolist() == [0, 1, -1]


def test_thresholds_move_precision_but_not_average_precision(two_runs) -> None:
    pair = pair_runs(two_runs.baseline, two_runs.candidate)
    low, high = (compare(pair, thresholds=Thresholds(min_confidence=c), split="all") for c in (0.1, 0.8))

    assert [gain.candidate for gain in low.coco()] == pytest.approx(
        [gain.candidate for gain in high.coco()], nan_ok=True
    )
    assert low.candidate.at_thresholds.total.tp > high.candidate.at_thresholds.total.tp


def test_the_split_decides_which_rows_count(two_runs) -> None:
    pair = pair_runs(two_runs.baseline, two_runs.candidate)
    sizes = two_runs.candidate.snapshot.rows.split_sizes()

    assert pair.default_split == "validation"
    assert compare(pair).candidate.rows == sizes["validation"]
    assert compare(pair, split="all").candidate.rows == 24
