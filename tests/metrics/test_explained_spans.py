"""Why spans fail, and which changes of spans a gain in F1 comes from."""

from __future__ import annotations

import numpy as np
import pytest

from metrics import (
    ALARM_STATES,
    FAILURE_KINDS,
    TRUTH_STATES,
    ColumnError,
    ExplainedF1,
    SpanMatches,
    Spans,
    count_spans,
    explain_f1,
    find_span_failures,
    follow_spans,
    keep_span_ledger,
    match_spans,
)

SEEDS = range(12)
ROWS, FEATURES = 6, 3
PERSON, PLACE = 0, 1


def _spans(*spans: tuple[int, int, int], **columns: list[float]) -> Spans:
    """Feature, start and end, all of one text."""
    feature, start, end = np.array(spans or np.zeros((0, 3), int)).T
    return Spans.from_offsets(np.zeros(len(spans), int), feature, start, end, **columns)


def _said(truth: Spans, found: Spans) -> tuple[list[str], list[str]]:
    """The kinds of what was found, and of the truths; found ones are told as such."""
    failures = find_span_failures(match_spans(truth, found, rows=1, features=FEATURES))
    names = (*FAILURE_KINDS, "right")
    return [names[kind] for kind in failures.kind], [names[kind] for kind in failures.missed_kind]


def _pair(seed: int) -> tuple[SpanMatches, SpanMatches]:
    rng = np.random.default_rng(seed)

    def some(n: int, **columns: np.ndarray) -> Spans:
        start = rng.integers(0, 12, n)
        return Spans.from_offsets(
            rng.integers(0, ROWS, n), rng.integers(0, FEATURES, n), start, start + rng.integers(1, 4, n), **columns
        )

    truth = some(30, ignored=rng.random(30) < 0.1)
    runs = []
    for _ in range(2):
        found, copied = some(20, confidence=rng.random(20)), truth.only(np.flatnonzero(rng.random(30) < 0.6))
        columns = [
            np.concatenate([getattr(side, name) for side in (found, copied)])
            for name in ("row", "feature", "start", "end")
        ]
        confidence = rng.integers(1, 6, len(columns[0])) / 5
        matches = match_spans(truth, Spans.from_offsets(*columns, confidence=confidence), rows=ROWS, features=FEATURES)
        runs.append(matches.above(0.3).on_rows(np.arange(ROWS) > 0))
    return runs[0], runs[1]


def _explain(before: SpanMatches, after: SpanMatches) -> ExplainedF1:
    failures = find_span_failures(before), find_span_failures(after)
    return explain_f1(follow_spans(keep_span_ledger(before, after), *failures))


@pytest.mark.parametrize(
    ("found", "alarm", "truth"),
    [
        ((PERSON, 4, 9), "right", "right"),
        ((PERSON, 4, 8), "place", "place"),
        ((PLACE, 4, 9), "class", "class"),
        ((PLACE, 3, 9), "both", "class"),
        ((PERSON, 9, 12), "background", "unseen"),
    ],
)
def test_a_span_fails_for_one_reason(found: tuple[int, int, int], alarm: str, truth: str) -> None:
    assert _said(_spans((PERSON, 4, 9)), _spans(found)) == ([alarm], [truth])


def test_the_second_of_two_equal_spans_is_a_duplicate() -> None:
    twice = _spans((PERSON, 4, 9), (PERSON, 4, 9), confidence=[0.5, 0.9])

    assert _said(_spans((PERSON, 4, 9)), twice) == (["duplicate", "right"], ["right"])


def test_the_same_boundaries_go_before_the_same_feature() -> None:
    """The prediction has the boundaries of the person, and overlaps a shorter place."""
    truth = _spans((PLACE, 0, 3), (PERSON, 0, 9))

    assert _said(truth, _spans((PLACE, 0, 9))) == (["class"], ["place", "class"])


def test_the_surest_that_overlaps_accounts_for_a_missed_span() -> None:
    truth = _spans((PERSON, 4, 9))
    both = [(PERSON, 4, 8), (PLACE, 5, 9)]

    assert _said(truth, _spans(*both, confidence=[0.9, 0.8]))[1] == ["place"]
    assert _said(truth, _spans(*both, confidence=[0.7, 0.8]))[1] == ["class"]
    assert _said(truth, _spans(*both, (PLACE, 4, 9), confidence=[0.9, 0.8, 0.1]))[1] == ["class"]


