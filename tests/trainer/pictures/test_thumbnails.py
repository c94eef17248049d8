"""Small upright copies in one file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.pictures import pack_thumbnails, read_thumbnail, thumbnail_files
from trainer.records.errors import ImportRefusedError, NotFoundError


def copy_of(folder: Path, row: int, *, size: int = 320) -> bytes:
    pack, offsets = (folder / name for name in thumbnail_files(size))
    return read_thumbnail(pack, offsets, row)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_each_row_has_its_own_copy(tmp_path):
    uris = []
    for number, colour in enumerate(["red", "lime", "blue"]):
        Image.new("RGB", (30, 20), colour).save(tmp_path / f"{number}.png")
        uris.append(str(tmp_path / f"{number}.png"))
    pack_thumbnails(uris, tmp_path)

    copies = [np.asarray(opened(copy_of(tmp_path, row)).convert("RGB"))[10, 15] for row in range(3)]

    assert [int(copy.argmax()) for copy in copies] == [0, 1, 2]


def test_the_pack_is_the_copies_one_after_the_other(tmp_path, quarters):
    quarters.save(tmp_path / "a.png")
    pack_thumbnails([str(tmp_path / "a.png")] * 3, tmp_path, size=64)

    offsets = np.load(tmp_path / "thumbnails/64.offsets.npy", allow_pickle=False)
    pack = (tmp_path / "thumbnails/64.bin").read_bytes()

    assert offsets.dtype == np.int64
    assert offsets[0] == 0
    assert offsets[-1] == len(pack)
    assert pack[offsets[1] : offsets[2]] == copy_of(tmp_path, 1, size=64)
    assert sorted(path.name for path in (tmp_path / "thumbnails").iterdir()) == ["64.bin", "64.offsets.npy"]


@pytest.mark.parametrize(
    ("size", "copy"), [((640, 480), (320, 240)), ((300, 900), (107, 320)), ((50, 40), (50, 40)), ((3000, 1), (320, 1))]
)
def test_a_copy_is_at_most_320_pixels_long_and_never_enlarged(tmp_path, size, copy):
    Image.new("RGB", size, "red").save(tmp_path / "a.jpg")
    pack_thumbnails([str(tmp_path / "a.jpg")], tmp_path)

    picture = opened(copy_of(tmp_path, 0))

    assert (picture.format, picture.size) == ("WEBP", copy)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_copies_are_upright(tmp_path, turned, quarters, orientation):
    pack_thumbnails([str(turned(orientation))], tmp_path)

    copy = np.asarray(opened(copy_of(tmp_path, 0)).convert("RGB"), dtype=int)

    assert copy.shape == (8, 16, 3)
    assert np.abs(copy - np.asarray(quarters, dtype=int))[1::4, 2::8].max() < 60


def test_rows_without_a_picture_at_hand_have_an_empty_span(tmp_path, quarters):
    quarters.save(tmp_path / "a.png")
    pack_thumbnails([None, str(tmp_path / "a.png"), "https://example.org/b.png"], tmp_path)

    assert [bool(copy_of(tmp_path, row)) for row in range(3)] == [False, True, False]


def test_transparent_and_palette_pictures_are_packed(tmp_path, quarters):
    for mode in ("P", "RGBA", "LA", "1"):
        quarters.convert(mode).save(tmp_path / f"{mode}.png")
    pack_thumbnails([str(tmp_path / f"{mode}.png") for mode in ("P", "RGBA", "LA", "1")], tmp_path)

    assert [opened(copy_of(tmp_path, row)).size for row in range(4)] == [(16, 8)] * 4


def test_all_unreadable_pictures_come_back_and_nothing_is_left_behind(tmp_path, quarters):
    quarters.save(tmp_path / "a.bmp")
    content = (tmp_path / "a.bmp").read_bytes()
    (tmp_path / "cut.bmp").write_bytes(content[: len(content) // 2])

    with pytest.raises(ImportRefusedError) as caught:
        pack_thumbnails([str(tmp_path / name) for name in ("cut.bmp", "a.bmp", "none.bmp")], tmp_path)

    assert [problem.place for problem in caught.value.problems] == [
        str(tmp_path / "cut.bmp"),
        str(tmp_path / "none.bmp"),
    ]
    assert list((tmp_path / "thumbnails").iterdir()) == []


def test_progress_counts_every_row(tmp_path, quarters):
    quarters.save(tmp_path / "a.png")
    told = []
    pack_thumbnails([str(tmp_path / "a.png"), None], tmp_path, report=lambda done, total: told.append((done, total)))

    assert told == [(1, 2), (2, 2)]


def test_no_rows_make_an_empty_pack(tmp_path):
    pack_thumbnails([], tmp_path)

    assert np.load(tmp_path / "thumbnails/320.offsets.npy", allow_pickle=False).tolist() == [0]


@pytest.mark.parametrize("row", [1, -1])
def test_a_row_that_does_not_exist_is_not_found(tmp_path, quarters, row):
    quarters.save(tmp_path / "a.png")
    pack_thumbnails([str(tmp_path / "a.png")], tmp_path)

    with pytest.raises(NotFoundError):
        copy_of(tmp_path, row)


def test_real_pictures_are_packed_small(tmp_path, shared_data):
    paths = sorted((shared_data / "coco_mini_dev/images").glob("*.jpg"))
    pack_thumbnails([str(path) for path in paths], tmp_path)

    longest = max(max(opened(copy_of(tmp_path, row)).size) for row in range(len(paths)))

    assert longest == 320
    assert (tmp_path / "thumbnails/320.bin").stat().st_size < 30_000 * len(paths)
