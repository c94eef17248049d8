"""Where a gain in accuracy or in mean IoU comes from: every change of answers has its part, and the parts add up."""

from __future__ import annotations

import numpy as np
import pytest

from metrics import (
    Answers,
    Choices,
    ColumnError,
    choice_summary,
    count_pixels,
    explain_accuracy,
    explain_mean_iou,
    segmentation_summary,
)
from metrics.comparison.explained_answers import ExplainedAnswers
from metrics.comparison.moved import find_prices

SEEDS = range(12)
CLASSES, IGNORED = 4, 9


def _maps(seed: int, *, rows: int = 3) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Classes 0 to 2 are true somewhere; 3 is only ever predicted."""
    rng = np.random.default_rng(seed)
    triples = []
    for _ in range(rows):
        truth = rng.choice([0, 1, 2, IGNORED], (5, 6), p=[0.4, 0.3, 0.2, 0.1])
        said = (np.where(rng.random((5, 6)) < 0.6, truth, rng.choice([0, 1, 2, 3, IGNORED], (5, 6))) for _ in range(2))
        triples.append((truth, *said))
    return triples


def _both(maps: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Answers:
    return Answers.of_maps(maps, classes=CLASSES, ignore=IGNORED)


def _swapped(maps: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    return [(truth, after, before) for truth, before, after in maps]


def _by_answer(explained: ExplainedAnswers, *, swapped: bool = False) -> dict[tuple[int, ...], float]:
    both = explained.answers
    said = (both.after, both.before) if swapped else (both.before, both.after)
    keys = zip(both.row.tolist(), both.truth.tolist(), *(side.tolist() for side in said), strict=True)
    return dict(zip(keys, explained.gains.tolist(), strict=True))


def test_three_cats_mended_and_a_dog_broken_are_two_of_eight_rows() -> None:
    truth = [0, 0, 0, 0, 1, 1, 1, 1]
    before, after = [1, 1, -1, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 1, 1, 1]
    runs = [Choices.from_codes(truth, chosen, classes=2) for chosen in (before, after)]
    explained = explain_accuracy(Answers.of_choices(*runs))

    assert (explained.baseline, explained.candidate, explained.gain) == (0.625, 0.875, 0.25)
    assert explained.gains.tolist() == [0.125, 0.125, 0.125, 0, -0.125, 0, 0, 0]
    assert explained.per_class.tolist() == [[0.25, 1], [1, 0.75]]
    assert explained.shares.tolist() == [0.375, -0.125]


def test_pixels_are_counted_by_truth_and_both_answers() -> None:
    truth = np.array([[0, 0, 0], [1, 1, IGNORED]])
    before, after = np.array([[0, 1, 1], [1, IGNORED, 0]]), np.array([[0, 0, 0], [1, 1, 0]])
    both = Answers.of_maps([(truth, before, after)], classes=2, ignore=IGNORED)
    entries = zip(both.truth.tolist(), both.before.tolist(), both.after.tolist(), both.count.tolist(), strict=True)

    assert list(entries) == [(0, 0, 0, 1), (0, 1, 0, 2), (1, -1, 1, 1), (1, 1, 1, 1)]
    assert both.things == 5


def test_a_mended_pixel_helps_both_classes_it_was_mixed_up_between() -> None:
    """IoU 1/2 and 1/2 become 1 and 1: the pixel that was wrong brings all of it."""
    truth, before = np.array([0, 0, 1]), np.array([0, 1, 1])
    explained = explain_mean_iou(Answers.of_maps([(truth, before, truth)], classes=2))

    assert explained.gain == 0.5
    assert explained.gains.tolist() == pytest.approx([0, 0.5, 0])
    assert explained.shares.tolist() == pytest.approx([0.25, 0.25])


def test_a_class_of_no_true_pixel_costs_whoever_names_it() -> None:
    """The baseline is all right, IoU 1 of one class; the candidate names another: (3/4 + 0) / 2."""
    truth, after = np.zeros(4, dtype=int), np.array([0, 0, 0, 1])
    explained = explain_mean_iou(Answers.of_maps([(truth, truth, after)], classes=2))

    assert explained.gain == 0.375 - 1
    assert explained.gains.tolist() == pytest.approx([0, -0.625])
    assert explained.shares.sum() == pytest.approx(-0.625)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("without", [(), (0,)])
def test_parts_of_mean_iou_add_up_to_what_both_runs_score(seed: int, without: tuple[int, ...]) -> None:
    maps = _maps(seed)
    explained = explain_mean_iou(_both(maps), without=without)
    scores = [
        segmentation_summary(
            count_pixels([(each[0], each[side]) for each in maps], classes=CLASSES, ignore=IGNORED), without=without
        )
        for side in (1, 2)
    ]
    iou = np.array([each.per_class.iou for each in scores])
    iou[:, list(without)] = np.nan

    assert [explained.baseline, explained.candidate] == pytest.approx([each.mean_iou for each in scores], abs=1e-12)
    assert explained.gains.sum() == pytest.approx(explained.gain, abs=1e-12)
    assert explained.shares.sum() == pytest.approx(explained.gain, abs=1e-12)
    np.testing.assert_allclose(explained.per_class, iou, atol=1e-12)
    both = explained.answers
    assert (explained.gains[both.before == both.after] == 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_swapping_the_runs_turns_every_sign(seed: int) -> None:
    there, back = (explain_mean_iou(_both(maps)) for maps in (_maps(seed), _swapped(_maps(seed))))

    assert back.gain == pytest.approx(-there.gain)
    assert _by_answer(back, swapped=True) == pytest.approx({key: -gain for key, gain in _by_answer(there).items()})


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_right_now_never_costs_and_what_is_wrong_now_never_helps(seed: int) -> None:
    explained = explain_mean_iou(_both(_maps(seed)))
    both = explained.answers
    mended = (both.before != both.truth) & (both.after == both.truth)
    broken = (both.before == both.truth) & (both.after != both.truth)

    assert (explained.gains[mended] > 0).all()
    assert (explained.gains[broken] < 0).all()


def test_every_part_is_what_it_adds_along_a_way_of_many_small_steps() -> None:
    both = _both(_maps(3))
    steps = 400
    told = np.zeros(len(both))
    for step in range(steps):
        share = (step + 0.5) / steps
        told += _added(both, share) / steps

    np.testing.assert_allclose(explain_mean_iou(both).gains, told, atol=1e-6)


def _added(both: Answers, share: float) -> np.ndarray:
    """What each entry adds where a share of all changes is made: the slope of the mean IoU of both matrices mixed."""
    mixed = (1 - share) * both.confusion(0) + share * both.confusion(1)

    def mean_iou(matrix: np.ndarray) -> float:
        right = np.diagonal(matrix)
        return float((right / (matrix.sum(axis=1) + matrix[:, :-1].sum(axis=0) - right)).mean())

    added, tiny = np.zeros(len(both)), 1e-6
    for i in range(len(both)):
        moved = np.zeros_like(mixed)
        moved[both.truth[i], both.after[i]] += tiny
        moved[both.truth[i], both.before[i]] -= tiny
        added[i] = both.count[i] * (mean_iou(mixed + moved) - mean_iou(mixed - moved)) / (2 * tiny)
    return added


@pytest.mark.parametrize("whole", [(10, 10), (10, 10.5), (10, 10.99), (10, 11.01), (1, 1e6), (1e6, 1), (7e8, 7e8 + 1)])
def test_prices_add_up_to_the_whole_gain_however_much_the_whole_changes(whole: tuple[float, float]) -> None:
    sides = np.array(whole)[:, None]
    part = sides * np.array([[0.2], [0.9]])
    prices = find_prices(part, sides)
    gain = (part[1] - part[0]) * prices.part + (sides[1] - sides[0]) * prices.whole

    assert gain.item() == pytest.approx(0.7, rel=1e-9)
    assert prices.part > 0 > prices.whole


def test_prices_are_the_same_on_both_sides_of_where_the_closed_form_begins() -> None:
    below, above = (find_prices(np.array([[3.0], [5.0]]), np.array([[10.0], [10 * x]])) for x in (1.0999999, 1.1000001))

    assert below.whole.item() == pytest.approx(above.whole.item(), rel=1e-6)
    assert below.part.item() == pytest.approx(above.part.item(), rel=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_of_accuracy_are_rows_over_all_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(-1, 3, 40)
    runs = [
        Choices.from_codes(truth, rng.integers(-1, 3, 40), classes=3).on_rows(np.arange(40) % 5 > 0) for _ in range(2)
    ]
    explained = explain_accuracy(Answers.of_choices(*runs))
    before, after = (choice_summary(run) for run in runs)

    assert (explained.baseline, explained.candidate) == (before.accuracy, after.accuracy)
    assert explained.gains.sum() == pytest.approx(explained.gain, abs=1e-12)
    assert explained.shares.sum() == pytest.approx(explained.gain, abs=1e-12)
    assert set(np.abs(explained.gains)) <= {0.0, 1 / before.rows}
    np.testing.assert_array_equal(explained.per_class, [before.per_class.recall, after.per_class.recall])


def test_without_anything_to_measure_nothing_is_defined() -> None:
    run = Choices.from_codes([-1, -1], [0, 1], classes=2)
    accuracy = explain_accuracy(Answers.of_choices(run, run))
    nothing = np.full(3, IGNORED)
    iou = explain_mean_iou(_both([(nothing, nothing, nothing)]))

    assert np.isnan(accuracy.gain)
    assert np.isnan(iou.gain)
    assert np.isnan(iou.shares).all()


def test_runs_on_other_rows_are_refused() -> None:
    one, other = Choices.from_codes([0, 1], [0, 1], classes=2), Choices.from_codes([1, 1], [0, 1], classes=2)
    with pytest.raises(ColumnError, match="on the same rows, classes and truths"):
        Answers.of_choices(one, other)
    with pytest.raises(ColumnError, match="differ in shape"):
        _both([(np.zeros(3, int), np.zeros(3, int), np.zeros(4, int))])
    with pytest.raises(ColumnError, match="1 of 1 classes to leave out name a class that does not exist"):
        explain_mean_iou(_both(_maps(1)), without=[4])
