"""Pascal VOC folders as rows and truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from trainer.formats import voc
from trainer.records.errors import ImportRefusedError, NotFoundError
from trainer.records.ontology import Kind
from trainer.records.split import Split

SIDES = ("xmin", "ymin", "xmax", "ymax")


def thing(name: str, corners: tuple[object, ...], **fields: object) -> str:
    box = "".join(f"<{side}>{value}</{side}>" for side, value in zip(SIDES, corners, strict=True))
    more = "".join(f"<{field}>{value}</{field}>" for field, value in fields.items())
    return f"<object><name>{name}</name>{more}<bndbox>{box}</bndbox></object>"


def annotation(*things: str, filename: str | None = None, size: tuple[object, object] | None = (40, 30)) -> str:
    named = f"<filename>{filename}</filename>" if filename else ""
    sized = f"<size><width>{size[0]}</width><height>{size[1]}</height></size>" if size else ""
    return f"<annotation>{named}{sized}{''.join(things)}</annotation>"


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Write texts and pictures below a folder, by their paths."""

    def files(**contents: str) -> Path:
        for name, content in contents.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".jpg":
                Image.new("RGB", (40, 30)).save(path)
            else:
                path.write_text(content, encoding="utf-8")
        return tmp_path

    return files


def refusal(path: Path, **options: object) -> list[str]:
    with pytest.raises(ImportRefusedError) as caught:
        voc.read_truth(path, **options)
    return [str(problem) for problem in caught.value.problems]


def test_corners_keep_their_numbers(put):
    folder = put(**{"Annotations/a.xml": annotation(thing("dog", (1, 2, 11, 22)), thing("cat", (0.5, 0, 2, 1)))})

    read = voc.read_truth(folder)

    assert read.ontology.paths == ("cat", "dog")
    assert [feature.kind for feature in read.ontology.features] == [Kind.BOX, Kind.BOX]
    assert read.truth.box.tolist() == [[1, 2, 10, 20], [0.5, 0, 1.5, 1]]
    assert read.truth.feature.tolist() == [1, 0]


def test_difficult_objects_are_ignored_and_pose_is_left_out_silently(put):
    marked = thing("cat", (1, 1, 5, 5), difficult=1, pose="Left", truncated=1)
    folder = put(**{"Annotations/a.xml": annotation(marked, thing("cat", (1, 1, 5, 5), difficult=0)), "a.jpg": ""})

    read = voc.read_truth(folder, images=folder)

    assert read.truth.ignored.tolist() == [True, False]
    assert read.notes == ()


def test_a_file_without_objects_is_a_row(put):
    assert len(voc.read_truth(put(**{"a.xml": annotation()})).rows) == 1


def test_a_box_without_area_is_left_out_with_its_place(put):
    folder = put(**{"Annotations/a.xml": annotation(thing("cat", (1, 1, 5, 5)), thing("cat", (7, 7, 7, 9)))})

    read = voc.read_truth(folder)

    assert len(read.truth) == 1
    assert "Annotations/a.xml object[1]: has no area, so that nothing can match it; left out" in map(str, read.notes)


def test_hidden_files_are_passed_over(put):
    folder = put(**{"a.xml": annotation(), "._a.xml": "resource fork"})

    assert voc.read_truth(folder).rows.keys == ("a",)


def test_the_key_is_the_stated_name_or_the_files_own(put):
    folder = put(**{"a.xml": annotation(filename="first.png"), "b.xml": annotation()})

    assert voc.read_truth(folder).rows.keys == ("b", "first.png")


def test_two_pictures_of_one_name_are_told_apart_by_their_folders(put):
    folder = put(
        **{
            "x/Annotations/a.xml": annotation(filename="a.jpg"),
            "y/Annotations/a.xml": annotation(filename="a.jpg"),
            "x/JPEGImages/a.jpg": "",
            "y/JPEGImages/a.jpg": "",
        }
    )

    rows = voc.read_truth(folder).rows

    assert rows.keys == ("x/a.jpg", "y/a.jpg")
    assert rows.uris == (str(folder / "x/JPEGImages/a.jpg"), str(folder / "y/JPEGImages/a.jpg"))


