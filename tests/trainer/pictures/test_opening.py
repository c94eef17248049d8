"""Pictures come upright, in colour, of 8 bits."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from trainer.pictures import open_picture


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_exif_says(turned, quarters, orientation):
    picture = open_picture(turned(orientation))

    assert np.array_equal(np.asarray(picture), np.asarray(quarters))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_turn_is_pillows_own(turned, orientation):
    with Image.open(turned(orientation)) as image:
        theirs = ImageOps.exif_transpose(image)

    assert np.array_equal(np.asarray(open_picture(turned(orientation))), np.asarray(theirs))


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_orientation_that_does_not_exist_is_upright(quarters, tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    quarters.save(tmp_path / "odd.png", exif=exif)

    assert np.array_equal(np.asarray(open_picture(tmp_path / "odd.png")), np.asarray(quarters))


def test_levels_of_16_bits_keep_their_order_instead_of_turning_white(tmp_path):
    levels = np.asarray([[0, 256, 4096, 65535]], dtype=np.uint16)
    Image.fromarray(levels).save(tmp_path / "deep.png")

    assert np.asarray(open_picture(tmp_path / "deep.png"))[0].tolist() == [[0] * 3, [1] * 3, [16] * 3, [255] * 3]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_every_mode_becomes_red_green_and_blue(quarters, tmp_path, mode):
    path = tmp_path / ("picture.tif" if mode == "CMYK" else "picture.png")
    quarters.convert(mode).save(path)

    picture = open_picture(path)

    assert (picture.mode, picture.size) == ("RGB", (16, 8))


def test_what_is_no_picture_is_an_os_error(tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")

    with pytest.raises(OSError, match="cannot identify"):
        open_picture(tmp_path / "text.jpg")
