"""Real files, as they lie in the wild."""

from __future__ import annotations

import pytest

from trainer.formats import coco, voc
from trainer.records.errors import ImportRefusedError
from trainer.records.ontology import Kind
from trainer.records.snapshot import Snapshot


def test_the_blood_cells_are_taken_but_for_two_boxes_without_area(shared_data):
    read = voc.read_truth(shared_data / "bccd")

    assert (len(read.rows), len(read.truth)) == (364, 4888 - 2)
    assert read.ontology.paths == ("Platelets", "RBC", "WBC")
    assert [str(note) for note in read.notes] == [
        "BCCD/Annotations/BloodImage_00338.xml object[12]: has no area, so that nothing can match it; left out",
        "BCCD/Annotations/BloodImage_00343.xml object[3]: has no area, so that nothing can match it; left out",
    ]
    assert read.rows.with_splits(read.stated_splits_or_raise()).split_sizes() == {
        "training": 205,
        "validation": 87,
        "test": 72,
    }


def test_photographs_with_polygons_and_crowds_are_taken_whole(shared_data):
    read = coco.read_truth(shared_data / "coco_mini_dev/instances.json")

    assert (len(read.rows), len(read.truth), int(read.truth.crowd.sum())) == (63, 627, 7)
    assert None not in read.rows.uris
    assert len(set(range(63)) - set(read.truth.row.tolist())) == 2
    assert read.notes == ()


def test_nuclei_as_run_length_strings_are_taken_whole(shared_data):
    read = coco.read_truth(shared_data / "dsb2018_dev/instances_coco_rle.json")

    assert (len(read.rows), len(read.truth)) == (56, 2062)
    assert read.ontology.features[0].kind == Kind.MASK
    assert read.truth.table["rle"].null_count == 0


def test_truth_without_pictures_is_taken_with_its_sizes(shared_data):
    read = coco.read_truth(shared_data / "coco_val2014_100/instances_val2014_100.json")

    assert (len(read.rows), len(read.truth), int(read.truth.crowd.sum())) == (100, 839, 9)
    assert set(read.rows.uris) == {None}
    assert len(read.notes) == 1


@pytest.mark.parametrize(("name", "entries"), [("base", 3380), ("resnet50", 3834)])
def test_a_real_models_results_are_taken_with_their_masks(shared_data, name, entries):
    folder = shared_data / "coco_val2017_yolact100"
    read = coco.read_truth(folder / "gt_boxes_100.json")
    snapshot = Snapshot(read.ontology, read.rows, read.truth)

    predictions = coco.read_predictions(folder / f"yolact_{name}_results.json", snapshot)

    assert len(predictions) == entries
    assert predictions.table["rle"].null_count == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("yolact_base_original_yolact_format.json", "has no list annotations and no list categories"),
        ("yolact_base_results.json", "holds a list, as a result file does, where truth is expected"),
    ],
)
def test_files_of_another_kind_are_refused_as_truth(shared_data, name, reason):
    with pytest.raises(ImportRefusedError, match=reason):
        coco.read_truth(shared_data / "coco_val2017_yolact100" / name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("instances_val2014_100.json", "holds truth"),
        ("cocoapi_results/captions_val2014_fakecap_results.json", "holds captions"),
        ("cocoapi_results/person_keypoints_val2014_fakekeypoints100_results.json", "holds keypoints alone"),
    ],
)
def test_files_of_another_kind_are_refused_as_predictions(shared_data, name, reason):
    folder = shared_data / "coco_val2014_100"
    read = coco.read_truth(folder / "instances_val2014_100.json")

    with pytest.raises(ImportRefusedError, match=reason):
        coco.read_predictions(folder / name, Snapshot(read.ontology, read.rows, read.truth))


def test_results_on_pictures_that_the_truth_lacks_are_refused_entry_by_entry(shared_data):
    read = coco.read_truth(shared_data / "coco_val2014_100/instances_val2014_100.json")
    snapshot = Snapshot(read.ontology, read.rows, read.truth)

    with pytest.raises(ImportRefusedError) as caught:
        coco.read_predictions(shared_data / "coco_val2017_yolact100/yolact_base_results.json", snapshot)

    assert len(caught.value.problems) == 3347
    assert str(caught.value).endswith("... and 3,327 more")