def test_files_that_all_state_one_name_are_known_by_their_own(put):
    folder = put(**{"a.xml": annotation(filename="image.jpg"), "b.xml": annotation(filename="image.jpg")})

    assert voc.read_truth(folder).rows.keys == ("a", "b")


@pytest.mark.parametrize("start", [".", "deep", "deep/VOC", "deep/VOC/Annotations", "deep/VOC/Annotations/a.xml"])
def test_the_folder_is_found_from_any_depth(put, start):
    folder = put(
        **{
            "deep/VOC/Annotations/a.xml": annotation(filename="a.jpg"),
            "deep/VOC/JPEGImages/a.jpg": "",
            "deep/VOC/ImageSets/Main/test.txt": "a\n",
            "deep/other.xml": "<something/>",
        }
    )
    if start == "deep/VOC/Annotations":
        (folder / "deep/other.xml").unlink()

    read = voc.read_truth(folder / start)

    assert read.rows.keys == ("a.jpg",)
    assert read.rows.uris == (str(folder / "deep/VOC/JPEGImages/a.jpg"),)
    assert read.stated_splits_or_raise() == (Split.TEST,)


def test_nested_annotations_find_pictures_in_the_same_nested_folders(put):
    folder = put(
        **{
            "Annotations/x/a.xml": annotation(filename="a.jpg"),
            "Annotations/y/a.xml": annotation(filename="a.jpg"),
            "JPEGImages/x/a.jpg": "",
            "JPEGImages/y/a.jpg": "",
        }
    )

    rows = voc.read_truth(folder).rows

    assert rows.uris == (str(folder / "JPEGImages/x/a.jpg"), str(folder / "JPEGImages/y/a.jpg"))


def test_a_picture_is_found_by_the_files_own_name_where_the_stated_one_is_wrong(put):
    folder = put(**{"a.xml": annotation(filename="from another machine"), "a.jpg": ""})

    assert voc.read_truth(folder).rows.uris == (str(folder / "a.jpg"),)


def test_a_missing_size_is_the_pictures(put):
    folder = put(**{"a.xml": annotation(size=None), "b.xml": annotation(size=(0, 0)), "a.jpg": "", "b.jpg": ""})

    rows = voc.read_truth(folder).rows

    assert rows.widths.tolist() == [40, 40]


def test_lists_state_the_split_and_trainval_says_nothing(put):
    folder = put(
        **{f"Annotations/{name}.xml": annotation() for name in "abcd"},
        **{
            "ImageSets/Main/train.txt": "a\n",
            "ImageSets/Main/val.txt": "b  1\n\n",
            "ImageSets/Main/test.txt": "c\r\n",
            "ImageSets/Main/trainval.txt": "a\nb\nd\n",
            "ImageSets/Main/cat_train.txt": "d 1\n",
        },
    )

    assert voc.read_truth(folder).stated_splits_or_raise() == (
        Split.TRAINING,
        Split.VALIDATION,
        Split.TEST,
        Split.UNASSIGNED,
    )


def test_folders_state_the_split_where_there_are_no_lists(put):
    folder = put(**{"train/a.xml": annotation(), "valid/b.xml": annotation()})

    assert voc.read_truth(folder).stated_splits == (Split.TRAINING, Split.VALIDATION)


def test_the_folders_above_state_no_split(put):
    folder = put(**{"train/a.xml": annotation()})

    assert voc.read_truth(folder / "train").stated_splits is None


def test_pictures_without_a_file_are_noted(put):
    folder = put(**{"Annotations/a.xml": annotation(), "JPEGImages/a.jpg": "", "JPEGImages/b.jpg": ""})

    [note] = voc.read_truth(folder).notes

    assert note.place == str(folder / "JPEGImages/b.jpg")
    assert note.text.startswith("1 pictures have no XML file")


