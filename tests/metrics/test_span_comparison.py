"""Runs that find spans are compared in the same words as detectors."""

from __future__ import annotations

import numpy as np
import pytest

from metrics import (
    Change,
    ColumnError,
    SpanMatches,
    Spans,
    count_spans,
    draw_rows,
    gains_of,
    keep_span_ledger,
    match_spans,
    measure_spans,
)

SEEDS = range(12)
ROWS, FEATURES = 8, 3


def _spans(rng: np.random.Generator, n: int, **columns: np.ndarray) -> Spans:
    start = rng.integers(0, 4, n)
    return Spans.from_offsets(
        rng.integers(0, ROWS, n), rng.integers(0, FEATURES, n), start, start + rng.integers(1, 3, n), **columns
    )


def _pair(seed: int) -> tuple[SpanMatches, SpanMatches]:
    rng = np.random.default_rng(seed)
    truth = _spans(rng, 40, ignored=rng.random(40) < 0.1)
    found = [_spans(rng, 60, confidence=rng.integers(1, 6, 60) / 5) for _ in range(2)]
    one, other = (match_spans(truth, each, rows=ROWS, features=FEATURES) for each in found)
    return one.above(0.3), other.above(0.5)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_ledger_reconciles_with_both_runs(seed: int) -> None:
    runs = _pair(seed)
    counts = keep_span_ledger(*runs).counts
    before, after = (count_spans(run).per_feature for run in runs)

    np.testing.assert_array_equal(counts[:, Change.KEPT] + counts[:, Change.NEWLY_FOUND], after.tp)
    np.testing.assert_array_equal(counts[:, Change.KEPT] + counts[:, Change.NEWLY_MISSED], before.tp)
    np.testing.assert_array_equal(counts[:, Change.STILL_MISSED] + counts[:, Change.NEWLY_MISSED], after.missed)
    np.testing.assert_array_equal(counts[:, Change.PERSISTENT] + counts[:, Change.NEW], after.fp)
    np.testing.assert_array_equal(counts[:, Change.PERSISTENT] + counts[:, Change.FIXED], before.fp)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_against_itself_changes_nothing(seed: int) -> None:
    run, _ = _pair(seed)
    total = keep_span_ledger(run, run).total

    assert total["newly_found"] == total["newly_missed"] == total["new"] == total["fixed"] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_numbers_are_those_that_are_counted(seed: int) -> None:
    matches, _ = _pair(seed)
    drawn = draw_rows(matches.keep, count=4, seed=seed)
    numbers = {(each.name, each.feature): each for each in measure_spans(matches, drawn)}
    outcomes = count_spans(matches)

    assert numbers["F1", None].value == pytest.approx(float(outcomes.total.f1))
    assert [numbers["recall", f].value for f in range(FEATURES)] == pytest.approx(outcomes.per_feature.recall)
    weights = drawn.weights(0, 4)
    expected = (weights @ (2 * outcomes.per_row.tp)) / (
        weights @ (2 * outcomes.per_row.tp + outcomes.per_row.fp + outcomes.per_row.missed)
    )
    np.testing.assert_allclose(numbers["F1", None].resampled, expected, rtol=0, atol=1e-12)


def test_a_run_that_finds_more_spans_is_better() -> None:
    truth = Spans.from_offsets(np.repeat(np.arange(20), 2), np.zeros(40), [0, 4] * 20, [2, 6] * 20)
    half = Spans.from_offsets(np.arange(20), np.zeros(20), [0] * 20, [2] * 20)
    before, after = (match_spans(truth, found, rows=20, features=1) for found in (half, truth))
    drawn = draw_rows(before.keep, count=50)
    gain = gains_of(measure_spans(before, drawn), measure_spans(after, drawn))[2].gain

    assert (gain.candidate, gain.p_better) == (1.0, 1.0)


def test_other_true_spans_have_no_ledger() -> None:
    one, other = _pair(1)[0], _pair(2)[0]

    with pytest.raises(ColumnError, match="same rows, features and true spans"):
        keep_span_ledger(one, other)


def _told(truth: list[tuple[int, int, int]], found: list[tuple[int, int, int, float]]) -> tuple[list[int], list[int]]:
    """What each missed span (feature, start, end) is taken for, and the true span that each false alarm lies on."""
    true = Spans.from_offsets([0] * len(truth), *np.array(truth).T)
    codes, starts, ends, sure = np.array(found).T
    said = Spans.from_offsets(
        [0] * len(found), codes.astype(int), starts.astype(int), ends.astype(int), confidence=sure
    )
    run = match_spans(true, said, rows=1, features=FEATURES)
    ledger = keep_span_ledger(run, run)
    return ledger.truths.taken_for[:, 1].tolist(), ledger.alarms.taken_for[:, 1].tolist()


def test_a_missed_span_is_taken_for_the_surest_false_alarm_that_overlaps_it() -> None:
    assert _told([(0, 2, 6)], [(1, 5, 9, 0.6), (2, 0, 3, 0.7)]) == ([2], [0, 0])


def test_one_with_the_same_start_and_end_goes_before_all() -> None:
    assert _told([(0, 2, 6)], [(1, 2, 6, 0.3), (2, 0, 9, 0.9)]) == ([1], [0, 0])
    # The second one lies on both, but is the first one's twin.
    assert _told([(0, 2, 6), (0, 2, 9)], [(1, 2, 6, 0.5)]) == ([1, 1], [0])


def test_a_span_with_a_wrong_end_is_not_taken_for_another_feature() -> None:
    assert _told([(0, 2, 6)], [(0, 2, 5, 0.9), (1, 4, 8, 0.6)]) == ([-1], [-1, 0])


def test_what_was_found_is_taken_for_itself_and_takes_nothing_for_another() -> None:
    assert _told([(0, 0, 9), (1, 2, 4)], [(0, 0, 9, 0.9)]) == ([0, -1], [])
    assert _told([(0, 0, 4)], [(1, 4, 6, 0.9)]) == ([-1], [-1])


@pytest.mark.parametrize("seed", SEEDS)
def test_mix_ups_are_those_that_a_look_at_every_pair_finds(seed: int) -> None:
    run, _ = _pair(seed)
    lines = keep_span_ledger(run, run)
    truth, said = run.truth, run.predictions
    for place, position in enumerate(lines.truths.truth):
        if not run.missed[position]:
            assert lines.truths.taken_for[place, 1] == truth.feature[position]
            continue
        rivals = []
        for p in np.flatnonzero(run.fp & (said.row == truth.row[position])):
            shared = min(truth.end[position], said.end[p]) - max(truth.start[position], said.start[p])
            equal = (truth.start[position], truth.end[position]) == (said.start[p], said.end[p])
            if shared > 0:
                rivals.append((equal, said.sureness[p], shared, -p, said.feature[p]))
        feature = max(rivals)[-1] if rivals else -1

        assert lines.truths.taken_for[place, 1] == (-1 if feature == truth.feature[position] else feature)
