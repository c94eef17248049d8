"""What must hold for any spans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from metrics import Spans, count_spans, match_spans, overlap_f1, pair_spans, semeval_scores

SEEDS = range(15)
ROWS, FEATURES = 8, 3


def _generate(seed: int, n: int = 40) -> Spans:
    """Short spans in short texts, so that equal and nested ones are common; the last row is empty."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 8, n)
    return Spans.from_offsets(
        rng.integers(0, ROWS - 1, n),
        rng.integers(0, FEATURES, n),
        start,
        start + rng.integers(1, 4, n),
        confidence=rng.integers(1, 5, n) / 4,
        ignored=rng.random(n) < 0.1,
    )


def _take(spans: Spans, which: np.ndarray, **columns: Any) -> Spans:
    names = ("row", "feature", "start", "end", "confidence", "ignored")
    return Spans(**{name: columns.get(name, getattr(spans, name)[which]) for name in names})


def _measure(truth: Spans, predictions: Spans, keep: np.ndarray | None = None, rows: int = ROWS) -> list[Any]:
    """Every number in all, and what there is per row."""
    matches = match_spans(truth, predictions, rows=rows, features=FEATURES).above(0.5)
    pairs = pair_spans(truth, predictions, rows=rows)
    if keep is not None:
        matches, pairs = matches.on_rows(keep), pairs.on_rows(keep)
    outcomes, scores = count_spans(matches), semeval_scores(pairs, min_confidence=0.5)
    return [outcomes.total, outcomes.per_feature, outcomes.averages.numbers(), scores.total], [
        *outcomes.per_row,
        *(column for way in scores.per_row for column in way),
    ]


def _assert_same(one: Any, other: Any) -> None:
    for mine, theirs in zip(one[0], other[0], strict=True):
        np.testing.assert_equal(mine, theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_chosen_rows_are_measured_as_if_there_were_no_others(seed: int) -> None:
    truth, predictions = _generate(seed), _generate(seed + 100)
    keep = np.random.default_rng(seed).random(ROWS) < 0.5
    new = np.cumsum(keep) - 1
    alone = [
        _take(side, keep[side.row], row=new[side.row[keep[side.row]]].astype(np.int32)) for side in (truth, predictions)
    ]
    chosen, measured_alone = _measure(truth, predictions, keep), _measure(*alone, rows=int(keep.sum()))

    _assert_same(chosen, measured_alone)
    for mine, theirs in zip(chosen[1], measured_alone[1], strict=True):
        np.testing.assert_array_equal(mine[keep], theirs)
        assert not mine[~keep].any()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_texts_and_where_in_a_text_spans_are_do_not_matter(seed: int) -> None:
    truth, predictions = _generate(seed), _generate(seed + 100)
    before, new = _measure(truth, predictions), np.random.default_rng(seed).permutation(ROWS).astype(np.int32)
    shuffled = [_take(side, np.argsort(new[side.row], kind="stable")) for side in (truth, predictions)]
    renumbered = [replace(side, row=new[side.row]) for side in (truth, predictions)]
    moved = [replace(side, start=side.start + 7, end=side.end + 7) for side in (truth, predictions)]
    after = _measure(*renumbered)

    _assert_same(before, _measure(*shuffled))
    _assert_same(before, _measure(*moved))
    _assert_same(before, after)
    for mine, theirs in zip(before[1], after[1], strict=True):
        np.testing.assert_array_equal(mine, theirs[new])


@pytest.mark.parametrize("seed", SEEDS)
def test_renaming_features_renames_their_counts(seed: int) -> None:
    truth, predictions = _generate(seed), _generate(seed + 100)
    new = np.random.default_rng(seed).permutation(FEATURES).astype(np.int32)
    renamed = [_take(side, np.arange(len(side)), feature=new[side.feature]) for side in (truth, predictions)]
    before, after = _measure(truth, predictions), _measure(*renamed)

    np.testing.assert_array_equal(np.array(before[0][1]), np.array(after[0][1])[:, new])
    np.testing.assert_equal(before[0][0], after[0][0])
    assert before[0][2] == pytest.approx(after[0][2], abs=1e-12, nan_ok=True)
    np.testing.assert_equal(before[0][3], after[0][3])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_perfect_prediction_scores_1(seed: int) -> None:
    truth = _generate(seed)
    outcomes = count_spans(match_spans(truth, truth, rows=ROWS, features=FEATURES))
    scores = semeval_scores(pair_spans(truth, truth, rows=ROWS))

    assert {float(value) for value in outcomes.averages.numbers().values()} == {1}
    assert {float(way.f1) for way in scores.total} == {1}
    assert overlap_f1(truth, truth, rows=ROWS, features=FEATURES, min_iou=1).total.f1 == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_add_up_in_every_way(seed: int) -> None:
    truth, predictions = _generate(seed), _generate(seed + 100)
    total = count_spans(match_spans(truth, predictions, rows=ROWS, features=FEATURES)).total
    ways = semeval_scores(pair_spans(truth, predictions, rows=ROWS)).total

    assert total.truths == (~truth.ignored).sum()
    assert total.predictions == len(predictions)
    assert {int(way.possible) for way in ways} == {int(total.truths)}
    assert len({int(way.actual) for way in ways}) == 1
    assert ways.strict.correct <= ways.exact.correct == ways.partial.correct
    assert ways.strict.correct <= ways.type.correct


@pytest.mark.parametrize("seed", SEEDS)
def test_whole_overlap_is_exact_matching(seed: int) -> None:
    truth, predictions = _generate(seed), _generate(seed + 100)
    exact = count_spans(match_spans(truth, predictions, rows=ROWS, features=FEATURES).above(0.5))
    whole = overlap_f1(truth, predictions, rows=ROWS, features=FEATURES, min_iou=1, min_confidence=0.5)

    np.testing.assert_array_equal(exact.per_feature, whole.per_feature)
    np.testing.assert_array_equal(exact.per_row, whole.per_row)
