"""Gains of many candidates: shared rows, intervals, clusters, and what is never called certain."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

import trainer
from trainer import Box, ModelRun, Sampling, Store, Thresholds, measure_gains
from trainer.comparing.certainty import CertainGain, least_units
from trainer.measures.number_names import OVERALL

CAR = Box("car", 0, 0, 10, 10)
FOUND = [Box("car", 0, 0, 10, 10, 0.9)]
QUICK = Sampling(resamples=100)


def _log(
    store: Store,
    name: str,
    rows: dict[str, Sequence[Box]],
    *,
    metadata: dict[str, dict[str, object]] | None = None,
    split: str = "validation",
) -> ModelRun:
    with trainer.start_run("street", name, features=["car"], store=store) as run:
        for key, predictions in rows.items():
            extra = (metadata or {}).get(key, {})
            run.log_row(key, size=(99, 99), truth=[CAR], predictions=predictions, metadata=extra, split=split)
    return run.result


def _numbers(gains: Sequence[CertainGain]) -> dict[str, CertainGain]:
    return {gain.number: gain for gain in gains if gain.feature is None}


def test_every_number_equals_that_of_the_plain_comparison(two_runs) -> None:
    pair = trainer.pair_runs(two_runs.baseline, two_runs.candidate)
    thresholds = Thresholds(min_confidence=0.4, min_iou=0.6)
    plain = {gain.name: gain for gain in trainer.compare(pair, thresholds=thresholds).headline()}
    features = {gain.name: gain for gain in trainer.compare(pair, thresholds=thresholds).per_feature()}
    gains = measure_gains(two_runs.baseline, two_runs.candidate, thresholds=thresholds, sampling=QUICK)

    for name, gain in plain.items():
        certain = _numbers(gains.of())[name]
        assert (certain.values.baseline, certain.values.candidate) == pytest.approx((gain.baseline, gain.candidate))
    for gain in gains.of():
        if gain.number == "AP":
            assert gain.feature is not None
            assert gain.gain == pytest.approx(features[gain.feature].gain, nan_ok=True)
            assert gain.support == features[gain.feature].support


def test_a_run_against_itself_gains_nothing_for_certain(two_runs) -> None:
    for gain in measure_gains(two_runs.candidate, two_runs.candidate, sampling=QUICK).of():
        assert gain.certain is None
        assert gain.gain == 0 or math.isnan(gain.gain)


def test_swapping_the_runs_turns_every_interval_around(two_runs) -> None:
    there = measure_gains(two_runs.baseline, two_runs.candidate, split="all", sampling=QUICK).of()
    back = measure_gains(two_runs.candidate, two_runs.baseline, split="all", sampling=QUICK).of()

    for one, other in zip(there, back, strict=True):
        assert one.interval == pytest.approx((-other.interval[1], -other.interval[0]), nan_ok=True)


def test_a_candidate_that_is_better_on_every_row_is_certainly_better(store: Store) -> None:
    keys = [f"{number:02}" for number in range(12)]
    baseline = _log(store, "blind", dict.fromkeys(keys, ()))
    candidate = _log(store, "seeing", dict.fromkeys(keys, FOUND))
    recall = _numbers(measure_gains(baseline, candidate, sampling=QUICK).of())["recall"]

    assert (recall.gain, recall.interval, recall.values.p_better, recall.certain) == (1, (1, 1), 1, "better")
    assert _numbers(measure_gains(candidate, baseline, sampling=QUICK).of())["recall"].certain == "worse"


def test_a_gain_seen_on_fewer_rows_than_chance_would_line_up_is_not_certain(store: Store) -> None:
    keys = [f"{number:02}" for number in range(5)]
    baseline = _log(store, "blind", dict.fromkeys(keys, ()))
    candidate = _log(store, "seeing", dict.fromkeys(keys, FOUND))
    gains = measure_gains(baseline, candidate, sampling=QUICK)
    ap = next(gain for gain in gains.of() if gain.feature == "car")

    assert least_units(0.95) == 6
    assert (ap.units, ap.too_few, ap.certain, _numbers(gains.of())["recall"].certain) == (5, True, None, None)
    assert all(map(math.isnan, (*ap.interval, ap.values.low, ap.values.high)))


def test_many_candidates_are_measured_on_the_rows_that_all_have(store: Store) -> None:
    baseline = _log(store, "a-to-d", dict.fromkeys("abcd", ()))
    first = _log(store, "b-to-e", dict.fromkeys("bcde", FOUND))
    second = _log(store, "a-to-c", {"a": (), "b": (), "c": FOUND})
    gains = measure_gains(baseline, [first, second], sampling=QUICK)

    assert (gains.rows, gains.shared.left_out, gains.shared.same_snapshot) == (2, (2, 2, 1), False)
    assert [_numbers(gains.of(place))["recall"].gain for place in (0, 1)] == [1, 0.5]
    assert len(gains.pair(1)) == 2


def test_a_candidate_gains_the_same_alone_and_among_others(two_runs) -> None:
    alone = measure_gains(two_runs.baseline, two_runs.candidate, sampling=QUICK).of()
    among = measure_gains(two_runs.baseline, [two_runs.baseline, two_runs.candidate], sampling=QUICK).of(1)

    assert repr([gain.values for gain in alone]) == repr([gain.values for gain in among])
    assert {gain.number for gain in alone if gain.together is None} == set(OVERALL)


def test_candidates_are_held_together_in_every_number(two_runs) -> None:
    gains = measure_gains(two_runs.baseline, [two_runs.baseline, two_runs.candidate], sampling=QUICK, split="all")
    nothing, something = (_numbers(gains.of(place))["recall"] for place in (0, 1))

    assert nothing.interval == nothing.together[:2] == (0, 0)
    assert something.interval == something.together[:2] != (something.values.low, something.values.high)
    assert something.interval[0] < something.gain < something.interval[1]
    assert gains.terms["sampling"]["together"].endswith("(max-T)")


def test_without_resamples_the_numbers_stand_alone(two_runs) -> None:
    plain = measure_gains(two_runs.baseline, two_runs.candidate, sampling=Sampling(resamples=0)).of()
    certain = measure_gains(two_runs.baseline, two_runs.candidate, sampling=QUICK).of()

    assert [gain.gain for gain in plain] == pytest.approx([gain.gain for gain in certain], nan_ok=True)
    assert all(math.isnan(gain.interval[0]) and gain.certain is None for gain in plain)


def test_rows_of_one_cluster_are_drawn_together_and_others_alone(store: Store) -> None:
    keys = [f"{number:02}" for number in range(12)]
    videos = {key: {"video": int(key) // 5} for key in keys[:10]} | {"10": {"video": None}}
    mixed = {key: FOUND if int(key) % 2 else () for key in keys}
    baseline = _log(store, "blind", dict.fromkeys(keys, ()), metadata=videos)
    candidate = _log(store, "half", mixed, metadata=videos)
    gains = measure_gains(baseline, candidate, sampling=Sampling(resamples=100, clusters="video"))

    assert gains.units == 4
    assert _numbers(gains.of())["recall"].units == 4
    assert _numbers(gains.of())["recall"].certain is None


def test_an_unknown_column_is_refused_with_those_there_are(store: Store) -> None:
    run = _log(store, "one", {"a": FOUND}, metadata={"a": {"site": "north", "camera": 2}})

    with pytest.raises(trainer.RecordError, match=r"No row has metadata 'video'.*camera, site"):
        measure_gains(run, run, sampling=Sampling(clusters="video"))


def test_a_split_without_rows_is_refused_with_those_there_are(two_runs, store: Store) -> None:
    run = _log(store, "one", {"a": FOUND})

    with pytest.raises(trainer.RecordError, match=r"None of the 1 shared rows .* 1 validation"):
        measure_gains(run, run, split="test")


def test_training_rows_that_flatter_a_run_are_counted(store: Store) -> None:
    baseline = _log(store, "trained-on", {"a": FOUND, "b": FOUND}, split="training")
    gains = measure_gains(baseline, _log(store, "new", {"a": FOUND, "b": FOUND}), sampling=QUICK)

    assert (gains.split, gains.shared.trained_on(gains.chosen)) == ("validation", (2, 0))


def test_equal_seeds_give_equal_intervals_and_others_do_not(two_runs) -> None:
    seeds = [
        measure_gains(two_runs.baseline, two_runs.candidate, sampling=Sampling(resamples=50, seed=seed)).of()[0]
        for seed in (1, 1, 2)
    ]

    assert seeds[0].interval == seeds[1].interval != seeds[2].interval


def test_intervals_widen_with_the_level(two_runs) -> None:
    gains = measure_gains(two_runs.baseline, two_runs.candidate, split="all", sampling=QUICK)
    usual, strict = (_numbers(gains.of(level=level))["recall"].interval for level in (0.8, 0.99))

    assert strict[0] < usual[0] < usual[1] < strict[1]


def test_everything_reads_as_a_data_frame(two_runs) -> None:
    gains = measure_gains(two_runs.baseline, [two_runs.candidate] * 2, sampling=QUICK, sizes=True)
    frame = gains.to_pandas()

    assert len(frame) == 2 * len(gains.of())
    assert {"mAP", "mAP small", "AP large", "F1", "mean IoU"} <= set(frame["number"])
    assert np.allclose(frame["gain"], frame["candidate"] - frame["baseline"], equal_nan=True)


def test_progress_is_told_for_each_run_once(two_runs) -> None:
    told: list[tuple[str, int, int]] = []
    measure_gains(two_runs.baseline, [two_runs.candidate] * 2, sampling=QUICK, report=lambda *now: told.append(now))

    assert [stage for stage, done, total in told if done == total == 100] == [
        "resampling few-labels",
        "resampling more-labels",
    ]


@pytest.mark.parametrize("wrong", [{"resamples": -1}, {"level": 1.0}, {"level": 0.0}, {"seed": -1}])
def test_sampling_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(trainer.RecordError):
        Sampling(**wrong)


def test_a_comparison_needs_a_candidate(two_runs) -> None:
    with pytest.raises(trainer.RecordError, match="no candidate"):
        measure_gains(two_runs.baseline, [])
