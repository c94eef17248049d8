"""Segmentations are compared in the same words as detectors."""

from __future__ import annotations

import numpy as np
import pytest

from metrics import PixelCounts, count_pixels, draw_rows, gains_of, measure_pixels, segmentation_summary


def _maps(seed: int, wrong: float) -> list[tuple[np.ndarray, np.ndarray]]:
    rng, noise = np.random.default_rng(seed), np.random.default_rng(seed + 1000)
    truth = [rng.integers(0, 3, (6, 7)) for _ in range(12)]
    return [
        (each, np.where(noise.random(each.shape) < wrong, noise.integers(0, 3, each.shape), each)) for each in truth
    ]


def _counts(maps: list[tuple[np.ndarray, np.ndarray]]) -> PixelCounts:
    return count_pixels(maps, classes=4)


@pytest.mark.parametrize("seed", range(8))
def test_a_resample_measures_as_the_rows_it_drew(seed: int) -> None:
    maps = _maps(seed, 0.4)
    counts = _counts(maps)
    drawn = draw_rows(counts.keep, count=3, seed=seed)
    numbers = {(each.name, each.feature): each for each in measure_pixels(counts, drawn)}
    for i in range(-1, 3):
        chosen = range(12) if i < 0 else np.repeat(np.arange(12), drawn.weights(i, i + 1)[0])
        alone = segmentation_summary(_counts([maps[row] for row in chosen]))
        values = {key: each.value if i < 0 else each.resampled[i] for key, each in numbers.items()}

        assert values["pixel accuracy", None] == pytest.approx(alone.pixel_accuracy)
        assert values["mean IoU", None] == pytest.approx(alone.mean_iou)
        assert values["mean Dice", None] == pytest.approx(alone.mean_dice)
        assert [values["IoU", code] for code in range(4)] == pytest.approx(alone.per_class.iou, nan_ok=True)


def test_a_run_with_fewer_wrong_pixels_is_better_for_certain() -> None:
    before, after = _counts(_maps(1, 0.6)), _counts(_maps(1, 0.2))
    drawn = draw_rows(before.keep, count=100)
    gains = {each.name: each.gain for each in gains_of(measure_pixels(before, drawn), measure_pixels(after, drawn))}

    assert gains["pixel accuracy"].low > 0
    assert gains["mean IoU"].p_better == 1


def test_classes_left_out_are_in_no_mean_and_get_no_number() -> None:
    maps = [(np.array([[0, 0, 1], [2, 2, 2]]), np.array([[0, 1, 1], [2, 2, 0]]))]
    counts = count_pixels(maps, classes=3)
    drawn = draw_rows(counts.keep, count=5)
    numbers = {(each.name, each.feature): each.value for each in measure_pixels(counts, drawn, without=[2])}
    summary = segmentation_summary(counts, without=[2])

    assert numbers["mean IoU", None] == summary.mean_iou == (1 / 3 + 1 / 2) / 2
    assert numbers["pixel accuracy", None] == summary.pixel_accuracy
    assert {feature for name, feature in numbers if name == "IoU"} == {0, 1}
