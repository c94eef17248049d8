"""All pixels of a class on a row as one object: found, missed and mistaken, and what became of it between two runs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from metrics import (
    AreaMatches,
    Change,
    ColumnError,
    Masks,
    ThresholdError,
    count_pixels,
    keep_area_ledger,
    match_areas,
)
from metrics.comparison.areas import AREAS_LEDGER_RULE
from metrics.pixels.painting import AreaMeasurer, Painting

ROWS, CLASSES, NOTHING, IGNORED = 9, 4, 3, 255
SEEDS = range(10)
Maps = list[np.ndarray]


def _matches(truth: Maps, found: Maps, *, min_iou: float = 0.5) -> AreaMatches:
    counts = count_pixels(zip(truth, found, strict=True), classes=CLASSES, ignore=IGNORED)
    return match_areas(counts, min_iou=min_iou, without=[NOTHING])


def _between(truth: Maps, before: Maps, after: Maps) -> AreaMatches:
    """What both runs painted, without the pixels that the truth leaves out."""
    seen = [np.where(true == IGNORED, IGNORED, one) for true, one in zip(truth, before, strict=True)]
    return _matches(seen, after)


def _world(seed: int) -> tuple[Maps, Maps, Maps]:
    """Truth and two runs that see most of it, so that areas are found at some IoU and missed at others."""
    rng = np.random.default_rng(seed)
    truth = [np.repeat(rng.integers(0, CLASSES, 5), 8) for _ in range(ROWS)]
    runs = [
        [np.where(rng.random(40) < 0.6, row, np.repeat(rng.integers(0, CLASSES, 4), 10)) for row in truth]
        for _ in range(2)
    ]
    for row in truth:
        row[rng.random(40) < 0.1] = IGNORED
    return truth, runs[0], runs[1]


def _flat(*pixels: int) -> Maps:
    return [np.array([pixels])]


def test_an_area_is_found_from_its_iou_on() -> None:
    matches = _matches(_flat(0, 0, 0, 0), _flat(0, 0, 0, 3))

    assert matches.truth.iou.tolist() == [0.75]
    assert matches.found.tolist() == [True]
    assert matches.at(0.75).found.tolist() == [True]
    assert matches.at(0.76).found.tolist() == [False]
    assert matches.at(0.76).fp.tolist() == [True]


def test_a_painted_area_of_a_feature_that_is_not_there_is_a_false_alarm() -> None:
    matches = _matches(_flat(0, 0, 0, 0), _flat(0, 0, 0, 1))

    assert matches.predictions.feature[matches.fp].tolist() == [1]
    assert matches.predictions.feature[matches.tp].tolist() == [0]


def test_a_missed_area_is_taken_for_what_covers_more_than_half_of_it() -> None:
    truth, half, most = _flat(0, 0, 0, 0, 1), _flat(0, 0, 1, 1, 1), _flat(0, 1, 1, 1, 1)
    on = [_matches(truth, found).truth.on for found in (half, most)]

    assert [each.tolist() for each in on] == [[-1, -1], [1, -1]]


def test_nothing_is_no_area_and_nothing_is_taken_for_it() -> None:
    matches = _matches(_flat(0, 0, 3, 3), _flat(3, 3, 3, 3))

    assert (matches.truth.feature.tolist(), matches.predictions.feature.tolist()) == ([0], [])
    assert matches.truth.on.tolist() == [-1]


def test_pixels_that_the_truth_leaves_out_are_in_no_area() -> None:
    matches = _matches(_flat(0, 0, 255, 255), _flat(0, 0, 1, 0))

    assert matches.truth.pixels.tolist() == matches.predictions.pixels.tolist() == [2]
    assert matches.truth.iou.tolist() == [1.0]


def test_every_area_has_one_line_that_says_what_became_of_it() -> None:
    truth = [*_flat(0, 0, 0, 0, 1, 1), *_flat(2, 2, 3, 3, 3, 3), *_flat(3, 3, 3, 3, 3, 3)]
    before = [*_flat(0, 0, 0, 0, 0, 0), *_flat(2, 2, 3, 3, 1, 1), *_flat(2, 2, 0, 0, 3, 3)]
    after = [*_flat(0, 0, 0, 1, 1, 1), *_flat(1, 1, 3, 3, 3, 3), *_flat(2, 2, 2, 0, 0, 0)]
    runs = [_matches(truth, found).surely(np.full(n, sure)) for found, n, sure in ((before, 5, 0.8), (after, 5, 0.9))]
    ledger = keep_area_ledger(*runs, between=_between(truth, before, after))
    lines, alarms = ledger.truths, ledger.alarms

    seen = [
        (row, code, Change(change).name)
        for row, code, change in zip(lines.row, lines.feature, lines.change, strict=True)
    ]
    assert seen == [(0, 0, "KEPT"), (0, 1, "NEWLY_FOUND"), (1, 2, "NEWLY_MISSED")]
    assert lines.taken_for.tolist() == [[0, 0], [0, 1], [2, 1]]
    assert lines.confidence.tolist() == [[0.8, 0.9]] * 3
    np.testing.assert_array_equal(lines.iou, [[4 / 6, 3 / 4], [np.nan, 2 / 3], [1, np.nan]])
    told = [
        (row, code, Change(change).name)
        for row, code, change in zip(alarms.row, alarms.feature, alarms.change, strict=True)
    ]
    # On row 1 both paint class 1, but elsewhere; on row 2 class 0 overlaps by 1 of 4 pixels only, class 2 by 2 of 3.
    assert told == [(1, 1, "NEW"), (2, 0, "NEW"), (2, 2, "PERSISTENT"), (1, 1, "FIXED"), (2, 0, "FIXED")]
    assert alarms.taken_for.tolist() == [[-1, 2], [-1, -1], [-1, -1], [-1, -1], [-1, -1]]
    assert ledger.rule == AREAS_LEDGER_RULE


def test_a_false_alarm_of_one_run_is_not_the_same_as_an_area_that_the_other_run_found() -> None:
    truth, before, after = _flat(0, 0, 0, 0), _flat(0, 0, 3, 3), _flat(0, 3, 3, 3)
    runs = [_matches(truth, found) for found in (before, after)]
    total = keep_area_ledger(*runs, between=_between(truth, before, after)).total

    assert {name: n for name, n in total.items() if n} == {"newly_missed": 1, "new": 1}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("min_iou", [0.05, 0.3, 0.5, 0.8, 1.0])
def test_sums_reconcile_with_areas_counted_one_by_one(seed: int, min_iou: float) -> None:
    truth, before, after = _world(seed)
    runs = [_matches(truth, found).at(min_iou) for found in (before, after)]
    counts = keep_area_ledger(*runs, between=_between(truth, before, after)).counts
    found, false = (np.zeros((2, CLASSES), dtype=int) for _ in range(2))
    truths = np.zeros(CLASSES, dtype=int)
    for side, maps in enumerate((before, after)):
        for true, said in zip(truth, maps, strict=True):
            for code in range(NOTHING):
                real, painted = true == code, (said == code) & (true != IGNORED)
                matched = real.any() and (real & painted).sum() / (real | painted).sum() >= min_iou
                truths[code] += bool(real.any()) and side == 0
                found[side, code] += bool(matched)
                false[side, code] += bool(painted.any()) and not matched

    np.testing.assert_array_equal(counts[:, Change.KEPT] + counts[:, Change.NEWLY_FOUND], found[1])
    np.testing.assert_array_equal(counts[:, Change.KEPT] + counts[:, Change.NEWLY_MISSED], found[0])
    np.testing.assert_array_equal(counts[:, : Change.STILL_MISSED + 1].sum(axis=1), truths)
    np.testing.assert_array_equal(counts[:, Change.PERSISTENT] + counts[:, Change.NEW], false[1])
    np.testing.assert_array_equal(counts[:, Change.PERSISTENT] + counts[:, Change.FIXED], false[0])
    for side, run in enumerate(runs):
        np.testing.assert_array_equal(run.per_feature.tp, found[side])
        np.testing.assert_array_equal(run.per_feature.fp, false[side])
        np.testing.assert_array_equal(run.per_feature.truths, truths)


@pytest.mark.parametrize("seed", SEEDS)
def test_swapping_the_runs_swaps_what_was_gained_and_lost(seed: int) -> None:
    truth, before, after = _world(seed)
    one, other = (_matches(truth, found, min_iou=0.4) for found in (before, after))
    there = keep_area_ledger(one, other, between=_between(truth, before, after)).counts
    back = keep_area_ledger(other, one, between=_between(truth, after, before)).counts
    swapped = there[:, [Change.KEPT, Change.NEWLY_MISSED, Change.NEWLY_FOUND, Change.STILL_MISSED]]

    np.testing.assert_array_equal(back[:, :4], swapped)
    np.testing.assert_array_equal(back[:, 4:], there[:, [Change.PERSISTENT, Change.NEW, Change.FIXED]])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_against_itself_changes_nothing(seed: int) -> None:
    truth, run, _ = _world(seed)
    matches = _matches(truth, run, min_iou=0.6)
    total = keep_area_ledger(matches, matches, between=_between(truth, run, run)).total

    assert total["newly_found"] == total["newly_missed"] == total["new"] == total["fixed"] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_some_rows_are_told_as_if_alone(seed: int) -> None:
    worlds = _world(seed)
    keep = np.random.default_rng(seed).random(ROWS) < 0.5
    truth, before, after = worlds
    runs = [_matches(truth, found).on_rows(keep) for found in (before, after)]
    among = keep_area_ledger(*runs, between=_between(*worlds)).counts
    truth, before, after = ([each for each, kept in zip(maps, keep, strict=True) if kept] for maps in worlds)
    alone = keep_area_ledger(
        *(_matches(truth, found) for found in (before, after)), between=_between(truth, before, after)
    )

    np.testing.assert_array_equal(among, alone.counts)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_an_area_is_taken_for_is_what_most_of_its_pixels_are_taken_for(seed: int) -> None:
    truth, run, _ = _world(seed)
    matches = _matches(truth, run)
    for row, code, on in zip(matches.truth.row, matches.truth.feature, matches.truth.on, strict=True):
        here = truth[row] == code
        said, n = Counter(run[row][here].tolist()).most_common(1)[0]
        mistaken = n > 0.5 * here.sum() and said not in (code, NOTHING)

        assert (matches.predictions.feature[on] if on >= 0 else None) == (said if mistaken else None)
        assert on < 0 or matches.predictions.row[on] == row


def test_areas_of_other_truth_have_no_ledger() -> None:
    truth, before, after = _world(1)
    one, other = _matches(truth, before), _matches(_world(2)[0], after)

    with pytest.raises(ColumnError, match="same rows, classes and true areas"):
        keep_area_ledger(one, other, between=_between(truth, before, after))
    with pytest.raises(ColumnError, match="same rows, classes and true areas"):
        keep_area_ledger(one, _matches(truth, after), between=_between(truth, after, before))
    with pytest.raises(ColumnError, match="each needs one"):
        one.surely(np.ones(2))
    with pytest.raises(ThresholdError):
        one.at(0)
    with pytest.raises(ColumnError, match="1 of 1 classes to leave out"):
        match_areas(count_pixels(zip(truth, before, strict=True), classes=CLASSES, ignore=IGNORED), without=[CLASSES])


def test_the_surer_mask_is_painted_on_top_and_areas_are_what_can_be_seen() -> None:
    bitmaps = np.zeros((3, 2, 4), dtype=bool)
    bitmaps[0, :, :3] = bitmaps[1, :, 1:] = bitmaps[2, 1, 3] = True
    masks = Masks.from_bitmaps([0, 0, 0], [0, 1, 0], list(bitmaps), confidence=[0.9, 0.6, 0.8])
    painting = Painting.of(masks, rows=1)
    canvas = painting.paint(0, masks.feature, pixels=8, nothing=3)
    measurer = AreaMeasurer(masks, masks.feature, classes=3)
    on_top = painting.paint(0, np.arange(3, dtype=np.int32), pixels=8, nothing=-1)
    left_out = np.zeros(8, dtype=bool)
    left_out[0] = True
    measurer.add(0, on_top, left_out, tall=2)
    shapes = measurer.shapes()

    assert canvas.reshape(4, 2).T.tolist() == [[0, 0, 0, 1], [0, 0, 0, 0]]
    assert (shapes.feature.tolist(), shapes.pixels.tolist(), shapes.mask.tolist()) == ([0, 1], [6, 1], [-1, 1])
    assert shapes.box.tolist() == [[0, 0, 4, 2], [3, 0, 1, 1]]
    assert shapes.confidence.tolist() == pytest.approx([(5 * 0.9 + 0.8) / 6, 0.6])
