"""Pictures that cannot be read to their end are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.learning.whole_pictures import require_whole_pictures
from trainer.records.errors import TrainingError
from trainer.records.rows import Rows


def _rows(*paths: Path, size: tuple[int, int] = (64, 48)) -> Rows:
    keys = [path.name for path in paths]
    return Rows.from_columns(
        keys=keys, widths=[size[0]] * len(paths), heights=[size[1]] * len(paths), uris=[str(path) for path in paths]
    )


def _save(path: Path, *, turned: bool = False) -> Path:
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6 if turned else 1
    Image.fromarray(noise).save(path, exif=exif)
    return path


@pytest.mark.parametrize("ending", ["jpg", "png", "bmp", "tif", "webp"])
def test_a_file_of_which_the_end_is_missing_is_found_in_every_format(tmp_path: Path, ending: str) -> None:
    good, cut = _save(tmp_path / f"good.{ending}"), _save(tmp_path / f"cut.{ending}")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size * 3 // 4])

    require_whole_pictures(_rows(good))
    with pytest.raises(TrainingError, match=rf"1 of 2 pictures cannot be used; first: row 'cut\.{ending}'"):
        require_whole_pictures(_rows(good, cut))


def test_a_turned_picture_has_its_upright_size(tmp_path: Path) -> None:
    turned = _save(tmp_path / "turned.jpg", turned=True)

    require_whole_pictures(_rows(turned, size=(48, 64)))
    with pytest.raises(TrainingError, match="has 48 x 64 pixels where the row says 64 x 48"):
        require_whole_pictures(_rows(turned))


def test_all_that_are_damaged_are_counted_and_texts_are_passed_over(tmp_path: Path) -> None:
    paths = [_save(tmp_path / f"{name}.png") for name in "abc"]
    for path in paths[1:]:
        path.write_bytes(b"")
    texts = Rows.from_columns(keys=["t"], texts=["a text"])

    require_whole_pictures(texts)
    with pytest.raises(TrainingError, match=r"2 of 3 pictures cannot be used; first: row 'b\.png'"):
        require_whole_pictures(_rows(*paths))
