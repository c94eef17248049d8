"""What a COCO instances file becomes."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from trainer.formats import coco
from trainer.records.ontology import Kind
from trainer.records.split import Split


def test_rows_stand_in_key_order_and_keep_their_image_id(document, write):
    read = coco.read_truth(write(document))

    assert read.rows.keys == ("a.jpg", "b.jpg")
    assert read.rows.metadata(0) == {"coco_image_id": 3}
    assert read.rows.widths.tolist() == [20, 40]
    assert read.rows.split_sizes() == {"unassigned": 2}


def test_annotations_keep_box_area_feature_and_id(document, write):
    truth = coco.read_truth(write(document)).truth

    assert truth.row.tolist() == [1, 1]
    assert truth.feature.tolist() == [0, 1]
    assert truth.box.tolist() == [[1, 2, 3, 4], [10, 10, 8, 6]]
    assert truth.area.tolist() == [12, 24]
    assert truth.table["object"].to_pylist() == ["11", "10"]
    assert truth.table["polygons"].to_pylist() == [None, [[10, 10, 18, 10, 10, 16]]]


def test_a_category_with_segmentations_is_a_mask_and_any_other_a_box(document, write):
    features = coco.read_truth(write(document)).ontology.features

    assert [(feature.name, feature.kind) for feature in features] == [("cat", Kind.BOX), ("dog", Kind.MASK)]


def test_category_ids_are_kept_only_where_they_do_not_count_from_one(document, write):
    kept = coco.read_truth(write(document)).ontology.features
    for number, category in enumerate(document["categories"], 1):
        category["id"] = number
    document["annotations"] = []
    counted = coco.read_truth(write(document)).ontology.features

    assert [feature.outside_id for feature in kept] == [5, 2]
    assert [feature.outside_id for feature in counted] == [None, None]


def test_two_files_of_one_name_are_told_apart_by_their_folders(document, write):
    document["images"][0]["file_name"], document["images"][1]["file_name"] = "x/a.jpg", "y\\a.jpg"

    assert coco.read_truth(write(document)).rows.keys == ("x/a.jpg", "y/a.jpg")


def test_an_image_without_a_file_name_is_known_by_its_id(document, write):
    del document["images"][0]["file_name"]

    assert coco.read_truth(write(document)).rows.keys == ("7", "a.jpg")


def test_images_of_one_and_the_same_name_are_known_by_their_ids(document, write):
    document["images"][0]["file_name"] = "a.jpg"

    assert coco.read_truth(write(document)).rows.keys == ("3", "7")


def test_single_values_of_an_image_become_metadata_and_lists_are_noted(document, write):
    document["images"][1] |= {"license": 4, "weather": "rain", "extra": [1], "nothing": None}

    read = coco.read_truth(write(document))

    assert read.rows.metadata(0) == {"coco_image_id": 3, "license": 4, "weather": "rain"}
    assert "images: fields that hold no single value are not kept: extra" in map(str, read.notes)


def test_a_truth_without_area_is_left_out_with_its_place(document, write):
    document["annotations"][0]["bbox"] = [5, 5, 0, 4]

    read = coco.read_truth(write(document))

    assert len(read.truth) == 1
    assert "annotations[0] (id 11): has no area, so that nothing can match it; left out" in map(str, read.notes)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools 2.0.11 on numpy 2
def test_uncompressed_run_lengths_become_the_string_of_the_same_mask(document, write):
    counts = [5, 3, 300 - 8 + 900]
    document["annotations"][0] |= {"segmentation": {"size": [30, 40], "counts": counts}, "iscrowd": 1}

    truth = coco.read_truth(write(document)).truth
    mask = coco_mask.decode({"size": [30, 40], "counts": truth.table["rle"][0].as_py()})

    assert truth.crowd.tolist() == [True, False]
    assert np.flatnonzero(mask.T.ravel()).tolist() == [5, 6, 7]


def test_an_empty_segmentation_is_none(document, write):
    document["annotations"][0]["segmentation"] = []
    document["annotations"][1]["segmentation"] = None

    read = coco.read_truth(write(document))

    assert [feature.kind for feature in read.ontology.features] == [Kind.BOX, Kind.BOX]
    assert read.truth.table["polygons"].null_count == 2


def test_a_missing_box_and_area_are_those_of_the_mask(document, write):
    document["annotations"][0] = {
        "id": 1,
        "image_id": 7,
        "category_id": 5,
        "segmentation": {"size": [30, 40], "counts": [30 * 4 + 2, 5, 30 * 40 - 30 * 4 - 7]},
    }

    truth = coco.read_truth(write(document)).truth

    assert truth.box[0].tolist() == [4, 2, 1, 5]
    assert truth.area[0] == 5


def test_an_area_equal_to_the_boxs_own_is_not_stored_twice(document, write):
    truth = coco.read_truth(write(document)).truth

    assert truth.table["area"].to_pylist() == [None, 24.0]


def test_ignored_truth_is_marked(document, write):
    document["annotations"][0]["ignore"] = 1

    assert coco.read_truth(write(document)).truth.ignored.tolist() == [True, False]


@pytest.mark.parametrize("by", ["field", "folder"])
def test_a_split_is_stated_by_a_field_or_by_a_folder(document, write, by):
    if by == "field":
        document["images"][0]["split"] = "val"
    else:
        document["images"][0]["file_name"] = "val2017/b.jpg"

    read = coco.read_truth(write(document))

    assert read.stated_splits_or_raise() == (Split.UNASSIGNED, Split.VALIDATION)


def test_a_file_that_states_no_split_says_so(document, write):
    read = coco.read_truth(write(document))

    with pytest.raises(ValueError, match="states no split"):
        read.stated_splits_or_raise()


def test_a_slash_in_a_category_name_becomes_a_dash_and_is_noted(document, write):
    document["categories"][0]["name"] = "cat/kitten"

    read = coco.read_truth(write(document))

    assert read.ontology.paths == ("cat-kitten", "dog")
    assert any("'cat/kitten' is called 'cat-kitten' here" in str(note) for note in read.notes)


def test_boxes_beyond_their_picture_are_taken_and_noted(document, write):
    document["annotations"][0]["bbox"] = [35, 2, 10, 4]

    read = coco.read_truth(write(document))

    assert read.truth.box[0].tolist() == [35, 2, 10, 4]
    assert any("1 boxes reach outside their picture" in str(note) for note in read.notes)


def test_fields_that_are_not_kept_are_named(document, write):
    document["annotations"][0]["keypoints"] = [1, 2, 2]

    assert "annotations: these fields are not kept: keypoints" in map(str, coco.read_truth(write(document)).notes)


def test_a_file_without_annotations_or_images_is_taken(write):
    read = coco.read_truth(write({"images": [], "annotations": [], "categories": []}))

    assert (len(read.rows), len(read.truth), read.ontology.paths) == (0, 0, ())


def test_a_byte_order_mark_does_no_harm(document, write, tmp_path):
    path = write(document)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert len(coco.read_truth(path).rows) == 2


def test_ids_that_passed_through_pandas_are_numbers_still(document, write):
    document["annotations"][0]["image_id"] = 7.0

    assert coco.read_truth(write(document)).truth.row.tolist() == [1, 1]


def test_the_garbage_collector_runs_again_afterwards(document, write):
    coco.read_truth(write(document))

    assert gc.isenabled()


def test_names_beyond_ascii_are_kept_escaped_or_not(document, write):
    document["images"][0]["file_name"] = "\N{CAT FACE}é.jpg"

    assert coco.read_truth(write(document)).rows.keys == ("a.jpg", "\N{CAT FACE}é.jpg")
