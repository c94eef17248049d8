"""Truths that runs contradict together are listed, the most doubtful first, and gains are told without them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from metrics import (
    Boxes,
    Choices,
    ColumnError,
    Dispute,
    Disputes,
    Matches,
    ThresholdError,
    choice_gains_without_disputes,
    choice_summary,
    draw_rows,
    find_choice_disputes,
    find_disputes,
    find_overlaps,
    gains_without_disputes,
    match,
)
from metrics.comparison.objects import ratios_of

HERE, THERE, ELSEWHERE = [0, 0, 10, 10], [50, 50, 10, 10], [90, 90, 10, 10]
CAT, DOG, COW = 0, 1, 2
Found = list[tuple[int, list[int], float]]


def _run(truth: list[tuple[int, list[int]]], found: Found, **options: Any) -> Matches:
    known = Boxes.from_sizes([0] * len(truth), [f for f, _ in truth], [box for _, box in truth])
    seen = Boxes.from_sizes(
        [0] * len(found), [f for f, *_ in found], [box for _, box, _ in found], confidence=[c for *_, c in found]
    )
    return match(find_overlaps(known, seen, rows=1, features=3), **options)


def _ask(truth: list[tuple[int, list[int]]], *founds: Found, **options: Any) -> Disputes:
    return find_disputes([_run(truth, found) for found in founds], **options)


def test_what_all_take_for_the_same_other_feature_is_disputed() -> None:
    disputes = _ask(
        [(CAT, HERE), (CAT, THERE)], [(DOG, HERE, 0.9), (CAT, THERE, 1)], [(DOG, HERE, 0.7), (CAT, THERE, 1)]
    )
    lines = disputes.lines

    assert (lines.kind.tolist(), lines.truth.tolist()) == ([Dispute.OTHER_FEATURE], [0])
    assert (lines.feature.tolist(), lines.seen_as.tolist(), lines.runs.tolist()) == ([CAT], [DOG], [2])
    assert lines.doubt.tolist() == [0.8]
    assert lines.prediction.tolist() == [[0, 0]]
    assert lines.confidence.tolist() == [[0.9, 0.7]]


def test_runs_that_contradict_each_other_dispute_nothing() -> None:
    assert len(_ask([(CAT, HERE)], [(DOG, HERE, 0.9)], [(COW, HERE, 0.9)])) == 0


def test_what_all_see_where_no_truth_is_is_disputed() -> None:
    lines = _ask([], [(DOG, HERE, 0.6), (CAT, THERE, 0.9)], [(DOG, [1, 0, 10, 10], 0.8), (DOG, THERE, 0.9)]).lines

    assert lines.kind.tolist() == [Dispute.NO_TRUTH]
    assert (lines.truth.tolist(), lines.feature.tolist(), lines.seen_as.tolist()) == ([-1], [-1], [DOG])
    assert (lines.doubt.tolist(), lines.prediction.tolist()) == ([pytest.approx(0.7)], [[0, 0]])


def test_a_miss_is_doubted_the_less_the_surer_a_run_nearly_found_it() -> None:
    truth = [(CAT, HERE), (CAT, THERE)]
    runs = [_run(truth, [(CAT, HERE, each)], min_confidence=0.5) for each in (0.4, 0.2)]
    lines = find_disputes(runs).lines

    assert lines.kind.tolist() == [Dispute.MISSED, Dispute.MISSED]
    assert (lines.truth.tolist(), lines.doubt.tolist()) == ([1, 0], [1.0, pytest.approx(0.7)])
    assert (lines.prediction == -1).all()


def test_what_is_seen_otherwise_comes_before_what_is_not_seen() -> None:
    found: Found = [(DOG, HERE, 0.6), (COW, ELSEWHERE, 0.9)]
    lines = _ask([(CAT, THERE), (CAT, HERE)], found, found).lines

    assert lines.kind.tolist() == [Dispute.OTHER_FEATURE, Dispute.NO_TRUTH, Dispute.MISSED]
    assert lines.truth.tolist() == [1, -1, 0]


def test_some_runs_may_be_enough() -> None:
    truth = [(CAT, HERE)]
    founds: list[Found] = [
        [(CAT, HERE, 0.9), (COW, THERE, 0.9)],
        [(DOG, HERE, 0.9)],
        [(DOG, HERE, 0.6), (COW, THERE, 0.9)],
    ]
    lines = _ask(truth, *founds, min_runs=2).lines

    assert len(_ask(truth, *founds)) == 0
    assert lines.kind.tolist() == [Dispute.OTHER_FEATURE, Dispute.NO_TRUTH]
    assert lines.runs.tolist() == [2, 2]
    assert lines.doubt.tolist() == [pytest.approx(0.5), pytest.approx(0.6)]
    assert lines.prediction.tolist() == [[-1, 0, 0], [1, -1, 1]]
    assert np.isnan(lines.confidence).tolist() == [[True, False, False], [False, True, False]]


def test_an_object_is_listed_once_however_many_runs_see_it() -> None:
    found: Found = [(DOG, HERE, 0.9)]

    assert _ask([], found, found, found, found, min_runs=2).lines.runs.tolist() == [4]


def test_what_is_not_sure_is_not_listed() -> None:
    assert len(_ask([(CAT, HERE)], [(DOG, HERE, 0.4)], [(DOG, HERE, 0.5)])) == 0
    assert len(_ask([(CAT, HERE)], [(DOG, HERE, 0.4)], [(DOG, HERE, 0.5)], min_doubt=0.4)) == 1


def test_ignored_truths_are_not_disputed(make_scene: Any) -> None:
    scene = make_scene(1, ignored=0.3)
    lines = find_disputes([match(scene.overlaps())] * 2, min_doubt=0).lines
    listed = lines.truth[lines.truth >= 0]

    assert len(listed) > 0
    assert not (scene.truth.ignored | scene.truth.crowd)[listed].any()


@pytest.mark.parametrize("seed", range(8))
def test_a_run_beside_itself_disputes_all_its_mistakes(seed: int, make_scene: Any) -> None:
    run = match(make_scene(seed, ignored=0.1).overlaps(), min_iou=0.3)
    lines = find_disputes([run, run], min_doubt=0).lines
    listed = np.zeros(len(run.fp), dtype=bool)
    listed[lines.prediction[:, 0][lines.prediction[:, 0] >= 0]] = True

    np.testing.assert_array_equal(np.sort(lines.truth[lines.truth >= 0]), np.flatnonzero(run.missed))
    np.testing.assert_array_equal(listed, run.fp)
    np.testing.assert_array_equal(*np.sort(lines.prediction, axis=0).T)  # equal boxes may stand for each other


@pytest.mark.parametrize("seed", range(8))
def test_some_rows_are_asked_about_as_if_alone(seed: int, make_scene: Any) -> None:
    scene, other = make_scene(seed), make_scene(seed + 100)
    overlaps = [each.overlaps() for each in (scene, replace(scene, predictions=other.predictions))]
    keep = np.random.default_rng(seed).random(6) < 0.5
    whole = find_disputes([match(each, min_iou=0.3) for each in overlaps], min_doubt=0).on_rows(keep)
    part = find_disputes([match(each.on_rows(keep), min_iou=0.3) for each in overlaps], min_doubt=0)

    for one, two in zip(whole.lines, part.lines, strict=True):
        np.testing.assert_array_equal(one, two)


def _planted(seed: int, *, runs: int = 3, rows: int = 150) -> tuple[list[Matches], np.ndarray, np.ndarray]:
    """Truths of four features with one in 20 mistaken, one in 20 lost; runs that see nine in ten as they are."""
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(rows), 4)
    box = np.tile([[0, 0, 10, 10], [50, 0, 10, 10], [0, 50, 10, 10], [50, 50, 10, 10]], (rows, 1))
    real = rng.integers(0, 4, len(row))
    mistaken, lost = rng.random(len(row)) < 0.05, rng.random(len(row)) < 0.05
    written = np.where(mistaken, (real + 1) % 4, real)
    truth = Boxes.from_sizes(row[~lost], written[~lost], box[~lost])
    made = []
    for _ in range(runs):
        right = rng.random(len(row)) < 0.9
        said = np.where(right, real, rng.integers(0, 4, len(row)))
        sure = np.where(right, rng.beta(8, 2, len(row)), rng.beta(3, 3, len(row)))
        seen = rng.random(len(row)) < 0.95
        found = Boxes.from_sizes(row[seen], said[seen], box[seen], confidence=sure[seen])
        made.append(match(find_overlaps(truth, found, rows=rows, features=4)))
    return made, mistaken[~lost], lost


def test_planted_mistakes_stand_on_top() -> None:
    runs, mistaken, lost = _planted(0)
    disputes = find_disputes(runs)
    other, unseen = disputes.of_kind(Dispute.OTHER_FEATURE), disputes.of_kind(Dispute.NO_TRUTH)

    assert mistaken[other.truth].mean() > 0.9
    assert mistaken[other.truth].sum() > 0.5 * mistaken.sum()
    assert len(unseen.kind) > 0.5 * lost.sum()
    assert len(unseen.kind) <= lost.sum()


def test_without_disputes_planted_mistakes_do_not_count_against_a_run() -> None:
    runs, _, _ = _planted(0)
    disputes = find_disputes(runs)
    drawn = draw_rows(runs[0].overlaps.keep, count=100)
    gains = gains_without_disputes(runs, disputes, drawn, pair=(0, 2))

    assert [each.name for each in gains] == ["precision", "recall", "F1"]
    for each in gains:
        assert each.without.baseline > each.with_disputes.baseline
        assert each.without.candidate > each.with_disputes.candidate


@pytest.mark.parametrize("seed", range(5))
def test_with_disputes_gains_are_those_of_all(seed: int, make_scene: Any) -> None:
    run = match(make_scene(seed, ignored=0.1).overlaps(), min_iou=0.3)
    disputes = find_disputes([run, run], min_doubt=0)
    drawn = draw_rows(run.overlaps.keep, count=5)
    gains = gains_without_disputes([run, run], disputes, drawn, kinds=tuple(Dispute))
    expected = {each.name: each.value for each in ratios_of(run)}

    for each in gains:
        assert each.with_disputes.candidate == pytest.approx(expected[each.name], nan_ok=True)
        assert each.without.candidate == 1.0 or np.isnan(each.without.candidate)  # all mistakes are disputed


def test_truths_that_all_miss_stay_in_unless_asked_for() -> None:
    run = _run([(CAT, HERE), (CAT, THERE)], [(CAT, HERE, 0.9)])
    disputes, drawn = find_disputes([run, run]), draw_rows(run.overlaps.keep, count=5)

    def recall(**options: Any) -> float:
        return gains_without_disputes([run, run], disputes, drawn, **options)[1].without.candidate

    assert recall() == 0.5
    assert recall(kinds=[Dispute.MISSED]) == 1.0


def test_choices_are_disputed_row_by_row() -> None:
    truth, predicted = [0, 1, 2, -1], [[1, 2, 2, 0], [1, 2, 0, 0], [1, -1, 0, 0]]
    sure = [[0.9] * 4, [0.8] * 4, [0.7] * 4]

    assert find_choice_disputes(truth, predicted, sure).lines.row.tolist() == [0]
    two = find_choice_disputes(truth, predicted, sure, min_runs=2).lines
    assert (two.row.tolist(), two.seen_as.tolist(), two.doubt.round(3).tolist()) == (
        [0, 1, 2],
        [1, 2, 0],
        [0.8, 0.567, 0.5],
    )


def test_impossible_questions_are_refused() -> None:
    run, other = _run([(CAT, HERE)], []), _run([], [])
    with pytest.raises(ColumnError, match="1 of 1 runs are to agree"):
        find_disputes([run])
    with pytest.raises(ColumnError, match="3 of 2 runs are to agree"):
        find_disputes([run, run], min_runs=3)
    with pytest.raises(ColumnError, match="Run 1 was not matched"):
        find_disputes([run, other])
    with pytest.raises(ThresholdError, match="min_confidence is 2"):
        find_disputes([run, run], min_doubt=2)
    with pytest.raises(ColumnError, match="Disputes of 2 runs were given with 3 runs"):
        gains_without_disputes([run] * 3, find_disputes([run, run]), draw_rows(run.overlaps.keep, count=1))
    with pytest.raises(ColumnError, match="Column 'run 1' has 1 values"):
        find_choice_disputes([0, 1], [[0, 1], [0]], [[1, 1], [1]])
    with pytest.raises(ColumnError, match="choices of 2 runs and confidences of 1"):
        find_choice_disputes([0], [[0], [0]], [[1]])
    with pytest.raises(ColumnError, match="1 of 1 confidences lie outside"):
        find_choice_disputes([0], [[0], [0]], [[1], [2]])


def test_gains_of_classes_without_disputes_are_those_of_the_other_rows() -> None:
    """Leaving out the disputed rows is measuring on the rest; and without disputes nothing changes."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 60)
    said = [np.where(rng.random(60) < share, truth, rng.integers(0, 3, 60)) for share in (0.5, 0.7)]
    runs = [Choices.from_codes(truth, each, classes=3) for each in said]
    disputes = find_choice_disputes(truth, said, [np.ones(60)] * 2)
    drawn = draw_rows(runs[0].keep, count=30)
    rest = np.ones(60, dtype=bool)
    rest[disputes.lines.row] = False
    gains = choice_gains_without_disputes(runs, disputes, drawn)
    expected = [choice_summary(each.on_rows(rest)) for each in runs]

    assert 0 < len(disputes) < 30
    assert [each.name for each in gains] == ["accuracy", "F1 macro"]
    assert (gains[0].without.baseline, gains[0].without.candidate) == tuple(each.accuracy for each in expected)
    assert gains[1].without.candidate == pytest.approx(expected[1].averages.macro.f1)
    kept = choice_gains_without_disputes(runs, disputes, drawn, kinds=())
    assert all(each.with_disputes == each.without for each in kept)
    with pytest.raises(ColumnError, match="Disputes of 2 runs were given with 1 runs"):
        choice_gains_without_disputes(runs[:1], disputes, drawn, pair=(0, 0))
