"""What is written as COCO reads back equal, and pycocotools measures the same on it."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from trainer.formats import coco, voc
from trainer.formats.foreign import ForeignTruth
from trainer.records.annotations import Annotations
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.records.split import SplitRatio

REAL = [
    ("coco_mini_dev/instances.json", "coco_mini_dev/images"),
    ("coco_val2014_100/instances_val2014_100.json", None),
    ("coco_val2017_yolact100/gt_boxes_100.json", None),
    ("dsb2018_dev/instances_coco_rle.json", "dsb2018_dev/images"),
]
MEASURED = [
    ("coco_val2014_100/instances_val2014_100.json", "instances_val2014_fakebbox100_results.json", "bbox"),
    ("coco_val2014_100/instances_val2014_100.json", "instances_val2014_fakesegm100_results.json", "bbox"),
    ("coco_val2014_100/instances_val2014_100.json", "instances_val2014_fakesegm100_results.json", "segm"),
    ("coco_val2017_yolact100/gt_boxes_100.json", "yolact_base_results.json", "bbox"),
    ("coco_val2017_yolact100/gt_boxes_100.json", "yolact_resnet50_results.json", "bbox"),
]


def snapshot_of(read: ForeignTruth, *, stated: bool = False) -> Snapshot:
    rows = read.rows.with_splits(read.stated_splits_or_raise()) if stated else read.rows
    return Snapshot(read.ontology, rows, read.truth)


def measured_by_pycocotools(truth: Path, predictions: Path, shape: str) -> list[float]:
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO(str(truth))
        evaluation = COCOeval(known, known.loadRes(str(predictions)), shape)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats.tolist()


@pytest.mark.parametrize(("name", "images"), REAL)
def test_real_truth_reads_back_with_an_equal_digest(shared_data, tmp_path, name, images):
    folder = None if images is None else shared_data / images
    snapshot = snapshot_of(coco.read_truth(shared_data / name, images=folder))
    coco.write_truth(snapshot, tmp_path / "written.json")

    again = coco.read_truth(tmp_path / "written.json", images=folder)

    assert snapshot_of(again).digest == snapshot.digest


def test_a_split_that_was_drawn_reads_back(shared_data, tmp_path):
    read = coco.read_truth(shared_data / "coco_mini_dev/instances.json")
    rows = read.rows.with_splits(SplitRatio().assign(read.rows.keys))
    snapshot = Snapshot(read.ontology, rows, read.truth)
    coco.write_truth(snapshot, tmp_path / "written.json")

    again = coco.read_truth(tmp_path / "written.json")

    assert snapshot_of(again, stated=True).digest == snapshot.digest


def test_blood_cells_from_voc_read_back_from_coco_with_an_equal_digest(shared_data, tmp_path):
    snapshot = snapshot_of(voc.read_truth(shared_data / "bccd"), stated=True)
    coco.write_truth(snapshot, tmp_path / "written.json")

    again = coco.read_truth(tmp_path / "written.json", images=shared_data / "bccd/BCCD/JPEGImages")

    assert snapshot_of(again, stated=True).digest == snapshot.digest


@pytest.mark.parametrize(("truth", "predictions", "shape"), MEASURED)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pycocotools 2.0.11 on numpy 2
def test_pycocotools_measures_the_same_on_what_is_written(shared_data, tmp_path, truth, predictions, shape):
    given = (shared_data / truth).with_name(predictions)
    snapshot = snapshot_of(coco.read_truth(shared_data / truth))
    coco.write_truth(snapshot, tmp_path / "truth.json")
    coco.write_predictions(snapshot, coco.read_predictions(given, snapshot), tmp_path / "results.json")

    before = measured_by_pycocotools(shared_data / truth, given, shape)
    after = measured_by_pycocotools(tmp_path / "truth.json", tmp_path / "results.json", shape)

    assert after == before
    assert before[0] > 0.3


@pytest.mark.parametrize("predictions", sorted({name for _, name, _ in MEASURED}))
def test_real_predictions_read_back_the_same(shared_data, tmp_path, predictions):
    truth = next(name for name, results, _ in MEASURED if results == predictions)
    snapshot = snapshot_of(coco.read_truth(shared_data / truth))
    first = coco.read_predictions((shared_data / truth).with_name(predictions), snapshot)
    coco.write_predictions(snapshot, first, tmp_path / "results.json")

    assert coco.read_predictions(tmp_path / "results.json", snapshot).table.equals(first.table)


def strange_snapshot(tmp_path: Path) -> Snapshot:
    """Keys that are no file names, features of kinds the annotations do not tell, every column in use."""
    rows = Rows.from_columns(
        keys=["scene 1", "x/scene", "é.png"],
        widths=[10, 20, 30],
        heights=[10, 20, 30],
        splits=["training", "unassigned", "test"],
        uris=[str(tmp_path / "gone" / "1.png"), None, None],
        sha256s=["ab" * 32, None, None],
        metadata=[{"weather": "rain", "score": 0.1}, {}, {"n": None}],
    )
    ontology = Ontology(
        (Feature("empty", Kind.MASK), Feature("outline", Kind.POLYGON), Feature("both", Kind.MASK, outside_id=4))
    )
    truth = Annotations.from_columns(
        row=[0, 0, 2],
        feature=[1, 2, 2],
        box=[[0.1, 0.2, 1 / 3, 4], [1, 1, 2, 2], [5, 5, 7, 7]],
        area=[None, 3.5, None],
        crowd=[False, True, False],
        ignored=[True, False, False],
        polygons=[[[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [1, 2, 3, 4, 5, 6]], None, None],
    )
    return Snapshot(ontology, rows, truth)


def test_a_snapshot_from_elsewhere_reads_back_but_for_what_json_leaves_out(tmp_path):
    snapshot = strange_snapshot(tmp_path)
    coco.write_truth(snapshot, tmp_path / "written.json")

    again = snapshot_of(coco.read_truth(tmp_path / "written.json"), stated=True)

    assert again.rows.keys == snapshot.rows.keys
    assert again.rows.splits.tolist() == snapshot.rows.splits.tolist()
    assert again.rows.table["sha256"].equals(snapshot.rows.table["sha256"])
    assert again.rows.metadata(0) == {"weather": "rain", "score": 0.1}
    assert [feature.kind for feature in again.ontology.features] == [Kind.MASK, Kind.POLYGON, Kind.MASK]
    assert again.truth.table.equals(snapshot.truth.table)


def test_what_was_read_back_once_stays_the_same_for_ever(tmp_path):
    coco.write_truth(strange_snapshot(tmp_path), tmp_path / "first.json")
    first = snapshot_of(coco.read_truth(tmp_path / "first.json"), stated=True)
    coco.write_truth(first, tmp_path / "second.json")

    assert snapshot_of(coco.read_truth(tmp_path / "second.json"), stated=True).digest == first.digest


def test_ids_from_outside_are_written_as_they_were(document, write, tmp_path):
    coco.write_truth(snapshot_of(coco.read_truth(write(document))), tmp_path / "written.json")

    written = json.loads((tmp_path / "written.json").read_text())

    assert [image["id"] for image in written["images"]] == [3, 7]
    assert [mark["id"] for mark in written["annotations"]] == [11, 10]
    assert [category["id"] for category in written["categories"]] == [5, 2]


def test_an_empty_snapshot_reads_back(tmp_path):
    empty = Snapshot(Ontology(()), Rows.from_columns(keys=[], widths=[], heights=[]), Annotations.empty())
    coco.write_truth(empty, tmp_path / "written.json")

    assert snapshot_of(coco.read_truth(tmp_path / "written.json")).digest == empty.digest


def test_masks_keep_the_area_that_pycocotools_gave_them(document, write, tmp_path):
    snapshot = snapshot_of(coco.read_truth(write(document)))
    counts = [30 * 4 + 2, 5, 25, 2, 30 * 40 - 30 * 4 - 34]
    entry = {"image_id": 7, "category_id": 2, "score": 0.5, "segmentation": {"size": [30, 40], "counts": counts}}
    first = coco.read_predictions(write([entry]), snapshot)
    coco.write_predictions(snapshot, first, tmp_path / "results.json")

    assert "bbox" not in json.loads((tmp_path / "results.json").read_text())[0]
    assert np.array_equal(coco.read_predictions(tmp_path / "results.json", snapshot).area, [7])


def test_a_field_called_split_that_names_none_is_kept(document, write, tmp_path):
    document["images"][0]["split"] = 7
    snapshot = snapshot_of(coco.read_truth(write(document)))
    coco.write_truth(snapshot, tmp_path / "written.json")

    again = snapshot_of(coco.read_truth(tmp_path / "written.json"))

    assert again.rows.metadata(1) == {"coco_image_id": 7, "split": 7}
    assert again.digest == snapshot.digest
