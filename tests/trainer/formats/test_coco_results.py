"""COCO result files as predictions on a snapshot."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.formats import coco
from trainer.records.annotations import Annotations
from trainer.records.errors import ImportRefusedError
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot


@pytest.fixture
def snapshot(document, write):
    read = coco.read_truth(write(document))
    return Snapshot(read.ontology, read.rows, read.truth)


def entry(**changes):
    return {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.5} | changes


def refusal(path, snapshot) -> list[str]:
    with pytest.raises(ImportRefusedError) as caught:
        coco.read_predictions(path, snapshot)
    return [str(problem) for problem in caught.value.problems]


def test_entries_find_their_row_and_feature_by_the_ids_of_the_truth(snapshot, write):
    results = [entry(score=0.25), entry(image_id=3, category_id=5, score=1)]

    predictions = coco.read_predictions(write(results), snapshot)

    assert predictions.row.tolist() == [0, 1]
    assert predictions.feature.tolist() == [0, 1]
    assert predictions.confidence.tolist() == [1.0, 0.25]


def test_a_row_keeps_the_order_of_the_file(snapshot, write):
    results = [entry(bbox=[number, 0, 1, 1]) for number in range(20)]

    predictions = coco.read_predictions(write(results), snapshot)

    assert predictions.box[:, 0].tolist() == list(range(20))


def test_a_snapshot_that_came_from_elsewhere_counts_from_one(write):
    rows = Rows.from_columns(keys=["a", "b"], widths=[4, 4], heights=[4, 4])
    snapshot = Snapshot(Ontology.flat({"cat": "box", "dog": "box"}), rows, Annotations.empty())

    predictions = coco.read_predictions(write([entry(image_id=2, category_id=1)]), snapshot)

    assert (predictions.row.tolist(), predictions.feature.tolist()) == ([1], [0])


@pytest.mark.parametrize("name", ["b.jpg", "b"])
def test_a_row_may_be_called_by_its_key(snapshot, write, name):
    assert coco.read_predictions(write([entry(image_id=name)]), snapshot).row.tolist() == [1]


def test_no_results_are_no_predictions(snapshot, write):
    assert len(coco.read_predictions(write([]), snapshot)) == 0


def test_a_prediction_without_area_is_kept_and_counts_as_a_false_alarm(snapshot, write):
    assert len(coco.read_predictions(write([entry(bbox=[1, 2, 0, 4])]), snapshot)) == 1


def test_a_mask_without_a_box_brings_its_own_box_and_area(snapshot, write):
    mask = {"size": [30, 40], "counts": [30 * 4 + 2, 5, 25, 2, 30 * 40 - 30 * 4 - 34]}

    predictions = coco.read_predictions(write([entry(bbox=None, segmentation=mask)]), snapshot)

    assert predictions.box.tolist() == [[4, 2, 2, 5]]
    assert predictions.area.tolist() == [7]


def test_a_mask_with_a_box_has_the_boxs_area_as_in_pycocotools(snapshot, write):
    mask = {"size": [30, 40], "counts": [30 * 4 + 2, 5, 30 * 40 - 30 * 4 - 7]}

    predictions = coco.read_predictions(write([entry(segmentation=mask)]), snapshot)

    assert predictions.area.tolist() == [12]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image_id": 8}, "image_id 8 is the id of no row of the snapshot"),
        ({"category_id": 8}, "category_id 8 is the id of no feature of the snapshot"),
        ({"score": None}, "has no score"),
        ({"score": "0.5"}, "score is '0.5', not a finite number"),
        ({"score": float("nan")}, "score is nan, not a finite number"),
        ({"score": 1.5}, "score 1.5 lies outside [0, 1]; pass logits through a sigmoid or softmax"),
        ({"bbox": None}, "has neither bbox nor segmentation"),
        (
            {"bbox": [0, 0, -1, 1]},
            "bbox is [0, 0, -1, 1], which has a negative width or height (it is left, top, width, height)",
        ),
        (
            {"segmentation": {"size": [30, 30], "counts": "0"}},
            "run lengths are of a picture of size [30, 30], the picture is [30, 40] (height, width)",
        ),
    ],
)
def test_a_bad_entry_is_named_with_its_reason(snapshot, write, change, reason):
    results = [entry(), entry(**change), entry()]
    [problem] = refusal(write(results), snapshot)

    assert problem.startswith("entries[1] ")
    assert problem.endswith(f": {reason}")


def test_all_bad_entries_come_back(snapshot, write):
    problems = refusal(write([entry(image_id=1000 + number) for number in range(500)]), snapshot)

    assert len(problems) == 500


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (
            {"images": [], "annotations": [], "categories": []},
            "holds truth (images and annotations) where results are expected",
        ),
        ({"dets": []}, "holds an object with 'dets', not a list"),
        ([{"image_id": 1, "caption": "a cat"}], "holds captions, not objects in pictures"),
        ([{"image_id": 1, "keypoints": [], "score": 1}], "holds keypoints alone"),
    ],
)
def test_the_wrong_kind_of_file_is_called_by_its_name(snapshot, write, value, reason):
    [problem] = refusal(write(value), snapshot)

    assert problem.startswith(f"the file: {reason}. COCO results are a list")


def test_predictions_written_and_read_again_are_the_same(snapshot, write, tmp_path):
    predictions = Annotations.from_columns(
        row=[1, 0, 1],
        feature=[0, 1, 1],
        box=np.asarray([[0.1, 0.2, 1 / 3, 4], [1, 1, 0, 2], [5, 5, 2, 2]]),
        confidence=[0.1, 1 / 3, 1],
        polygons=[None, None, [[5, 5, 7, 5, 7, 7]]],
    )
    coco.write_predictions(snapshot, predictions, tmp_path / "results.json")

    assert coco.read_predictions(tmp_path / "results.json", snapshot).table.equals(predictions.table)
