"""A resample is measured as if its rows were the rows, and a gain comes with what it might have been."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import metrics.resamples
from metrics import (
    Boxes,
    CocoSettings,
    ColumnError,
    Resamples,
    ThresholdError,
    coco_summary,
    draw_rows,
    find_overlaps,
    paired_gain,
    resampled_precision,
)

SEEDS = range(20)


@dataclass(frozen=True, eq=False)
class _Chosen(Resamples):
    """Resamples that were not drawn but chosen."""

    chosen: np.ndarray

    def _draw(self, first: int, last: int) -> np.ndarray:
        return self.chosen[first:last]


def _choose(weights: np.ndarray) -> _Chosen:
    return _Chosen(np.ones(weights.shape[1], dtype=bool), len(weights), 0, None, weights.astype(np.int32))


def _untied(scene: Any, seed: int) -> Any:
    confidence = np.random.default_rng(seed).permutation(len(scene.predictions)) / len(scene.predictions)
    return replace(scene, predictions=replace(scene.predictions, confidence=confidence))


@pytest.mark.parametrize("seed", SEEDS)
def test_drawing_each_row_once_changes_nothing(seed: int, make_scene: Any) -> None:
    overlaps = make_scene(seed, ignored=0.1).overlaps()
    once = _choose(np.ones((1, 6)))
    precision = resampled_precision(overlaps, once, settings=CocoSettings())[0]
    expected = coco_summary(overlaps).per_feature

    for area, name in enumerate(("ap", "ap_small", "ap_medium", "ap_large")):
        np.testing.assert_allclose(precision[:, area].mean(axis=0), getattr(expected, name), rtol=0, atol=1e-12)


def _drawn(scene: Any, weights: np.ndarray) -> Any:
    """The scene with every row as often as it was drawn, each time as a row of its own."""
    copies = np.repeat(np.arange(scene.rows), weights)

    def boxes(side: Boxes) -> Boxes:
        places = [np.flatnonzero(side.row == row) for row in copies]
        at = np.concatenate([np.zeros(0, dtype=int), *places])
        row = np.repeat(np.arange(len(copies)), [len(each) for each in places])
        confidence = None if side.confidence is None else side.confidence[at]
        return Boxes.from_sizes(
            row, side.feature[at], side.box[at], confidence=confidence, area=side.area[at], crowd=side.crowd[at],
            ignored=side.ignored[at],
        )  # fmt: skip

    return replace(scene, truth=boxes(scene.truth), predictions=boxes(scene.predictions), rows=len(copies))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_resample_scores_as_the_rows_it_drew(seed: int, make_scene: Any) -> None:
    scene = _untied(make_scene(seed, rows=8, ignored=0.1), seed)
    weights = draw_rows(np.ones(8, dtype=bool), count=4, seed=seed).weights(0, 4)
    precision = resampled_precision(scene.overlaps(), _choose(weights), settings=CocoSettings())

    for each, drawn in zip(precision, weights, strict=True):
        expected = coco_summary(_drawn(scene, drawn).overlaps()).per_feature
        np.testing.assert_allclose(each[:, 0].mean(axis=0), expected.ap, rtol=0, atol=1e-12)
        np.testing.assert_allclose(each[0, 0], expected.ap50, rtol=0, atol=1e-12)
        np.testing.assert_allclose(each[:, 3].mean(axis=0), expected.ap_large, rtol=0, atol=1e-12)


def test_many_resamples_are_spread_over_processors_without_changing_any(make_scene: Any) -> None:
    overlaps = make_scene(3).overlaps()
    drawn = draw_rows(overlaps.keep, count=100, seed=1)

    np.testing.assert_array_equal(
        resampled_precision(overlaps, drawn),
        np.concatenate([resampled_precision(overlaps, _choose(drawn.weights(i, i + 1))) for i in range(100)]),
    )


def test_only_rows_that_count_are_drawn() -> None:
    keep = np.array([True, False, True, False])
    weights = draw_rows(keep, count=50).weights(0, 50)

    assert (weights[:, ~keep] == 0).all()
    assert (weights.sum(axis=1) == 2).all()


def test_equal_seeds_draw_equal_rows_in_any_batches() -> None:
    drawn = draw_rows(np.ones(9, dtype=bool), count=10, seed=4)

    np.testing.assert_array_equal(drawn.weights(0, 10), np.concatenate([each for _, each in drawn.batches(3)]))
    assert (drawn.weights(0, 10) != draw_rows(drawn.keep, count=10, seed=5).weights(0, 10)).any()


@pytest.mark.parametrize("clusters", [None, np.array([5, 5, 2, 9, 2, 2, 7, 7, 0])])
def test_a_row_is_drawn_as_often_as_the_random_numbers_name_its_unit(clusters: np.ndarray | None) -> None:
    keep = np.array([True, True, False, True, True, True, True, False, True])
    drawn = draw_rows(keep, count=20, seed=3, clusters=clusters)
    unit = np.arange(7) if clusters is None else np.unique(clusters[keep], return_inverse=True)[1]

    for i, weights in enumerate(drawn.weights(0, 20)):
        named = np.random.default_rng([3, i]).integers(0, drawn.units, drawn.units)
        np.testing.assert_array_equal(weights[keep], [(named == each).sum() for each in unit])
        assert (weights[~keep] == 0).all()


@pytest.mark.parametrize("kept", [True, False])
def test_adding_up_sees_every_resample_once_and_in_order(kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics.resamples, "AT_ONCE", 40)
    monkeypatch.setattr(metrics.resamples, "KEPT", 20_000_000 if kept else 0)
    drawn = draw_rows(np.ones(9, dtype=bool), count=101, seed=4)
    moved = drawn.at(np.arange(9)[::-1], of=9)

    np.testing.assert_array_equal(moved.add_up(np.copy), drawn.weights(0, 101)[:, ::-1])
    np.testing.assert_array_equal(drawn.add_up(np.copy), drawn.weights(0, 101))


def test_rows_of_a_cluster_are_drawn_together() -> None:
    clusters = np.array([7, 3, 7, 3, 3])
    weights = draw_rows(np.ones(5, dtype=bool), count=30, clusters=clusters).weights(0, 30)

    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 1] == weights[:, 3]).all()
    assert (weights[:, 0] + weights[:, 1] == 2).all()


def test_no_rows_can_be_drawn_from_none() -> None:
    assert draw_rows(np.zeros(3, dtype=bool), count=2).weights(0, 2).tolist() == [[0, 0, 0]] * 2


@pytest.mark.parametrize(
    ("keep", "options", "message"),
    [
        (np.ones(3), {}, r"Rows to draw from are float64\[3\]; one flag"),
        (np.ones(3, bool), {"clusters": np.arange(2)}, "There are 2 cluster numbers for 3 rows"),
        (np.ones(3, bool), {"count": 0}, "count is 0; it must be a whole number from 1 on"),
    ],
)
def test_impossible_draws_are_refused(keep: np.ndarray, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ColumnError, match=message):
        draw_rows(keep, **options)


def test_rows_that_do_not_count_are_not_to_be_drawn(make_scene: Any) -> None:
    overlaps = make_scene(0).overlaps()
    some = overlaps.on_rows(np.arange(6) < 3)

    with pytest.raises(ColumnError, match="drawn from others than those that count"):
        resampled_precision(some, draw_rows(overlaps.keep, count=1))
    assert resampled_precision(overlaps, draw_rows(some.keep, count=1)).shape == (1, 10, 1, 4)


def test_a_run_gains_nothing_against_itself(make_scene: Any) -> None:
    overlaps = make_scene(2).overlaps()
    drawn = draw_rows(overlaps.keep, count=64)
    ap = resampled_precision(overlaps, drawn).mean(axis=(1, 2))
    each = np.nanmean(ap, axis=1)
    gain = paired_gain((0.3, 0.3), (each, each), units=6)

    assert (gain.gain, gain.low, gain.high, gain.p_better) == (0, 0, 0, 0.5)


def test_a_run_that_finds_more_on_every_row_is_better_for_certain() -> None:
    truth = Boxes.from_sizes(np.repeat(np.arange(20), 2), np.zeros(40), [[0, 0, 10, 10], [50, 50, 10, 10]] * 20)
    one = Boxes.from_sizes(np.arange(20), np.zeros(20), [[0, 0, 10, 10]] * 20, confidence=np.ones(20))
    baseline, candidate = (find_overlaps(truth, found, rows=20, features=1) for found in (one, truth))
    drawn = draw_rows(baseline.keep, count=50)
    ap = [resampled_precision(each, drawn).mean(axis=(1, 2, 3)) for each in (baseline, candidate)]
    gain = paired_gain((coco_summary(baseline).ap, coco_summary(candidate).ap), (ap[0], ap[1]), units=20)

    assert gain.low == pytest.approx(gain.high) == pytest.approx(gain.gain) == pytest.approx(1 - 51 / 101)
    assert gain.p_better == 1


def test_what_no_resample_defines_is_undefined() -> None:
    nothing = np.full(5, np.nan)
    gain = paired_gain((np.nan, 0.5), (nothing, np.ones(5)), units=5)

    assert gain.resamples == 0
    assert np.isnan([gain.gain, gain.low, gain.high, gain.p_better]).all()


def test_where_lower_is_better_falling_is_better() -> None:
    gain = paired_gain((0.5, 0.4), (np.full(5, 0.5), np.full(5, 0.4)), units=5, lower_is_better=True)

    assert (round(gain.gain, 9), gain.p_better) == (-0.1, 1.0)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, float("nan")])
def test_a_level_is_a_share(level: float) -> None:
    with pytest.raises(ThresholdError, match="level is"):
        paired_gain((0, 0), (np.zeros(2), np.zeros(2)), units=5, level=level)
