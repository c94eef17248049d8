"""A COCO file with anything wrong is refused as a whole, with every bad entry, its place and the reason."""

from __future__ import annotations

import gc

import pytest

from trainer.formats import coco
from trainer.records.errors import ImportRefusedError, NotFoundError


def refusal(path, **options) -> list[str]:
    with pytest.raises(ImportRefusedError) as caught:
        coco.read_truth(path, **options)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"image_id": 99}, "annotations[0] (id 11): image_id 99 is the id of no image"),
        ({"category_id": 1}, "annotations[0] (id 11): category_id 1 is the id of no category"),
        ({"image_id": None}, "annotations[0] (id 11): has no image_id"),
        ({"image_id": "7"}, "annotations[0] (id 11): image_id is '7', not a whole number"),
        ({"image_id": True}, "annotations[0] (id 11): image_id is True, not a whole number"),
        ({"category_id": 2**70}, f"annotations[0] (id 11): category_id is {2**70}, not a whole number"),
        ({"id": None}, "annotations[0]: has no id"),
        ({"id": 10}, "annotations[1] (id 10): id 10 is that of annotations[0] already"),
        ({"bbox": None}, "annotations[0] (id 11): has neither bbox nor segmentation"),
        (
            {"bbox": [1, 2, -3, 4]},
            "annotations[0] (id 11): bbox is [1, 2, -3, 4], which has a negative width or height "
            "(it is left, top, width, height)",
        ),
        (
            {"bbox": [1, 2, 3]},
            "annotations[0] (id 11): bbox is [1, 2, 3], not four numbers: left, top, width, height",
        ),
        ({"bbox": "1 2 3 4"}, "annotations[0] (id 11): bbox is '1 2 3 4', not four numbers: left, top, width, height"),
        (
            {"bbox": [1, 2, float("nan"), 4]},
            "annotations[0] (id 11): bbox is [1, 2, nan, 4], and lengths are finite numbers",
        ),
        ({"bbox": [1, 2, "3", 4]}, "annotations[0] (id 11): bbox is [1, 2, '3', 4], and lengths are finite numbers"),
        ({"bbox": [1, 2, True, 4]}, "annotations[0] (id 11): bbox is [1, 2, True, 4], and lengths are finite numbers"),
        (
            {"bbox": [1, 2, 1e200, 4]},
            "annotations[0] (id 11): bbox is [1, 2, 1e+200, 4], which reaches beyond any picture",
        ),
        ({"area": -1}, "annotations[0] (id 11): area is -1.0, and no area is negative"),
        ({"area": "12"}, "annotations[0] (id 11): area is '12', not a finite number"),
        ({"iscrowd": 2}, "annotations[0] (id 11): iscrowd is 2, not 0 or 1"),
        ({"iscrowd": [1]}, "annotations[0] (id 11): iscrowd is [1], not 0 or 1"),
        ({"segmentation": 5}, "annotations[0] (id 11): segmentation is 5, neither polygons nor run lengths"),
        (
            {"segmentation": [[1, 1, 2, 2]]},
            "annotations[0] (id 11): polygon 0 has 4 numbers; it takes x and y of at least 3 points",
        ),
        (
            {"segmentation": [[1, 1, 2, 2, 3, 3], [1, 1, 2, 2, 3, 3, 4]]},
            "annotations[0] (id 11): polygon 1 has 7 numbers; it takes x and y of at least 3 points",
        ),
        (
            {"segmentation": [1, 1, 2, 2, 3, 3]},
            "annotations[0] (id 11): segmentation holds 1 where a polygon [x, y, x, y, ...] should be",
        ),
        (
            {"segmentation": [[1, 1, 2, 2, 3, None]]},
            "annotations[0] (id 11): polygon 0 holds something that is not a finite number",
        ),
        (
            {"segmentation": [[1, 1, 2, 2, 3, 1e12]]},
            "annotations[0] (id 11): polygon 0 reaches more than 1,000,000 pixels from its picture's corner",
        ),
        (
            {"segmentation": {"size": [40, 30], "counts": [1200]}},
            "annotations[0] (id 11): run lengths are of a picture of size [40, 30], "
            "the picture is [30, 40] (height, width)",
        ),
        (
            {"segmentation": {"size": [30, 40], "counts": [1100]}},
            "annotations[0] (id 11): run lengths cover 1,100 pixels, the picture has 1,200",
        ),
        (
            {"segmentation": {"size": [30, 40], "counts": "0"}},
            "annotations[0] (id 11): run lengths cover 0 pixels, the picture has 1,200",
        ),
        (
            {"segmentation": {"size": [30, 40], "counts": "not run lengths"}},
            "annotations[0] (id 11): run lengths are no COCO run-length string",
        ),
        (
            {"segmentation": {"size": [30, 40], "counts": [1300, -100]}},
            "annotations[0] (id 11): run lengths have counts [1300, -100], "
            "neither a string nor a list of numbers from 0 on",
        ),
        (
            {"segmentation": {"counts": [1200]}},
            "annotations[0] (id 11): run lengths have size None; it is [height, width]",
        ),
    ],
)
def test_a_bad_annotation_is_named_with_its_reason(document, write, change, problem):
    document["annotations"][0] |= change

    assert refusal(write(document)) == [problem]


