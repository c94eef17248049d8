"""A pack holds one run so that the browser decides every threshold as Python does."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.packs import CROWD, IGNORED, LEVELS, Pairs, bundle, read_bundle, run_pack
from trainer.records.annotations import Annotations
from trainer.records.errors import ColumnError
from trainer.records.rows import Rows

NO_PAIRS: Pairs = (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))


def _rows(keys: tuple[str, ...] = ("a", "b")) -> Rows:
    return Rows.from_columns(keys=keys, widths=[100] * len(keys), heights=[50] * len(keys))


def _boxes(*entries: tuple[int, int], **columns: object) -> Annotations:
    """One box of 20 x 10 an entry of (row, feature)."""
    row, feature = [entry[0] for entry in entries], [entry[1] for entry in entries]
    return Annotations.from_columns(row=row, feature=feature, box=[[10, 10, 20, 10]] * len(entries), **columns)  # type: ignore[arg-type]


def _pairs(*entries: tuple[int, int, float]) -> Pairs:
    """Pairs of (prediction, truth, IoU)."""
    table = np.array(entries, dtype=np.float64).reshape(-1, 3)
    return table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2]


def _arrays(truth: Annotations, predictions: Annotations, pairs: Pairs = NO_PAIRS) -> dict[str, np.ndarray]:
    return read_bundle(run_pack(_rows(), truth, predictions, pairs, features=["cat", "dog"]))[1]


def test_the_same_run_makes_the_same_bytes() -> None:
    arguments = (_rows(), _boxes((0, 0)), _boxes((0, 0), confidence=[0.5]), _pairs((0, 0, 0.7)))

    assert run_pack(*arguments, features=["cat"]) == run_pack(*arguments, features=["cat"])


def test_rows_keep_their_keys_sizes_and_pictures() -> None:
    rows = Rows.from_columns(keys=["ä/1", "b"], widths=[640, 30], heights=[480, 40], uris=[None, "b.png"])
    head, arrays = read_bundle(
        run_pack(rows, Annotations.empty(), Annotations.empty(), NO_PAIRS, features=["cat", "dog"])
    )
    order = [rows.position("b"), rows.position("ä/1")]
    start, letters = arrays["key_start"], arrays["key_bytes"].tobytes()
    keys = [letters[start[row] : start[row + 1]].decode() for row in order]

    assert head["features"] == ["cat", "dog"]
    assert keys == ["b", "ä/1"]
    assert arrays["width"][order].tolist() == [30, 640]
    assert arrays["height"][order].tolist() == [40, 480]
    assert arrays["thumbnail"][order].tolist() == [1, 0]


def test_boxes_are_corners_as_fractions_of_the_picture_and_end_at_its_edge() -> None:
    truth = Annotations.from_columns(row=[0, 0], feature=[0, 1], box=[[25, 10, 25, 15], [-5, 40, 200, 30]])
    corners = _arrays(truth, Annotations.empty())["truth_corners"].reshape(-1, 4)

    assert corners.tolist() == [[16384, 13107, 32768, 32768], [0, 52428, 65535, 65535]]


def test_predictions_stand_in_the_order_in_which_they_choose() -> None:
    predictions = _boxes((0, 0), (0, 1), (0, 0), (1, 0), confidence=[0.5, 0.9, 0.5, 0.1])
    arrays = _arrays(Annotations.empty(), predictions)

    assert arrays["prediction_start"].tolist() == [0, 3, 4]
    assert arrays["prediction_confidence"].tolist() == [9000, 5000, 5000, 1000]
    assert arrays["prediction_feature"].tolist() == [1, 0, 0, 0]


def test_equal_confidences_keep_the_order_of_the_table() -> None:
    predictions = _boxes((0, 0), (0, 0), confidence=[0.5, 0.5])
    arrays = _arrays(_boxes((0, 0), (0, 0)), predictions, _pairs((0, 0, 0.6), (1, 1, 0.7)))

    assert arrays["pair_truth"].tolist() == [0, 1]


def test_pairs_stand_in_the_order_in_which_a_prediction_prefers_them() -> None:
    truth = _boxes((0, 0), (0, 0), (0, 0), (0, 0), crowd=[True, False, False, False])
    pairs = _pairs((0, 0, 0.95), (0, 1, 0.6), (0, 2, 0.8), (0, 3, 0.8))
    arrays = _arrays(truth, _boxes((0, 0), confidence=[0.5]), pairs)

    assert arrays["pair_truth"].tolist() == [3, 2, 1, 0]
    assert arrays["pair_iou"].tolist() == [8000, 8000, 6000, 9500]


def test_pairs_follow_their_predictions_into_the_new_order() -> None:
    predictions = _boxes((0, 0), (0, 0), confidence=[0.2, 0.8])
    arrays = _arrays(_boxes((0, 0), (0, 0)), predictions, _pairs((0, 0, 0.6), (1, 1, 0.7)))

    assert arrays["pair_start"].tolist() == [0, 1, 2]
    assert arrays["pair_truth"].tolist() == [1, 0]


def test_pairs_of_different_features_are_left_out() -> None:
    pairs = _pairs((0, 0, 0.9), (0, 1, 0.8))
    arrays = _arrays(_boxes((0, 1), (0, 0)), _boxes((0, 0), confidence=[0.5]), pairs)

    assert arrays["pair_truth"].tolist() == [1]


def test_crowds_and_ignored_truths_are_flagged() -> None:
    truth = _boxes((0, 0), (0, 0), (1, 0), crowd=[False, True, False], ignored=[False, False, True])

    assert _arrays(truth, Annotations.empty())["truth_flags"].tolist() == [0, CROWD, IGNORED]


def test_every_threshold_of_two_decimals_is_decided_as_in_python() -> None:
    steps = np.arange(101) / 100
    close = np.concatenate([steps, np.nextafter(steps, 0), np.nextafter(steps[:-1], 2), [0.1 + 0.2, 0.29 * 3 / 3]])
    confidence = np.clip(np.concatenate([close, np.random.default_rng(0).random(500)]), 0, 1)
    predictions = _boxes(*[(0, 0)] * len(confidence), confidence=confidence)
    levels = _arrays(Annotations.empty(), predictions)["prediction_confidence"]
    ordered = np.sort(confidence)[::-1]

    assert LEVELS == 10_000
    for k in range(101):
        np.testing.assert_array_equal(levels >= 100 * k, ordered >= float(f"{k / 100:.2f}"))


def test_an_overlap_that_is_whole_but_for_rounding_counts_as_whole() -> None:
    pairs = _pairs((0, 0, 1 - 1e-12), (0, 1, 1 - 1e-6))
    arrays = _arrays(_boxes((0, 0), (0, 0)), _boxes((0, 0), confidence=[0.5]), pairs)

    assert arrays["pair_iou"].tolist() == [10_000, 9_999]


def test_polygons_come_along_where_there_are_any() -> None:
    rings = [[[0.0, 0, 100, 0, 100, 50]], None, [[10.0, 10, 20, 10, 20, 20], [50.0, 25, 60, 25, 60, 30, 50, 30]]]
    arrays = _arrays(_boxes((0, 0), (0, 1), (1, 0), polygons=rings), Annotations.empty())

    assert arrays["truth_ring_start"].tolist() == [0, 1, 1, 3]
    assert arrays["truth_point_start"].tolist() == [0, 3, 6, 10]
    assert arrays["truth_points"].reshape(-1, 2)[:3].tolist() == [[0, 0], [65535, 0], [65535, 65535]]
    assert "prediction_points" not in arrays


def test_a_run_without_rows_has_a_pack() -> None:
    head, arrays = read_bundle(run_pack(_rows(()), Annotations.empty(), Annotations.empty(), NO_PAIRS, features=[]))

    assert head["rows"] == 0
    assert arrays["truth_start"].tolist() == [0]


@pytest.mark.parametrize("pair", [(0, 0, 0.5), (0, 5, 0.5), (-1, 0, 0.5)])
def test_a_pair_that_joins_no_two_annotations_of_one_row_is_refused(pair: tuple[int, int, float]) -> None:
    with pytest.raises(ColumnError, match="1 of 1 pairs join annotations that do not stand on one row"):
        _arrays(_boxes((1, 0)), _boxes((0, 0), confidence=[0.5]), _pairs(pair))


def test_pairs_of_unequal_length_are_refused() -> None:
    with pytest.raises(ColumnError, match="equally long"):
        _arrays(_boxes((0, 0)), _boxes((0, 0)), (np.zeros(1, np.int32), np.zeros(2, np.int32), np.zeros(1)))


def test_every_array_starts_where_a_browser_can_view_it() -> None:
    content = bundle({"kind": "ä"}, {"a": np.arange(3, dtype=np.uint8), "b": np.arange(2, dtype=np.float32)})
    first = content.index(b"\0\1\2")

    assert first % 8 == 0
    assert len(content) % 8 == 0
    assert read_bundle(content)[1]["b"].tolist() == [0.0, 1.0]
