"""Parts of a gain on drawn rows: they are those of the rows that were drawn, and add up there as well."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from metrics import (
    Answers,
    Boxes,
    Choices,
    ColumnError,
    DrawnParts,
    ExplainedGain,
    Overlaps,
    Resamples,
    Spans,
    draw_accuracy_parts,
    draw_f1_parts,
    draw_iou_parts,
    draw_precision_parts,
    draw_rows,
    explain_accuracy,
    explain_f1,
    explain_gain,
    explain_mean_iou,
    find_span_failures,
    follow_spans,
    keep_span_ledger,
    match_spans,
    resampled_precision,
)
from metrics.comparison.explained_answers import ExplainedAnswers
from metrics.comparison.explained_spans import ExplainedF1
from metrics.objects.average_precision import CocoSettings
from metrics.undefined import means_of_defined

SEEDS = range(10)
ROWS = 7
ALL = np.ones(ROWS, dtype=bool)


@dataclass(frozen=True, eq=False)
class _Chosen(Resamples):
    """Resamples that were not drawn but chosen."""

    chosen: np.ndarray

    def _draw(self, first: int, last: int) -> np.ndarray:
        return self.chosen[first:last]


def _choose(weights: np.ndarray) -> _Chosen:
    return _Chosen(np.ones(weights.shape[1], dtype=bool), len(weights), 0, None, weights.astype(np.int32))


def _some(seed: int, *, n: int = 4) -> np.ndarray:
    """Every row once, and then some draws."""
    return np.concatenate([np.ones((1, ROWS), dtype=np.int32), draw_rows(ALL, count=n, seed=seed).weights(0, n)])


def _assert_adds_up(drawn: DrawnParts) -> None:
    np.testing.assert_allclose(drawn.parts.sum(axis=1), drawn.gain, rtol=0, atol=1e-12)
    np.testing.assert_allclose(drawn.shares.sum(axis=1), drawn.gain, rtol=0, atol=1e-12)


# Classes and pixels: an entry is its row, what is true, and what both said.


def _choices(seed: int, rows: np.ndarray) -> Answers:
    rng = np.random.default_rng(seed)
    truth, *said = (rng.integers(low, 3, ROWS)[rows] for low in (0, -1, -1))
    return Answers.of_choices(*(Choices.from_codes(truth, each, classes=3) for each in said))


def _pixels(seed: int, rows: np.ndarray) -> Answers:
    """Class 2 is true on the first row alone, and 3 is only ever predicted, so that both vanish from resamples."""
    rng = np.random.default_rng(seed)
    maps = []
    for row in range(ROWS):
        truth = rng.choice([0, 1, 2] if row == 0 else [0, 1], (3, 4))
        said = (np.where(rng.random((3, 4)) < 0.6, truth, rng.choice([0, 1, 2, 3, 9], (3, 4))) for _ in range(2))
        maps.append((truth, *said))
    return Answers.of_maps([maps[row] for row in rows.tolist()], classes=4, ignore=9)


def _parts_of(answers: Answers) -> np.ndarray:
    """An entry's part: whether it was right before, and is now, and what is true."""
    right = (answers.before == answers.truth) * 2 + (answers.after == answers.truth)
    return np.asarray(right * 4 + answers.truth)


def _by_part(explained: ExplainedAnswers) -> np.ndarray:
    return np.bincount(_parts_of(explained.answers), np.nan_to_num(explained.gains), minlength=16)


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_of_accuracy_are_those_of_the_rows_that_were_drawn(seed: int) -> None:
    explained, weights = explain_accuracy(_choices(seed, np.arange(ROWS))), _some(seed)
    drawn = draw_accuracy_parts(explained, _choose(weights), part=_parts_of(explained.answers), parts=16)

    _assert_adds_up(drawn)
    for i, times in enumerate(weights):
        expected = explain_accuracy(_choices(seed, np.repeat(np.arange(ROWS), times)))
        assert drawn.gain[i] == pytest.approx(expected.gain, abs=1e-12)
        np.testing.assert_allclose(drawn.parts[i], _by_part(expected), atol=1e-12)
        np.testing.assert_allclose(drawn.shares[i], expected.shares, atol=1e-12)


