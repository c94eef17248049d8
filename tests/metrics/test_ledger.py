"""Every object and what became of it; sums reconcile with what both runs count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from metrics import Boxes, ColumnError, Matches, count_outcomes, find_overlaps, match
from metrics.comparison.ledger import Ledger, keep_ledger, pair_predictions
from metrics.comparison.ledger_lines import Change
from metrics.comparison.mcnemar import mcnemar

SEEDS = range(25)
HERE, THERE, ELSEWHERE = [0, 0, 10, 10], [50, 50, 10, 10], [90, 90, 10, 10]
CAT, DOG = 0, 1


def _matches(truth: list[tuple[int, list[int]]], found: list[tuple[int, list[int], float]]) -> Matches:
    known = Boxes.from_sizes([0] * len(truth), [f for f, _ in truth], [box for _, box in truth])
    seen = Boxes.from_sizes(
        [0] * len(found), [f for f, *_ in found], [box for _, box, _ in found], confidence=[c for *_, c in found]
    )
    return match(find_overlaps(known, seen, rows=1, features=2))


def _changes(ledger: Ledger) -> dict[str, int]:
    return {name: n for name, n in ledger.total.items() if n}


def test_a_truth_is_kept_newly_found_newly_missed_or_still_missed() -> None:
    truth = [(CAT, HERE), (CAT, THERE), (DOG, HERE), (DOG, ELSEWHERE)]
    ledger = keep_ledger(
        _matches(truth, [(CAT, HERE, 0.9), (CAT, THERE, 0.8)]), _matches(truth, [(CAT, HERE, 0.7), (DOG, HERE, 0.6)])
    )

    expected = [Change.KEPT, Change.NEWLY_MISSED, Change.NEWLY_FOUND, Change.STILL_MISSED]
    assert ledger.truths.change.tolist() == expected
    np.testing.assert_array_equal(
        ledger.truths.confidence, [[0.9, 0.7], [0.8, np.nan], [np.nan, 0.6], [np.nan, np.nan]]
    )


def test_a_false_alarm_is_persistent_fixed_or_new() -> None:
    before = _matches([], [(CAT, HERE, 0.9), (CAT, THERE, 0.8)])
    after = _matches([], [(CAT, [1, 0, 10, 10], 0.4), (DOG, THERE, 0.3)])
    ledger = keep_ledger(before, after)

    assert ledger.alarms.change.tolist() == [Change.PERSISTENT, Change.NEW, Change.FIXED]
    assert ledger.alarms.prediction.tolist() == [[0, 0], [-1, 1], [1, -1]]


def test_one_false_alarm_of_the_baseline_stands_for_one_of_the_candidate() -> None:
    before = _matches([], [(CAT, HERE, 0.9)])
    after = _matches([], [(CAT, HERE, 0.2), (CAT, HERE, 0.6)])

    assert keep_ledger(before, after).alarms.change.tolist() == [Change.NEW, Change.PERSISTENT]


def test_what_a_missed_truth_was_taken_for_is_told() -> None:
    truth = [(CAT, HERE)]
    ledger = keep_ledger(_matches(truth, [(CAT, HERE, 0.9)]), _matches(truth, [(DOG, HERE, 0.8)]))

    assert ledger.truths.change.tolist() == [Change.NEWLY_MISSED]
    assert ledger.truths.taken_for.tolist() == [[CAT, DOG]]
    assert ledger.alarms.taken_for.tolist() == [[-1, 0]]


def test_a_kept_truth_may_be_placed_better_or_worse() -> None:
    truth = [(CAT, HERE), (CAT, THERE), (DOG, HERE)]
    before = [(CAT, [0, 0, 10, 6], 0.9), (CAT, THERE, 0.9), (DOG, HERE, 0.9)]
    after = [(CAT, HERE, 0.9), (CAT, [50, 50, 10, 7], 0.9), (DOG, HERE, 0.9)]
    ledger = keep_ledger(_matches(truth, before), _matches(truth, after))

    assert ledger.placed().tolist() == [1, -1, 0]
    assert ledger.placed(by=0.5).tolist() == [0, 0, 0]


def _pair(seed: int, make_scene: Any, **options: Any) -> tuple[Matches, Matches]:
    """Two runs on the same truths, the second at another confidence."""
    scene, other = make_scene(seed, ignored=0.1), make_scene(seed + 1000)
    after = replace(scene, predictions=other.predictions)
    if seed % 2:  # the second run differs in a few predictions only
        kept = np.random.default_rng(seed).random(len(scene.predictions)) < 0.8
        columns = {
            name: column[kept] if isinstance(column, np.ndarray) else column
            for name, column in vars(scene.predictions).items()
        }
        after = replace(scene, predictions=replace(scene.predictions, **columns))
    before, later = scene.overlaps(), after.overlaps()
    return match(before, min_iou=0.3, min_confidence=0.2), match(later, min_iou=0.3, **options)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("min_confidence", [0.2, 0.6])
def test_sums_reconcile_with_the_counts_of_both_runs(seed: int, min_confidence: float, make_scene: Any) -> None:
    runs = _pair(seed, make_scene, min_confidence=min_confidence)
    counts = keep_ledger(*runs).counts
    before, after = (count_outcomes(run).per_feature for run in runs)

    np.testing.assert_array_equal(counts[:, Change.KEPT] + counts[:, Change.NEWLY_FOUND], after.tp)
    np.testing.assert_array_equal(counts[:, Change.KEPT] + counts[:, Change.NEWLY_MISSED], before.tp)
    np.testing.assert_array_equal(counts[:, Change.STILL_MISSED] + counts[:, Change.NEWLY_FOUND], before.missed)
    np.testing.assert_array_equal(counts[:, Change.PERSISTENT] + counts[:, Change.NEW], after.fp)
    np.testing.assert_array_equal(counts[:, Change.PERSISTENT] + counts[:, Change.FIXED], before.fp)


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_sum_up_to_all(seed: int, make_scene: Any) -> None:
    ledger = keep_ledger(*_pair(seed, make_scene))

    for change in Change:
        assert ledger.rows_with(change, rows=6).sum() == ledger.counts[:, change].sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_against_itself_changes_nothing(seed: int, make_scene: Any) -> None:
    run, _ = _pair(seed, make_scene)
    changes = set(_changes(keep_ledger(run, run)))

    assert changes <= {"kept", "still_missed", "persistent"}


@pytest.mark.parametrize("seed", SEEDS)
def test_looking_from_the_other_side_turns_found_and_missed_around(seed: int, make_scene: Any) -> None:
    before, after = _pair(seed, make_scene)
    there, back = keep_ledger(before, after).counts, keep_ledger(after, before).counts
    turned = [Change.KEPT, Change.NEWLY_MISSED, Change.NEWLY_FOUND, Change.STILL_MISSED]

    np.testing.assert_array_equal(there[:, : len(turned)], back[:, turned])


@pytest.mark.parametrize("seed", SEEDS)
def test_pairs_found_before_give_the_same_ledger(seed: int, make_scene: Any) -> None:
    runs = _pair(seed, make_scene)
    between = pair_predictions(runs[0].overlaps, runs[1].overlaps)

    np.testing.assert_array_equal(keep_ledger(*runs).counts, keep_ledger(*runs, between=between).counts)


@pytest.mark.parametrize("seed", range(8))
def test_some_rows_are_kept_as_if_alone(seed: int, make_scene: Any) -> None:
    keep = np.random.default_rng(seed).random(6) < 0.5
    runs = _pair(seed, make_scene)
    some = [match(run.overlaps.on_rows(keep), min_iou=0.3, min_confidence=run.min_confidence) for run in runs]
    whole = keep_ledger(*runs)
    part = keep_ledger(some[0], some[1], between=pair_predictions(runs[0].overlaps, runs[1].overlaps))

    for change in Change:
        expected = whole.rows_with(change, rows=6) * keep
        np.testing.assert_array_equal(part.rows_with(change, rows=6), expected)


def test_only_runs_on_the_same_truths_and_at_the_same_iou_have_a_ledger() -> None:
    one, other = _matches([(CAT, HERE)], []), _matches([(CAT, HERE), (DOG, THERE)], [])

    with pytest.raises(ColumnError, match="same IoU and on the same rows, features and truths"):
        keep_ledger(one, other)
    with pytest.raises(ColumnError, match="measured on 1 truths, the candidate on 2"):
        pair_predictions(one.overlaps, other.overlaps)
    with pytest.raises(ColumnError, match="same IoU"):
        keep_ledger(one, match(one.overlaps, min_iou=0.7))


def test_mcnemar_is_the_exact_sign_test() -> None:
    rng = np.random.default_rng(0)
    fixed, broken = rng.integers(0, 40, 200), rng.integers(0, 40, 200)
    large = np.array([3000, 5000]), np.array([3100, 4000])
    for one, other in ((fixed, broken), large):
        expected = [
            stats.binomtest(int(a), int(a + b)).pvalue if a + b else np.nan for a, b in zip(one, other, strict=True)
        ]
        np.testing.assert_allclose(mcnemar(one, other), expected, rtol=1e-9, atol=1e-12)


def test_p_values_of_features_and_of_all_are_of_what_changed(make_scene: Any) -> None:
    ledger = keep_ledger(*_pair(4, make_scene))
    found, missed = ledger.counts[:, Change.NEWLY_FOUND], ledger.counts[:, Change.NEWLY_MISSED]

    np.testing.assert_array_equal(ledger.p_values, mcnemar(found, missed))
    assert ledger.p_value == pytest.approx(mcnemar([found.sum()], [missed.sum()])[0])
