"""Which picture belongs to an entry, and what happens when the two disagree."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from trainer.formats import coco, voc
from trainer.records.errors import ImportRefusedError, NotFoundError

QUARTER_TURN = 6


def make_picture(path: Path, size: tuple[int, int], *, orientation: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", size, "red").save(path, exif=exif)
    return path


@pytest.fixture
def pictures(tmp_path) -> Path:
    """A folder with the two pictures of `document`."""
    make_picture(tmp_path / "pictures" / "a.jpg", (20, 10))
    make_picture(tmp_path / "pictures" / "b.jpg", (40, 30))
    return tmp_path / "pictures"


def refusal(read: Callable[..., object], *given: object, **options: object) -> list[str]:
    with pytest.raises(ImportRefusedError) as caught:
        read(*given, **options)
    return [str(problem) for problem in caught.value.problems]


def test_rows_know_place_and_checksum_of_their_pictures(document, write, pictures):
    rows = coco.read_truth(write(document), images=pictures).rows

    assert rows.uris == (str(pictures / "a.jpg"), str(pictures / "b.jpg"))
    assert rows.table["sha256"][0].as_py() == sha256((pictures / "a.jpg").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("truth.json", "."),
        ("truth.json", "images"),
        ("annotations/instances_val2017.json", "val2017"),
        ("annotations/instances_val2017.json", "images/val2017"),
        ("annotations/instances_train.json", "images/train"),
        ("annotations/truth.json", "images"),
    ],
)
def test_pictures_are_found_around_the_file(document, write, tmp_path, name, folder):
    make_picture(tmp_path / folder / "a.jpg", (20, 10))
    make_picture(tmp_path / folder / "b.jpg", (40, 30))

    read = coco.read_truth(write(document, name))

    assert read.rows.uris == (str(tmp_path / folder / "a.jpg"), str(tmp_path / folder / "b.jpg"))
    assert read.notes == ()


def test_folders_stated_in_a_name_may_be_missing_on_disk(document, write, pictures):
    document["images"][0]["file_name"] = "train2017\\b.jpg"

    assert coco.read_truth(write(document), images=pictures).rows.uris[1] == str(pictures / "b.jpg")


def test_without_pictures_rows_have_a_size_only_and_a_note_says_so(document, write, tmp_path):
    make_picture(tmp_path / "a.jpg", (20, 10))

    read = coco.read_truth(write(document))

    assert read.rows.uris == (str(tmp_path / "a.jpg"), None)
    assert [str(note) for note in read.notes] == [
        "images[0] (id 7): 1 of 2 pictures were not found beside the file, this one first; "
        "their rows have a size and no picture"
    ]


def test_in_a_named_folder_every_picture_must_be(document, write, pictures):
    (pictures / "a.jpg").unlink()
    del document["images"][0]["file_name"]

    assert refusal(coco.read_truth, write(document), images=pictures) == [
        f"images[0] (id 7): has no file_name to find its picture by in {pictures}",
        f"images[1] (id 3): there is no picture 'a.jpg' in {pictures}",
    ]


def test_a_folder_that_is_not_there_is_said_to_be_missing(document, write, tmp_path):
    with pytest.raises(NotFoundError, match="There is no folder"):
        coco.read_truth(write(document), images=tmp_path / "none")


def test_a_file_that_is_no_picture_is_refused(document, write, pictures):
    (pictures / "a.jpg").write_text("not a picture")

    assert refusal(coco.read_truth, write(document), images=pictures) == [
        f"images[1] (id 3): its picture {pictures / 'a.jpg'} is no picture of a known format"
    ]


def test_a_picture_of_another_size_is_refused(document, write, pictures):
    make_picture(pictures / "a.jpg", (21, 10))

    assert refusal(coco.read_truth, write(document), images=pictures) == [
        "images[1] (id 3): says 20 x 10 pixels, its picture has 21 x 10"
    ]


def test_a_missing_size_is_the_pictures(document, write, pictures):
    del document["images"][0]["width"], document["images"][0]["height"]

    rows = coco.read_truth(write(document), images=pictures).rows

    assert (rows.widths[1], rows.heights[1]) == (40, 30)


def test_a_size_may_be_that_of_the_upright_picture(document, write, pictures):
    make_picture(pictures / "b.jpg", (30, 40), orientation=QUARTER_TURN)

    read = coco.read_truth(write(document), images=pictures)

    assert (read.rows.widths[1], read.rows.heights[1]) == (40, 30)
    assert read.notes == ()


def test_a_size_may_be_that_before_the_turn_and_the_row_has_the_upright_one(document, write, pictures):
    make_picture(pictures / "b.jpg", (40, 30), orientation=QUARTER_TURN)

    read = coco.read_truth(write(document), images=pictures)

    assert (read.rows.widths[1], read.rows.heights[1]) == (30, 40)
    assert "annotations are taken as drawn on the upright picture" in str(read.notes[0])


def test_annotations_that_fit_only_before_the_turn_are_refused(document, write, pictures):
    make_picture(pictures / "b.jpg", (40, 30), orientation=QUARTER_TURN)
    document["annotations"][0]["bbox"] = [33, 2, 6, 4]

    assert refusal(coco.read_truth, write(document), images=pictures) == [
        "images[0] (id 7): its picture is turned by EXIF, and its annotations lie on the picture before the turn; "
        "save the picture without EXIF orientation and import again"
    ]


def test_progress_is_told(document, write, pictures):
    told = []
    coco.read_truth(write(document), images=pictures, report=lambda done, total: told.append((done, total)))

    assert told == [(1, 2), (2, 2)]


def xml(size: tuple[int, int], corners: tuple[int, int, int, int]) -> str:
    sides = "".join(f"<{side}>{n}</{side}>" for side, n in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True))
    return (
        f"<annotation><filename>a.jpg</filename><size><width>{size[0]}</width><height>{size[1]}</height></size>"
        f"<object><name>cat</name><bndbox>{sides}</bndbox></object></annotation>"
    )


def test_voc_sizes_are_checked_by_the_same_rules(tmp_path):
    make_picture(tmp_path / "a.jpg", (40, 30), orientation=QUARTER_TURN)
    (tmp_path / "a.xml").write_text(xml((40, 30), (1, 1, 5, 5)))
    read = voc.read_truth(tmp_path)
    (tmp_path / "a.xml").write_text(xml((40, 30), (1, 1, 39, 5)))
    unturned = refusal(voc.read_truth, tmp_path)
    (tmp_path / "a.xml").write_text(xml((40, 31), (1, 1, 5, 5)))
    another = refusal(voc.read_truth, tmp_path)

    assert (read.rows.widths[0], read.rows.heights[0]) == (30, 40)
    assert "turned by EXIF" in str(read.notes[0])
    assert "lie on the picture before the turn" in unturned[0]
    assert another == ["a.xml: says 40 x 31 pixels, its picture has 30 x 40"]