@pytest.mark.parametrize("without", [(), (0,)])
@pytest.mark.parametrize("seed", SEEDS)
def test_parts_of_mean_iou_are_those_of_the_rows_that_were_drawn(seed: int, without: tuple[int, ...]) -> None:
    explained, weights = explain_mean_iou(_pixels(seed, np.arange(ROWS)), without=without), _some(seed)
    part = _parts_of(explained.answers)
    drawn = draw_iou_parts(explained, _choose(weights), part=part, parts=16, without=without)

    _assert_adds_up(drawn)
    for i, times in enumerate(weights):
        expected = explain_mean_iou(_pixels(seed, np.repeat(np.arange(ROWS), times)), without=without)
        assert drawn.gain[i] == pytest.approx(expected.gain, abs=1e-12)
        np.testing.assert_allclose(drawn.parts[i], _by_part(expected), atol=1e-12)
        np.testing.assert_allclose(drawn.shares[i], expected.shares, atol=1e-12)


def _spans(seed: int, rows: np.ndarray) -> ExplainedF1:
    """Truth and two runs on these rows, of which the last holds nothing."""
    rng = np.random.default_rng(seed)
    columns = [rng.integers(0, high, (3, 15)) for high in (ROWS - 1, 2, 9)]
    tables = []
    for row, feature, start in zip(*columns, strict=True):
        places = [np.flatnonzero(row == each) for each in rows]
        at, copies = np.concatenate([np.zeros(0, int), *places]).astype(int), [len(each) for each in places]
        tables.append(
            Spans.from_offsets(np.repeat(np.arange(len(rows)), copies), feature[at], start[at], start[at] + 2)
        )
    runs = [match_spans(tables[0], found, rows=len(rows), features=2) for found in tables[1:]]
    return explain_f1(follow_spans(keep_span_ledger(*runs), *map(find_span_failures, runs)))