def test_fields_that_are_not_kept_are_named(put):
    folder = put(**{"a.xml": annotation(thing("cat", (1, 1, 5, 5), polygon="", attributes="")), "a.jpg": ""})

    assert [str(note) for note in voc.read_truth(folder).notes] == [
        "objects: these fields are not kept: attributes, polygon"
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            annotation(thing("cat", (5, 1, 1, 5))),
            " object[0]: (cat) ends before it starts: xmin 5, ymin 1, xmax 1, ymax 5",
        ),
        (annotation(thing("cat", (1, 1, 1e200, 5))), " object[0]: (cat) reaches beyond any picture: xmin 1,"),
        (annotation(size=(10**12, 30)), ": has the size '1000000000000' x '30', not whole numbers of pixels"),
        (annotation(thing("cat", (1, "one", 5, 5))), " object[0]: (cat) ymin is 'one', not a number"),
        (annotation(thing("cat", (1, "nan", 5, 5))), " object[0]: (cat) ymin is 'nan', not a number"),
        (annotation(thing("cat", (1, 1, "", 5))), " object[0]: (cat) has no xmax"),
        (annotation(thing("", (1, 1, 5, 5))), " object[0]: has no name"),
        (annotation("<object><name>cat</name></object>"), " object[0]: (cat) has no bndbox"),
        (annotation(size=("wide", 30)), ": has the size 'wide' x '30', not whole numbers of pixels"),
        (annotation(size=(-4, 30)), ": has the size '-4' x '30', not whole numbers of pixels"),
        (annotation(size=None), ": has no size, and its picture was not found"),
        ("<annotation>\n<object>", " line 2, column 9: is not XML: no element found"),
        ("", " line 1, column 1: is not XML: no element found"),
        ("<html/>", ": is a <html>, not the <annotation> of a VOC file"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', ": declares a document type, which no VOC file has"),
        ('<?xml version="1.0" encoding="nonsense"?><annotation/>', ": is not XML: "),
    ],
)
def test_a_bad_file_is_named_with_its_reason(put, content, problem):
    problems = refusal(put(**{"a.xml": content, "b.xml": annotation(thing("cat", (1, 1, 5, 5)))}))

    assert problems[0].startswith("a.xml" + problem)


def test_every_bad_entry_comes_back(put):
    folder = put(
        **{
            "a.xml": annotation(thing("cat", (5, 1, 1, 5)), thing("", (1, 1, 5, 5))),
            "b.xml": "nothing",
            "c.xml": annotation(size=None),
        }
    )

    assert [problem.split(":")[0] for problem in refusal(folder)] == [
        "a.xml object[0]",
        "a.xml object[1]",
        "b.xml line 1, column 1",
        "c.xml",
    ]


def test_a_row_in_two_lists_is_refused(put):
    folder = put(
        **{
            "Annotations/a.xml": annotation(),
            "ImageSets/Main/train.txt": "a\n",
            "ImageSets/Main/test.txt": "a\n",
        }
    )

    assert refusal(folder) == ["Annotations/a.xml: stands in the lists of test and training"]


def test_in_a_named_folder_every_picture_must_be(put):
    folder = put(**{"Annotations/a.xml": annotation(filename="a.jpg"), "JPEGImages/a.jpg": "", "else/b.jpg": ""})

    assert refusal(folder, images=folder / "else") == [
        f"Annotations/a.xml: there is no picture 'a.jpg' in {folder / 'else'}"
    ]


def test_a_picture_that_may_be_two_is_refused(put):
    folder = put(**{"Annotations/a.xml": annotation(filename="a.jpg"), "one/a.jpg": "", "two/a.jpg": ""})

    [problem] = refusal(folder, images=folder)

    assert problem.startswith("Annotations/a.xml: 2 pictures may be its own")


def test_a_folder_without_any_file_is_refused(tmp_path):
    assert refusal(tmp_path) == ["the folder: holds no Pascal VOC file (*.xml), at any depth"]


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(NotFoundError, match="There is no file or folder"):
        voc.read_truth(tmp_path / "none")