@pytest.mark.parametrize(
    ("section", "change", "problem"),
    [
        ("images", {"id": 3}, "images[1] (id 3): id 3 is that of images[0] already"),
        ("images", {"width": None}, "images[0] (id 7): has width None and height 30, not whole numbers of pixels"),
        ("images", {"height": 0}, "images[0] (id 7): has width 40 and height 0, not whole numbers of pixels"),
        ("images", {"width": -4}, "images[0] (id 7): has width -4 and height 30, not whole numbers of pixels"),
        (
            "images",
            {"width": 10**10},
            f"images[0] (id 7): has width {10**10} and height 30, not whole numbers of pixels",
        ),
        ("images", {"file_name": 5}, "images[0] (id 7): file_name is 5, not the name of a file"),
        ("images", {"file_name": ""}, "images[0] (id 7): file_name is '', not the name of a file"),
        ("categories", {"id": 2}, "categories[1] (id 2): id 2 is that of categories[0] already"),
        ("categories", {"name": "dog"}, "categories[1] (id 2): name 'dog' is that of categories[0] already"),
        ("categories", {"name": None}, "categories[0] (id 5): has no name"),
        ("categories", {"name": 8}, "categories[0] (id 5): name is 8, not a text"),
    ],
)
def test_a_bad_image_or_category_is_named_with_its_reason(document, write, section, change, problem):
    document[section][0] |= change
    document["annotations"] = []

    assert refusal(write(document)) == [problem]


def test_every_bad_entry_comes_back_in_the_order_of_the_file(document, write):
    document["images"][1]["width"] = "wide"
    document["annotations"][0] |= {"image_id": 99, "bbox": [0, 0, -1, 1]}
    document["annotations"].append("a cat")
    document["categories"].append({"id": 9})

    assert refusal(write(document)) == [
        "images[1] (id 3): has width 'wide' and height 10, not whole numbers of pixels",
        "annotations[0] (id 11): image_id 99 is the id of no image; bbox is [0, 0, -1, 1], "
        "which has a negative width or height (it is left, top, width, height)",
        "annotations[2]: is 'a cat', not an object with named fields",
        "categories[2] (id 9): has no name",
    ]


def test_json_that_does_not_parse_is_refused_with_line_and_column(write):
    assert refusal(write('{"images": [],\n "annotations": [}')) == ["line 2, column 18: is not JSON: Expecting value"]


def test_an_empty_file_is_refused(write):
    assert refusal(write("")) == ["line 1, column 1: is not JSON: Expecting value"]


def test_a_file_that_is_no_text_is_refused(write):
    path = write("")
    path.write_bytes(b'{"images": "\xff"}')

    assert refusal(path) == ["byte 12: is not JSON: the file is not UTF-8 text"]


def test_json_of_endless_depth_is_refused(write):
    assert refusal(write("[" * 200_000)) == ["the file: is nested too deep"]


def test_half_a_character_is_refused(document, write):
    document["images"][0]["file_name"] = "\ud83d.jpg"

    assert refusal(write(document)) == ["the file: holds half a character (a surrogate without its other half)"]


def test_a_number_of_endless_length_is_refused(write):
    [problem] = refusal(write('{"images": [' + "1" * 5000 + "]}"))

    assert problem.startswith("the file: holds a number that cannot be read")


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(NotFoundError, match="There is no file"):
        coco.read_truth(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([{"image_id": 1, "score": 0.5}], "holds a list, as a result file does, where truth is expected"),
        ([], "holds a list, as no file of truth does, where truth is expected"),
        (5, "holds 5 alone"),
        ({"info": {}, "images": []}, "has no list annotations and no list categories; it has 'info', 'images'"),
        ({}, "has no list images and no list annotations and no list categories; it has nothing"),
        ({"images": [], "annotations": [{"caption": "a cat"}]}, "holds captions, not objects in pictures"),
        (
            {"images": [], "categories": [], "annotations": [{"segments_info": []}]},
            "holds panoptic segments, whose masks lie in PNG files that this format does not read",
        ),
    ],
)
def test_the_wrong_kind_of_file_is_called_by_its_name(write, value, reason):
    [problem] = refusal(write(value))

    assert problem.startswith(f"the file: {reason}. COCO truth is an object")


def test_the_garbage_collector_runs_again_after_a_refusal(write):
    refusal(write("["))

    assert gc.isenabled()
