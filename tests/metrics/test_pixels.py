"""Label maps: what pixels were taken for, on pictures small enough to check by eye."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from metrics import (
    ColumnError,
    ThresholdError,
    boundary,
    boundary_iou,
    boundary_summary,
    confuse_pixels,
    count_pixels,
    segmentation_summary,
)

TRUTH = np.array([[0, 0, 1, 1], [0, 0, 1, 1]])
PREDICTED = np.array([[0, 0, 0, 1], [0, 0, 1, 2]])


def test_pixels_are_counted_once_for_each_pair_of_classes() -> None:
    counts = count_pixels([(TRUTH, PREDICTED)], classes=4)

    assert counts.truth.tolist() == [0, 1, 1, 1]
    assert counts.predicted.tolist() == [0, 0, 1, 2]
    assert counts.count.tolist() == [4, 1, 2, 1]


def test_iou_dice_precision_and_recall_of_each_class() -> None:
    per_class = segmentation_summary(count_pixels([(TRUTH, PREDICTED)], classes=4)).per_class

    np.testing.assert_array_equal(per_class.iou, [4 / 5, 2 / 4, 0, math.nan])
    np.testing.assert_array_equal(per_class.dice, [8 / 9, 4 / 6, 0, math.nan])
    np.testing.assert_array_equal(per_class.precision, [4 / 5, 1, 0, math.nan])
    np.testing.assert_array_equal(per_class.recall, [1, 2 / 4, math.nan, math.nan])
    assert per_class.truths.tolist() == [4, 4, 0, 0]


def test_a_class_that_is_nowhere_is_in_no_mean_and_one_only_predicted_is_in_that_of_iou() -> None:
    summary = segmentation_summary(count_pixels([(TRUTH, PREDICTED)], classes=4))

    assert summary.mean_iou == pytest.approx((4 / 5 + 2 / 4 + 0) / 3)
    assert summary.mean_class_accuracy == pytest.approx((1 + 2 / 4) / 2)
    assert (int(summary.averaged.iou), int(summary.averaged.recall)) == (3, 2)
    assert summary.pixel_accuracy == 6 / 8
    assert summary.frequency_weighted_iou == pytest.approx((4 * 4 / 5 + 4 * 2 / 4) / 8)


def test_by_the_other_rule_an_absent_class_counts_as_0() -> None:
    summary = segmentation_summary(count_pixels([(TRUTH, PREDICTED)], classes=4), rule="absent as 0")

    assert summary.mean_iou == pytest.approx((4 / 5 + 2 / 4) / 4)
    assert summary.per_row.mean_iou.tolist() == pytest.approx([(4 / 5 + 2 / 4) / 4])
    assert summary.rule == "absent as 0"
    assert math.isnan(summary.per_class.iou[3])


def test_the_background_can_be_left_out_of_the_means_but_not_of_the_accuracy() -> None:
    summary = segmentation_summary(count_pixels([(TRUTH, PREDICTED)], classes=4), without=[0])

    assert summary.mean_iou == (2 / 4 + 0) / 2
    assert summary.pixel_accuracy == 6 / 8
    assert summary.frequency_weighted_iou == 2 / 4
    assert summary.per_row.mean_iou.tolist() == [(2 / 4 + 0) / 2]
    assert summary.without == (0,)


def test_pixels_ignored_in_the_truth_are_left_out_and_counted() -> None:
    truth = np.array([[0, 255, 255], [1, 1, 255]], dtype=np.uint8)
    predicted = np.array([[0, 1, 255], [1, 0, 0]], dtype=np.uint8)
    summary = segmentation_summary(count_pixels([(truth, predicted)], classes=2, ignore=255))

    assert (summary.pixels, summary.ignored, summary.ignore) == (3, 3, 255)
    assert summary.pixel_accuracy == 2 / 3


def test_a_prediction_of_the_ignored_label_is_missed_and_no_false_alarm() -> None:
    counts = count_pixels([(np.array([0, 0, 1]), np.array([0, 9, 9]))], classes=2, ignore=9)

    assert segmentation_summary(counts).per_class.columns()["fp"].tolist() == [0, 0]
    assert segmentation_summary(counts).per_class.missed.tolist() == [1, 1]
    assert confuse_pixels(counts).matrix.tolist() == [[1, 0, 1], [0, 0, 1], [0, 0, 0]]


def test_the_ignored_label_may_be_the_code_of_a_class_which_is_then_absent() -> None:
    summary = segmentation_summary(count_pixels([(np.array([0, 1, 2]), np.array([1, 1, 0]))], classes=3, ignore=0))

    np.testing.assert_array_equal(summary.per_class.iou, [math.nan, 1, 0])
    assert summary.pixels == 2


def test_maps_are_taken_one_after_the_other() -> None:
    alive = 0

    class Map(np.ndarray):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def pictures() -> itertools.chain[tuple[np.ndarray, np.ndarray]]:
        nonlocal alive
        for _ in range(50):
            alive += 1
            assert alive <= 3
            yield np.ones((3, 3), dtype=int).view(Map), np.ones((3, 3), dtype=int)

    assert count_pixels(pictures(), classes=2).rows == 50


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int8, np.uint16, np.int32, np.uint32, np.int64, np.uint64, ">i4"])
def test_maps_may_be_of_any_whole_numbers_and_are_left_as_they_are(kind: type) -> None:
    truth, predicted = TRUTH.astype(kind), TRUTH.astype(kind)
    before = truth.copy()
    counts = count_pixels([(truth, predicted), (truth.T, predicted.T), (truth[:, ::2], predicted[:, ::2])], classes=2)

    assert segmentation_summary(counts).per_row.pixel_accuracy.tolist() == [1, 1, 1]
    assert counts.count.tolist() == [4, 4, 4, 4, 2, 2]
    np.testing.assert_array_equal(truth, before)


def test_rows_may_differ_in_size_and_the_largest_counts_most() -> None:
    pairs = [(np.zeros((1, 1), int), np.zeros((1, 1), int)), (np.zeros((3, 3), int), np.ones((3, 3), int))]
    summary = segmentation_summary(count_pixels(pairs, classes=2))

    assert summary.pixel_accuracy == 0.1
    assert summary.per_row.pixel_accuracy.tolist() == [1, 0]


def test_no_rows_and_pictures_without_pixels_have_no_numbers() -> None:
    empty = np.zeros((0, 4), dtype=int)
    for pairs in ([], [(empty, empty)]):
        counts = count_pixels(pairs, classes=3, boundary_share=0.02)
        summary = segmentation_summary(counts)

        assert all(math.isnan(value) for value in summary.numbers().values())
        assert np.isnan(summary.per_row.mean_iou).all()
        assert math.isnan(boundary_summary(counts.boundaries).mean_iou)
        assert summary.pixels == 0


def test_a_cell_of_the_confusion_tells_its_rows_most_pixels_first() -> None:
    pairs = [(np.zeros(4, int), np.array([0, 0, 0, 1])), (np.zeros(4, int), np.array([0, 1, 1, 1]))]
    confusion = confuse_pixels(count_pixels(pairs, classes=2))
    rows, pixels = confusion.cell(0, 1)

    assert (rows.tolist(), pixels.tolist()) == ([1, 0], [3, 1])
    np.testing.assert_array_equal(confusion.shares()[0], [0.5, 0.5, 0])
    assert np.isnan(confusion.shares()[1]).all()
    np.testing.assert_array_equal(confusion.shares(of="prediction")[:2, :2], [[1, 1], [0, 0]])


def test_a_boundary_is_what_a_square_reaches_from_outside() -> None:
    mask = np.zeros((9, 9), dtype=bool)
    mask[1:8, 1:8] = True
    edge = boundary(mask, share=2 / math.hypot(9, 9))

    assert edge.sum() == 49 - 9
    assert not edge[3:6, 3:6].any()


def test_beyond_the_end_of_the_picture_is_outside() -> None:
    assert boundary(np.ones((3, 3), dtype=bool)).astype(int).tolist() == [[1, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert boundary(np.ones((2, 30), dtype=bool)).all()


def test_the_distance_is_a_share_of_the_diagonal_rounded_to_even_and_at_least_1() -> None:
    def reach(width: int, share: float) -> int:
        return int(boundary(np.ones((3 * width, 4 * width), dtype=bool), share=share)[:, 2 * width].sum()) // 2

    assert [reach(10, share) for share in (0.001, 0.03, 0.05, 0.07, 0.1)] == [1, 2, 2, 4, 5]


def test_a_mask_shifted_by_more_than_its_boundary_is_wide_keeps_an_iou_and_little_boundary_iou() -> None:
    truth, predicted = np.zeros((100, 100), dtype=bool), np.zeros((100, 100), dtype=bool)
    truth[20:80, 20:80] = True
    predicted[25:85, 25:85] = True

    assert (truth & predicted).sum() / (truth | predicted).sum() > 0.7
    assert boundary_iou(truth, predicted) < 0.1
    assert boundary_iou(truth, truth) == 1
    assert math.isnan(boundary_iou(truth & False, truth & False))


def test_a_prediction_right_wherever_it_is_asked_follows_every_outline() -> None:
    truth = np.zeros((40, 40), dtype=np.uint8)
    truth[10:30, 10:30] = 1
    truth[15:25, 25:] = 255
    predicted = np.where(truth == 255, np.uint8(1), truth)

    counts = count_pixels([(truth, predicted)], classes=2, ignore=255, boundary_share=0.02)

    assert boundary_summary(counts.boundaries).mean_iou == 1


def test_errors_name_the_row_and_the_way_out() -> None:
    good = (TRUTH, TRUTH)
    with pytest.raises(ColumnError, match=r"maps of row 1 differ in shape: \[2, 4\] in truth and \[4, 2\]"):
        count_pixels([good, (TRUTH, TRUTH.T)], classes=2)
    with pytest.raises(ColumnError, match=r"predicted map of row 0 is float64\[2, 4\].*argmax"):
        count_pixels([(TRUTH, TRUTH * 0.5)], classes=2)
    with pytest.raises(ColumnError, match=r"1 pixels of the predicted map of row 1 .* pixel \(1, 3\) with 2") as caught:
        count_pixels([good, (TRUTH, PREDICTED)], classes=2)
    assert (caught.value.bad, caught.value.first) == (1, 1)
    with pytest.raises(ColumnError, match=r"4 pixels of the true map .* first: pixel \(0, 2\) with 1"):
        count_pixels([good], classes=1)
    with pytest.raises(ColumnError, match="with 4294967296"):
        count_pixels([(np.array([2**32]), np.array([0]))], classes=1)
    with pytest.raises(ColumnError, match=r"with -1.*or 255 for ignored pixels"):
        count_pixels([(np.array([0]), np.array([-1]))], classes=1, ignore=255)


def test_settings_are_checked() -> None:
    with pytest.raises(ColumnError, match="from 1 to 8,192 can be counted"):
        count_pixels([], classes=0)
    with pytest.raises(ColumnError, match="does not fit into 32 bits"):
        count_pixels([], classes=2, ignore=2**40)
    with pytest.raises(ThresholdError, match="must lie above 0"):
        count_pixels([], classes=2, boundary_share=0)
    with pytest.raises(ColumnError, match="distance from an edge"):
        count_pixels([(np.zeros(3, int), np.zeros(3, int))], classes=2, boundary_share=0.02)
    with pytest.raises(ColumnError, match="differ in shape"):
        boundary_iou(np.ones((2, 2)), np.ones((2, 3)))
    counts = count_pixels([(TRUTH, TRUTH)], classes=2)
    with pytest.raises(ColumnError, match=r"boundary_share=0\.02"):
        _ = counts.boundaries
    with pytest.raises(ColumnError, match="name a class that does not exist"):
        segmentation_summary(counts, without=[2])
    with pytest.raises(ColumnError, match="one flag"):
        counts.on_rows(np.ones(2, dtype=bool))
