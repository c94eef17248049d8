"""What must hold for any label maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from metrics import (
    BoundarySummary,
    SegmentationSummary,
    boundary_summary,
    confuse_pixels,
    count_pixels,
    segmentation_summary,
)

SEEDS = range(12)
CLASSES, IGNORE, SHARE = 5, 255, 0.08

Pairs = list[tuple[np.ndarray, np.ndarray]]


def _pairs(seed: int, rows: int = 6) -> Pairs:
    """Coarse blocks of few classes with ignored ones among them; the last class is never true."""
    rng = np.random.default_rng(seed)

    def blocks(labels: list[int]) -> np.ndarray:
        return rng.choice(labels, shape).repeat(unit, axis=0).repeat(unit, axis=1).astype(np.uint8)

    pairs = []
    for _ in range(rows):
        shape, unit = tuple(rng.integers(1, 6, 2)), int(rng.integers(1, 6))
        truth = blocks([0, 0, 1, 2, IGNORE])
        predicted = np.where(rng.random(truth.shape) < 0.1, 4, truth) if rng.random() < 0.5 else blocks([0, 1, 4])
        pairs.append((truth, predicted))
    return pairs


def _measure(pairs: Pairs, keep: np.ndarray | None = None, **rule: Any) -> tuple[SegmentationSummary, BoundarySummary]:
    counts = count_pixels(pairs, classes=CLASSES, ignore=IGNORE, boundary_share=SHARE)
    if keep is not None:
        counts = counts.on_rows(keep)
    return segmentation_summary(counts, **rule), boundary_summary(counts.boundaries, **rule)


def _assert_same(one: Any, other: Any) -> None:
    assert one[0].numbers() == pytest.approx(other[0].numbers(), rel=0, abs=1e-12, nan_ok=True)
    assert (one[0].pixels, one[0].ignored, one[0].rows) == (other[0].pixels, other[0].ignored, other[0].rows)
    assert one[1].mean_iou == pytest.approx(other[1].mean_iou, rel=0, abs=1e-12, nan_ok=True)
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine.per_class, theirs.per_class)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", ["absent left out", "absent as 0"])
def test_chosen_rows_are_measured_as_if_there_were_no_others(seed: int, rule: str) -> None:
    pairs, keep = _pairs(seed), np.random.default_rng(seed).random(6) < 0.5
    kept = [pair for pair, flag in zip(pairs, keep, strict=True) if flag]
    chosen, alone = _measure(pairs, keep, rule=rule), _measure(kept, rule=rule)

    _assert_same(chosen, alone)
    for mine, theirs in zip(chosen[0].per_row, alone[0].per_row, strict=True):
        np.testing.assert_array_equal(mine[keep], theirs)
    for column in chosen[0].per_row[2:]:
        assert np.isnan(column[~keep]).all()
    np.testing.assert_array_equal(chosen[1].per_row[keep], alone[1].per_row)
    assert np.isnan(chosen[1].per_row[~keep]).all()


def test_choosing_twice_is_choosing_both() -> None:
    counts = count_pixels(_pairs(0), classes=CLASSES, ignore=IGNORE, boundary_share=SHARE)
    first, second = np.arange(6) < 4, np.arange(6) % 2 == 0
    twice, once = counts.on_rows(first).on_rows(second), counts.on_rows(first & second)

    assert twice.rows == 2
    np.testing.assert_array_equal(twice.per_row_class.per_class, once.per_row_class.per_class)
    np.testing.assert_array_equal(twice.boundaries.per_class, once.boundaries.per_class)
    np.testing.assert_array_equal(confuse_pixels(twice).matrix, confuse_pixels(once).matrix)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_row_is_measured_as_if_it_were_alone(seed: int) -> None:
    pairs = _pairs(seed)
    summary, edges = _measure(pairs, without=[0])
    for row, pair in enumerate(pairs):
        alone, edges_alone = _measure([pair], without=[0])

        for name in ("pixel_accuracy", "mean_class_accuracy", "mean_iou", "mean_dice", "frequency_weighted_iou"):
            assert getattr(summary.per_row, name)[row] == pytest.approx(getattr(alone, name), abs=1e-12, nan_ok=True)
        assert edges.per_row[row] == pytest.approx(edges_alone.mean_iou, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_and_of_codes_and_the_way_pictures_lie_do_not_matter(seed: int) -> None:
    rng, pairs = np.random.default_rng(seed), _pairs(seed)
    before = _measure(pairs)
    _assert_same(before, _measure([pairs[i] for i in rng.permutation(len(pairs))]))
    _assert_same(before, _measure([(truth.T, predicted[:, :].T) for truth, predicted in pairs]))
    _assert_same(before, _measure([(truth[::-1], predicted[::-1]) for truth, predicted in pairs]))

    new = np.arange(256, dtype=np.uint8)
    new[:CLASSES] = rng.permutation(CLASSES)
    after = _measure([(new[truth], new[predicted]) for truth, predicted in pairs])
    np.testing.assert_array_equal(np.array(before[0].per_class), np.array(after[0].per_class)[:, new[:CLASSES]])
    np.testing.assert_array_equal(np.array(before[1].per_class), np.array(after[1].per_class)[:, new[:CLASSES]])
    assert before[0].numbers() == pytest.approx(after[0].numbers(), rel=0, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_perfect_prediction_scores_1_whatever_stands_where_the_truth_is_ignored(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [
        (truth, np.where(truth == IGNORE, rng.integers(0, 5, truth.shape), truth)) for truth, _ in _pairs(seed, rows=9)
    ]
    summary, edges = _measure(pairs)

    assert set(summary.numbers().values()) == {1}
    assert edges.mean_iou == 1
    assert edges.per_class.fp.sum() == edges.per_class.missed.sum() == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_add_up(seed: int) -> None:
    pairs = _pairs(seed)
    counts = count_pixels(pairs, classes=CLASSES, ignore=IGNORE)
    summary, matrix = segmentation_summary(counts), confuse_pixels(counts).matrix

    assert matrix.sum() == summary.pixels == summary.per_row.pixels.sum()
    assert summary.pixels + summary.ignored == sum(truth.size for truth, _ in pairs)
    np.testing.assert_array_equal(matrix[:-1].sum(axis=1), summary.per_class.truths)
    np.testing.assert_array_equal(matrix[:, :-1].sum(axis=0), summary.per_class.predictions)
    np.testing.assert_array_equal(np.diag(matrix)[:-1], summary.per_class.tp)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_row_of_weight_2_counts_as_if_it_were_there_twice(seed: int) -> None:
    pairs, often = _pairs(seed), np.random.default_rng(seed).integers(0, 3, 6)
    repeated = [pair for pair, times in zip(pairs, often, strict=True) for _ in range(times)]
    whole = count_pixels(pairs, classes=CLASSES, ignore=IGNORE).per_row_class
    drawn = count_pixels(repeated, classes=CLASSES, ignore=IGNORE).per_row_class

    np.testing.assert_array_equal(whole.weighted(often), drawn.per_class)
