"""Where a gain in average precision comes from: cells of objects that add up to it."""

from __future__ import annotations

import numpy as np
import pytest

import metrics
import trainer
from trainer import Box, ModelRun, Store
from trainer.comparing.explained_objects import from_confidence
from trainer.comparing.explanation import Explanation
from trainer.comparing.ledger_keeping import LedgerKeeper
from trainer.comparing.ledger_table import FALSE_ALARM, TRUTH
from trainer.records.errors import NotFoundError, RecordError

CAR, BUS = Box("car", 0, 0, 10, 10), Box("bus", 50, 50, 10, 10)


def _log(store: Store, name: str, rows: dict[str, list[Box]], *, split: str = "validation") -> ModelRun:
    """A car and a bus on every row, and what was predicted there."""
    with trainer.start_run("street", name, features=["car", "bus"], store=store) as run:
        for key, predictions in rows.items():
            run.log_row(key, size=(99, 99), truth=[CAR, BUS], predictions=predictions, split=split)
    return run.result


def _predicted(feature: str, left: float, confidence: float, *, height: float = 10) -> Box:
    return Box(feature, left, left, 10, height, confidence)


@pytest.fixture
def explanation(store: Store) -> Explanation:
    """The candidate finds a car that was unseen, takes a bus for a car, and invents one surely, one hardly."""
    before = {"a": [_predicted("car", 0, 0.9), _predicted("bus", 50, 0.9)], "b": [_predicted("bus", 50, 0.8)]}
    after = {
        "a": [_predicted("car", 0, 0.9), _predicted("car", 50, 0.7)],
        "b": [_predicted("car", 0, 0.8), _predicted("bus", 50, 0.8), _predicted("bus", 80, 0.6), BELOW],
    }
    return trainer.explain_gain(trainer.pair_runs(_log(store, "old", before), _log(store, "new", after)))


BELOW = _predicted("bus", 20, 0.2)


def _counts(explanation: Explanation, kind: str) -> dict[str, int]:
    return {cell.name: cell.objects for cell in explanation.cells if cell.kind == kind}


def test_every_object_stands_in_the_cell_of_what_became_of_it(explanation: Explanation) -> None:
    assert _counts(explanation, TRUTH) == {"found:found": 2, "unseen:found": 1, "found:class": 1}
    assert _counts(explanation, FALSE_ALARM) == {"absent:class": 1, "absent:background": 1}
    assert explanation.matrix(TRUTH).sum() == 4


def test_the_largest_part_comes_first(explanation: Explanation) -> None:
    sizes = [abs(cell.gain) for cell in explanation.cells]

    assert sizes == sorted(sizes, reverse=True)
    assert {cell.name for cell in explanation.cells[:2]} == {"unseen:found", "found:class"}


def test_objects_of_a_cell_come_with_their_rows(explanation: Explanation) -> None:
    [found] = explanation.objects("unseen:found").to_pylist()
    [lost] = explanation.objects("found:class", features=["bus"]).to_pylist()

    assert (found["key"], found["feature"], found["before"], found["after"]) == ("b", "car", "unseen", "found")
    assert (lost["key"], lost["candidate_taken_for"]) == ("a", "car")
    assert len(explanation.objects("found:class", features=["car"])) == 0
    assert len(explanation.objects()) == sum(cell.objects for cell in explanation.cells)


def test_what_is_no_cell_is_refused_with_those_there_are(explanation: Explanation) -> None:
    for cell in ("found", "found:absent", "seen:found", ""):
        with pytest.raises(RecordError, match=r"is no cell.*unseen:found"):
            explanation.objects(cell)
    with pytest.raises(NotFoundError, match="share no feature 'horse'"):
        explanation.objects("unseen:found", features=["horse"])


def test_features_come_with_what_they_add(explanation: Explanation) -> None:
    entries = explanation.per_feature()

    assert sum(entry["share"] for entry in entries) == pytest.approx(explanation.gain, abs=1e-12)
    assert {entry["feature"]: entry["truths"] for entry in entries} == {
        "car": {"unseen:found": 1},
        "bus": {"found:class": 1},
    }