def test_what_lies_on_an_ignored_span_lies_on_nothing() -> None:
    truth = Spans.from_offsets([0], [PERSON], [4], [9], ignored=[True])

    assert _said(truth, _spans((PERSON, 4, 8)))[0] == ["background"]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_false_alarm_and_every_missed_span_has_one_kind(seed: int) -> None:
    run, _ = _pair(seed)
    failures = find_span_failures(run)

    np.testing.assert_array_equal(failures.kind >= 0, run.fp)
    np.testing.assert_array_equal(failures.missed_kind >= 0, run.missed)
    assert (failures.truth_of[failures.kind == FAILURE_KINDS.index("background")] == -1).all()
    assert (failures.prediction_of[failures.missed_kind == FAILURE_KINDS.index("unseen")] == -1).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_ledger_calls_taken_for_another_is_of_the_class_kind(seed: int) -> None:
    before, after = _pair(seed)
    truths = keep_span_ledger(before, after).truths
    for side, run in enumerate((before, after)):
        other = (truths.taken_for[:, side] >= 0) & (truths.taken_for[:, side] != truths.feature)
        kinds = find_span_failures(run).missed_kind[truths.truth]

        np.testing.assert_array_equal(kinds == FAILURE_KINDS.index("class"), other)


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_add_up_to_the_gain_in_f1_and_counts_are_those_of_both_runs(seed: int) -> None:
    before, after = _pair(seed)
    explained, totals = _explain(before, after), [count_spans(run).total for run in (before, after)]
    truths, alarms = (getattr(explained.transitions, name).sum(axis=0) for name in ("truths", "alarms"))

    assert [explained.baseline, explained.candidate] == pytest.approx([total.f1.item() for total in totals], abs=1e-12)
    assert explained.truths.sum() + explained.alarms.sum() == pytest.approx(explained.gain, abs=1e-12)
    assert explained.shares.sum() == pytest.approx(explained.gain, abs=1e-12)
    assert [truths[0].sum(), truths[:, 0].sum()] == [total.tp for total in totals]
    assert [alarms[1:].sum(), alarms[:, 1:].sum()] == [total.fp for total in totals]
    assert explained.per_find > 0 > explained.per_alarm


@pytest.mark.parametrize("seed", SEEDS)
def test_swapping_the_runs_turns_every_sign(seed: int) -> None:
    before, after = _pair(seed)
    there, back = _explain(before, after), _explain(after, before)

    np.testing.assert_allclose(back.truths, -there.truths.transpose(0, 2, 1), atol=1e-12)
    np.testing.assert_allclose(back.alarms, -there.alarms.transpose(0, 2, 1), atol=1e-12)


def test_a_boundary_put_right_is_one_span_found_and_one_false_alarm_less() -> None:
    """F1 from 1/2 to 1: 2 / (2 + 2) of two truths and two predictions, then 4 / 4."""
    truth = _spans((PERSON, 0, 3), (PLACE, 5, 9))
    runs = [match_spans(truth, _spans((PERSON, 0, 3), (PLACE, 5, end)), rows=1, features=FEATURES) for end in (8, 9)]
    explained = _explain(*runs)
    place, found, absent = TRUTH_STATES.index("place"), TRUTH_STATES.index("found"), ALARM_STATES.index("absent")

    assert explained.gain == 0.5
    assert explained.truths[PLACE, place, found] == pytest.approx(0.3125)
    assert explained.alarms[PLACE, ALARM_STATES.index("place"), absent] == pytest.approx(0.1875)


def test_without_spans_the_gain_is_undefined() -> None:
    empty = match_spans(_spans(), _spans(), rows=1, features=FEATURES)
    explained = _explain(empty, empty)

    assert np.isnan(explained.gain)
    assert np.isnan(explained.per_find)


def test_failures_of_another_confidence_are_refused() -> None:
    before, after = _pair(1)
    with pytest.raises(ColumnError, match="Both are to be of the same matches"):
        follow_spans(keep_span_ledger(before, after), find_span_failures(before), find_span_failures(after.above(0.9)))