def _cells(states: np.ndarray) -> np.ndarray:
    return states[:, 0].astype(np.int64) * 6 + states[:, 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_of_f1_are_those_of_the_rows_that_were_drawn(seed: int) -> None:
    explained, weights = _spans(seed, np.arange(ROWS)), _some(seed)
    states = explained.transitions.truth_states, explained.transitions.alarm_states
    drawn = draw_f1_parts(
        explained, _choose(weights), truths=_cells(states[0]), alarms=_cells(states[1]) + 36, parts=72
    )

    _assert_adds_up(drawn)
    for i, times in enumerate(weights):
        expected = _spans(seed, np.repeat(np.arange(ROWS), times))
        truths, alarms = drawn.parts[i].reshape(2, 6, 6)
        assert drawn.gain[i] == pytest.approx(expected.gain, abs=1e-12)
        np.testing.assert_allclose(truths[:4, :4], expected.truths.sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(alarms, expected.alarms.sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(drawn.shares[i], expected.shares, atol=1e-12)


# Boxes: the parts of average precision.


def _scenes(seed: int, make_scene: Any) -> tuple[Any, Any]:
    """Two runs on the same truths, every confidence its own."""
    scene, other = make_scene(seed, rows=ROWS, ignored=0.1), make_scene(seed + 1000, rows=ROWS)
    rng = np.random.default_rng(seed)

    def untied(predictions: Any, beside: float) -> Any:
        return replace(predictions, confidence=(rng.permutation(len(predictions)) + beside) / (len(predictions) + 1))

    before, after = untied(scene.predictions, 0), untied(other.predictions, 0.3)
    return replace(scene, predictions=before), replace(scene, predictions=after)


def _drawn_scene(scene: Any, times: np.ndarray) -> Overlaps:
    """Every row as often as it was drawn, each time as a row of its own."""
    copies = np.repeat(np.arange(scene.rows), times)

    def boxes(side: Boxes) -> Boxes:
        places = [np.flatnonzero(side.row == row) for row in copies]
        at = np.concatenate([np.zeros(0, dtype=int), *places])
        row = np.repeat(np.arange(len(copies)), [len(each) for each in places])
        columns = {name: None if column is None else column[at] for name, column in vars(side).items()}
        return replace(side, **columns | {"row": row.astype(np.int32)})

    return replace(scene, truth=boxes(scene.truth), predictions=boxes(scene.predictions), rows=len(copies)).overlaps()


def _cell_sums(explained: ExplainedGain, drawn: DrawnParts) -> np.ndarray:
    """float64[resamples, 2, 6, 6]: what truths and false alarms of each cell add."""
    parts = explained.parts
    into = (parts.alarm * 6 + parts.before) * 6 + parts.after
    return drawn.folded(into, groups=72).parts.reshape(-1, 2, 6, 6)


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_of_average_precision_are_those_of_the_rows_that_were_drawn(seed: int, make_scene: Any) -> None:
    scenes, weights = _scenes(seed, make_scene), _some(seed)
    explained = explain_gain(*(scene.overlaps() for scene in scenes))
    drawn = draw_precision_parts(explained, _choose(weights))

    np.testing.assert_allclose(drawn.shares.sum(axis=1), drawn.gain, rtol=0, atol=1e-12)
    for times, told, gain in zip(weights, _cell_sums(explained, drawn), drawn.gain, strict=True):
        expected = explain_gain(*(_drawn_scene(scene, times) for scene in scenes))
        assert gain == pytest.approx(expected.gain, abs=1e-12, nan_ok=True)
        if not np.isnan(gain):
            np.testing.assert_allclose(told[0, :4, :4], expected.truths, rtol=0, atol=1e-12)
            np.testing.assert_allclose(told[1], expected.alarms, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gain_on_every_resample_is_that_of_average_precision(seed: int, make_scene: Any) -> None:
    runs = [scene.overlaps() for scene in _scenes(seed, make_scene)]
    resamples = draw_rows(runs[0].keep, count=20, seed=seed)
    drawn = draw_precision_parts(explain_gain(*runs), resamples)
    settings = CocoSettings(ious=(0.5,), areas=CocoSettings().areas[:1], max_detections=(10_000,))
    before, after = (resampled_precision(run, resamples, settings=settings)[:, 0, 0] for run in runs)

    np.testing.assert_allclose(drawn.gain, means_of_defined(after - before), rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_truths_that_are_told_apart_share_the_part_of_their_cell(seed: int, make_scene: Any) -> None:
    runs = [scene.overlaps() for scene in _scenes(seed, make_scene)]
    kinds = np.random.default_rng(seed).integers(0, 3, len(runs[0].tables.truth))
    whole, apart = explain_gain(*runs), explain_gain(*runs, apart=kinds)
    resamples = draw_rows(runs[0].keep, count=10, seed=seed)
    sums = [_cell_sums(each, draw_precision_parts(each, resamples)) for each in (whole, apart)]

    assert len(apart.parts.gains) >= len(whole.parts.gains)
    np.testing.assert_allclose(apart.truths, whole.truths, rtol=0, atol=1e-12)
    np.testing.assert_allclose(sums[0], sums[1], rtol=0, atol=1e-12)


def test_two_kinds_of_one_cell_have_what_shapley_gives_them(make_scene: Any) -> None:
    """Of two, each is worth the mean of what it adds first and last, at both ends."""
    scenes = _scenes(4, make_scene)
    runs = [scene.overlaps() for scene in scenes]
    kinds = np.random.default_rng(4).integers(0, 2, len(runs[0].tables.truth))
    explained = explain_gain(*runs, apart=kinds)
    parts = explained.parts
    keys = np.stack([parts.feature, parts.alarm, parts.before, parts.after])
    _, cell = np.unique(keys, axis=1, return_inverse=True)
    measured = np.count_nonzero(~np.isnan(explained.per_feature[0]))
    told = [np.flatnonzero(cell.reshape(-1) == each) for each in range(cell.max() + 1)]
    pairs = [each for each in told if len(each) == 2 and not np.isnan(explained.per_feature[0, parts.feature[each[0]]])]

    assert pairs
    for one, other in pairs:
        score = _Naive(explained, int(parts.feature[one]))
        everything = set(np.flatnonzero(parts.feature == parts.feature[one]).tolist())
        both = {int(one), int(other)}
        worth = 0.0
        for ends in (set[int](), everything - both):
            first = score(ends | {int(one)}) - score(ends)
            last = score(ends | both) - score(ends | {int(other)})
            worth += (first + last) / 4
        assert parts.gains[one] == pytest.approx(worth / measured, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_part_is_what_its_exchange_does_to_average_precision(seed: int, make_scene: Any) -> None:
    explained = explain_gain(*(scene.overlaps() for scene in _scenes(seed, make_scene)))
    parts = explained.parts
    measured = np.count_nonzero(~np.isnan(explained.per_feature[0]))

    for part, feature in enumerate(parts.feature.tolist()):
        everything = set(np.flatnonzero(parts.feature == feature).tolist())
        if not np.isnan(explained.per_feature[0, feature]):
            score = _Naive(explained, feature)
            there = score({part}) - score(set())
            here = score(everything) - score(everything - {part})
            assert parts.gains[part] == pytest.approx((there + here) / 2 / measured, abs=1e-12)


class _Naive:
    """Average precision of one feature where some parts are as in the candidate and the others as in the baseline."""

    def __init__(self, explained: ExplainedGain, feature: int) -> None:
        ledger, exchanged = explained.transitions.ledger, explained.exchanged
        states = np.concatenate([explained.transitions.truth_states == 0, explained.transitions.alarm_states > 0])
        confidence, of_feature = ledger.column("confidence"), ledger.column("feature")
        lines = np.flatnonzero(states.any(axis=1))
        self.truths = int(np.count_nonzero(ledger.truths.feature == feature))
        self.events = [
            (-confidence[line, side], side, part, line < len(ledger.truths.row))
            for line, part in zip(lines.tolist(), exchanged.part.tolist(), strict=True)
            for side in (0, 1)
            if states[line, side] and of_feature[line] == feature
        ]

    def __call__(self, candidates: set[int]) -> float:
        found, n, points = 0, 0, []
        for _, side, part, find in sorted(self.events):
            if side == (part in candidates):
                n, found = n + 1, found + find
                points.append((found / self.truths, found / n))
        levels = np.linspace(0, 1, 101)
        return float(np.mean([max((p for recall, p in points if recall >= level), default=0.0) for level in levels]))


def test_truths_that_are_told_apart_need_a_number_each(make_scene: Any) -> None:
    run = make_scene(1).overlaps()
    with pytest.raises(ColumnError, match=r"There are 2 numbers that tell \d+ truths apart"):
        explain_gain(run, run, apart=np.zeros(2, dtype=int))


def test_other_rows_than_those_that_count_are_not_drawn(make_scene: Any) -> None:
    run = make_scene(1).overlaps()
    explained = explain_gain(run.on_rows(np.arange(6) > 0), run.on_rows(np.arange(6) > 0))
    with pytest.raises(ColumnError, match="drawn from others than those that count"):
        draw_precision_parts(explained, draw_rows(run.keep, count=2))


def test_an_entry_without_a_part_is_refused() -> None:
    explained = explain_accuracy(_choices(0, np.arange(ROWS)))
    for part in (np.full(ROWS, -1), np.full(ROWS, 2), np.zeros(3, dtype=int)):
        with pytest.raises(ColumnError, match="add up only if nothing is left out"):
            draw_accuracy_parts(explained, draw_rows(ALL, count=2), part=part, parts=2)


def test_what_a_resample_does_not_define_has_no_parts_there() -> None:
    explained = _spans(3, np.arange(ROWS))
    only_the_last = np.eye(ROWS, dtype=int)[-1:] * ROWS
    lines = [len(explained.transitions.truth_states), len(explained.transitions.alarm_states)]
    drawn = draw_f1_parts(
        explained, _choose(only_the_last), truths=np.zeros(lines[0], int), alarms=np.ones(lines[1], int), parts=2
    )

    assert np.isnan(drawn.gain).all()
    assert np.isnan(drawn.parts).all()
