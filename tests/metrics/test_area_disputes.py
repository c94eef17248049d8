"""Areas of painted pixels that runs dispute, and gains without their pixels."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from metrics import (
    AreaMatches,
    ColumnError,
    Disputes,
    PixelCounts,
    count_pixels,
    draw_rows,
    find_area_disputes,
    match_areas,
    pixel_gains_without_disputes,
)

CLASSES, NOTHING, IGNORED = 4, 3, 255
ROAD, CAR, BUS = 0, 1, 2
MISTAKEN, NO_TRUTH, MISSED = 0, 1, 2
SEEDS = range(8)
Maps = list[np.ndarray]


def _count(truth: Maps, said: Maps) -> PixelCounts:
    return count_pixels(zip(truth, said, strict=True), classes=CLASSES, ignore=IGNORED)


def _areas(truth: Maps, said: Maps) -> AreaMatches:
    return match_areas(_count(truth, said), without=[NOTHING])


def _between(truth: Maps, runs: list[Maps]) -> list[AreaMatches]:
    """What each two runs painted, without the pixels that the truth leaves out."""
    return [
        _areas([np.where(true == IGNORED, IGNORED, each) for true, each in zip(truth, one, strict=True)], other)
        for one, other in combinations(runs, 2)
    ]


def _ask(truth: Maps, runs: list[Maps], *, sure: list[float] | None = None, **options: Any) -> Disputes:
    """Every area of a run is as sure as the run."""
    matches = [_areas(truth, each) for each in runs]
    if sure is not None:
        matches = [run.surely(np.full(len(run.predictions), each)) for run, each in zip(matches, sure, strict=True)]
    return find_area_disputes(matches, _between(truth, runs), **options)


def _flat(*pixels: int) -> Maps:
    return [np.array([pixels])]


def _world(seed: int, *, runs: int = 4, rows: int = 12) -> tuple[Maps, list[Maps]]:
    """Truth and runs that share some of their mistakes."""
    rng = np.random.default_rng(seed)
    truth = [np.repeat(rng.integers(0, CLASSES, 5), 8) for _ in range(rows)]
    alike = [
        np.where(np.repeat(rng.random(5) < 0.6, 8), row, np.repeat(rng.integers(0, CLASSES, 5), 8)) for row in truth
    ]
    said = [[np.where(rng.random(40) < 0.75, row, rng.integers(0, CLASSES, 40)) for row in alike] for _ in range(runs)]
    for row in truth:
        row[rng.random(40) < 0.1] = IGNORED
    return truth, said


def _told(disputes: Disputes) -> set[tuple[Any, ...]]:
    lines = disputes.lines
    columns = (lines.kind, lines.row, lines.feature, lines.seen_as, lines.runs, lines.doubt.round(9))
    return set(zip(*(column.tolist() for column in columns), strict=True))


def test_what_all_take_for_the_same_other_class_is_disputed() -> None:
    """All take most of the car for a bus, and are 0.9 and 0.5 sure of their buses."""
    disputes = _ask(
        _flat(ROAD, ROAD, CAR, CAR, CAR, CAR),
        [_flat(ROAD, ROAD, BUS, BUS, BUS, BUS), _flat(ROAD, ROAD, CAR, BUS, BUS, BUS)],
        sure=[0.9, 0.5],
    )
    lines = disputes.lines

    assert (lines.kind.tolist(), lines.feature.tolist(), lines.seen_as.tolist()) == ([MISTAKEN], [CAR], [BUS])
    assert (lines.doubt.tolist(), lines.confidence.tolist()) == ([0.7], [[0.9, 0.5]])
    assert (lines.truth.tolist(), lines.prediction.tolist()) == ([1], [[1, 2]])


def test_runs_that_take_it_for_different_things_dispute_nothing() -> None:
    truth = _flat(CAR, CAR)

    assert len(_ask(truth, [_flat(BUS, BUS), _flat(ROAD, ROAD)])) == 0


def test_what_all_paint_alike_where_no_truth_is_is_disputed() -> None:
    """Of the cars 4 of 5 pixels are the same; the buses share 1 of 5."""
    truth = [np.full((2, 10), NOTHING)]
    one, other = truth[0].copy(), truth[0].copy()
    one[0, :4] = other[0, :5] = CAR
    one[1, :3] = other[1, 2:5] = BUS
    lines = _ask(truth, [[one], [other]], sure=[0.9, 0.7]).lines

    assert (lines.kind.tolist(), lines.feature.tolist(), lines.seen_as.tolist()) == ([NO_TRUTH], [-1], [CAR])
    assert (lines.doubt.tolist(), lines.truth.tolist(), lines.prediction.tolist()) == ([0.8], [-1], [[0, 0]])


def test_a_miss_is_doubted_the_less_the_more_of_it_is_painted() -> None:
    """The first run paints nothing; the second a quarter of the car, of which it is 0.8 sure."""
    lines = _ask(_flat(CAR, CAR, CAR, CAR), [_flat(3, 3, 3, 3), _flat(CAR, 3, 3, 3)], sure=[1, 0.8]).lines

    assert (lines.kind.tolist(), lines.seen_as.tolist(), lines.prediction.tolist()) == ([MISSED], [-1], [[-1, -1]])
    assert lines.confidence.tolist() == [[1.0, pytest.approx(0.8)]]
    assert lines.doubt.tolist() == [pytest.approx(0.9)]


def test_a_mistaken_area_is_not_listed_once_more_as_one_without_truth() -> None:
    bus = _flat(BUS, BUS, BUS, ROAD)

    assert _ask(_flat(CAR, CAR, CAR, ROAD), [bus, bus]).lines.kind.tolist() == [MISTAKEN]


def test_what_lies_on_its_own_truth_is_no_area_without_truth_however_small() -> None:
    """Both paint a quarter of the road: it is missed, and what they paint is road indeed."""
    quarter = _flat(ROAD, 3, 3, 3)

    assert _ask(_flat(ROAD, ROAD, ROAD, ROAD), [quarter, quarter]).lines.kind.tolist() == [MISSED]
    # Painted far too large, it is where no truth is for the larger part.
    large = _flat(ROAD, ROAD, ROAD, ROAD)
    assert _ask(_flat(ROAD, 3, 3, 3), [large, large]).lines.kind.tolist() == [NO_TRUTH]


def test_of_equally_doubtful_areas_the_largest_comes_first() -> None:
    truth = [np.array([CAR, 3, 3]), np.array([CAR, CAR, CAR]), np.array([CAR, CAR, 3])]
    nothing = [np.full(3, NOTHING)] * 3

    assert _ask(truth, [nothing, nothing]).lines.row.tolist() == [1, 2, 0]


def test_some_runs_may_be_enough_and_the_doubt_is_over_all() -> None:
    truth, bus = _flat(CAR, CAR), _flat(BUS, BUS)
    runs = [bus, truth, bus]

    assert len(_ask(truth, runs)) == 0
    lines = _ask(truth, runs, min_runs=2).lines
    assert (lines.runs.tolist(), lines.doubt.tolist()) == ([2], [pytest.approx(2 / 3)])
    assert lines.prediction.tolist() == [[0, -1, 0]]
    assert np.isnan(lines.confidence[0, 1])
    assert len(_ask(truth, runs, min_runs=2, min_doubt=0.7)) == 0


def test_of_areas_that_overlap_in_part_those_around_the_middle_one_agree() -> None:
    """Of four pixels each the middle one shares three with either neighbour, which share two with each other."""
    left, middle, right = ([np.full(8, NOTHING)] for _ in range(3))
    for start, each in enumerate((left, middle, right)):
        each[0][start : start + 4] = CAR
    truth = [np.full(8, NOTHING)]

    for order in ([left, middle, right], [right, left, middle]):
        lines = _ask(truth, order).lines
        assert lines.runs.tolist() == [3]
    assert len(_ask(truth, [left, right])) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_the_runs_makes_no_difference(seed: int) -> None:
    truth, runs = _world(seed)
    order = np.random.default_rng(seed).permutation(len(runs))
    sure = [0.9, 0.8, 0.7, 0.6]
    one = _ask(truth, runs, sure=sure, min_runs=2, min_doubt=0)
    other = _ask(truth, [runs[i] for i in order], sure=[sure[i] for i in order], min_runs=2, min_doubt=0)

    assert set(one.lines.kind.tolist()) == {MISTAKEN, NO_TRUTH, MISSED}
    assert _told(one) == _told(other)
    assert len(one) == len(other)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fewer_runs_must_agree_the_more_is_listed(seed: int) -> None:
    truth, runs = _world(seed)
    listed = [_told(_ask(truth, runs, min_runs=needed, min_doubt=0)) for needed in (2, 3, 4)]

    assert listed[0] >= listed[1] >= listed[2]
    assert listed[0] > listed[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_some_rows_are_asked_about_as_if_alone(seed: int) -> None:
    truth, runs = _world(seed, runs=3)
    keep = np.arange(len(truth)) % 2 == 0
    matches = [_areas(truth, each).on_rows(keep) for each in runs]

    whole = _ask(truth, runs, min_runs=2)
    assert _told(find_area_disputes(matches, _between(truth, runs), min_runs=2)) == _told(whole.on_rows(keep))


@pytest.mark.parametrize("seed", SEEDS)
def test_true_areas_are_disputed_as_counting_their_pixels_says(seed: int) -> None:
    truth, runs = _world(seed, runs=2)
    expected = set()
    for row, true in enumerate(truth):
        for code in (ROAD, CAR, BUS):
            here = true == code
            said = [_taken_for(true, each[row], code) for each in runs]
            if here.any() and said[0] == said[1] != code:
                expected.add((MISSED if said[0] < 0 else MISTAKEN, row, code, said[0]))
    told = _told(_ask(truth, runs, min_doubt=0))

    assert {line[:4] for line in told if line[0] != NO_TRUTH} == expected
    assert expected


def _taken_for(true: np.ndarray, said: np.ndarray, code: int) -> int:
    here, painted = true == code, (said == code) & (true != IGNORED)
    if (here & painted).sum() >= 0.5 * (here | painted).sum():
        return code
    return next(
        (other for other in (ROAD, CAR, BUS) if other != code and 2 * (said[here] == other).sum() > here.sum()), -1
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_are_taken_apart_and_rows_counted_anew_as_if_counted_alone(seed: int) -> None:
    truth, (one, other) = _world(seed, runs=2)
    in_turn = count_pixels(
        ((true, each[row]) for row, true in enumerate(truth) for each in (one, other)), classes=CLASSES, ignore=IGNORED
    ).apart(2)
    rows = np.array([1, 4, 5])
    mixed = [other[row] if row in rows else each for row, each in enumerate(one)]
    anew = _count(truth, one).with_rows(rows, _count([truth[row] for row in rows], [other[row] for row in rows]))

    for told, alone in (
        (in_turn[0], _count(truth, one)),
        (in_turn[1], _count(truth, other)),
        (anew, _count(truth, mixed)),
    ):
        for name in ("row", "truth", "predicted", "count", "ignored", "keep"):
            np.testing.assert_array_equal(getattr(told, name), getattr(alone, name))
    with pytest.raises(ColumnError, match="3 rows of 4 classes were to be counted anew"):
        anew.with_rows(rows, anew)


def test_without_disputed_pixels_only_the_others_count() -> None:
    """On one row both take the car for a bus; on the others only the second finds the bus."""
    truth = [np.array([CAR, CAR, ROAD, ROAD])] + [np.array([BUS, BUS, ROAD, ROAD])] * 5
    one = [np.array([BUS, BUS, ROAD, ROAD])] + [np.array([ROAD, ROAD, ROAD, ROAD])] * 5
    two = [np.array([BUS, BUS, ROAD, ROAD])] + [np.array([BUS, BUS, ROAD, ROAD])] * 5
    left = [np.array([IGNORED, IGNORED, ROAD, ROAD]), *truth[1:]]
    sides = [(_count(of, one), _count(of, two)) for of in (truth, left)]
    accuracy, iou, dice = pixel_gains_without_disputes(
        sides[0], sides[1], draw_rows(sides[0][0].keep, count=50), without=[NOTHING]
    )

    assert [each.name for each in (accuracy, iou, dice)] == ["pixel accuracy", "mean IoU", "mean Dice"]
    assert (accuracy.with_disputes.baseline, accuracy.without.baseline) == (12 / 24, 12 / 22)
    assert (iou.with_disputes.candidate, iou.without.candidate) == (pytest.approx((1 + 0 + 10 / 12) / 3), 1)
    assert (iou.without.baseline, dice.without.candidate) == (pytest.approx((12 / 22 + 0) / 2), 1)


def test_what_does_not_belong_together_is_refused() -> None:
    truth, runs = _world(0, runs=3)
    matches, between = [_areas(truth, each) for each in runs], _between(truth, runs)

    with pytest.raises(ColumnError, match="4 of 3 runs are to agree"):
        find_area_disputes(matches, between, min_runs=4)
    with pytest.raises(ColumnError, match="3 runs make 3 pairs, but 2 were given"):
        find_area_disputes(matches, between[:2])
    with pytest.raises(ColumnError, match="between pair 0 of the runs is of other areas"):
        find_area_disputes(matches, [between[1], between[0], between[2]])
    with pytest.raises(ColumnError, match="Run 2 is not on the same rows"):
        find_area_disputes([*matches[:2], matches[2].at(0.7)], between)