@pytest.mark.parametrize("confidence", [0.0, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("iou", [0.3, 0.5, 0.75])
def test_the_parts_add_up_to_the_gain_and_counts_are_those_of_the_ledger(
    two_runs, confidence: float, iou: float
) -> None:
    thresholds = trainer.Thresholds(min_confidence=confidence, min_iou=iou)
    pair = trainer.pair_runs(two_runs.baseline, two_runs.candidate)
    explanation = trainer.explain_gain(pair, thresholds=thresholds, split="all")
    total = trainer.object_ledger(pair, thresholds=thresholds, split="all").total
    scores = trainer.compare(pair, thresholds=thresholds, split="all")
    truths = explanation.matrix(TRUTH)

    parts = sum(cell.gain for cell in explanation.cells) + explanation.remainder + explanation.below
    assert explanation.beyond == 0
    assert parts == pytest.approx(explanation.gain, abs=1e-12)
    assert explanation.gain == pytest.approx(scores.candidate.at_iou.mean - scores.baseline.at_iou.mean, abs=1e-12)
    assert (truths[0, 0], truths[0, 1:].sum(), truths[1:, 0].sum()) == (
        total["kept"],
        total["newly_missed"],
        total["newly_found"],
    )
    assert explanation.matrix(FALSE_ALARM)[0].sum() == total["new"]


def test_of_a_row_with_more_than_a_hundred_predictions_the_surest_count_as_in_compare(store: Store) -> None:
    """A right prediction behind 120 surer wrong ones is worth something only where all are looked at."""
    wrong = [Box("car", 0, 20 + i / 2, 5, 5, 0.9) for i in range(120)]
    runs = [_log(store, name, {"a": [*wrong, *right]}) for name, right in (("old", []), ("new", [_SURE_ENOUGH]))]
    pair = trainer.pair_runs(*runs)
    explanation, scores = trainer.explain_gain(pair), trainer.compare(pair)
    parts = sum(cell.gain for cell in explanation.cells) + explanation.remainder + explanation.below

    assert explanation.gain == scores.candidate.at_iou.mean - scores.baseline.at_iou.mean == 0
    assert parts == pytest.approx(1 / 121 / 2)  # of two features one has it
    assert explanation.beyond == pytest.approx(-parts)


_SURE_ENOUGH = Box("car", 0, 0, 10, 10, 0.6)


def test_mix_ups_name_what_truths_were_taken_for(explanation: Explanation) -> None:
    told = {(each.feature, each.said): each.objects for each in explanation.mix_ups}

    assert told == {("car", (None, "car")): 1, ("bus", ("bus", "car")): 1}
    assert {each.feature: each.gain > 0 for each in explanation.mix_ups} == {"car": True, "bus": False}


@pytest.mark.parametrize("confidence", [0.0, 0.5])
def test_what_truths_of_a_cell_were_taken_for_shares_its_part(two_runs, confidence: float) -> None:
    pair = trainer.pair_runs(two_runs.baseline, two_runs.candidate)
    explanation = trainer.explain_gain(pair, thresholds=trainer.Thresholds(min_confidence=confidence), split="all")
    changed = [cell for cell in explanation.cells if cell.kind == TRUTH and cell.before != cell.after]

    for cell in changed:
        parts = [each for each in explanation.mix_ups if (each.before, each.after) == (cell.before, cell.after)]
        assert sum(each.objects for each in parts) == cell.objects
        assert sum(each.gain for each in parts) == pytest.approx(cell.gain, abs=1e-12)
    assert len(explanation.mix_ups) > len(changed)


@pytest.mark.parametrize("confidence", [0.0, 0.5, 0.9])
def test_what_is_told_apart_and_what_has_a_part_are_the_same_objects(two_runs, confidence: float) -> None:
    pair = trainer.pair_runs(two_runs.baseline, two_runs.candidate)
    thresholds = trainer.Thresholds(min_confidence=confidence)
    explanation = trainer.explain_gain(pair, thresholds=thresholds, split="all")
    apart = metrics.explain_gain(*(from_confidence(each, confidence) for each in LedgerKeeper(pair).overlaps))

    np.testing.assert_array_equal(explanation.parts[TRUTH].counts, apart.transitions.truths)
    np.testing.assert_array_equal(explanation.parts[FALSE_ALARM].counts, apart.transitions.alarms)


def test_a_run_against_itself_gains_nothing_anywhere(two_runs) -> None:
    explanation = trainer.explain_gain(trainer.pair_runs(two_runs.candidate, two_runs.candidate), split="all")

    assert explanation.gain == 0
    assert all(cell.gain == 0 and cell.before == cell.after for cell in explanation.cells)


def test_the_baseline_is_placed_on_the_rows_of_the_candidate(store: Store) -> None:
    found = [_predicted("car", 0, 0.9), _predicted("bus", 50, 0.9)]
    old = _log(store, "old", {"a": found, "b": found, "only-old": found})
    new = _log(store, "new", {"b": found, "c": [], "d": found[:1]})
    explanation = trainer.explain_gain(trainer.pair_runs(old, new))

    assert explanation.rows == 1
    assert _counts(explanation, TRUTH) == {"found:found": 2}


def test_rows_without_truth_leave_the_gain_undefined(store: Store) -> None:
    runs = []
    for name in ("old", "new"):
        with trainer.start_run("street", name, features=["car"], store=store) as run:
            run.log_row("a", size=(99, 99), predictions=[_predicted("car", 0, 0.9)], split="validation")
        runs.append(run.result)
    explanation = trainer.explain_gain(trainer.pair_runs(*runs))

    assert np.isnan(explanation.gain)
    assert _counts(explanation, FALSE_ALARM) == {"background:background": 1}


# How certain parts are.


def test_the_interval_of_the_gain_is_the_one_that_compare_tells(two_runs) -> None:
    pair, sampling = trainer.pair_runs(two_runs.baseline, two_runs.candidate), trainer.Sampling(resamples=200)
    explanation = trainer.explain_gain(pair, split="all", sampling=sampling)
    gains = trainer.measure_gains(two_runs.baseline, two_runs.candidate, split="all", sampling=sampling)
    [told] = [gain for gain in gains.of() if gain.number == "AP50"]

    assert explanation.certainty is not None
    assert explanation.certainty.gain.together == pytest.approx(told.interval, abs=1e-9)
    assert explanation.certainty.gain.certain == told.certain
    assert explanation.terms["sampling"]["units"] == gains.units


def test_it_is_so_where_features_vanish_from_resamples_and_most_predictions_lie_below_the_confidence(
    store: Store,
) -> None:
    """It is as wide as all predictions ask for, not those alone that are told apart."""
    names, runs = [f"f{number}" for number in range(12)], []
    for name in ("old", "new"):
        rng = np.random.default_rng(len(runs))
        with trainer.start_run("rare", name, features=names, store=store) as run:
            for row in range(20):
                truth = [Box(feature, 20 * at, 0, 10, 10) for at, feature in enumerate(names) if row % 12 == at]
                found = [Box(each.feature, each.left, each.top, 10, 10, rng.random()) for each in truth]
                false = Box(names[rng.integers(12)], 0, 50, 10, 10, rng.random())
                run.log_row(f"{row:02}", size=(300, 99), truth=truth, predictions=[*found, false], split="validation")
        runs.append(run.result)
    sampling = trainer.Sampling(resamples=200)
    explanation = trainer.explain_gain(trainer.pair_runs(*runs), sampling=sampling)
    [told] = [gain for gain in trainer.measure_gains(*runs, sampling=sampling).of() if gain.number == "AP50"]

    assert told.values.widened > 1.01
    assert explanation.certainty is not None
    assert explanation.certainty.gain.together == pytest.approx(told.interval, abs=1e-9)


@pytest.mark.parametrize("confidence", [0.0, 0.5])
def test_every_part_has_an_interval_around_it_or_too_few_rows(two_runs, confidence: float) -> None:
    pair = trainer.pair_runs(two_runs.baseline, two_runs.candidate)
    thresholds = trainer.Thresholds(min_confidence=confidence)
    explanation = trainer.explain_gain(pair, thresholds=thresholds, split="all", sampling=trainer.Sampling(100))
    told = [(each.gain, each.certainty) for each in (*explanation.cells, *explanation.balances)]
    told += [(each.gain, each.certainty) for each in explanation.mix_ups]
    told = [(gain, certainty) for gain, certainty in told if gain]

    assert any(certainty.too_few for _, certainty in told)
    assert any(not certainty.too_few for _, certainty in told)
    for gain, certainty in told:
        low, high = certainty.together
        assert np.isnan([low, high]).all() if certainty.too_few else low <= gain <= high
        assert certainty.too_few == (certainty.rows < 6)


def test_there_and_back_is_a_cell_and_its_opposite(explanation: Explanation, two_runs) -> None:
    large = trainer.explain_gain(trainer.pair_runs(two_runs.baseline, two_runs.candidate), split="all")
    for told in (explanation, large):
        assert sum(each.gain for each in told.balances) == pytest.approx(sum(cell.gain for cell in told.cells))
        assert sorted(cell.name for each in told.balances for cell in each.cells) == sorted(c.name for c in told.cells)
        for balance in told.balances:
            names = {cell.kind + ":".join(sorted((cell.before, cell.after))) for cell in balance.cells}
            assert len(names) == 1


def test_two_rows_are_too_few_for_any_interval(explanation: Explanation) -> None:
    assert explanation.certainty is not None
    assert explanation.certainty.gain.too_few
    assert all(cell.certainty is not None and np.isnan(cell.certainty.low) for cell in explanation.cells)


def test_without_resamples_there_are_numbers_alone(two_runs) -> None:
    pair = trainer.pair_runs(two_runs.baseline, two_runs.candidate)
    alone = trainer.explain_gain(pair, sampling=trainer.Sampling(0), split="all")
    told = trainer.explain_gain(pair, split="all")

    assert alone.certainty is None
    assert [(cell.name, cell.gain) for cell in alone.cells] == [(cell.name, cell.gain) for cell in told.cells]
    assert all(cell.certainty is None for cell in alone.cells)
    assert "together_low" not in alone.per_feature()[0]
    assert "together_low" in told.per_feature()[0]


def test_predictions_below_the_confidence_have_an_interval_of_their_own(two_runs) -> None:
    pair = trainer.pair_runs(two_runs.baseline, two_runs.candidate)
    explanation = trainer.explain_gain(pair, thresholds=trainer.Thresholds(min_confidence=0.9), split="all")

    assert explanation.certainty is not None
    below = explanation.certainty.rest["below"]
    assert below.low < explanation.below < below.high


def test_a_metadata_column_that_no_row_has_is_refused(two_runs) -> None:
    pair = trainer.pair_runs(two_runs.baseline, two_runs.candidate)
    with pytest.raises(RecordError, match="No row has metadata 'camera' to cluster by"):
        trainer.explain_gain(pair, sampling=trainer.Sampling(clusters="camera"))


def test_a_split_without_rows_is_refused(two_runs, store: Store) -> None:
    run = _log(store, "old", {"a": []})
    with pytest.raises(RecordError, match="None of the 1 shared rows is in the split 'test'"):
        trainer.explain_gain(trainer.pair_runs(run, run), split="test")


def test_what_touches_nothing_explains_nothing(two_runs) -> None:
    pair = trainer.pair_runs(two_runs.baseline, two_runs.candidate)
    with pytest.raises(RecordError, match=r"IoU is 0\.05; from 0\.1 on"):
        trainer.explain_gain(pair, thresholds=trainer.Thresholds(min_iou=0.05))

    assert trainer.explain_gain(pair, thresholds=trainer.Thresholds(min_iou=0.1)).gain > 0
